//! Which changes can open or close connections between pods, and between which.

use std::collections::BTreeSet;

use aqueduct_manifest::{Object, SmolStr, Value};

use crate::compare::{Change, Fate};
use crate::path::{Path, PathStep};

/// The label with the name of each namespace.
const NAME: &str = "kubernetes.io/metadata.name";

/// Returns the labels that network policies and Services select by.
pub fn selected<'o>(objects: impl IntoIterator<Item = &'o Object>) -> BTreeSet<SmolStr> {
    let mut labels = BTreeSet::new();
    for object in objects {
        let spec = object.map.get("spec");
        match (object.group(), object.kind()) {
            ("networking.k8s.io", "NetworkPolicy") => spec.iter().for_each(|spec| gather(spec, &mut labels)),
            ("", "Service") => {
                let selector = spec.and_then(|spec| spec.get("selector")?.as_map());
                labels.extend(selector.into_iter().flat_map(|selector| selector.keys().cloned()));
            }
            _ => {}
        }
    }
    labels
}

/// Adds the labels of all selectors in a policy.
fn gather(value: &Value, labels: &mut BTreeSet<SmolStr>) {
    match value {
        Value::List(list) => list.iter().for_each(|item| gather(item, labels)),
        Value::Map(map) => {
            for (name, value) in map {
                match (name.as_str(), value) {
                    ("matchLabels", Value::Map(wanted)) => labels.extend(wanted.keys().cloned()),
                    ("key", Value::String(key)) => drop(labels.insert(key.clone())),
                    _ => gather(value, labels),
                }
            }
        }
        _ => {}
    }
}

impl Change {
    /// Tells whether the change can open or close connections, given the selected labels.
    pub fn may_move_traffic(&self, selected: &BTreeSet<SmolStr>) -> bool {
        let is_looked_for = |path: &Path| {
            let at = path.0.iter().position(|step| matches!(step, PathStep::Field(name) if name == "labels"));
            at.is_some_and(|at| match path.0.get(at + 1) {
                Some(PathStep::Field(label)) => selected.contains(label),
                _ => true,
            })
        };
        matches!(self.object.kind(), "NetworkPolicy" | "Namespace")
            || self.fate == Fate::Changed && self.fields.iter().any(|field| is_looked_for(&field.path))
    }

    /// Tells whether it only affects connections between pods of the given namespaces: different ports for peers that a
    /// policy selects.
    pub fn stays_within(&self, namespaces: &BTreeSet<&str>) -> bool {
        let is_named = |peer: &Value| {
            let selector = peer.get("namespaceSelector");
            selector.is_none_or(|selector| {
                let name = selector.at(&["matchLabels", NAME]).and_then(Value::as_str);
                name.is_some_and(|name| namespaces.contains(name))
            })
        };
        let has_named_peers = |rule: &Value, side: &str| {
            let peers = rule.get(side).and_then(Value::as_list);
            peers.is_some_and(|peers| !peers.is_empty() && peers.iter().all(is_named))
        };
        let is_port = |path: &Path| match &path.0[..] {
            [
                PathStep::Field(spec),
                PathStep::Field(way),
                PathStep::Index(rule),
                PathStep::Field(ports),
                ..,
            ] => {
                let side = if way == "ingress" { "from" } else { "to" };
                let rules = self.object.at(&[spec, way]).and_then(Value::as_list);
                ports == "ports"
                    && rules
                        .and_then(|rules| rules.get(*rule))
                        .is_some_and(|rule| has_named_peers(rule, side))
            }
            _ => false,
        };
        self.object.kind() == "NetworkPolicy"
            && self.fate == Fate::Changed
            && self.fields.iter().all(|field| is_port(&field.path))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aqueduct_apiserver::Server;
    use aqueduct_manifest::{Object, yaml};

    use super::selected;
    use crate::compare::review;
    use crate::write::Apply;

    fn policy(rule: &str) -> String {
        format!(
            "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: web, namespace: shop}}, \
             spec: {{podSelector: {{matchLabels: {{app: web}}}}, policyTypes: [Ingress], ingress: [{rule}]}}}}"
        )
    }

    fn pods(labels: &str) -> String {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: web, namespace: shop, labels: {labels}}}, spec: {{}}}}"
        )
    }

    /// Tells whether a change can move traffic beside a policy, and whether it stays within two namespaces.
    fn judged(old: &str, new: &str) -> (bool, bool) {
        let beside = policy("{from: [{podSelector: {matchExpressions: [{key: tier, operator: Exists}]}}]}");
        let [beside, old, new] = [&*beside, old, new].map(|text| {
            let map = yaml::read(text).expect("the example is YAML").as_map().cloned().unwrap_or_default();
            Object { map, origin: None }
        });
        let [old, new] = [[old], [new]];
        let review = review(&Server::new(33), &old, &new, &|_| Apply::Server);
        let change = review.changes.first().expect("there is a change");
        let selected = selected([&beside]);
        (change.may_move_traffic(&selected), change.stays_within(&BTreeSet::from(["shop", "bank"])))
    }

    #[test]
    fn changes_of_policies_and_labels() {
        let from = |namespace: &str, port: u16| {
            policy(&format!(
                "{{from: [{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}}}], \
                 ports: [{{port: {port}}}]}}"
            ))
        };
        let from_all = |port: u16| policy(&format!("{{ports: [{{port: {port}}}]}}"));
        assert_eq!(judged(&from("bank", 80), &from("bank", 81)), (true, true));
        assert_eq!(judged(&from("mail", 80), &from("mail", 81)), (true, false));
        assert_eq!(judged(&from("bank", 80), &from("shop", 80)), (true, false));
        assert_eq!(judged(&from_all(80), &from_all(81)), (true, false));
        assert_eq!(judged(&pods("{app: web}"), &pods("{app: web, team: a}")), (false, false));
        assert_eq!(judged(&pods("{app: web}"), &pods("{app: web, tier: a}")), (true, false));
        assert_eq!(judged(&pods("{app: web}"), &pods("{app: api}")), (true, false));
        assert_eq!(judged(&pods("null"), &pods("{team: a}")), (true, false));
    }
}
