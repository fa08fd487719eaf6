//! The example of a custom kind: it renders, and mistakes in it are reported like those in built-in kinds.

#[path = "../examples/bridge/bridge.rs"]
mod bridge;

use std::fmt::Write as _;
use std::path::Path;

use aqueduct::{Compilation, Files, Selection, compile, report, stock};

use bridge::Bridge;

/// Compiles the example platform, with some files replaced.
fn compiled(changes: &[(&str, &str)]) -> (Compilation, Files) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/bridge");
    let mut files = Files::read(&folder, aqueduct::SOURCES).expect("the example can be read");
    for (path, text) in changes {
        files.insert(*path, text.as_bytes());
    }
    let registry = stock().with::<Bridge>();
    (compile(&files, &registry, &Selection::default()), files)
}

#[test]
fn renders() {
    let (compilation, files) = compiled(&[]);
    assert_eq!(report(&compilation.diagnostics, &files, false), "");
    let mut text = String::new();
    for (environment, path, bytes) in compilation.tree.iter() {
        if path.starts_with("relay/bridge/") || path.ends_with("networkpolicy-bridge.yaml") {
            let _ = write!(text, "--- {environment}/{path}\n{}", String::from_utf8_lossy(bytes));
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn mistakes() {
    let text =
        "kind = \"bridge\"\nimage = \"ghcr.io/example/bridge:1.4.0\"\nchian = \"darwinia\"\ntargets = {}\n";
    let no_targets = format!(
        "{}\n[resources]\nrequests = {{ cpu = \"1\", memory = \"1Gi\" }}\nlimits = {{ cpu = \"1\", memory = \"1Gi\" }}\n",
        text.replace("chian", "chain")
    );
    let mut reports = String::new();
    for text in [text, &no_targets] {
        let (compilation, files) = compiled(&[("tenants/relay/bridge.toml", text)]);
        assert!(compilation.has_errors());
        reports.push_str(&report(&compilation.diagnostics, &files, false));
    }
    insta::assert_snapshot!(reports);
}
