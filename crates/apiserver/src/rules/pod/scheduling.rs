//! Where a pod may run.

use std::collections::BTreeSet;

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::pod::resources;
use crate::rules::selector::{self, Values};

/// Checks everything that the scheduler reads from a pod.
pub(super) fn check(pod: &Field<'_>, report: &mut Report) {
    let affinity = pod.get("affinity");
    node_affinity(&affinity.get("nodeAffinity"), report);
    for name in ["podAffinity", "podAntiAffinity"] {
        let affinity = affinity.get(name);
        for term in affinity.get("requiredDuringSchedulingIgnoredDuringExecution").items() {
            pod_term(&term, report);
        }
        for preference in affinity.get("preferredDuringSchedulingIgnoredDuringExecution").items() {
            weight(&preference.get("weight"), report);
            pod_term(&preference.get("podAffinityTerm"), report);
        }
    }
    for gate in pod.get("readinessGates").items() {
        report.format(&gate.get("conditionType"), names::qualified_name);
    }
    let mut gates = BTreeSet::new();
    for gate in pod.get("schedulingGates").items() {
        let name = gate.get("name");
        if let Some(problem) = names::qualified_name(name.text()) {
            report.invalid_as(&gate, name.text(), problem);
        }
        if !gates.insert(name.text().to_owned()) {
            report.duplicate(&gate);
        }
    }
    spread(&pod.get("topologySpreadConstraints"), report);
    tolerations(&pod.get("tolerations"), report);
    let policy = pod.get("preemptionPolicy");
    report.default_or_one_of(&policy, &["PreemptLowerPriority", "Never"]);
    if policy.is_set() && policy.is_empty() {
        report.required(&policy, "");
    }
    let amounts = pod.get("overhead");
    let overhead = amounts.with("limits", amounts.value);
    for (name, field) in overhead.entries() {
        overhead_amount(&field, name, report);
    }
}

/// Checks one quantity of a pod's overhead.
pub(crate) fn overhead_amount(field: &Field<'_>, name: &str, report: &mut Report) {
    if let Some(problem) = names::qualified_name(name) {
        report.invalid_as(field, name, problem);
    } else if !name.contains('/')
        && !matches!(name, "cpu" | "memory" | "ephemeral-storage")
        && !resources::is_huge_page(name)
    {
        report.invalid_as(field, name, "must be a standard resource for containers");
    }
    resources::value(field, name, report);
}

fn weight(weight: &Field<'_>, report: &mut Report) {
    if !(1..=100).contains(&weight.integer().unwrap_or(0)) {
        report.invalid(weight, "must be in the range 1-100");
    }
}

fn node_affinity(affinity: &Field<'_>, report: &mut Report) {
    let required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution");
    if required.is_set() {
        selector::nodes(&required, report);
    }
    for preference in affinity.get("preferredDuringSchedulingIgnoredDuringExecution").items() {
        weight(&preference.get("weight"), report);
        selector::node_term(&preference.get("preference"), Values::Any, report);
    }
}

fn pod_term(term: &Field<'_>, report: &mut Report) {
    let labels = term.get("labelSelector");
    selector::labels(&labels, report);
    selector::labels(&term.get("namespaceSelector"), report);
    let namespaces = term.get("namespaces");
    for namespace in namespaces.items() {
        if let Some(problem) = names::label(namespace.text()) {
            report.invalid_as(&term.with("namespace", namespaces.value), namespace.text(), problem);
        }
    }
    let (matching, other) = (term.get("matchLabelKeys"), term.get("mismatchLabelKeys"));
    for keys in [&matching, &other] {
        label_keys(keys, &labels, report);
    }
    for key in matching.items() {
        if other.has(key.text()) {
            report.invalid(&key, "exists in both matchLabelKeys and mismatchLabelKeys");
        }
    }
    topology_key(&term.get("topologyKey"), report);
}

fn label_keys(keys: &Field<'_>, labels: &Field<'_>, report: &mut Report) {
    if !keys.is_empty() && !labels.is_set() {
        report.forbidden(keys, "must not be specified when labelSelector is not set");
    }
    for key in keys.items() {
        report.format(&key, names::qualified_name);
    }
}

fn topology_key(key: &Field<'_>, report: &mut Report) {
    if key.is_empty() {
        report.required(key, "can not be empty");
    } else {
        report.format(key, names::qualified_name);
    }
}

fn spread(constraints: &Field<'_>, report: &mut Report) {
    let mut seen = BTreeSet::new();
    for constraint in constraints.items() {
        let (skew, key, otherwise) =
            (constraint.get("maxSkew"), constraint.get("topologyKey"), constraint.get("whenUnsatisfiable"));
        if skew.integer().unwrap_or(0) <= 0 {
            report.invalid(&skew, "must be greater than zero");
        }
        if key.is_empty() {
            report.required(&key, "can not be empty");
        }
        report.one_of(&otherwise, &["DoNotSchedule", "ScheduleAnyway"]);
        if !seen.insert((key.text().to_owned(), otherwise.text().to_owned())) {
            report.duplicate(&constraint.with("{topologyKey, whenUnsatisfiable}", key.value));
        }
        let domains = constraint.get("minDomains");
        if let Some(number) = domains.integer() {
            if number <= 0 {
                report.invalid(&domains, "must be greater than zero");
            }
            if otherwise.text() != "DoNotSchedule" {
                report.invalid(
                    &domains,
                    format_args!(
                        "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {}",
                        otherwise.text()
                    ),
                );
            }
        }
        for name in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            report.set_is_one_of(&constraint.get(name), &["Honor", "Ignore"]);
        }
        let labels = constraint.get("labelSelector");
        let keys = constraint.get("matchLabelKeys");
        label_keys(&keys, &labels, report);
        selector::labels(&labels, report);
    }
}

/// Checks tolerations.
pub(crate) fn tolerations(tolerations: &Field<'_>, report: &mut Report) {
    for toleration in tolerations.items() {
        let (key, operator, value, effect) = (
            toleration.get("key"),
            toleration.get("operator"),
            toleration.get("value"),
            toleration.get("effect"),
        );
        report.optional_format(&key, names::qualified_name);
        if key.is_empty() && operator.text() != "Exists" {
            report.invalid(
                &operator,
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
            );
        }
        if toleration.get("tolerationSeconds").is_set() && effect.text() != "NoExecute" {
            report.invalid(&effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }
        match operator.text() {
            "" | "Equal" => {
                if let Some(problem) = names::label_value(value.text()) {
                    report.invalid_as(&operator, value.text(), problem);
                }
            }
            "Exists" => {
                if !value.is_empty() {
                    report.invalid_as(
                        &operator,
                        value.text(),
                        "value must be empty when `operator` is 'Exists'",
                    );
                }
            }
            _ => report.unsupported(&operator, &["Equal", "Exists"]),
        }
        report.default_or_one_of(&effect, &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
    }
}
