//! `set`: one field changes, and nothing else in the file.

use insta::assert_snapshot;

use crate::Platform;

const WEB: &str = "# The web shop.
kind = \"service\"
image = \"ghcr.io/example/web:1.2.0\"   # CI changes this
replicas = 2

[ports]
http = 8080 # nobody else's

[resources]
requests = { cpu = \"50m\", memory = \"64Mi\" }
limits = { cpu = \"200m\", memory = \"128Mi\" }

[environments.prod]
replicas = 3
";

/// Runs commands and returns what they said and what the file is then.
fn check(commands: &[&str]) -> String {
    let platform = Platform::new();
    platform.write("tenants/shop/web.toml", WEB);
    let seen: String = commands.iter().map(|command| platform.run(command)).collect();
    let after = platform.text("tenants/shop/web.toml");
    if after == WEB {
        return seen + "=== the file is as it was\n";
    }
    format!("{seen}=== tenants/shop/web.toml\n{after}")
}

#[test]
fn tag_of_an_image() {
    assert_snapshot!(check(&["set shop/web image.tag 1.30"]));
}

#[test]
fn tag_in_one_environment() {
    assert_snapshot!(check(&["set shop/web image.tag v1.3.0-rc.1 --environment dev"]));
}

#[test]
fn digest_of_an_image() {
    let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
    assert_snapshot!(check(&[
        &format!("set shop/web image.digest {digest} -e prod"),
        "set shop/web image.tag 1.3.0 -e prod"
    ]));
}

#[test]
fn number_in_one_environment() {
    assert_snapshot!(check(&["set shop/web replicas 5 --environment prod"]));
}

#[test]
fn a_field_that_was_not_there() {
    assert_snapshot!(check(&[
        "set shop/web resources.limits.cpu 500m",
        "set shop/web probes.liveness.path /healthz"
    ]));
}

#[test]
fn the_value_that_is_there() {
    assert_snapshot!(check(&["set shop/web replicas 2"]));
}

#[test]
fn wrong_values() {
    assert_snapshot!(check(&[
        "set shop/web ports.http 99999",
        "set shop/web image.tag not/a/tag",
        "set shop/web image.digest sha256:short",
        "set shop/web resources.limits.cpu much",
    ]));
}

#[test]
fn wrong_places() {
    assert_snapshot!(check(&[
        "set shop/wbe replicas 3",
        "set shpo/web replicas 3",
        "set shop/web replcias 3",
        "set shop/web replicas 3 --environment prd",
        "set shop/web replicas.most 3",
        "set shop/web resources 3",
    ]));
}

#[test]
fn a_tenant() {
    let platform = Platform::new();
    let seen = platform.run("set shop quota.pods 40");
    assert_snapshot!(format!(
        "{seen}=== tenants/shop/tenant.toml\n{}",
        platform.text("tenants/shop/tenant.toml")
    ));
}

#[test]
fn a_value_that_lies_below_others() {
    let platform = Platform::new();
    platform.write("tenants/shop/web.toml", &format!("{WEB}[environments.dev]\nreplicas = 1\n"));
    assert_snapshot!(platform.run("set shop/web replicas 7"));
}
