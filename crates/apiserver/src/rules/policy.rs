//! PodDisruptionBudgets, LimitRanges, ResourceQuotas, PriorityClasses and RuntimeClasses.

use std::collections::BTreeSet;

use aqueduct_manifest::{Quantity, Value};

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::pod::{overhead_amount, resources, tolerations};
use crate::rules::{metadata, selector, workload};

pub(crate) fn disruption_budget(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    let (least, most) = (spec.get("minAvailable"), spec.get("maxUnavailable"));
    if least.is_set() && most.is_set() {
        report.invalid(&spec, "minAvailable and maxUnavailable cannot be both set");
    }
    workload::share(&least, report);
    workload::share(&most, report);
    selector::labels(&spec.get("selector"), report);
    report.set_is_one_of(&spec.get("unhealthyPodEvictionPolicy"), &["AlwaysAllow", "IfHealthyBudget"]);
}

pub(crate) fn limit_range(root: &Field<'_>, report: &mut Report) {
    const PARTS: [&str; 5] = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];
    let spec = root.get("spec");
    let mut kinds = BTreeSet::new();
    for limit in spec.get("limits").items() {
        let kind = limit.get("type");
        limit_kind(&kind, report);
        if !kinds.insert(kind.text().to_owned()) {
            report.duplicate(&kind);
        }
        let [most, least, default, request, ratio] = PARTS.map(|part| limit.get(part));
        if kind.text() == "Pod" {
            for field in [&default, &request] {
                if !field.is_empty() {
                    report.forbidden(field, "may not be specified when `type` is 'Pod'");
                }
            }
        }
        if kind.text() == "PersistentVolumeClaim"
            && least.value.get("storage").is_none()
            && most.value.get("storage").is_none()
        {
            report.required(
                &limit.get("limits"),
                "either minimum or maximum storage value is required, but neither was provided",
            );
        }
        // For containers, these are filled in.
        let is_filled = kind.text() == "Container";
        let filled = |part: &Field<'_>, from: &[&Field<'_>]| -> Value {
            let mut map = part.value.as_map().cloned().unwrap_or_default();
            for (key, field) in from.iter().filter(|_| is_filled).flat_map(|other| other.entries()) {
                if !map.contains_key(key) {
                    map.insert(key, field.value.clone());
                }
            }
            Value::Map(map)
        };
        let all = filled(&default, &[&most]);
        let default = limit.with("default", &all);
        let all = filled(&request, &[&default, &least]);
        let request = limit.with("defaultRequest", &all);
        for part in [&most, &least, &default, &request, &ratio] {
            for (name, field) in part.entries() {
                limit_resource(&field, name, kind.text(), report);
            }
        }
        amounts(&most, &least, &default, &request, &ratio, kind.text(), report);
    }
}

fn limit_kind(kind: &Field<'_>, report: &mut Report) {
    if let Some(problem) = names::qualified_name(kind.text()) {
        report.invalid(kind, problem);
    } else if !kind.text().contains('/')
        && !matches!(kind.text(), "Pod" | "Container" | "PersistentVolumeClaim")
    {
        report.invalid(kind, "must be a standard limit type or fully qualified");
    }
}

fn limit_resource(field: &Field<'_>, name: &str, kind: &str, report: &mut Report) {
    if let Some(problem) = names::qualified_name(name) {
        return report.invalid_as(field, name, problem);
    }
    if name.contains('/') {
        return;
    }
    let of_container =
        matches!(name, "cpu" | "memory" | "ephemeral-storage") || resources::is_huge_page(name);
    if matches!(kind, "Pod" | "Container") && !of_container {
        report.invalid_as(field, name, "must be a standard resource for containers");
    } else if !is_standard(name) {
        report.invalid_as(field, name, "must be a standard resource type or fully qualified");
    }
}

fn amounts(
    most: &Field<'_>,
    least: &Field<'_>,
    default: &Field<'_>,
    request: &Field<'_>,
    ratio: &Field<'_>,
    kind: &str,
    report: &mut Report,
) {
    let keys: BTreeSet<&str> = [most, least, default, request, ratio]
        .into_iter()
        .flat_map(|part| part.entries().map(|(key, _)| key))
        .collect();
    let amount = |part: &Field<'_>, key: &str| -> Option<Quantity> {
        part.value.get(key).map(|_| resources::amount(&part.key(key)))
    };
    for key in keys {
        let (top, bottom, preset, asked, share) = (
            amount(most, key),
            amount(least, key),
            amount(default, key),
            amount(request, key),
            amount(ratio, key),
        );
        let above = |low: Option<Quantity>, high: Option<Quantity>| matches!((low, high), (Some(low), Some(high)) if low > high);
        let mut refuse = |part: &Field<'_>, detail: &str| report.invalid(&part.key(key), detail);
        if above(bottom, top) {
            refuse(least, "min value is greater than max value");
        }
        if above(bottom, asked) {
            refuse(request, "min value is greater than default request value");
        }
        if above(asked, top) {
            refuse(request, "default request value is greater than max value");
        }
        if above(asked, preset) {
            refuse(request, "default request value is greater than default limit value");
        }
        if above(bottom, preset) {
            refuse(default, "min value is greater than default value");
        }
        if above(preset, top) {
            refuse(default, "default value is greater than max value");
        }
        if let Some(share) = share {
            if share < Quantity::units(1) {
                refuse(ratio, "ratio is less than 1");
            }
            if let (Some(top), Some(bottom)) = (top, bottom) {
                let limit = number(top) / number(bottom);
                if number(share) > limit {
                    refuse(ratio, "ratio is greater than max/min");
                }
            }
        }
        let may_differ = resources::is_native(key) && !resources::is_huge_page(key);
        if kind == "Container" && !may_differ && preset.is_some() && asked.is_some() && preset != asked {
            refuse(request, "default value must equal to default request value");
        }
    }
}

fn number(amount: Quantity) -> f64 {
    amount.thousandths() as f64 / 1000.0
}

/// The resources that quotas count under a name without a slash.
const OF_QUOTAS: [&str; 20] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
    "storage",
];

fn is_standard(name: &str) -> bool {
    OF_QUOTAS.contains(&name) || name.starts_with("hugepages-") || name.starts_with("requests.hugepages-")
}

const COUNTED: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];

pub(crate) fn quota(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    let hard = spec.get("hard");
    for (name, field) in hard.entries() {
        if let Some(problem) = names::qualified_name(name) {
            report.invalid_as(&field, name, problem);
        } else if !name.contains('/') && (!is_standard(name) || name == "storage") {
            report.invalid_as(&field, name, "must be a standard resource for quota");
        }
        let amount = resources::amount(&field);
        if resources::is_negative(amount) {
            report.invalid(&field, "must be greater than or equal to 0");
        }
        let is_counted = COUNTED.contains(&name) || resources::is_extended(name);
        if is_counted && !resources::is_whole(amount) {
            report.invalid(&field, "must be an integer");
        }
    }
    scopes(&spec, &hard, report);
    scope_selector(&spec, &hard, report);
}

const SCOPES: [&str; 7] = [
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
];

/// Tells whether a quota with a scope may count a resource.
fn scope_counts(scope: &str, resource: &str) -> bool {
    match scope {
        "Terminating"
        | "NotTerminating"
        | "NotBestEffort"
        | "PriorityClass"
        | "CrossNamespacePodAffinity" => matches!(
            resource,
            "pods"
                | "cpu"
                | "memory"
                | "requests.cpu"
                | "requests.memory"
                | "limits.cpu"
                | "limits.memory"
                | "ephemeral-storage"
                | "requests.ephemeral-storage"
                | "limits.ephemeral-storage"
        ),
        "BestEffort" => resource == "pods",
        "VolumeAttributesClass" => {
            matches!(resource, "persistentvolumeclaims" | "requests.storage")
                || resource.contains(".storageclass.storage.k8s.io/")
        }
        _ => true,
    }
}

fn is_tracked(resource: &str) -> bool {
    is_standard(resource) && !resource.contains('/')
}

fn scopes(spec: &Field<'_>, hard: &Field<'_>, report: &mut Report) {
    let scopes = spec.get("scopes");
    for scope in scopes.items() {
        let text = scope.text();
        if !SCOPES.contains(&text) {
            report.invalid(&scopes, "unsupported scope");
        }
        if hard.entries().any(|(resource, _)| is_tracked(resource) && !scope_counts(text, resource)) {
            report.invalid(&scopes, "unsupported scope applied to resource");
        }
    }
    for pair in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] {
        if scopes.has(pair.0) && scopes.has(pair.1) {
            report.invalid(&scopes, "conflicting scopes");
        }
    }
}

fn scope_selector(spec: &Field<'_>, hard: &Field<'_>, report: &mut Report) {
    let wanted = spec.get("scopeSelector");
    let list = wanted.get("matchExpressions");
    let mut seen = BTreeSet::new();
    for entry in list.items() {
        let (scope, operator, values) = (entry.get("scopeName"), entry.get("operator"), entry.get("values"));
        let text = scope.text();
        seen.insert(text.to_owned());
        if !SCOPES.contains(&text) {
            report.invalid(&list.with("scopeName", scope.value), "unsupported scope");
        }
        let place = list.with("operator", operator.value);
        if matches!(
            text,
            "BestEffort" | "NotBestEffort" | "Terminating" | "NotTerminating" | "CrossNamespacePodAffinity"
        ) && operator.text() != "Exists"
        {
            report.invalid(&place, "must be 'Exists' when scope is any of the scopes without values");
        }
        let values_place = list.with("values", values.value);
        match operator.text() {
            "In" | "NotIn" if values.is_empty() => report.required(
                &values_place,
                "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
            ),
            "Exists" | "DoesNotExist" if !values.is_empty() => report.invalid(
                &values_place,
                "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
            ),
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => report.invalid(&place, "not a valid selector operator"),
        }
        if hard.entries().any(|(resource, _)| is_tracked(resource) && !scope_counts(text, resource)) {
            report.invalid(&wanted, "unsupported scope applied to resource");
        }
    }
    for pair in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] {
        if seen.contains(pair.0) && seen.contains(pair.1) {
            report.invalid(&wanted, "conflicting scopes");
        }
    }
}

pub(crate) fn priority_class(root: &Field<'_>, report: &mut Report) {
    const MOST: i64 = 1_000_000_000;
    let meta = root.get("metadata");
    let (name, value, policy) = (meta.get("name"), root.get("value"), root.get("preemptionPolicy"));
    let number = value.integer().unwrap_or(0);
    if name.text().starts_with("system-") {
        let known = [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];
        if !known.contains(&(name.text(), number)) {
            report.forbidden(
                &name,
                "priority class names with 'system-' prefix are reserved for system use only",
            );
        }
    } else if number > MOST {
        report.forbidden(&value, "maximum allowed value of a user defined priority is 1000000000");
    }
    if policy.is_set() {
        report.needs_one_of(&policy, &["PreemptLowerPriority", "Never"]);
    }
}

pub(crate) fn runtime_class(root: &Field<'_>, report: &mut Report) {
    report.needs_format(&root.get("handler"), names::label);
    let (overhead, scheduling) = (root.get("overhead"), root.get("scheduling"));
    let amounts = overhead.get("podFixed");
    let place = overhead.with("limits", amounts.value);
    for (name, field) in place.entries() {
        overhead_amount(&field, name, report);
    }
    metadata::labels(&scheduling.get("nodeSelector"), report);
    let list = scheduling.get("tolerations");
    tolerations(&list, report);
    let all: Vec<Field<'_>> = list.items().collect();
    for (number, toleration) in all.iter().enumerate() {
        if all[..number].iter().any(|before| before.value == toleration.value) {
            report.duplicate(toleration);
        }
    }
}
