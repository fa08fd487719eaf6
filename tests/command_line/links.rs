//! Who may link to a component, and to whom one may link: what the lists say, what is refused, and who reaches whom.

use insta::assert_snapshot;

use super::Platform;

/// The text of a pod that listens on a port, as one line of YAML; `app` is its only label.
fn pod(app: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {app}}}, spec: {{selector: {{matchLabels: {{app: {app}}}}}, template: {{metadata: {{labels: {{app: {app}}}}}, spec: {{securityContext: {{runAsNonRoot: true, runAsUser: 1000, seccompProfile: {{type: RuntimeDefault}}}}, containers: [{{name: {app}, image: 'ghcr.io/example/{app}:1', ports: [{{containerPort: 8080}}], securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}, resources: {{requests: {{cpu: 50m, memory: 64Mi}}, limits: {{cpu: 50m, memory: 64Mi}}}}}}]}}}}}}}}\n"
    )
}

/// Makes a platform with a component of every kind whose pods are written elsewhere, and `web` and `till`, whose are not.
/// Nothing is linked yet.
fn platform() -> Platform {
    let platform = Platform::new();
    let program = "kind = \"worker\"\nimage = \"ghcr.io/example/web:1\"\n[resources]\nrequests = { cpu = \"50m\", memory = \"64Mi\" }\nlimits = { cpu = \"50m\", memory = \"64Mi\" }\n";
    let foreign = |app: &str, fields: &str| {
        let text = format!(
            "{fields}\nendpoints.http = {{ service = \"{app}\", port = 8080 }}\npolicies.{app} = {{ pods = {{ app = \"{app}\" }} }}\n"
        );
        platform.write(&format!("tenants/shop/{app}.toml"), &text);
    };
    foreign("orders", "kind = \"manifests\"\npath = \"orders.yaml\"\nallow-from = [\"web\", \"bank/*\"]");
    platform.write("tenants/shop/orders.yaml", &pod("orders"));
    foreign(
        "prices",
        "kind = \"template\"\npath = \"prices.j2\"\nallow-from = [\"bank/till\"]\nallow-to = [\"stock\"]",
    );
    platform.write("tenants/shop/prices.j2", &pod("prices"));
    foreign("stock", "kind = \"kustomization\"\npath = \"stock\"\nallow-to = []");
    platform.write("tenants/shop/stock/kustomization.yaml", "resources: [stock.yaml]\n");
    platform.write("tenants/shop/stock/stock.yaml", &pod("stock"));
    foreign("cache", "kind = \"chart\"\npath = \"cache\"\nallow-from = [\"*\"]\nallow-to = [\"shop/*\"]");
    platform.write("tenants/shop/cache/Chart.yaml", "{apiVersion: v2, name: cache, version: 1.0.0}\n");
    platform.write("tenants/shop/cache/templates/cache.yaml", &pod("cache"));
    platform.write("tenants/shop/web.toml", &format!("allow-to = [\"orders\", \"cache\"]\n{program}"));
    platform.write("tenants/bank/tenant.toml", "");
    platform.write("tenants/bank/till.toml", program);
    platform
}

/// Adds links to components of both tenants.
fn link(platform: &Platform, links: &[(&str, &str)]) {
    for (from, to) in links {
        let path = format!("tenants/{from}.toml");
        let name = to.rsplit('/').next().unwrap_or_default();
        let text = format!("links.{name} = \"{to}\"\n{}", platform.text(&path));
        platform.write(&path, &text);
    }
}

const MEANT: [(&str, &str); 6] = [
    ("shop/web", "orders"),
    ("shop/web", "cache"),
    ("shop/prices", "stock"),
    ("shop/cache", "stock"),
    ("bank/till", "shop/orders"),
    ("bank/till", "shop/prices"),
];

#[test]
fn a_list_opens_nothing() {
    assert_snapshot!(platform().run("reach --environment dev"));
}

#[test]
fn a_link_opens_its_port_and_no_more() {
    let platform = platform();
    link(&platform, &MEANT);
    assert_snapshot!(platform.run("reach --environment dev"));
}

#[test]
fn links_that_no_list_names() {
    let platform = platform();
    let wrong = [
        ("shop/web", "prices"),
        ("shop/web", "stock"),
        ("shop/stock", "cache"),
        ("shop/cache", "orders"),
        ("shop/prices", "cache"),
        ("bank/till", "shop/stock"),
        ("bank/till", "shop/cache"),
    ];
    link(&platform, &wrong);
    assert_snapshot!(platform.run("check"));
}

#[test]
fn lists_that_name_nobody() {
    let platform = platform();
    platform.replace(
        "tenants/shop/orders.toml",
        "[\"web\", \"bank/*\"]",
        "[\"wep\", \"bank\", \"bnak/*\", \"bank/tll\", \"Bank\"]",
    );
    assert_snapshot!(platform.run("check"));
}

/// Whom a component waits for it need not reach, and who is let in may be waited for.
#[test]
fn waiting_is_no_link() {
    let platform = platform();
    for (component, target) in [("shop/stock", "cache"), ("bank/till", "shop/orders")] {
        let path = format!("tenants/{component}.toml");
        platform.write(&path, &format!("depends-on = [\"{target}\"]\n{}", platform.text(&path)));
    }
    assert_snapshot!(platform.run("reach --environment dev"));
}
