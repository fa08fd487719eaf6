//! Bare pods: few of their fields can change.

use aqueduct_manifest::{Map, Value};

use super::{Update, is_nothing};
use crate::normal::same;

/// What admission fills in when a pod is created.
const ADMITTED: [(&str, &str); 2] =
    [("preemptionPolicy", "PreemptLowerPriority"), ("serviceAccountName", "default")];

pub(super) fn check(update: &mut Update<'_>) {
    let kind = update.kind.and_then(|kind| kind.field("spec"));
    let (mut old, mut new) = (spec(update.old_at("spec")), spec(update.new_at("spec")));
    let is_gated = old.get("schedulingGates").is_some_and(|gates| !is_nothing(gates));
    for list in ["containers", "initContainers"] {
        let count = |spec: &Map| spec.get(list).and_then(Value::as_list).map_or(0, |list| list.len());
        if count(&old) != count(&new) {
            let message = "pod updates may not add or remove containers";
            update.refuse(&format!("spec.{list}"), "FieldValueForbidden", message);
            return;
        }
        for spec in [&mut old, &mut new] {
            for container in
                spec.get_mut(list).and_then(Value::as_list_mut).into_iter().flat_map(|list| list.make_mut())
            {
                container.as_map_mut().map(|container| container.remove("image"));
            }
        }
    }
    deadline(update, &old, &new);
    tolerations(update, &old, &new);
    gates(update, &old, &new);
    let grace = |spec: &Map| spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64);
    if grace(&old).is_some_and(|seconds| seconds < 0) && grace(&new) == Some(1) {
        old.remove("terminationGracePeriodSeconds");
        new.remove("terminationGracePeriodSeconds");
    }
    if is_gated {
        selector(update, &mut old, &mut new);
        affinity(&mut old, &mut new);
    }
    for spec in [&mut old, &mut new] {
        for name in ["activeDeadlineSeconds", "tolerations", "schedulingGates"] {
            spec.remove(name);
        }
    }
    if !same(kind, &Value::Map(old), &Value::Map(new)) {
        let message = "pod updates may not change fields other than the images of containers, activeDeadlineSeconds, \
                       additions to tolerations and terminationGracePeriodSeconds from below 0 to 1";
        update.refuse("spec", "FieldValueForbidden", message);
    }
}

fn spec(value: &Value) -> Map {
    let mut spec = value.as_map().cloned().unwrap_or_default();
    for (name, value) in ADMITTED {
        if spec.get(name).is_none_or(is_nothing) {
            spec.insert(name, value);
        }
    }
    if spec.get("priority").is_none_or(Value::is_null) {
        spec.insert("priority", 0);
    }
    // The old name of the field above.
    spec.remove("serviceAccount");
    spec
}

fn deadline(update: &mut Update<'_>, old: &Map, new: &Map) {
    let seconds = |spec: &Map| spec.get("activeDeadlineSeconds").and_then(Value::as_i64);
    let field = "spec.activeDeadlineSeconds";
    match (seconds(old), seconds(new)) {
        (Some(_), None) => {
            update.refuse(field, "FieldValueInvalid", "must not update from a positive integer to nil value");
        }
        (Some(old), Some(new)) if new > old => {
            update.refuse(field, "FieldValueInvalid", "must be less than or equal to previous value");
        }
        _ => {}
    }
}

/// Tolerations may be added, and the seconds of existing ones may change.
fn tolerations(update: &mut Update<'_>, old: &Map, new: &Map) {
    let all = |spec: &Map| -> Vec<Map> {
        let list = spec.get("tolerations").and_then(Value::as_list).cloned().unwrap_or_default();
        let bare = |toleration: &Value| {
            let mut toleration = toleration.as_map().cloned().unwrap_or_default();
            toleration.remove("tolerationSeconds");
            toleration
        };
        list.iter().map(bare).collect()
    };
    let new = all(new);
    if all(old).iter().any(|toleration| !new.contains(toleration)) {
        let message = "existing toleration can not be modified except its tolerationSeconds";
        update.refuse("spec.tolerations", "FieldValueForbidden", message);
    }
}

fn gates(update: &mut Update<'_>, old: &Map, new: &Map) {
    let all = |spec: &Map| spec.get("schedulingGates").and_then(Value::as_list).cloned().unwrap_or_default();
    let old = all(old);
    if all(new).iter().any(|gate| !old.contains(gate)) {
        update.refuse("spec.schedulingGates", "FieldValueForbidden", "only deletion is allowed");
    }
}

/// A pod that waits at a scheduling gate may be restricted to fewer nodes.
fn selector(update: &mut Update<'_>, old: &mut Map, new: &mut Map) {
    let labels = |spec: &mut Map| {
        spec.remove("nodeSelector").and_then(|labels| labels.as_map().cloned()).unwrap_or_default()
    };
    let (old, new) = (labels(old), labels(new));
    if old.iter().any(|(label, value)| new.get(label) != Some(value)) {
        let message = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        update.refuse("spec.nodeSelector", "FieldValueInvalid", message);
    }
}

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

fn affinity(old: &mut Map, new: &mut Map) {
    let terms = |spec: &Map| {
        let node = spec
            .get("affinity")
            .and_then(|affinity| affinity.at(&["nodeAffinity", REQUIRED, "nodeSelectorTerms"]));
        node.and_then(Value::as_list).cloned().unwrap_or_default()
    };
    let (before, after) = (terms(old), terms(new));
    let narrows = |old: &Value, new: &Value| {
        ["matchExpressions", "matchFields"].iter().all(|name| {
            let list = |term: &Value| term.get(name).and_then(Value::as_list).cloned().unwrap_or_default();
            let new = list(new);
            list(old).iter().all(|expression| new.contains(expression))
        })
    };
    let is_narrower = before.is_empty()
        || before.len() == after.len() && before.iter().zip(&after).all(|(old, new)| narrows(old, new));
    if is_narrower {
        for spec in [old, new] {
            if let Some(affinity) = spec.get_mut("affinity").and_then(Value::as_map_mut) {
                affinity.remove("nodeAffinity");
                if affinity.is_empty() {
                    spec.remove("affinity");
                }
            }
        }
    }
}
