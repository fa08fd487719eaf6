//! `diff`: what a render would change, and what differs between two sets of manifests.

use insta::assert_snapshot;

use crate::{Platform, outcome};

#[test]
fn changes() {
    let platform = Platform::rendered();
    platform.replace("tenants/shop/web.toml", "replicas = 3", "replicas = 1");
    platform.replace("tenants/shop/web.toml", "tls = false", "tls = false\npath = \"/shop\"");
    assert_snapshot!(platform.run("diff --environment prod"));
    assert_snapshot!("summary", platform.run("diff --summary"));
}

#[test]
fn a_new_component() {
    let platform = Platform::rendered();
    platform.write(
        "tenants/shop/settings.toml",
        "kind = \"config\"\n\n[files.\"settings.json\"]\ntext = \"{}\"\n\n[environments.dev]\nenabled = false\n",
    );
    assert_snapshot!(platform.run("diff --tenant shop"));
}

#[test]
fn nothing() {
    assert_snapshot!(Platform::rendered().run("diff") + &Platform::rendered().run("diff --quiet"));
}

#[test]
fn a_broken_platform() {
    let platform = Platform::rendered();
    platform.write("tenants/shop/web.toml", "kind = \"servise\"\n");
    assert_snapshot!(platform.run("diff"));
}

/// A change of manifests is told with what comes of it; a side that cannot be read is no deletion.
#[test]
fn between_manifests() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let deployment = |image: &str, replicas: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n{replicas}  selector: {{matchLabels: {{app: web}}}}\n  \
             template:\n    metadata: {{labels: {{app: web}}}}\n    spec: {{containers: [{{name: web, image: '{image}'}}]}}\n"
        )
    };
    for (name, text) in [
        ("old.yaml", deployment("web:1.0", "")),
        ("new.yaml", deployment("web:1.1", "  replicas: 1\n")),
        ("broken.yaml", "kind: [\n".to_owned()),
    ] {
        std::fs::write(folder.path().join(name), text).expect("the file can be written");
    }
    let runs = [
        "diff old.yaml new.yaml",
        "diff old.yaml new.yaml --format json --apply replace",
        "diff old.yaml old.yaml",
        "diff old.yaml broken.yaml",
        "diff old.yaml missing.yaml",
        "diff - -",
        "diff old.yaml",
        "diff old.yaml new.yaml --summary",
        "diff old.yaml new.yaml --kubernetes 1.99",
    ];
    assert_snapshot!(runs.map(|run| outcome(folder.path(), run)).concat());
}
