//! `check`: findings for people, for programs and for GitHub, and how loud they are.

use insta::assert_snapshot;

use crate::{Platform, outcome};

/// Returns a platform with a finding of the checks, a wrong value and a misspelt field.
fn wrong() -> Platform {
    let platform = Platform::new();
    platform.replace("tenants/shop/web.toml", "cpu = \"50m\"", "cpu = \"fifty\"");
    platform.write(
        "tenants/shop/api.toml",
        "kind = \"service\"\nimage = \"ghcr.io/example/api\"\nreplcias = 2\n",
    );
    platform
}

/// Returns a platform that renders, with a finding of the checks.
fn doubtful() -> Platform {
    let platform = Platform::new();
    platform.replace("tenants/shop/web.toml", "nginx-unprivileged:1.29", "nginx-unprivileged:latest");
    platform
}

/// A finding about a rendered object names the field as the API server does, beside the line that is to be changed.
#[test]
fn fields_of_objects() {
    let platform = Platform::new();
    platform.replace("tenants/shop/web.toml", "replicas = 3", "replicas = 300");
    let printed = platform.run("check --environment prod --format json");
    let told = printed.lines().filter(|line| {
        ["rule", "file", "line", "field"].iter().any(|key| line.contains(&format!("\"{key}\":")))
    });
    assert_snapshot!(told.take(4).collect::<Vec<_>>().join("\n"));
}

#[test]
fn nothing() {
    let platform = Platform::new();
    assert_snapshot!(
        platform.run("check") + &platform.run("check --format json") + &platform.run("check --format github")
    );
}

#[test]
fn text() {
    assert_snapshot!(wrong().run("check"));
}

#[test]
fn json() {
    assert_snapshot!(wrong().run("check --format json"));
}

#[test]
fn github() {
    assert_snapshot!(wrong().run("check --format github"));
}

#[test]
fn levels() {
    let platform = doubtful();
    let mut seen = platform.run("check");
    for level in ["warn", "deny", "allow"] {
        platform.write(
            "platform.toml",
            &(Platform::new().text("platform.toml") + &format!("\n[checks]\nimage-tag = \"{level}\"\n")),
        );
        seen.push_str(&format!("\n=== {level}\n{}{}", platform.run("check"), platform.run("check --quiet")));
    }
    assert_snapshot!(seen);
}

/// What others wrote is shown where it stands, as far as the line of an object is known.
#[test]
fn findings_in_manifests() {
    let platform = Platform::new();
    platform.write(
        "tenants/shop/extra.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n---\n# Leads nowhere.\napiVersion: v1\nkind: Service\nmetadata:\n  name: b\nspec:\n  selector: {app: nobody}\n  ports: [{port: 80}]\n",
    );
    platform.write("tenants/shop/extra.toml", "kind = \"manifests\"\npath = \"extra.yaml\"\n");
    assert_snapshot!(platform.run("check"));
}

#[test]
fn one_tenant() {
    let platform = Platform::new();
    platform.write("tenants/bank/tenant.toml", "owners = [\"bankers\"]\n");
    platform.write("tenants/bank/ledger.toml", "kind = \"manifests\"\npath = \"ledger.yaml\"\n");
    platform.write(
        "tenants/bank/ledger.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: ledger}\nspec: {selector: {app: ledger}, ports: [{port: 80}]}\n",
    );
    // The rules run over all tenants, and what they find is told of the ones that are asked for.
    let mut seen = platform.run("check -t bank") + &platform.run("check -t shop");
    // What cannot be rendered would be missed by those who refer to it.
    platform.write("tenants/bank/ledger.yaml", "kind: Service\n");
    seen.push_str(&(platform.run("check -t shop") + &platform.run("render -t shop")));
    assert_snapshot!(seen);
}

/// The rules are those of the program: no platform is needed to read about them.
#[test]
fn pages_of_rules() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let seen: String = [
        "check --list-rules",
        "check --quiet --explain image-tag",
        "check --explain image-tags",
        "check --explain anything-else",
        "check --explain image-tag --list-rules",
        "check --list-rules --format json",
    ]
    .iter()
    .map(|command| outcome(folder.path(), command))
    .collect();
    assert_snapshot!(seen);
}
