//! Compares the generated documents with what generates them: the JSON Schemas, the reference, and the pages about
//! the rules and the template functions.
//!
//! `AQUEDUCT_UPDATE=1 cargo test --test fresh` writes them.

mod helm_functions;
#[path = "../program/mod.rs"]
mod program;
mod reference;
mod rules;

use std::path::Path;

use program::run;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

const FILES: [&str; 4] = ["platform", "tenant", "blueprint", "component"];

#[test]
fn schemas() {
    for name in FILES {
        let schema = run(Path::new(ROOT), &["schema", name]).done();
        check(&format!("docs/schemas/{name}.schema.json"), &schema);
    }
}

#[test]
fn reference() {
    let [platform, tenant, blueprint, component] = FILES.map(|name| {
        let text = run(Path::new(ROOT), &["schema", name]).done();
        reference::written_out(serde_json::from_str(&text).expect("a schema is JSON"))
    });
    let registry = aqueduct::stock();
    let text = reference::reference(&registry, [&platform, &tenant, &blueprint], &component);
    for kind in registry.names() {
        assert!(text.contains(&format!("\n### `{kind}`\n")), "the reference has no section for `{kind}`");
    }
    check("docs/reference.md", &text);
}

#[test]
fn rules() {
    check("docs/rules.md", &rules::rules());
}

#[test]
fn helm_functions() {
    check("docs/helm-functions.md", &helm_functions::helm_functions());
}

/// Compares a committed file with its fresh text, or writes it if an update was requested.
#[expect(
    clippy::disallowed_methods,
    reason = "the variable asks for an update, it decides nothing of the output"
)]
fn check(path: &str, fresh: &str) {
    let file = Path::new(ROOT).join(path);
    if std::env::var_os("AQUEDUCT_UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().expect("a file is in a folder"))
            .expect("the folder can be made");
        std::fs::write(&file, fresh).expect("the file can be written");
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let line = committed.lines().zip(fresh.lines()).position(|(left, right)| left != right);
    assert!(
        committed == fresh,
        "{path} is stale from line {}; run `AQUEDUCT_UPDATE=1 cargo test --test fresh`",
        line.unwrap_or(committed.lines().count().min(fresh.lines().count())) + 1
    );
}
