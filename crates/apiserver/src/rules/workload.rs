//! Pod controllers: Deployments, StatefulSets, DaemonSets, ReplicaSets.

use aqueduct_manifest::Value;

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::pod::{self, Form};
use crate::rules::{metadata, selector, storage};

/// Checks a number or percentage of pods. Tells whether it, or its default, means none.
fn count(field: &Field<'_>, report: &mut Report) {
    match field.value.as_str() {
        Some(text) => {
            if percent(text).is_none() {
                report.invalid(
                    field,
                    "a valid percent string must be a numeric string followed by an ending '%'",
                );
            }
        }
        None => report.not_negative(field),
    }
}

/// Checks a number or percentage of pods that must not exceed all of them.
pub(crate) fn share(field: &Field<'_>, report: &mut Report) {
    count(field, report);
    if field.value.as_str().and_then(percent).is_some_and(|share| share > 100) {
        report.invalid(field, "must not be greater than 100%");
    }
}

/// Parses a percentage such as `25%`.
fn percent(text: &str) -> Option<u64> {
    let digits = text.strip_suffix('%')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// Returns the value of a number or percentage; 0 for other texts.
fn number(field: &Field<'_>, default: u64) -> u64 {
    match field.value {
        Value::Null => default,
        Value::String(text) => percent(text).unwrap_or(0),
        value => value.as_i64().map_or(0, i64::unsigned_abs),
    }
}

/// Checks the selector of a controller and that it selects the template; tells whether it is usable.
fn selected(spec: &Field<'_>, empty: &str, report: &mut Report) -> bool {
    let wanted = spec.get("selector");
    let template = spec.get("template");
    let meta = template.get("metadata");
    let labels = meta.get("labels");
    const MISMATCH: &str = "`selector` does not match template `labels`";
    if !wanted.is_set() {
        report.required(&wanted, "");
        report.invalid(&labels, MISMATCH);
        return true;
    }
    selector::labels(&wanted, report);
    if selector::is_empty(&wanted) {
        report.invalid(&wanted, format_args!("empty selector is invalid for {empty}"));
        return true;
    }
    if !selector::is_usable(&wanted) {
        report.invalid(&wanted, "invalid label selector");
        return false;
    }
    if !selector::selects(&wanted, &labels) {
        report.invalid(&labels, MISMATCH);
    }
    true
}

/// Checks a template whose pods always restart.
fn running(spec: &Field<'_>, form: Form, owner: &str, report: &mut Report) {
    let template = spec.get("template");
    pod::template(&template, form, &spec.get("volumeClaimTemplates"), report);
    always(&template, owner, report);
}

fn always(template: &Field<'_>, owner: &str, report: &mut Report) {
    let pod = template.get("spec");
    let (policy, deadline) = (pod.get("restartPolicy"), pod.get("activeDeadlineSeconds"));
    report.default_or_one_of(&policy, &["Always"]);
    if deadline.is_set() {
        report.forbidden(&deadline, &format!("activeDeadlineSeconds in {owner} is not Supported"));
    }
}

/// Refuses disks that several pods cannot share, as versions before 1.29 do.
fn shared_disks(spec: &Field<'_>, report: &mut Report) {
    if report.minor >= 29 {
        return;
    }
    let template = spec.get("template");
    let pod = template.get("spec");
    for volume in pod.get("volumes").items() {
        let disk = volume.get("gcePersistentDisk");
        if disk.is_set() && !disk.get("readOnly").is_true() {
            report.invalid(
                &disk.get("readOnly"),
                "must be true for replicated pods > 1; GCE PD can only be mounted on multiple machines if it is read-only",
            );
        }
    }
}

pub(crate) fn deployment(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    for name in ["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"] {
        report.not_negative(&spec.get(name));
    }
    if selected(&spec, "deployment", report) {
        if spec.get("replicas").integer().unwrap_or(1) > 1 {
            shared_disks(&spec, report);
        }
        running(&spec, Form::Template, "ReplicaSet", report);
    }
    let strategy = spec.get("strategy");
    let (kind, rolling) = (strategy.get("type"), strategy.get("rollingUpdate"));
    match kind.text() {
        "" | "RollingUpdate" => {
            let (surge, unavailable) = (rolling.get("maxSurge"), rolling.get("maxUnavailable"));
            share(&unavailable, report);
            count(&surge, report);
            if number(&surge, 25) == 0 && number(&unavailable, 25) == 0 {
                report.invalid(&unavailable, "may not be 0 when `maxSurge` is 0");
            }
        }
        "Recreate" => {
            if rolling.is_set() {
                report.forbidden(&rolling, "may not be specified when strategy `type` is 'Recreate'");
            }
        }
        _ => report.unsupported(&strategy, &["Recreate", "RollingUpdate"]),
    }
    let (deadline, ready) = (spec.get("progressDeadlineSeconds"), spec.get("minReadySeconds"));
    if deadline.integer().unwrap_or(600) <= ready.integer().unwrap_or(0) {
        report.invalid(&deadline, "must be greater than minReadySeconds");
    }
}

pub(crate) fn replica_set(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    for name in ["replicas", "minReadySeconds"] {
        report.not_negative(&spec.get(name));
    }
    if selected(&spec, "deployment", report) {
        if spec.get("replicas").integer().unwrap_or(1) > 1 {
            shared_disks(&spec, report);
        }
        running(&spec, Form::Template, "ReplicaSet", report);
    }
}

pub(crate) fn daemon_set(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    for name in ["minReadySeconds", "revisionHistoryLimit"] {
        report.not_negative(&spec.get(name));
    }
    let wanted = spec.get("selector");
    let template = spec.get("template");
    let meta = template.get("metadata");
    let labels = meta.get("labels");
    selector::labels(&wanted, report);
    if !wanted.is_set() || selector::is_usable(&wanted) && !selector::selects(&wanted, &labels) {
        report.invalid(&labels, "`selector` does not match template `labels`");
    }
    if wanted.is_set() && selector::is_empty(&wanted) {
        report.invalid(&wanted, "empty selector is invalid for daemonset");
    }
    running(&spec, Form::Template, "DaemonSet", report);
    let strategy = spec.get("updateStrategy");
    match strategy.get("type").text() {
        "" | "RollingUpdate" => {
            let rolling = strategy.get("rollingUpdate");
            let (surge, unavailable) = (rolling.get("maxSurge"), rolling.get("maxUnavailable"));
            share(&unavailable, report);
            share(&surge, report);
            match (number(&unavailable, 1), number(&surge, 0)) {
                (0, 0) => report.required(&unavailable, "cannot be 0 when maxSurge is 0"),
                (1.., 1..) => report.invalid(&surge, "may not be set when maxUnavailable is non-zero"),
                _ => {}
            }
        }
        "OnDelete" => {}
        _ => report.unsupported(&strategy, &["RollingUpdate", "OnDelete"]),
    }
}

pub(crate) fn stateful_set(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    let policy = spec.get("podManagementPolicy");
    if !matches!(policy.text(), "" | "OrderedReady" | "Parallel") {
        report.invalid(&policy, "must be 'OrderedReady' or 'Parallel'");
    }
    let strategy = spec.get("updateStrategy");
    let rolling = strategy.get("rollingUpdate");
    match strategy.get("type").text() {
        "" | "RollingUpdate" => {
            report.not_negative(&rolling.get("partition"));
            let unavailable = rolling.get("maxUnavailable");
            share(&unavailable, report);
            if unavailable.is_set() && number(&unavailable, 1) == 0 {
                report.invalid(&unavailable, "cannot be 0");
            }
        }
        "OnDelete" => {
            if rolling.is_set() {
                report.invalid(&rolling, "only allowed for updateStrategy 'RollingUpdate'");
            }
        }
        _ => report.invalid(&strategy, "must be 'RollingUpdate' or 'OnDelete'"),
    }
    let retention = spec.get("persistentVolumeClaimRetentionPolicy");
    for name in ["whenDeleted", "whenScaled"] {
        report.default_or_one_of(&retention.get(name), &["Retain", "Delete"]);
    }
    for name in ["replicas", "minReadySeconds"] {
        report.not_negative(&spec.get(name));
    }
    let ordinals = spec.get("ordinals");
    report.not_negative(&ordinals.get("start"));
    report.optional_format(&spec.get("serviceName"), names::label_1035);
    for claim in spec.get("volumeClaimTemplates").items() {
        storage::claim_spec(&claim.get("spec"), report);
    }
    if selected(&spec, "statefulset", report) {
        let template = spec.get("template");
        pod::template(&template, Form::Stateful, &spec.get("volumeClaimTemplates"), report);
    }
    always(&spec.get("template"), "StatefulSet", report);
}

pub(crate) fn replication_controller(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    for name in ["replicas", "minReadySeconds"] {
        report.not_negative(&spec.get(name));
    }
    let (wanted, template) = (spec.get("selector"), spec.get("template"));
    if !template.is_set() {
        if wanted.is_empty() {
            report.required(&wanted, "");
        }
        return report.required(&template, "");
    }
    let meta = template.get("metadata");
    let labels = meta.get("labels");
    let own = root.get("metadata");
    if own.get("labels").is_empty() {
        metadata::labels(&own.with("labels", labels.value), report);
    }
    // An absent selector defaults to the labels.
    if wanted.is_empty() && labels.is_empty() {
        report.required(&wanted, "");
    }
    let is_selected = wanted.entries().all(|(key, value)| {
        labels.value.get(key).map(|found| found.as_str().unwrap_or_default()) == Some(value.text())
    });
    if !is_selected {
        report.invalid(&labels, "`selector` does not match template `labels`");
    }
    if spec.get("replicas").integer().unwrap_or(1) > 1 {
        shared_disks(&spec, report);
    }
    running(&spec, Form::Template, "ReplicationController", report);
}

pub(crate) fn pod_template(root: &Field<'_>, report: &mut Report) {
    pod::template(&root.get("template"), Form::Template, &root.get("volumeClaimTemplates"), report);
}

pub(crate) fn revision(root: &Field<'_>, report: &mut Report) {
    let data = root.get("data");
    if !data.is_set() {
        report.required(&data, "data is mandatory");
    }
    report.not_negative(&root.get("revision"));
}
