//! What is known or allowed and not reported, and findings as other programs read them.

use insta::assert_snapshot;

use crate::Platform;

/// A platform in which the image of a component has no version, in two environments and two tenants.
fn platform() -> Platform {
    let platform = Platform::new();
    platform.write(
        "blueprints/page.toml",
        "[components.page]\nkind = \"service\"\nimage = \"ghcr.io/example/page\"\n\n[components.page.ports]\nhttp = 8080\n\n\
         [components.page.resources]\nrequests = { cpu = \"50m\", memory = \"64Mi\" }\n\
         limits = { cpu = \"100m\", memory = \"64Mi\" }\n",
    );
    for tenant in ["one", "three", "two"] {
        platform.write(&format!("tenants/{tenant}/tenant.toml"), "blueprint = \"page\"\n");
    }
    platform
}

#[test]
fn findings_of_one_cause_are_one_entry() {
    assert_snapshot!(platform().run("check"));
}

#[test]
fn an_api_that_is_missing_is_one_entry() {
    let platform = Platform::new();
    platform.write("tenants/shop/tenant.toml", "");
    for (name, kind, version) in [
        ("a", "HTTPRoute", "v1"),
        ("b", "HTTPRoute", "v1"),
        ("c", "GRPCRoute", "v1"),
        ("d", "TLSRoute", "v1alpha2"),
    ] {
        platform.write(
            &format!("tenants/shop/{name}.toml"),
            &format!("kind = \"manifests\"\npath = \"{name}.yaml\"\n"),
        );
        let object = format!(
            "apiVersion: gateway.networking.k8s.io/{version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\n"
        );
        platform.write(&format!("tenants/shop/{name}.yaml"), &object);
    }
    assert_snapshot!(platform.run("check"));
}

#[test]
fn known_findings_are_not_reported_again() {
    let platform = platform();
    let mut seen = platform.run("check --write-baseline");
    seen.push_str(&platform.text("aqueduct.baseline"));
    seen.push_str(&platform.run("check"));
    seen.push_str(&platform.run("render --quiet"));
    // A finding that is gone is told, and one more is reported.
    platform.replace("blueprints/page.toml", "example/page\"", "example/page:latest\"");
    seen.push_str(&platform.run("check"));
    // What cannot be rendered is no finding to live with.
    platform.replace("blueprints/page.toml", "image = ", "imgae = ");
    seen.push_str(&platform.run("check --write-baseline"));
    platform.write("aqueduct.baseline", "version = 2\n");
    seen.push_str(&platform.run("check"));
    platform.write("aqueduct.baseline", "version = 1\n[[finding]]\nrule = 1\n");
    seen.push_str(&platform.run("check"));
    assert_snapshot!(seen);
}

#[test]
fn what_is_allowed_is_listed_and_ends() {
    let platform = platform();
    let allow = |until: &str| {
        let text = format!(
            "blueprint = \"page\"\nallow = [{{ rule = \"image-tag\", reason = \"the vendor is asked\"{until} }}]\n"
        );
        platform.write("tenants/one/tenant.toml", &text);
    };
    allow(", until = \"9999-12-31\"");
    platform.write(
        "tenants/two/tenant.toml",
        "blueprint = \"page\"\nallow = [{ rule = \"image-tag\", reason = \"a demo\" }]\n",
    );
    let mut seen = platform.run("check --allowed");
    seen.push_str(&platform.run("check --allowed --format json"));
    seen.push_str(&platform.run("check --allowed --format sarif"));
    allow(", until = \"2020-02-29\"");
    seen.push_str(&platform.run("check"));
    seen.push_str(&platform.run("render --quiet"));
    allow(", until = \"2020-02-30\"");
    seen.push_str(&platform.run("check"));
    assert_snapshot!(seen);
}

#[test]
fn formats() {
    let platform = platform();
    platform.replace("tenants/shop/web.toml", "replicas = 3", "replcias = \"<&>\"");
    let mut seen = String::new();
    for format in ["sarif", "junit", "github"] {
        seen.push_str(&platform.run(&format!("check --format {format}")));
    }
    assert_snapshot!(seen);
    let clean = Platform::new();
    assert_snapshot!("formats_without_findings", clean.run("check --format junit"));
}
