//! NetworkPolicies: which pods they select, and what their rules let through.
//!
//! Source: <https://kubernetes.io/docs/concepts/services-networking/network-policies/>.

use std::fmt;

use aqueduct_manifest::{LabelSelector, Object, SmolStr, Value};

use crate::addresses::{AddressRange, ranges};
use crate::ports::RulePorts;
use crate::workload::namespace;

/// The direction of a connection, seen from the pods that a policy selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// To these pods.
    Ingress,
    /// From these pods.
    Egress,
}

impl Direction {
    /// Both directions.
    pub(crate) const BOTH: [Self; 2] = [Self::Ingress, Self::Egress];
}

/// A NetworkPolicy by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyName {
    /// The namespace.
    pub namespace: SmolStr,
    /// The name.
    pub name: SmolStr,
}

impl PolicyName {
    /// Returns the name of an object, if it is a NetworkPolicy.
    pub fn of(object: &Object) -> Option<Self> {
        let is_policy = object.kind() == "NetworkPolicy" && object.group() == "networking.k8s.io";
        is_policy.then(|| Self { namespace: namespace(object).into(), name: object.name().into() })
    }
}

impl fmt::Display for PolicyName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.namespace, self.name)
    }
}

/// A policy as it was written.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) name: PolicyName,
    /// The pods of its namespace that it selects.
    pub(crate) pods: LabelSelector,
    /// The directions in which it restricts these pods.
    pub(crate) closes: [bool; 2],
    /// The rules by direction.
    pub(crate) rules: [Vec<Rule>; 2],
}

/// What a policy lets through.
#[derive(Debug)]
pub(crate) struct Rule {
    /// The other ends; `None` means any.
    pub(crate) peers: Option<Vec<PeerRule>>,
    pub(crate) ports: RulePorts,
}

/// One of the other ends of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PeerRule {
    /// Pods by their labels and the namespaces that they are in.
    Pods(PodRule),
    /// Addresses outside the cluster.
    Addresses(Vec<AddressRange>),
}

/// Pods by their labels and the namespaces that they are in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PodRule {
    pub(crate) namespaces: Namespaces,
    pub(crate) pods: LabelSelector,
}

/// The namespaces of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Namespaces {
    /// The namespace of the policy.
    Own(SmolStr),
    /// Those with these labels.
    Labelled(LabelSelector),
}

impl PodRule {
    /// Tells whether it selects all pods of the cluster.
    pub(crate) fn is_everything(&self) -> bool {
        matches!(&self.namespaces, Namespaces::Labelled(selector) if selector.is_empty())
            && self.pods.is_empty()
    }
}

impl Policy {
    /// Reads a policy.
    pub(crate) fn of(object: &Object, name: PolicyName) -> Self {
        let namespace = name.namespace.as_str();
        let spec = object.map.get("spec");
        let field = |name| spec.and_then(|spec| spec.get(name)).filter(|value| !value.is_null());
        let list = |name| field(name).and_then(Value::as_list).map_or(&[][..], |list| list);
        let rules =
            |name, peers: &str| list(name).iter().map(|rule| Rule::of(rule, peers, namespace)).collect();
        let types = list("policyTypes");
        let named = |name| types.iter().any(|one| one.as_str() == Some(name));
        // Without types, every policy restricts ingress, and one with egress rules also restricts egress.
        let closes = match types.is_empty() {
            true => [true, !list("egress").is_empty()],
            false => [named("Ingress"), named("Egress")],
        };
        let rules = [rules("ingress", "from"), rules("egress", "to")];
        Self { pods: field("podSelector").map(LabelSelector::full).unwrap_or_default(), closes, rules, name }
    }
}

impl Rule {
    fn of(rule: &Value, peers: &str, namespace: &str) -> Self {
        let peers = rule.get(peers).and_then(Value::as_list).map_or(&[][..], |list| list);
        let read = || peers.iter().filter_map(|peer| PeerRule::of(peer, namespace)).collect();
        Self { peers: (!peers.is_empty()).then(read), ports: RulePorts::of(rule) }
    }
}

impl PeerRule {
    /// Parses a peer; an empty one matches nobody.
    fn of(peer: &Value, namespace: &str) -> Option<Self> {
        let field = |name| peer.get(name).filter(|value| !value.is_null());
        if let Some(block) = field("ipBlock") {
            return Some(Self::Addresses(ranges(block)));
        }
        let (namespaces, pods) = (field("namespaceSelector"), field("podSelector"));
        if namespaces.is_none() && pods.is_none() {
            return None;
        }
        Some(Self::Pods(PodRule {
            namespaces: match namespaces {
                Some(selector) => Namespaces::Labelled(LabelSelector::full(selector)),
                None => Namespaces::Own(namespace.into()),
            },
            pods: pods.map(LabelSelector::full).unwrap_or_default(),
        }))
    }
}
