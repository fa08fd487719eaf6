//! What an environment's cloud adds to objects, from its preset or table.

use super::shop::{check_with, with_resources};

/// Renders a service with a load balancer on nodes of the pool `fast` with some labels, and returns the parts that
/// depend on the cloud.
fn with_pool(cloud: &str, labels: &str, balancer: &str) -> String {
    let service = with_resources(&format!(
        "kind = \"service\"\nimage = \"shop/web:1\"\nports = {{ http = 80 }}\nscheduling = {{ pool = \"fast\" }}\nload-balancer = {balancer}\n"
    ));
    let pool = format!(
        "[environments.dev.node-pools.fast]\ncount = 2\ncpu = \"4\"\nmemory = \"16Gi\"\nlabels = {labels}\n"
    );
    let text = check_with(&[("web", &service)], &[("platform.toml", &format!("{cloud}\n{pool}"))]);
    if text.starts_with("error") {
        return text;
    }
    let parts = |object: &str| object.contains("type: LoadBalancer") || object.contains("kind: Deployment");
    let objects = text.split("---\n").filter(|object| parts(object));
    let lines = objects.flat_map(str::lines).filter(|line| {
        [
            "loadbalancer",
            "load-balancer-",
            "cloud.google",
            "node-pool:",
            "nodegroup:",
            "nodepool:",
            "agentpool:",
            "disk:",
        ]
        .iter()
        .any(|word| line.contains(word) && !line.contains("name: web"))
    });
    lines.map(str::trim).collect::<Vec<_>>().join("\n")
}

fn on(cloud: &str, balancer: &str) -> String {
    with_pool(cloud, "{ disk = \"nvme\" }", balancer)
}

#[test]
fn every_preset_has_its_own_words() {
    let clouds = ["digitalocean", "aws", "google", "azure"];
    let each = clouds.map(|cloud| format!("{cloud}:\n{}\n", on(&format!("cloud = \"{cloud}\""), "{}")));
    insta::assert_snapshot!(each.join("\n"));
}

#[test]
fn a_table_says_what_differs() {
    let cloud = "cloud = { preset = \"aws\", load-balancer.annotations = { \"example.com/load-balancer-title\" = \"{name} {protocol} {size}\" } }";
    insta::assert_snapshot!(on(cloud, "{ size = 3, protocol = \"http\" }"));
}

#[test]
fn a_certificate_is_of_the_cloud() {
    insta::assert_snapshot!(on("cloud = \"digitalocean\"", "{ certificate = \"shop\" }"));
    insta::assert_snapshot!(on("cloud = \"google\"", "{ certificate = \"shop\" }"));
    insta::assert_snapshot!(on("cloud = \"aws\"", "{ size = 2 }"));
}

#[test]
fn without_a_cloud_nodes_are_chosen_by_the_labels_of_their_pool() {
    insta::assert_snapshot!(on("", "{}"));
    insta::assert_snapshot!(with_pool("", "{}", "{}"));
}
