//! A NetworkPolicy does not isolate a namespace that belongs to others.

use aqueduct_manifest::{Map, Value};

use crate::index::Index;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "namespace-policy",
    summary: "a NetworkPolicy selects every pod of a namespace that the platform does not create",
    level: Level::Error,
    page: include_str!("namespace_policy.md"),
    check: namespace_policy,
};

fn namespace_policy(index: &Index<'_>, report: &mut Report) {
    for entry in index.of_kind("networking.k8s.io", "NetworkPolicy") {
        let is_ours = index.get("", "Namespace", "", entry.namespace).is_some();
        // For manifests without a tenant, the owner of the namespace is unknown, except for those of the cluster.
        let is_known = !entry.tenant.is_empty() || entry.namespace.starts_with("kube-");
        if is_ours || !is_known || !index.is_outside(entry.namespace) {
            continue;
        }
        let selector = entry.object.at(&["spec", "podSelector"]).and_then(Value::as_map);
        let selects_all = selector.is_none_or(|selector| selector.iter().all(|(_, part)| is_empty(part)));
        if selects_all {
            let message = format!("{} selects every pod of a namespace that others also use", entry.title());
            report
                .error(&entry, ["spec", "podSelector"], message)
                .hint("set `podSelector` to the labels of the intended pods");
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
        error: `NetworkPolicy kube-system/all` selects every pod of a namespace that others also use: 1.yaml at spec.podSelector
          hint: set `podSelector` to the labels of the intended pods
        error: `NetworkPolicy kube-system/empty` selects every pod of a namespace that others also use: 2.yaml at spec.podSelector
          hint: set `podSelector` to the labels of the intended pods
        ");
    }
}
