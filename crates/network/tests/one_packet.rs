//! Follows single packets through random policies, one rule at a time, and compares the result with the whole
//! network.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use aqueduct_manifest::{Object, Value, json};
use aqueduct_network::{ConnectionEnd, Network, NetworkPeer, Owners, PolicyName, Protocol, difference};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

const NAMESPACES: [&str; 2] = ["north", "south"];
const LABELS: [&str; 3] = ["red", "green", "blue"];
const BLOCKS: [(&str, [u8; 4], u32); 3] =
    [("10.0.0.0/8", [10, 0, 0, 0], 8), ("10.1.0.0/16", [10, 1, 0, 0], 16), ("0.0.0.0/0", [0, 0, 0, 0], 0)];
const ADDRESSES: [[u8; 4]; 4] = [[10, 0, 0, 1], [10, 1, 2, 3], [9, 255, 255, 255], [200, 0, 0, 1]];
const PACKETS: [(&str, u16); 5] = [("TCP", 80), ("TCP", 81), ("TCP", 8080), ("UDP", 53), ("SCTP", 80)];

/// A selector: nothing, one label, or all labels but one.
#[derive(Clone, Debug)]
enum Selector {
    Everything,
    Is(usize),
    IsNot(usize),
}

/// A set of ports.
#[derive(Clone, Debug)]
enum Port {
    Number(&'static str, u16, u16),
    Name(&'static str),
    Protocol(&'static str),
}

/// An end that a rule selects.
#[derive(Clone, Debug)]
enum End {
    Pods(Option<Selector>, Option<Selector>),
    Block(usize, Option<usize>),
}

#[derive(Clone, Debug)]
struct Rule {
    ends: Vec<End>,
    ports: Vec<Port>,
}

#[derive(Clone, Debug)]
struct Policy {
    namespace: usize,
    pods: Selector,
    ingress: Option<Vec<Rule>>,
    egress: Option<Vec<Rule>>,
}

/// A pod: its namespace, its label, and the number that it calls `web`.
#[derive(Clone, Debug)]
struct Pod {
    namespace: usize,
    label: usize,
    web: Option<u16>,
}

impl Selector {
    fn matches(&self, label: usize) -> bool {
        match self {
            Self::Everything => true,
            Self::Is(wanted) => *wanted == label,
            Self::IsNot(other) => *other != label,
        }
    }

    fn written(&self, names: &[&str], key: &str) -> serde_json::Value {
        match self {
            Self::Everything => json!({}),
            Self::Is(label) => json!({"matchLabels": {key: names[*label]}}),
            Self::IsNot(label) => {
                json!({"matchExpressions": [{"key": key, "operator": "NotIn", "values": [names[*label]]}]})
            }
        }
    }
}

/// The other end of a packet.
#[derive(Clone, Copy)]
enum Other<'a> {
    Pod(&'a Pod),
    Address([u8; 4]),
}

fn block_has(block: usize, address: [u8; 4]) -> bool {
    let (_, start, length) = BLOCKS[block];
    let shift = 32 - length;
    let number = |bytes| u64::from(u32::from(Ipv4Addr::from(bytes))) >> shift;
    number(start) == number(address)
}

impl End {
    fn is(&self, other: Other<'_>, namespace: usize) -> bool {
        match (self, other) {
            (Self::Pods(None, None), _) => false,
            (Self::Pods(namespaces, pods), Other::Pod(pod)) => {
                namespaces.as_ref().map_or(pod.namespace == namespace, |one| one.matches(pod.namespace))
                    && pods.as_ref().is_none_or(|one| one.matches(pod.label))
            }
            (Self::Block(block, except), Other::Address(address)) => {
                block_has(*block, address) && except.is_none_or(|except| !block_has(except, address))
            }
            _ => false,
        }
    }

    fn written(&self) -> serde_json::Value {
        match self {
            Self::Pods(namespaces, pods) => {
                let mut end = serde_json::Map::new();
                if let Some(namespaces) = namespaces {
                    let key = "kubernetes.io/metadata.name";
                    end.insert("namespaceSelector".to_owned(), namespaces.written(&NAMESPACES, key));
                }
                if let Some(pods) = pods {
                    end.insert("podSelector".to_owned(), pods.written(&LABELS, "colour"));
                }
                end.into()
            }
            Self::Block(block, except) => {
                let except: Vec<&str> = except.iter().map(|except| BLOCKS[*except].0).collect();
                json!({"ipBlock": {"cidr": BLOCKS[*block].0, "except": except}})
            }
        }
    }
}

impl Rule {
    /// Tells whether a packet passes; `receiver` is the pod that accepts it, if it is one.
    fn passes(
        &self,
        other: Other<'_>,
        namespace: usize,
        packet: (&str, u16),
        receiver: Option<&Pod>,
    ) -> bool {
        let is_end = self.ends.is_empty() || self.ends.iter().any(|end| end.is(other, namespace));
        let is_port = self.ports.is_empty()
            || self.ports.iter().any(|port| match port {
                Port::Number(protocol, first, last) => {
                    packet.0 == *protocol && (*first..=*last).contains(&packet.1)
                }
                Port::Name(protocol) => {
                    packet.0 == *protocol
                        && *protocol == "TCP"
                        && receiver.and_then(|pod| pod.web) == Some(packet.1)
                }
                Port::Protocol(protocol) => packet.0 == *protocol,
            });
        is_end && is_port
    }

    fn written(&self, ends: &str) -> serde_json::Value {
        let ports: Vec<serde_json::Value> = self
            .ports
            .iter()
            .map(|port| match port {
                Port::Number(protocol, first, last) => {
                    json!({"protocol": protocol, "port": first, "endPort": last})
                }
                Port::Name(protocol) => json!({"protocol": protocol, "port": "web"}),
                Port::Protocol(protocol) => json!({"protocol": protocol}),
            })
            .collect();
        let named: Vec<serde_json::Value> = self.ends.iter().map(End::written).collect();
        json!({ends: named, "ports": ports})
    }
}

impl Policy {
    fn written(&self, number: usize) -> serde_json::Value {
        let rules = |rules: &Option<Vec<Rule>>, ends| -> Vec<serde_json::Value> {
            rules.iter().flatten().map(|rule| rule.written(ends)).collect()
        };
        let types = [("Ingress", &self.ingress), ("Egress", &self.egress)];
        let types: Vec<&str> =
            types.iter().filter(|(_, rules)| rules.is_some()).map(|(name, _)| *name).collect();
        // The default is omitted.
        let types = if types == ["Ingress"] { serde_json::Value::Null } else { json!(types) };
        json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": format!("policy-{number}"), "namespace": NAMESPACES[self.namespace]},
            "spec": {
                "podSelector": self.pods.written(&LABELS, "colour"),
                "policyTypes": types,
                "ingress": rules(&self.ingress, "from"),
                "egress": rules(&self.egress, "to"),
            },
        })
    }
}

impl Pod {
    fn written(&self, number: usize) -> serde_json::Value {
        let ports: Vec<serde_json::Value> =
            self.web.iter().map(|web| json!({"name": "web", "containerPort": web})).collect();
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": format!("pod-{number}"),
                "namespace": NAMESPACES[self.namespace],
                "labels": {"colour": LABELS[self.label]},
            },
            "spec": {"containers": [{"name": "one", "ports": ports}]},
        })
    }
}

/// Tells whether the policies around a pod let a packet through, from or to another end.
fn passes(
    policies: &[Policy],
    pod: &Pod,
    other: Other<'_>,
    packet: (&str, u16),
    receiver: Option<&Pod>,
    rules: fn(&Policy) -> &Option<Vec<Rule>>,
) -> bool {
    let here =
        policies.iter().filter(|policy| policy.namespace == pod.namespace && policy.pods.matches(pod.label));
    let closing: Vec<&Vec<Rule>> = here.filter_map(|policy| rules(policy).as_ref()).collect();
    closing.is_empty()
        || closing
            .iter()
            .any(|rules| rules.iter().any(|rule| rule.passes(other, pod.namespace, packet, receiver)))
}

fn network(pods: &[Pod], policies: &[Policy]) -> Network {
    let pods = pods.iter().enumerate().map(|(number, pod)| pod.written(number));
    let policies = policies.iter().enumerate().map(|(number, policy)| policy.written(number));
    let objects: Vec<Object> = pods
        .chain(policies)
        .filter_map(|value| match json::read(&value.to_string()).expect("the objects are JSON") {
            Value::Map(map) => Some(Object::new(map)),
            _ => None,
        })
        .collect();
    Network::of(&objects)
}

/// Tells whether the network lets a packet through between two ends, given by the name of a pod or by an address.
fn has(network: &Network, from: &str, to: &str, packet: (&str, u16)) -> bool {
    let protocol = match packet.0 {
        "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        _ => Protocol::Sctp,
    };
    let is = |peer: &ConnectionEnd<'_>, name: &str| match peer {
        ConnectionEnd::Outside(range) => name
            .parse()
            .is_ok_and(|address: std::net::IpAddr| range.first <= address && address <= range.last),
        ConnectionEnd::Workload(workload) => workload.name == name,
        ConnectionEnd::IngressController => false,
    };
    network.connections().any(|connection| {
        is(&connection.from, from)
            && is(&connection.to, to)
            && connection.ports.of(protocol).iter().any(|(first, last)| (*first..=*last).contains(&packet.1))
    })
}

fn selector(count: usize) -> impl Strategy<Value = Selector> {
    prop_oneof![
        Just(Selector::Everything),
        (0..count).prop_map(Selector::Is),
        (0..count).prop_map(Selector::IsNot)
    ]
}

fn rules() -> impl Strategy<Value = Option<Vec<Rule>>> {
    let protocol = || select(&["TCP", "UDP", "SCTP"][..]);
    let port = prop_oneof![
        (protocol(), select(&[(80, 80), (80, 81), (53, 8080), (1, 65535)][..]))
            .prop_map(|(protocol, (first, last))| Port::Number(protocol, first, last)),
        protocol().prop_map(Port::Name),
        protocol().prop_map(Port::Protocol),
    ];
    let end = prop_oneof![
        3 => (option::of(selector(2)), option::of(selector(3)))
            .prop_map(|(namespaces, pods)| End::Pods(namespaces, pods)),
        1 => (0..3usize, option::of(0..3usize)).prop_map(|(block, except)| End::Block(block, except)),
    ];
    let rule = (vec(end, 0..3), vec(port, 0..3)).prop_map(|(ends, ports)| Rule { ends, ports });
    option::of(vec(rule, 0..3))
}

fn pods() -> impl Strategy<Value = Vec<Pod>> {
    let pod = (0..2usize, 0..3usize, option::of(select(&[80, 8080][..])));
    vec(pod.prop_map(|(namespace, label, web)| Pod { namespace, label, web }), 1..6)
}

fn policies() -> impl Strategy<Value = Vec<Policy>> {
    let policy = (0..2usize, selector(3), rules(), rules());
    // A policy without types restricts ingress.
    let policy = policy.prop_map(|(namespace, pods, ingress, egress)| Policy {
        namespace,
        pods,
        ingress: ingress.or_else(|| egress.is_none().then(Vec::new)),
        egress,
    });
    vec(policy, 0..5)
}

/// The policy that implements the agreement.
const AGREED: &str = "policy-0";

/// Ports at the edges of those in rules.
const EDGES: [u16; 10] = [1, 52, 53, 79, 80, 81, 82, 8080, 8081, 65535];

/// Every workload is its own owner and has agreed with nobody.
struct Alone;

impl<'a> Owners<'a> for Alone {
    type Owner = &'a NetworkPeer;

    fn owner(&self, workload: &'a NetworkPeer) -> Option<&'a NetworkPeer> {
        Some(workload)
    }

    fn is_agreed(&self, policy: &PolicyName) -> bool {
        policy.name == AGREED
    }

    fn are_strangers(&self, _: (&'a NetworkPeer, &NetworkPeer), _: (&'a NetworkPeer, &NetworkPeer)) -> bool {
        true
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_packet_passes_where_the_network_says(pods in pods(), policies in policies()) {
        let network = network(&pods, &policies);
        let leaves = |pod, other, packet, receiver| {
            passes(&policies, pod, other, packet, receiver, |policy| &policy.egress)
        };
        let arrives = |pod, other, packet| {
            passes(&policies, pod, other, packet, Some(pod), |policy| &policy.ingress)
        };
        for packet in PACKETS {
            for (number, pod) in pods.iter().enumerate() {
                let name = format!("pod-{number}");
                for (other, receiver) in pods.iter().enumerate().filter(|(other, _)| *other != number) {
                    let expected = leaves(pod, Other::Pod(receiver), packet, Some(receiver))
                        && arrives(receiver, Other::Pod(pod), packet);
                    let other = format!("pod-{other}");
                    prop_assert_eq!(has(&network, &name, &other, packet), expected, "{} => {} {:?}", name, other, packet);
                }
                for address in ADDRESSES {
                    let text = Ipv4Addr::from(address).to_string();
                    let out = leaves(pod, Other::Address(address), packet, None);
                    prop_assert_eq!(has(&network, &name, &text, packet), out, "{} => {} {:?}", name, text, packet);
                    let inward = arrives(pod, Other::Address(address), packet);
                    prop_assert_eq!(has(&network, &text, &name, packet), inward, "{} => {} {:?}", text, name, packet);
                }
            }
        }
    }

    #[test]
    fn explanations_and_changes_agree_with_the_lists(
        pods in pods(), old in policies(), new in policies(), kept in 0..6usize,
    ) {
        let (old, new) = (network(&pods[..kept.clamp(1, pods.len())], &old), network(&pods, &new));
        for connection in new.connections() {
            let explained = new.explain(&connection.from, &connection.to).map(|one| one.ports);
            prop_assert_eq!(explained, Some((*connection.ports).clone()), "{}", connection);
        }
        let between_pods = |from: &ConnectionEnd<'_>, to: &ConnectionEnd<'_>| {
            matches!((from, to), (ConnectionEnd::Workload(_), ConnectionEnd::Workload(_)))
        };
        let mut expected: BTreeMap<(String, String), [String; 2]> = BTreeMap::new();
        for (side, network) in [&old, &new].into_iter().enumerate() {
            for one in network.connections().filter(|one| between_pods(&one.from, &one.to)) {
                let entry = expected.entry((one.from.to_string(), one.to.to_string()));
                entry.or_insert_with(|| ["No Connections"; 2].map(str::to_owned))[side] = one.ports.to_string();
            }
        }
        expected.retain(|_, [before, after]| before != after);
        let changes: BTreeMap<(String, String), [String; 2]> = difference(&old, &new)
            .iter()
            .filter(|change| between_pods(&change.from, &change.to))
            .map(|change| {
                let ends = (change.from.to_string(), change.to.to_string());
                (ends, [change.before.to_string(), change.after.to_string()])
            })
            .collect();
        prop_assert_eq!(changes, expected);
    }

    /// Each pod is its own owner, and the first policy implements the agreement.
    #[test]
    fn openings_are_what_is_open_and_not_agreed(pods in pods(), policies in policies()) {
        let network = network(&pods, &policies);
        let mut expected = BTreeSet::new();
        let all: Vec<ConnectionEnd<'_>> = network.workloads().map(ConnectionEnd::Workload).collect();
        for (from, to) in all.iter().flat_map(|from| all.iter().map(move |to| (from, to))) {
            let Some(explained) = network.explain(from, to).filter(|_| from != to) else { continue };
            let mut agreed = explained.ingress.policies.iter().filter(|(name, _)| AGREED == name.name.as_str());
            let agreed = agreed.next().map(|(_, ports)| ports);
            let mut edges = EDGES.iter().flat_map(|port| Protocol::ALL.map(|protocol| (protocol, *port)));
            let is_open = edges.any(|(protocol, port)| {
                explained.ports.has(protocol, port) && !agreed.is_some_and(|agreed| agreed.has(protocol, port))
            });
            if is_open {
                expected.insert((from.to_string(), to.to_string()));
            }
        }
        let openings = network.openings(&Alone, usize::MAX);
        let found: BTreeSet<(String, String)> = openings
            .iter()
            .flat_map(|opening| opening.from.keys().map(|from| (from.to_string(), opening.to.to_string())))
            .collect();
        prop_assert_eq!(&found, &expected);
        for (opening, few) in openings.iter().zip(network.openings(&Alone, 1)) {
            prop_assert_eq!(few.from.len(), 1);
            prop_assert_eq!(few.has_more, opening.from.len() > 1);
        }
    }
}
