//! Jobs: a running one cannot be changed, except for some scheduling fields while it waits.

use aqueduct_manifest::{Map, Value};

use super::Update;
use crate::normal::same;
use crate::write::Apply;

/// The label with which the server identifies the pods of a Job.
const CONTROLLER: &str = "batch.kubernetes.io/controller-uid";

/// The labels that the server adds to a Job's pods.
const LABELS: [&str; 4] = [CONTROLLER, "batch.kubernetes.io/job-name", "controller-uid", "job-name"];

pub(super) fn check(update: &mut Update<'_>) {
    // A replace must contain the selector that the server generated, but a manifest does not.
    let is_generated = super::is_nothing(update.old_at("spec.selector"));
    if update.apply == Apply::Replace && is_generated && !has_generated(update.manifest) {
        update.refuse(
            "spec.selector",
            "FieldValueInvalid",
            "field is immutable: the server chose it, and the manifest has none",
        );
    } else if !is_generated {
        update.immutable("spec.selector");
    }
    for path in [
        "spec.completionMode",
        "spec.successPolicy",
        "spec.podFailurePolicy",
        "spec.managedBy",
        "spec.backoffLimitPerIndex",
    ] {
        update.immutable(path);
    }
    if !update.is_same("spec.completions") {
        let is_indexed = update.new_at("spec.completionMode").as_str() == Some("Indexed");
        let (completions, parallelism) =
            (update.new_at("spec.completions"), update.new_at("spec.parallelism"));
        if !is_indexed {
            update.refuse("spec.completions", "FieldValueInvalid", "field is immutable");
        } else if completions != parallelism {
            let message = "can only be modified in tandem with parallelism";
            update.refuse("spec.completions", "FieldValueInvalid", message);
        }
    }
    let is_waiting = update.old_at("spec.suspend").as_bool() == Some(true);
    let kind = update.kind.and_then(|kind| kind.field("spec")?.field("template"));
    let (mut old, mut new) = (update.old_at("spec.template").clone(), update.new_at("spec.template").clone());
    if is_generated {
        without_labels(&mut new);
    }
    if is_waiting {
        for template in [&mut old, &mut new] {
            without_scheduling(template);
        }
    }
    if !same(kind, &old, &new) {
        update.refuse("spec.template", "FieldValueInvalid", "field is immutable");
    }
}

/// Tells whether a Job contains the selector that a server generated.
fn has_generated(job: &Value) -> bool {
    job.at(&["spec", "selector", "matchLabels", CONTROLLER]).is_some()
}

/// Removes what a server adds to a Job without a selector, because it is not part of a manifest.
pub(crate) fn without_generated(job: &Value) -> Value {
    let mut job = job.clone();
    if has_generated(&job)
        && job.at(&["spec", "manualSelector"]).and_then(Value::as_bool) != Some(true)
        && let Some(spec) = job.as_map_mut().and_then(|job| job.get_mut("spec")?.as_map_mut())
    {
        spec.remove("selector");
        if let Some(template) = spec.get_mut("template") {
            without_labels(template);
        }
    }
    job
}

fn without_labels(template: &mut Value) {
    let labels = template
        .as_map_mut()
        .and_then(|map| map.get_mut("metadata")?.as_map_mut()?.get_mut("labels")?.as_map_mut());
    if let Some(labels) = labels {
        for label in LABELS {
            labels.remove(label);
        }
    }
}

fn without_scheduling(template: &mut Value) {
    let Some(map) = template.as_map_mut() else { return };
    for name in ["labels", "annotations"] {
        map.map_entry("metadata").remove(name);
    }
    let spec = map.map_entry("spec");
    for name in ["nodeSelector", "tolerations", "affinity", "schedulingGates"] {
        spec.remove(name);
    }
    for list in ["containers", "initContainers"] {
        for container in
            spec.get_mut(list).and_then(Value::as_list_mut).into_iter().flat_map(|list| list.make_mut())
        {
            container.as_map_mut().map(|container: &mut Map| container.remove("resources"));
        }
    }
}
