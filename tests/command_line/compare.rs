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

#[test]
fn what_leaves_the_clusters() {
    let platform = Platform::new();
    platform.replace(
        "platform.toml",
        "[environments.prod]",
        "[environments.gone]\ndomain = \"gone.example.com\"\n\n[environments.prod]",
    );
    let manifests = |tenant: &str, name: &str, more: &str, objects: &[&str]| {
        let toml = format!("kind = \"manifests\"\npath = \"{name}\"\n{more}");
        platform.write(&format!("tenants/{tenant}/{name}.toml"), &toml);
        platform.write(&format!("tenants/{tenant}/{name}/objects.yaml"), &objects.join("\n---\n"));
    };
    const CLAIM: &str = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}";
    let map = |name: &str, annotations: &str| {
        format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, annotations: {{{annotations}}}}}}}"
        )
    };
    let account = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot}}";
    platform.write("tenants/back/tenant.toml", "owners = [\"back\"]\n");
    manifests(
        "back",
        "goes",
        "",
        &[
            CLAIM,
            &map("plain", ""),
            &map("own", "argocd.argoproj.io/sync-options: Delete=false"),
            &map("hook", "argocd.argoproj.io/hook: PreSync"),
        ],
    );
    manifests("back", "runs-on", "[delivery]\nremoval = \"keep\"\n", &[&map("left", "")]);
    manifests("back", "renamed", "", &[&map("renewed", ""), &CLAIM.replace("name: data", "name: renewed")]);
    manifests(
        "back",
        "stays",
        "",
        &[
            &map("moves", ""),
            &map("pruned", ""),
            &map("first", ""),
            account,
            &CLAIM.replace("name: data", "name: asked"),
        ],
    );
    manifests("back", "lazy", "[delivery]\nprune = false\n", &[&map("lazy", ""), &map("second", "")]);
    platform.write("tenants/front/tenant.toml", "owners = [\"front\"]\n");
    manifests("front", "all", "", &[&map("all", "")]);
    platform.run("render");
    for file in ["goes", "runs-on"] {
        platform.remove(&format!("tenants/back/{file}.toml"));
    }
    platform.write("tenants/back/tenant.toml", "owners = [\"back\"]\n[delivery]\nkinds = [\"ConfigMap\", \"PersistentVolumeClaim\", \"NetworkPolicy\", \"RoleBinding\", \"*/Network*\", \"*/Role*\"]\n");
    manifests(
        "back",
        "renamed",
        "[delivery]\nname = \"other\"\n",
        &[&map("renewed", ""), &CLAIM.replace("name: data", "name: renewed")],
    );
    manifests("back", "stays", "", &[&map("first", "")]);
    manifests("back", "lazy", "[delivery]\nprune = false\n", &[&map("moves", ""), &map("second", "")]);
    platform.remove("tenants/front/tenant.toml");
    platform.remove("tenants/front/all.toml");
    platform.replace("platform.toml", "[environments.gone]\ndomain = \"gone.example.com\"\n\n", "");
    assert_snapshot!(platform.run("diff --summary"));
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
