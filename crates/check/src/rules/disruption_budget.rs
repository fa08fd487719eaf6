//! A PodDisruptionBudget allows a pod to be evicted.

use aqueduct_manifest::Value;

use crate::demand::replicas;
use crate::facts::Entry;
use crate::index::Index;
use crate::label_selector::LabelSelector;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "disruption-budget",
    summary: "a PodDisruptionBudget never allows a node to be drained",
    level: Level::Warning,
    page: include_str!("disruption_budget.md"),
    check: disruption_budget,
};

fn disruption_budget(index: &Index<'_>, report: &mut Report) {
    for entry in index.of_kind("policy", "PodDisruptionBudget") {
        if let Some((field, reason)) = blocks(index, &entry) {
            let title = entry.title();
            report
                .warning(
                    &entry,
                    ["spec", field],
                    format!("{title} never allows a node to be drained: {reason}"),
                )
                .hint("allow one pod to be unavailable: `maxUnavailable: 1`");
        }
    }
}

/// Returns the field with which a budget blocks all evictions, and why.
fn blocks(index: &Index<'_>, entry: &Entry<'_>) -> Option<(&'static str, String)> {
    let spec = entry.object.map.get("spec")?;
    if let Some(amount) = spec.get("maxUnavailable") {
        return matches!(share(amount)?, Share::Number(0) | Share::Percent(0))
            .then(|| ("maxUnavailable", format!("`maxUnavailable: {}`", text(amount))));
    }
    let amount = spec.get("minAvailable")?;
    let share = share(amount)?;
    if matches!(share, Share::Percent(100..)) {
        return Some(("minAvailable", format!("`minAvailable: {}`", text(amount))));
    }
    let selector = LabelSelector::full(spec.get("selector")?);
    if index.is_open(entry) || selector.is_empty() {
        return None;
    }
    let mut pods = 0_u64;
    for pod in index.selected(entry.namespace, &selector) {
        // Jobs, DaemonSets and custom kinds do not state how many pods they have.
        if !matches!(pod.entry.kind, "Deployment" | "StatefulSet" | "ReplicaSet") {
            return None;
        }
        pods = pods.saturating_add(replicas(index, pod));
    }
    let wanted = match share {
        Share::Number(number) => number,
        // Kubernetes rounds up.
        Share::Percent(percent) => pods.saturating_mul(percent).div_ceil(100),
    };
    (pods > 0 && wanted >= pods).then(|| {
        let plural = if pods == 1 { "" } else { "s" };
        ("minAvailable", format!("`minAvailable: {}` of {pods} pod{plural}", text(amount)))
    })
}

/// A number of pods, or a percentage.
enum Share {
    Number(u64),
    Percent(u64),
}

fn share(amount: &Value) -> Option<Share> {
    match amount {
        Value::Int(number) => u64::try_from(*number).ok().map(Share::Number),
        Value::String(text) => text.strip_suffix('%')?.parse().ok().map(Share::Percent),
        _ => None,
    }
}

fn text(amount: &Value) -> String {
    match amount {
        Value::Int(number) => number.to_string(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn a_budget_must_allow_a_drain() {
        insta::assert_snapshot!(findings("disruption-budget", "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {replicas: 3, template: {metadata: {labels: {app: web}}, spec: {containers: []}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: one, namespace: shop}
spec: {template: {metadata: {labels: {app: one}}, spec: {containers: []}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: all, namespace: shop}
spec: {minAvailable: '100%', selector: {matchLabels: {app: web}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: none, namespace: shop}
spec: {maxUnavailable: 0, selector: {matchLabels: {app: web}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: three, namespace: shop}
spec: {minAvailable: 3, selector: {matchLabels: {app: web}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: half, namespace: shop}
spec: {minAvailable: '50%', selector: {matchLabels: {app: one}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: good, namespace: shop}
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: part, namespace: shop}
spec: {minAvailable: '66%', selector: {matchLabels: {app: web}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: few, namespace: shop}
spec: {maxUnavailable: '1%', selector: {matchLabels: {app: web}}}
"), @r"
        warning: `PodDisruptionBudget shop/all` never allows a node to be drained: `minAvailable: 100%`: 3.yaml at spec.minAvailable
          hint: allow one pod to be unavailable: `maxUnavailable: 1`
        warning: `PodDisruptionBudget shop/none` never allows a node to be drained: `maxUnavailable: 0`: 4.yaml at spec.maxUnavailable
          hint: allow one pod to be unavailable: `maxUnavailable: 1`
        warning: `PodDisruptionBudget shop/three` never allows a node to be drained: `minAvailable: 3` of 3 pods: 5.yaml at spec.minAvailable
          hint: allow one pod to be unavailable: `maxUnavailable: 1`
        warning: `PodDisruptionBudget shop/half` never allows a node to be drained: `minAvailable: 50%` of 1 pod: 6.yaml at spec.minAvailable
          hint: allow one pod to be unavailable: `maxUnavailable: 1`
        ");
    }
}
