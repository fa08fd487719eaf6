//! Changing one field of a file.

use aqueduct_manifest::Files;
use aqueduct_model::edit::set;

use crate::fixture::{PLATFORM, files, show_diagnostics};

const TEXT: &str = "== blueprints/shop.toml
[components.cache]
kind = 'service'
image = 'redis:7'
replicas = 1
== tenants/shop/tenant.toml
# The shop.
blueprint = 'shop'
[quota]
cpu = 4 # cores
== tenants/shop/web.toml
# What the web is.
kind = 'service'
image = 'nginx:1.27'   # pinned
replicas = 2

[resources]
cpu = '500m'

# Several ports.
[[ports]]
name = 'http'
port = 80

[environments.prod]
replicas = 4 # more
== tenants/broken/tenant.toml
== tenants/broken/web.toml
kind = 'service'
kind = 'service'
";

fn check(target: &str, field: &str, value: &str, environment: Option<&str>) -> String {
    let files: Files = files(&format!("{PLATFORM}{TEXT}"));
    match set(&files, target, field, value, environment) {
        Ok(edit) => {
            assert_eq!(edit.before.as_deref(), files.text(&edit.file));
            let lines: Vec<&str> = edit.before.as_deref().unwrap_or_default().lines().collect();
            let mut out = format!("{}\n", edit.file);
            edit.after
                .lines()
                .filter(|line| !lines.contains(line))
                .for_each(|line| out += &format!("+ {line}\n"));
            lines
                .iter()
                .filter(|line| !edit.after.lines().any(|after| after == **line))
                .for_each(|line| out += &format!("- {line}\n"));
            out
        }
        Err(diagnostics) => show_diagnostics(&files, &diagnostics),
    }
}

#[test]
fn layout_and_comments_are_kept() {
    insta::assert_snapshot!(check("shop/web", "image", "nginx:1.28", None), @r#"
    tenants/shop/web.toml
    + image = "nginx:1.28"   # pinned
    - image = 'nginx:1.27'   # pinned
    "#);
    insta::assert_snapshot!(check("shop/web", "replicas", "5", Some("prod")), @r"
    tenants/shop/web.toml
    + replicas = 5 # more
    - replicas = 4 # more
    ");
    insta::assert_snapshot!(check("shop/web", "resources.cpu", "1", None), @r#"
    tenants/shop/web.toml
    + cpu = "1"
    - cpu = '500m'
    "#);
    insta::assert_snapshot!(check("shop/web", "ports.0.port", "8080", None), @r"
    tenants/shop/web.toml
    + port = 8080
    - port = 80
    ");
    insta::assert_snapshot!(check("shop", "quota.cpu", "8", None), @r"
    tenants/shop/tenant.toml
    + cpu = 8 # cores
    - cpu = 4 # cores
    ");
}

#[test]
fn the_whole_text() {
    let files = files(&format!("{PLATFORM}{TEXT}"));
    let edit = set(&files, "shop/web", "resources.memory", "1Gi", None).expect("the change is right");
    insta::assert_snapshot!(edit.after, @r#"
    # What the web is.
    kind = 'service'
    image = 'nginx:1.27'   # pinned
    replicas = 2

    [resources]
    cpu = '500m'
    memory = "1Gi"

    # Several ports.
    [[ports]]
    name = 'http'
    port = 80

    [environments.prod]
    replicas = 4 # more
    "#);
}

#[test]
fn new_fields() {
    insta::assert_snapshot!(check("shop/web", "host", "shop.acme.org", None), @r#"
    tenants/shop/web.toml
    + host = "shop.acme.org"
    "#);
    insta::assert_snapshot!(check("shop/web", "public", "true", Some("dev")), @r"
    tenants/shop/web.toml
    + [environments.dev]
    + public = true
    ");
    insta::assert_snapshot!(check("shop/web", "labels.\"example.com/team\"", "shop", None), @r#"
    tenants/shop/web.toml
    + [labels]
    + "example.com/team" = "shop"
    "#);
    insta::assert_snapshot!(check("shop/web", "args", "['-v', '2']", None), @r"
    tenants/shop/web.toml
    + args = ['-v', '2']
    ");
    insta::assert_snapshot!(check("shop/web", "since", "2026-01-01", None), @r#"
    tenants/shop/web.toml
    + since = "2026-01-01"
    "#);
    insta::assert_snapshot!(check("shop", "quota.memory", "8Gi", Some("prod")), @r#"
    tenants/shop/tenant.toml
    + 
    + [environments.prod.quota]
    + memory = "8Gi"
    "#);
}

#[test]
fn a_component_that_only_the_blueprint_has_gets_a_file() {
    insta::assert_snapshot!(check("shop/cache", "replicas", "3", Some("prod")), @r"
    tenants/shop/cache.toml
    + [environments.prod]
    + replicas = 3
    ");
    insta::assert_snapshot!(check("shop/cache", "image", "7", None), @r#"
    tenants/shop/cache.toml
    + image = "7"
    "#);
}

#[test]
fn a_part_of_an_image() {
    insta::assert_snapshot!(check("shop/web", "image.tag", "1.30", None), @r#"
    tenants/shop/web.toml
    + image = "nginx:1.30"   # pinned
    - image = 'nginx:1.27'   # pinned
    "#);
    insta::assert_snapshot!(check("shop/cache", "image.tag", "8", Some("dev")), @r#"
    tenants/shop/cache.toml
    + [environments.dev]
    + image = "redis:8"
    "#);
    let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
    insta::assert_snapshot!(check("shop/web", "image.digest", &digest, Some("prod")), @r#"
    tenants/shop/web.toml
    + image = "nginx:1.27@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    "#);
    insta::assert_snapshot!(check("shop/web", "image.tag", "a/b", None), @r"
    error: `a/b` is not a valid image tag: it may only contain letters, digits, `_`, `.` and `-`, and must not start with `.` or `-` [invalid-field]
      at tenants/shop/web.toml
    ");
}

#[test]
fn what_is_not_there() {
    insta::assert_snapshot!(check("shp/web", "image", "a", None), @r"
    error: there is no tenant `shp` [unknown-tenant]
      hint: did you mean `shop`?
    ");
    insta::assert_snapshot!(check("shop/wbe", "image", "a", None), @r"
    error: tenant `shop` has no component `wbe` [unknown-component]
      hint: did you mean `web`?
    ");
    insta::assert_snapshot!(check("shop/web", "image", "a", Some("prd")), @r"
    error: the platform has no environment `prd` [unknown-environment]
      hint: did you mean `prod`?
    ");
    insta::assert_snapshot!(check("shop/web", "ports.1.port", "80", None), @r"
    error: `ports.1` is not a table [invalid-field]
      at tenants/shop/web.toml
    ");
    insta::assert_snapshot!(check("shop/web", "image.name", "1", None), @r"
    error: `image` is not a table [invalid-field]
      at tenants/shop/web.toml
    ");
    assert!(check("shop/web", &"a.".repeat(100_000), "1", None).contains("invalid-field"));
    insta::assert_snapshot!(check("shop/web", "a b", "1", None), @r"error: `a b` is not a valid TOML key [invalid-field]");
    insta::assert_snapshot!(check("shop/web", "resources", "1", None), @r"
    error: `resources` is a table: set one of its keys [invalid-field]
      at tenants/shop/web.toml
    ");
}

#[test]
fn a_value_that_is_deeper_than_toml_goes_is_text() {
    let value = format!("{{ a{} = 1 }}", ".a".repeat(100_000));
    assert!(check("shop/web", "host", &value, None).starts_with("tenants/shop/web.toml\n+ host = \"{ a.a"));
}

#[test]
fn what_would_break() {
    insta::assert_snapshot!(check("shop/web", "namespace", "bank", None), @r"
    error: namespace `bank` of service `shop/web` is not one of the tenant's [foreign-namespace]
      at tenants/shop/web.toml
      hint: the namespaces of tenant `shop` are `shop`
    ");
    insta::assert_snapshot!(check("shop/web", "kind", "database", Some("prod")), @r"
    error: a component must have the same kind in all environments [kind-in-environment]
      at tenants/shop/web.toml
    ");
    insta::assert_snapshot!(check("shop/web", "depends-on", "['cash']", None), @r"
    error: tenant `shop` has no component `cash` [unknown-reference]
      at tenants/shop/web.toml
      hint: did you mean `cache`?
    ");
    insta::assert_snapshot!(check("shop", "quota.cpu", "much", None), @r"
    error: invalid `quota.cpu` of tenant `shop`: `much` is not an amount of CPU: expected cores such as `2` or `0.5`, or millicores such as `500m` [invalid-value]
      at tenants/shop/tenant.toml
    ");
    insta::assert_snapshot!(check("broken/web", "image", "a", None), @r"
    error: `kind` is set twice [duplicate-key]
      at tenants/broken/web.toml:2:1 `kind`
    ");
}
