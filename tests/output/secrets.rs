//! Secret values: the output is public, so it holds references alone.

use aqueduct_manifest::Value;

use crate::tree::{Stored, containers, list, text};

/// Returns what looks like a secret value, a line each.
pub(crate) fn secrets(objects: &[Stored]) -> Vec<String> {
    let mut found = Vec::new();
    for stored in objects {
        let object = Value::Map(stored.object.map.clone());
        if stored.object.kind() == "Secret" {
            found.push(format!("{}: a Secret with its values", stored.path));
        }
        if let Some((pod, _)) = stored.pod() {
            for container in containers(pod) {
                for variable in list(container, &["env"]) {
                    let (name, value) = (text(variable, &["name"]), text(variable, &["value"]));
                    if is_secret_name(name) && !is_reference(value) {
                        found.push(format!("{}: variable {name}", stored.path));
                    }
                }
            }
        }
        texts(&object, &mut |value| {
            if let Some(mark) = MARKS.iter().find(|mark| value.contains(**mark)) {
                found.push(format!("{}: a text with `{mark}`", stored.path));
            }
            if has_login(value) {
                found.push(format!("{}: a URL with a password", stored.path));
            }
        });
    }
    found
}

/// What the keys of well-known services begin with.
const MARKS: &[&str] = &[
    "PRIVATE KEY-----",
    "ghp_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "AKIA",
    "dop_v1_",
    "sk_live_",
    "eyJhbGciOi",
];

fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let parts = ["PASSWORD", "PASSWD", "TOKEN", "SECRET", "PRIVATE_KEY", "API_KEY", "ACCESS_KEY"];
    // What ends so says where the secret is; the token of an etcd cluster is only its name.
    let pointers = ["_FILE", "_PATH", "_URL", "_NAME", "CLUSTER_TOKEN"];
    parts.iter().any(|part| name.contains(part)) && !pointers.iter().any(|pointer| name.ends_with(pointer))
}

/// Tells whether the value of a variable leads elsewhere: nothing, another variable, or a path.
fn is_reference(value: &str) -> bool {
    value.is_empty() || value.starts_with("$(") || value.starts_with('/')
}

/// Tells whether a text holds `scheme://user:password@host` with a password that is no placeholder.
fn has_login(value: &str) -> bool {
    value.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', ' ', '\n', '"', '\'']).next().unwrap_or_default();
        let Some((login, _)) = authority.rsplit_once('@') else { return false };
        login
            .split_once(':')
            .is_some_and(|(_, password)| !password.is_empty() && !password.starts_with(['$', '{', '<', '%']))
    })
}

fn texts(value: &Value, look: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => look(text),
        Value::List(list) => list.iter().for_each(|value| texts(value, look)),
        Value::Map(map) => map.iter().for_each(|(_, value)| texts(value, look)),
        _ => {}
    }
}
