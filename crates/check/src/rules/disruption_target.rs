//! A PodDisruptionBudget selects pods that exist.
//!
//! Nothing breaks until a node is drained, so this is a warning.

use crate::index::{Index, Selection};
use crate::label_selector::LabelSelector;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "disruption-target",
    summary: "a PodDisruptionBudget selects no pod",
    level: Level::Warning,
    page: include_str!("disruption_target.md"),
    check: disruption_target,
};

fn disruption_target(index: &Index<'_>, report: &mut Report) {
    for entry in index.of_kind("policy", "PodDisruptionBudget") {
        let Some(selector) = entry.object.at(&["spec", "selector"]) else { continue };
        let selector = LabelSelector::full(selector);
        if index.selection(&entry, &selector) == Selection::Pods {
            continue;
        }
        report.warning(
            &entry,
            ["spec", "selector"],
            format!("{} selects no pod: {}", entry.title(), selector.text()),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn a_budget_must_match_a_pod() {
        insta::assert_snapshot!(findings("disruption-target", "
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {selector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: In, values: [front]}]}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: fine, namespace: shop}
spec: {selector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: DoesNotExist}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: []}
"), @r"warning: `PodDisruptionBudget shop/web` selects no pod: app=web,tier in (front): 1.yaml at spec.selector");
    }
}
