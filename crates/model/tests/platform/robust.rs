//! Loading and resolving always return, whatever the content of the files, with messages that point into the files.

use aqueduct_manifest::Files;
use aqueduct_model::{Selection, edit, explain, load, resolve};

use crate::fixture::files;

const TEXT: &str = "== platform.toml
name = 'acme'
repository = 'https://github.com/acme/platform'
[defaults.service]
labels.a = 'b'
[environments.dev]
domain = 'dev.acme.org'
apis = ['a/v1']
[environments.dev.node-pools.small]
count = 1
cpu = 0.5
memory = '1Gi'
== blueprints/shop.toml
[parameters.x]
type = 'list'
default = ['${tenant.name}']
[components.web]
kind = 'service'
hosts = '${parameter.x}'
text = 'ä$${x}${component.name}'
[components.web.environments.dev]
a = 1
== tenants/shop/tenant.toml
blueprint = 'shop'
[quota]
cpu = 1
[environments.dev.isolation]
allow-from = ['*']
== tenants/shop/web.toml
depends-on = ['db']
[[list]]
a = { b = 1, c = 'd' }
== tenants/shop/db.toml
kind = 'service'
[environments.dev]
enabled = true
";

/// Runs everything on the files, and checks that every place in a message exists.
fn check(files: &Files) {
    let loaded = load(files);
    let resolved = resolve(&loaded.platform, &["service"], &Selection::default());
    for instance in &resolved.instances {
        explain(instance, &[]);
        let _: Result<std::collections::BTreeMap<String, u8>, _> = instance.spec.read("service");
    }
    for diagnostic in loaded.diagnostics.iter().chain(&resolved.diagnostics) {
        assert!(!diagnostic.message.is_empty());
        for label in &diagnostic.labels {
            if let (Some(span), Some(bytes)) = (label.place.span, files.get(&label.place.file)) {
                assert!(span.start <= span.end && span.end as usize <= bytes.len(), "{diagnostic:?}");
            }
        }
    }
    let _ = edit::set(files, "shop/web", "list.0.a.b", "2", Some("dev"));
}

#[test]
fn texts_that_end_early() {
    let whole = files(TEXT);
    for (path, bytes) in whole.iter() {
        for end in 0..bytes.len() {
            let mut cut = whole.clone();
            cut.insert(path.clone(), bytes[..end].to_vec());
            check(&cut);
        }
    }
}

#[test]
fn texts_with_a_wrong_byte() {
    let whole = files(TEXT);
    for (path, bytes) in whole.iter() {
        for at in 0..bytes.len() {
            for wrong in [b'\n', b'"', b'[', b'.', 0xff] {
                let mut changed = bytes.to_vec();
                changed[at] = wrong;
                let mut files = whole.clone();
                files.insert(path.clone(), changed);
                check(&files);
            }
        }
    }
}

#[test]
fn files_that_are_missing() {
    let whole = files(TEXT);
    for (missing, _) in whole.iter() {
        check(
            &whole
                .iter()
                .filter(|(path, _)| *path != missing)
                .map(|(path, bytes)| (path.clone(), bytes.clone()))
                .collect(),
        );
    }
    check(&Files::new());
}

/// A name of a few bytes can have a large value, and occur very often in a text or list.
#[test]
fn values_that_multiply() {
    let check = |kind: &str, value: String, use_of_it: &str, count: usize| {
        let text = format!(
            "{TEXT}== blueprints/large.toml\n[parameters.x]\ntype = '{kind}'\ndefault = {value}\n[components.web]\nkind = \
             'service'\na = {use_of_it}\n== tenants/large/tenant.toml\nblueprint = 'large'\n"
        );
        let platform = load(&files(&text)).platform;
        let resolved = resolve(&platform, &["service"], &Selection::default());
        assert_eq!(resolved.diagnostics.iter().filter(|found| found.code == "too-large").count(), count);
    };
    let list = |element: &str, length: usize| format!("[{}]", format!("{element},").repeat(length));
    check("list", list("'b'", 1_000), &list("'${parameter.x}'", 10), 0);
    check("list", list("'b'", 10_000), &list("'${parameter.x}'", 10_000), 1);
    check(
        "string",
        format!("'{}'", "b".repeat(10_000)),
        &format!("'{}'", "${parameter.x} ".repeat(10_000)),
        1,
    );
}
