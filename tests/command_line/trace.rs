//! `explain` and `impact`: from the output back to the sources, and from a line of a source to the output.

use insta::assert_snapshot;

use crate::Platform;

#[test]
fn explain() {
    let platform = Platform::new();
    let mut seen = String::new();
    for command in [
        "explain prod/shop/web Deployment spec.replicas",
        "explain prod/shop/web Deployment/web /spec/replicas --json",
        "explain prod/shop/web Deployment spec.template.spec.containers[0].image",
        "explain prod/shop/web Deployment spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation",
        "explain output/prod/shop/web/deployment-web.yaml:1",
        "explain prod/shop/tenant Namespace metadata.name",
        "explain prod/shop/web StatefulSet spec.replicas",
        "explain prod/shop/web Deployment",
        "explain prod/shop/wep Deployment spec.replicas",
        "explain output/prod/shop/web/deployment-web.yaml:1000",
    ] {
        seen.push_str(&platform.run(command));
    }
    assert_snapshot!(seen);
}

#[test]
fn explain_manifests() {
    let platform = Platform::new();
    platform.write("tenants/shop/extra.toml", "kind = \"manifests\"\npath = \"extra.yaml\"\n");
    platform.write(
        "tenants/shop/extra.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\ndata:\n  x: \"1\"\n",
    );
    assert_snapshot!(platform.run("explain prod/shop/extra ConfigMap/b data.x"));
}

#[test]
fn impact() {
    let platform = Platform::new();
    platform.write("tenants/shop/extra.toml", "kind = \"manifests\"\npath = \"extra.yaml\"\n");
    platform.write(
        "tenants/shop/extra.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: \"1\"\n",
    );
    let web = platform.text("tenants/shop/web.toml");
    let image = 1 + web.lines().position(|line| line.starts_with("image")).expect("the page has an image");
    let mut seen = String::new();
    for command in [
        format!("impact tenants/shop/web.toml:{image}"),
        format!("impact tenants/shop/web.toml:{image} --environment prod --json"),
        "impact tenants/shop/extra.yaml:6".to_owned(),
        "impact tenants/shop/extra.toml:2".to_owned(),
        "impact tenants/shop/web.toml:1000".to_owned(),
        "impact tenants/shop/wep.toml:1".to_owned(),
        "impact tenants/shop/web.toml".to_owned(),
    ] {
        seen.push_str(&platform.run(&command));
    }
    assert_snapshot!(seen);
}
