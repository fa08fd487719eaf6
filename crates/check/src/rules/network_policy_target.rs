//! A NetworkPolicy applies to pods that exist.

use crate::index::{Index, Selection};
use crate::label_selector::LabelSelector;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "network-policy-target",
    summary: "a NetworkPolicy selects no pod",
    level: Level::Warning,
    page: include_str!("network_policy_target.md"),
    check: network_policy_target,
};

/// A label of the temporary pods with which cert-manager solves challenges.
const SOLVER: &str = "acme.cert-manager.io/";

fn network_policy_target(index: &Index<'_>, report: &mut Report) {
    for entry in index.of_kind("networking.k8s.io", "NetworkPolicy") {
        let Some(selector) = entry.object.at(&["spec", "podSelector"]) else { continue };
        let selector = LabelSelector::full(selector);
        let is_other = selector.is_empty() || selector.text().starts_with(SOLVER);
        if is_other || index.selection(&entry, &selector) == Selection::Pods {
            continue;
        }
        let of_namespace = index.pod_labels(entry.namespace, entry.name);
        let finding = report.warning(
            &entry,
            ["spec", "podSelector"],
            format!("{} selects no pod: {}", entry.title(), selector.text()),
        );
        match of_namespace {
            Some(labels) => finding.hint(format!(
                "use the labels of its pods (for a chart or a kustomization, in `[policies]`); a pod in its namespace has {labels}"
            )),
            None => finding.hint("its namespace has no rendered pods"),
        };
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn a_policy_should_match_a_pod() {
        insta::assert_snapshot!(findings("network-policy-target", "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: bank}
spec: {podSelector: {matchLabels: {app: web}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: bank}
spec: {podSelector: {}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: solver, namespace: bank}
spec: {podSelector: {matchLabels: {acme.cert-manager.io/http01-solver: 'true'}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: database, namespace: shop}
spec: {podSelector: {matchLabels: {cluster-name: database}}}
---
apiVersion: acid.zalan.do/v1
kind: postgresql
metadata: {name: database, namespace: shop, labels: {component: database}}
"), @r"
        warning: `NetworkPolicy bank/web` selects no pod: app=web: 1.yaml at spec.podSelector
          hint: its namespace has no rendered pods
        ");
    }
}
