//! `diff`: what a render would change.

use insta::assert_snapshot;

use crate::Platform;

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
