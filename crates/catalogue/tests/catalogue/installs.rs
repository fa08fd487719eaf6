//! What the small server installations render, and what they reject.

use super::shop::{check, check_with, with_resources};

/// The cloud of these installations.
const CLOUD: (&str, &str) = ("platform.toml", "cloud = \"digitalocean\"\n");

#[test]
fn ingress_nginx() {
    let controller = with_resources(
        "kind = \"ingress-nginx\"\nreplicas = 2\nload-balancer = { allow = [\"203.0.113.0/24\"] }\nconfiguration = { proxy-body-size = \"16m\" }\n",
    );
    insta::assert_snapshot!(check_with(&[("controller", &controller)], &[CLOUD]));
}

#[test]
fn elasticsearch_kibana_and_fluent_bit() {
    let search = with_resources("kind = \"elasticsearch\"\nremote = \"shop/users\"\n");
    let kibana = with_resources(
        "kind = \"kibana\"\nelasticsearch = \"search:http\"\nremote = \"shop/kibana\"\ningress = { host = \"logs.example.com\", path = \"/kibana\" }\n",
    );
    let agent =
        with_resources("kind = \"fluent-bit\"\nto = \"search:http\"\nnamespaces = [\"shop\", \"till\"]\n");
    insta::assert_snapshot!(check(&[("agent", &agent), ("kibana", &kibana), ("search", &search)]));
}

/// Fluent Bit's format: unindented sections, followed by key-value pairs with the same indent.
#[test]
fn fluent_bit_has_its_form() {
    for (kind, fields) in
        [("elasticsearch", "remote = \"shop/users\"\n"), ("loki", "storage = { size = \"5Gi\" }\n")]
    {
        let sink = with_resources(&format!("kind = \"{kind}\"\n{fields}"));
        let agent = with_resources("kind = \"fluent-bit\"\nto = \"sink:http\"\n");
        let text = check(&[("agent", &agent), ("sink", &sink)]);
        let (_, after) = text.split_once("  fluent-bit.conf: |\n").unwrap_or_else(|| panic!("{text}"));
        let lines: Vec<&str> = after
            .lines()
            .map_while(|line| if line.is_empty() { Some("") } else { line.strip_prefix("    ") })
            .collect();
        assert_eq!(lines.iter().filter(|line| **line == "[OUTPUT]").count(), 1, "{lines:?}");
        for line in lines.iter().filter(|line| !line.is_empty() && !line.starts_with('[')) {
            let pair = line.strip_prefix("    ").and_then(|pair| pair.split_once(' '));
            assert!(pair.is_some_and(|(key, value)| !key.is_empty() && !value.trim().is_empty()), "{line}");
        }
    }
}

#[test]
fn fluent_bit_ships_to_nobody_that_takes_no_logs() {
    let cache = with_resources("kind = \"redis\"\nremote = \"shop/cache\"\n");
    let agent = with_resources("kind = \"fluent-bit\"\nto = \"cache\"\n");
    insta::assert_snapshot!(check(&[("agent", &agent), ("cache", &cache)]), @r"
    error: a component of kind `redis` cannot receive logs: `cache`: tenants/shop/agent.toml
      hint: refer to an `elasticsearch` or a `loki`
    ");
}

#[test]
fn kibana_needs_an_elasticsearch() {
    let cache = with_resources("kind = \"redis\"\nremote = \"shop/cache\"\n");
    let kibana = with_resources("kind = \"kibana\"\nelasticsearch = \"cache\"\nremote = \"shop/kibana\"\n");
    insta::assert_snapshot!(check(&[("cache", &cache), ("kibana", &kibana)]), @"error: `cache` is not an `elasticsearch`: tenants/shop/kibana.toml");
}
