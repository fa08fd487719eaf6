//! The output for small networks: lists, tables, explanations, changes and drawings.

use aqueduct_manifest::{Object, Value, yaml};
use aqueduct_network::{ConnectionEnd, Ends, Network, difference, graph, print};

const SHOP: &str = include_str!("shop.yaml");

fn network(text: &str) -> Network {
    let documents = yaml::read_values(text, yaml::Dialect::Sigs).expect("the manifests are YAML");
    let objects: Vec<Object> = documents
        .into_iter()
        .filter_map(|document| match document {
            Value::Map(map) => Some(Object::new(map)),
            _ => None,
        })
        .collect();
    Network::of(&objects)
}

#[test]
fn list_of_a_shop() {
    insta::assert_snapshot!(print::list(network(SHOP).connections()));
}

#[test]
fn table_of_a_shop() {
    insta::assert_snapshot!(print::table(&network(SHOP), &Ends::All, &Ends::All));
}

#[test]
fn drawing_of_a_shop() {
    insta::assert_snapshot!(graph::svg(&network(SHOP), &Ends::All, &Ends::All));
}

#[test]
fn ends_that_are_wanted() {
    let network = network(SHOP);
    let api = network.workloads().filter(|workload| workload.name == "api").cloned().collect();
    insta::assert_snapshot!(print::table(&network, &Ends::Outside, &Ends::Workloads(api)));
}

#[test]
fn json_of_nothing() {
    assert_eq!(print::json(network("").connections()), "[]\n");
}

#[test]
fn reasons() {
    let network = network(SHOP);
    let peers: Vec<ConnectionEnd<'_>> =
        network.workloads().map(ConnectionEnd::Workload).chain([ConnectionEnd::IngressController]).collect();
    let mut text = String::new();
    for from in &peers {
        for to in peers.iter().filter(|to| *to != from) {
            if let Some(explanation) = network.explain(from, to) {
                text.push_str(&format!("{from} => {to} : {explanation}\n"));
            }
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_policy_less() {
    let (old, new) =
        (network(SHOP), network(&SHOP.replace("kind: NetworkPolicy # database", "kind: ConfigMap")));
    let changes: Vec<String> = difference(&old, &new).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(changes.join("\n"));
}

/// Ports of Services by name and number, Routes, and backends that lead nowhere.
#[test]
fn published() {
    let text = r#"
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  containers:
  - name: web
    ports: [{name: http, containerPort: 8080}, {name: admin, containerPort: 8081}, {name: dns, containerPort: 53, protocol: UDP}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{name: web, port: 80, targetPort: http}, {name: admin, port: 81, targetPort: 8081}, {port: 53}, {port: 9999}]
---
apiVersion: v1
kind: Service
metadata: {name: without-selector, namespace: shop}
spec: {ports: [{port: 8080}]}
"#;
    let ingress = |backend: &str| {
        format!(
            "{text}---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: a, namespace: shop}}\nspec: \
             {{rules: [{{http: {{paths: [{{backend: {{service: {backend}}}}}]}}}}]}}\n"
        )
    };
    let route = |spec: &str| {
        format!(
            "{text}---\napiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {{name: a, namespace: shop}}\nspec: {spec}\n"
        )
    };
    let cases = [
        ingress("{name: web, port: {number: 80}}"),
        ingress("{name: web, port: {number: 8081}}"),
        ingress("{name: web, port: {name: admin}}"),
        ingress("{name: web, port: {name: http}}"),
        ingress("{name: web, port: {number: 53}}"),
        ingress("{name: web}"),
        ingress("{name: without-selector, port: {number: 8080}}"),
        ingress("{name: absent, port: {number: 80}}"),
        route("{to: {name: web}, port: {targetPort: http}}"),
        route(
            "{to: {kind: Service, name: absent}, alternateBackends: [{name: web}], port: {targetPort: 81}}",
        ),
        route("{to: {kind: Other, name: web}}"),
    ];
    let published = |text: &String| {
        let network = network(text);
        let found = network.connections().find(|one| one.from == ConnectionEnd::IngressController);
        let spec = text.rsplit("spec: ").next().unwrap_or_default().trim();
        let ports = found.map_or_else(|| "nothing".to_owned(), |one| one.ports.to_string());
        format!("{spec}\n  {ports}\n")
    };
    insta::assert_snapshot!(cases.iter().map(published).collect::<String>());
}
