//! Who gets more rights.

use std::collections::BTreeSet;

use aqueduct_manifest::{List, Object, SmolStr, Value};

use crate::consequence::texts;

/// A right: the API group, the resource and the verb.
type Right = (SmolStr, SmolStr, SmolStr);

/// How many rights a message lists.
const NAMED: usize = 3;

/// Describes what a role or a binding newly allows.
pub(crate) fn widened(old: Option<&Object>, new: &Object) -> Option<String> {
    if new.group() != "rbac.authorization.k8s.io" {
        return None;
    }
    match new.kind() {
        "Role" | "ClusterRole" => {
            let before = old.map(rights).unwrap_or_default();
            let more: Vec<String> = rights(new)
                .iter()
                .filter(|right| !before.iter().any(|known| covers(known, right)))
                .map(title)
                .collect();
            (!more.is_empty()).then(|| format!("grants new rights: {}", named(&more)))
        }
        "RoleBinding" | "ClusterRoleBinding" => {
            let before = old.map(subjects).unwrap_or_default();
            let more: Vec<String> = subjects(new).difference(&before).cloned().collect();
            let role = new.at(&["roleRef", "name"]).and_then(Value::as_str).unwrap_or_default();
            (!more.is_empty()).then(|| format!("grants `{role}` to {}", named(&more)))
        }
        _ => None,
    }
}

fn named(all: &[String]) -> String {
    let (first, rest) = all.split_at(all.len().min(NAMED));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    format!("{}{more}", first.join(", "))
}

fn rights(role: &Object) -> BTreeSet<Right> {
    let rules: List = role.at(&["rules"]).and_then(Value::as_list).cloned().unwrap_or_default();
    let mut rights = BTreeSet::new();
    for rule in &rules {
        let paths = texts(rule.get("nonResourceURLs"));
        let groups = if paths.is_empty() { texts(rule.get("apiGroups")) } else { vec!["".into()] };
        let names = texts(rule.get("resourceNames"));
        let mut resources = if paths.is_empty() { texts(rule.get("resources")) } else { paths };
        if !names.is_empty() {
            resources = resources
                .iter()
                .flat_map(|resource| names.iter().map(move |name| format!("{resource}[{name}]").into()))
                .collect();
        }
        for group in &groups {
            for resource in &resources {
                for verb in texts(rule.get("verbs")) {
                    rights.insert((group.clone(), resource.clone(), verb));
                }
            }
        }
    }
    rights
}

/// Tells whether one right includes another.
fn covers(known: &Right, right: &Right) -> bool {
    let part = |known: &str, part: &str| known == "*" || known == part;
    let whole = right.1.split_once('[').map_or(right.1.as_str(), |(resource, _)| resource);
    part(&known.0, &right.0) && (part(&known.1, &right.1) || known.1 == whole) && part(&known.2, &right.2)
}

fn title((group, resource, verb): &Right) -> String {
    match group.as_str() {
        "" => format!("`{verb} {resource}`"),
        group => format!("`{verb} {resource}.{group}`"),
    }
}

fn subjects(binding: &Object) -> BTreeSet<String> {
    let list: List = binding.at(&["subjects"]).and_then(Value::as_list).cloned().unwrap_or_default();
    let text = |subject: &Value, name: &str| {
        subject.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    list.iter()
        .map(|subject| {
            let namespace = text(subject, "namespace");
            let slash = if namespace.is_empty() { "" } else { "/" };
            format!("{} `{namespace}{slash}{}`", text(subject, "kind"), text(subject, "name"))
        })
        .collect()
}
