//! A NetworkPolicy does not shut off a namespace that somebody else fills.

use aqueduct_manifest::{Map, Value};

use crate::index::Index;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "namespace-policy",
    summary: "a NetworkPolicy selects every pod of a namespace that exists already",
    level: Level::Error,
    page: include_str!("namespace_policy.md"),
    check: namespace_policy,
};

fn namespace_policy(index: &Index<'_>, report: &mut Report) {
    for entry in index.of_kind("networking.k8s.io", "NetworkPolicy") {
        let is_ours = index.get("", "Namespace", "", entry.namespace).is_some();
        // Of manifests that belong to no tenant it is not known whose the namespace is, unless it is the cluster's.
        let is_known = !entry.tenant.is_empty() || entry.namespace.starts_with("kube-");
        if is_ours || !is_known || !index.is_outside(entry.namespace) {
            continue;
        }
        let selector = entry.object.at(&["spec", "podSelector"]).and_then(Value::as_map);
        let selects_all = selector.is_none_or(|selector| selector.iter().all(|(_, part)| is_empty(part)));
        if selects_all {
            let message = format!("{} selects every pod of a namespace that others use too", entry.title());
            report
                .error(&entry, ["spec", "podSelector"], message)
                .hint("select the pods that are meant by their labels in `podSelector`");
        }
    }
}

fn is_empty(part: &Value) -> bool {
    match part {
        Value::Null => true,
        Value::List(list) => list.is_empty(),
        other => other.as_map().is_some_and(Map::is_empty),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn a_policy_of_a_shared_namespace_selects_pods() {
        insta::assert_snapshot!(findings("namespace-policy", "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all, namespace: kube-system, labels: {tenant: platform}}
spec: {podSelector: {}, policyTypes: [Ingress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: empty, namespace: kube-system, labels: {tenant: platform}}
spec: {podSelector: {matchLabels: {}}, policyTypes: [Ingress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: some, namespace: kube-system, labels: {tenant: platform}}
spec: {podSelector: {matchLabels: {app: dns}}, policyTypes: [Ingress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: own, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress]}
"), @r"
        error: `NetworkPolicy kube-system/all` selects every pod of a namespace that others use too: 1.yaml at spec.podSelector
          hint: select the pods that are meant by their labels in `podSelector`
        error: `NetworkPolicy kube-system/empty` selects every pod of a namespace that others use too: 2.yaml at spec.podSelector
          hint: select the pods that are meant by their labels in `podSelector`
        ");
    }
}
