//! What is printed of small networks: lists, tables, explanations, changes and drawings.

use aqueduct_manifest::{Object, Value, yaml};
use aqueduct_network::{Ends, Network, Peer, difference, graph, print};

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
    let peers: Vec<Peer<'_>> =
        network.workloads().map(Peer::Workload).chain([Peer::IngressController]).collect();
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
