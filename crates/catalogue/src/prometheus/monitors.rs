//! Supports ServiceMonitors without their operator: a scrape job for each of their endpoints. Source:
//! <https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor>.

use aqueduct_manifest::{Map, Object, Value, yaml};
use aqueduct_render::{Context, Error, GraphNode};

use crate::values::{list, map};

/// The kinds with foreign objects, which may contain their own ServiceMonitors.
const FOREIGN: [&str; 4] = ["chart", "kustomization", "manifests", "template"];

/// The fields of an endpoint with credentials, which only the operator can read for Prometheus.
const CREDENTIALS: [&str; 4] = ["authorization", "basicAuth", "bearerTokenSecret", "oauth2"];

/// Returns the jobs of all ServiceMonitors in charts, kustomizations and manifests, as the continuation of a list of
/// jobs. Components of other kinds have annotations for the same purpose.
pub(super) fn jobs(context: &Context<'_>) -> Result<String, Error> {
    let mut text = String::new();
    for node in context.graph().nodes() {
        if !FOREIGN.contains(&node.site.instance.kind.as_str()) {
            continue;
        }
        for monitor in context.rendered_node(node)?.iter().filter(|object| object.kind() == "ServiceMonitor")
        {
            let endpoints = monitor.at(&["spec", "endpoints"]).and_then(Value::as_list);
            for (number, endpoint) in endpoints.into_iter().flat_map(|list| list.iter()).enumerate() {
                text.push_str(&job(node, monitor, endpoint, number));
            }
        }
    }
    Ok(text)
}

fn job(node: &GraphNode<'_>, monitor: &Object, endpoint: &Value, number: usize) -> String {
    let namespace = if monitor.namespace().is_empty() { node.site.namespace() } else { monitor.namespace() };
    let name = format!("serviceMonitor/{namespace}/{}/{number}", monitor.name());
    let of_tls = endpoint.get("tlsConfig").and_then(Value::as_map);
    let is_plain =
        of_tls.is_none_or(|map| map.keys().all(|key| key == "insecureSkipVerify" || key == "serverName"));
    if !is_plain || CREDENTIALS.iter().any(|field| endpoint.get(field).is_some()) {
        return format!("\n  # {name} is left out: its credentials are in another namespace.\n");
    }
    let mut job = Map::new();
    job.insert("job_name", name);
    for (from, to) in [
        ("interval", "scrape_interval"),
        ("scrapeTimeout", "scrape_timeout"),
        ("path", "metrics_path"),
        ("scheme", "scheme"),
        ("honorLabels", "honor_labels"),
        ("honorTimestamps", "honor_timestamps"),
        ("params", "params"),
    ] {
        if let Some(value) = endpoint.get(from) {
            job.insert(to, value.clone());
        }
    }
    if let Some(file) = endpoint.get("bearerTokenFile") {
        job.insert("authorization", map([("credentials_file", file.clone())]));
    }
    if let Some(tls) = of_tls {
        job.insert("tls_config", renamed(&tls.clone().into()));
    }
    let mut discovery = Map::new();
    discovery.insert("role", "endpoints");
    if let Some(names) = namespaces(monitor, namespace) {
        discovery.insert("namespaces", map([("names", names)]));
    }
    job.insert("kubernetes_sd_configs", list([discovery.into()]));
    job.insert("relabel_configs", relabelling(node, monitor, endpoint));
    if let Some(rules) = endpoint.get("metricRelabelings").and_then(Value::as_list) {
        job.insert("metric_relabel_configs", list(rules.iter().map(renamed)));
    }
    let text = yaml::write(&list([job.into()]));
    let lines: String = text.lines().map(|line| format!("  {line}\n")).collect();
    format!("\n{lines}")
}

/// Returns the namespaces of a monitor's targets; `None` for all.
fn namespaces(monitor: &Object, own: &str) -> Option<Value> {
    let selector = monitor.at(&["spec", "namespaceSelector"]);
    if selector.and_then(|selector| selector.get("any")?.as_bool()) == Some(true) {
        return None;
    }
    let names =
        selector.and_then(|selector| selector.get("matchNames")).filter(|names| names.as_list().is_some());
    Some(names.cloned().unwrap_or_else(|| list([own.into()])))
}

fn relabelling(node: &GraphNode<'_>, monitor: &Object, endpoint: &Value) -> Value {
    let label = |name: &str| format!("__meta_kubernetes_service_label_{}", sanitised(name));
    let present = |name: &str| format!("__meta_kubernetes_service_labelpresent_{}", sanitised(name));
    let text =
        |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    // The job for all pods already finds pods with annotations.
    let mut rules = vec![rule("drop", "__meta_kubernetes_pod_annotation_prometheus_io_scrape", "true")];
    let labels = monitor.at(&["spec", "selector", "matchLabels"]).and_then(Value::as_map);
    for (name, value) in labels.into_iter().flat_map(|labels| labels.iter()) {
        rules.push(rule("keep", &label(name), &literal(value.as_str().unwrap_or_default())));
    }
    let expressions = monitor.at(&["spec", "selector", "matchExpressions"]).and_then(Value::as_list);
    for expression in expressions.into_iter().flat_map(|list| list.iter()) {
        let key = text(expression, "key");
        let values =
            expression.get("values").and_then(Value::as_list).into_iter().flat_map(|list| list.iter());
        let values: Vec<String> = values.filter_map(Value::as_str).map(literal).collect();
        rules.push(match text(expression, "operator").as_str() {
            "In" => rule("keep", &label(&key), &values.join("|")),
            "NotIn" => rule("drop", &label(&key), &values.join("|")),
            "DoesNotExist" => rule("drop", &present(&key), "true"),
            _ => rule("keep", &present(&key), "true"),
        });
    }
    match (endpoint.get("port").and_then(Value::as_str), endpoint.get("targetPort")) {
        (Some(port), _) => rules.push(rule("keep", "__meta_kubernetes_endpoint_port_name", &literal(port))),
        (None, Some(Value::String(port))) => {
            rules.push(rule("keep", "__meta_kubernetes_pod_container_port_name", &literal(port)));
        }
        (None, Some(port)) => {
            let port = port.as_i64().map(|port| port.to_string()).unwrap_or_default();
            rules.push(rule("keep", "__meta_kubernetes_pod_container_port_number", &port));
        }
        (None, None) => {}
    }
    for (source, target) in [
        ("__meta_kubernetes_namespace", "namespace"),
        ("__meta_kubernetes_pod_name", "pod"),
        ("__meta_kubernetes_service_name", "job"),
        ("__meta_kubernetes_service_name", "component"),
    ] {
        rules.push(map([("source_labels", list([source.into()])), ("target_label", target.into())]));
    }
    rules.push(map([("target_label", "tenant".into()), ("replacement", node.site.tenant().into())]));
    if let Some(own) = endpoint.get("relabelings").and_then(Value::as_list) {
        rules.extend(own.iter().map(renamed));
    }
    list(rules)
}

fn rule(action: &str, source: &str, regex: &str) -> Value {
    map([("action", action.into()), ("source_labels", list([source.into()])), ("regex", regex.into())])
}

/// Returns an operator's table with Prometheus' own field names.
fn renamed(table: &Value) -> Value {
    let mut result = Map::new();
    for (key, value) in table.as_map().into_iter().flat_map(|map| map.iter()) {
        result.insert(snake(key), value.clone());
    }
    result.into()
}

fn snake(name: &str) -> String {
    let mut result = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            result.push('_');
        }
        result.push(letter.to_ascii_lowercase());
    }
    result
}

/// Returns the name of a label in Prometheus' form.
fn sanitised(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect()
}

/// Escapes a text for a regular expression. Labels and ports contain no other special characters.
fn literal(text: &str) -> String {
    text.replace('.', "\\.")
}
