//! A platform with one environment and one tenant, `shop`, with components from a test.

use std::fmt::Write as _;

use aqueduct_manifest::{Files, yaml};

use super::rendering;

const PLATFORM: &str = r#"
name = "shop"
repository = "https://example.com/shop.git"

[environments.dev]
kubernetes = "1.33"
domain = "dev.example.com"
apis = ["cert-manager.io/v1", "external-secrets.io/v1"]
storage-class = "standard"
storage-classes = ["standard"]
ingress-class = "nginx"
cluster-issuer = "letsencrypt"
secret-store = "platform"
"#;

const RESOURCES: &str = r#"
[resources]
requests = { cpu = "100m", memory = "256Mi" }
limits = { cpu = "1500m", memory = "512Mi" }
"#;

/// Returns a component file: its fields, and the resources.
pub(crate) fn with_resources(fields: &str) -> String {
    format!("{fields}{RESOURCES}")
}

/// Renders the tenant from its component files, each given as `name` and text. Returns the objects as YAML, or the
/// errors with their files.
pub(crate) fn check(components: &[(&str, &str)]) -> String {
    check_with(components, &[])
}

/// Renders like [`check`], with additional files; a `platform.toml` among them is appended to the existing one.
pub(crate) fn check_with(components: &[(&str, &str)], more: &[(&str, &str)]) -> String {
    let mut files = Files::new();
    let mut platform = PLATFORM.to_owned();
    files.insert(
        "tenants/shop/tenant.toml",
        "owners = [\"shop-developers\"]\ndelivery = { cluster-kinds = [\"*\"] }\n".as_bytes(),
    );
    for (name, text) in components {
        files.insert(format!("tenants/shop/{name}.toml"), text.as_bytes());
    }
    for (path, text) in more {
        match *path {
            "platform.toml" => platform.push_str(text),
            path => files.insert(path.to_owned(), text.as_bytes()),
        }
    }
    files.insert("platform.toml", platform.as_bytes());
    let (objects, diagnostics) = rendering::objects(&files);
    let mut text = String::new();
    for diagnostic in &diagnostics {
        let place = diagnostic.labels.first().map_or("nowhere", |label| &*label.place.file);
        let _ = writeln!(text, "{diagnostic}: {place}");
        for hint in &diagnostic.hints {
            let _ = writeln!(text, "  hint: {hint}");
        }
    }
    if diagnostics.is_empty() {
        for object in objects {
            let _ = write!(text, "---\n{}", yaml::write(&object.map.into()));
        }
    }
    text
}
