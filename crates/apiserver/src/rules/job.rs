//! Jobs and CronJobs.

use std::collections::BTreeSet;

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::pod::{self, Form};
use crate::rules::{metadata, schedule, selector};

/// Above this number of indexes, each of them has less room.
const MANY: i64 = 100_000;
const MANY_FAILED: i64 = 10_000;

pub(crate) fn job(root: &Field<'_>, report: &mut Report) {
    let (meta, spec) = (root.get("metadata"), root.get("spec"));
    let (name, prefix) = (meta.get("name"), meta.get("generateName"));
    let made = metadata::generated(prefix.text());
    let job_name = match (name.is_empty(), prefix.is_empty()) {
        (false, _) => name.text(),
        (true, false) => &made,
        _ => "",
    };
    selected(&spec, job_name, report);
    label_defaults(root, job_name, report);
    if spec.get("completionMode").text() == "Indexed"
        && let Some(completions) = spec.get("completions").integer().filter(|count| *count > 0)
    {
        let pod = format!("{job_name}-{}", completions - 1);
        if let Some(problem) = names::label(&pod) {
            report.invalid(
                &name,
                format_args!("will not able to create pod with invalid DNS label: {pod}: {problem}"),
            );
        }
    }
    check(&spec, report);
}

/// Checks the label with the name of the Job. A Job without labels shares those of its template.
fn label_defaults(root: &Field<'_>, job_name: &str, report: &mut Report) {
    let (meta, spec) = (root.get("metadata"), root.get("spec"));
    let template = spec.get("template");
    let inner = template.get("metadata");
    let (own, labels) = (meta.get("labels"), inner.get("labels"));
    let is_shared = own.is_empty() && labels.is_set();
    if is_shared {
        metadata::labels(&meta.with("labels", labels.value), report);
    }
    if spec.get("manualSelector").is_true() {
        return;
    }
    if let Some(problem) = names::label_value(job_name) {
        report.invalid_as(&template.with("labels", labels.value), job_name, &problem);
        if is_shared {
            report.invalid_as(&own, job_name, &problem);
        }
    }
}

/// Checks the selector and the labels that the API server fills in, unless `manualSelector` is set.
fn selected(spec: &Field<'_>, job_name: &str, report: &mut Report) {
    const NAMES: [&str; 2] = ["job-name", "batch.kubernetes.io/job-name"];
    const UIDS: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];
    const MISMATCH: &str = "`selector` does not match template `labels`";
    let (wanted, template) = (spec.get("selector"), spec.get("template"));
    let meta = template.get("metadata");
    let labels = meta.get("labels");
    selector::labels(&wanted, report);
    if spec.get("manualSelector").is_true() {
        if !wanted.is_set() {
            report.required(&wanted, "");
            report.invalid(&labels, MISMATCH);
        } else if selector::is_usable(&wanted) && !selector::selects(&wanted, &labels) {
            report.invalid(&labels, MISMATCH);
        }
        return;
    }
    for key in UIDS {
        let label = labels.key(key);
        if label.is_set() {
            report.invalid(&label, "must be the uid of the job, which the API server generates");
            if key != "controller-uid" {
                report.invalid(&labels, MISMATCH);
            }
        }
    }
    for key in NAMES {
        let label = labels.key(key);
        if label.is_set() && label.text() != job_name {
            report.invalid(&label, format_args!("must be '{job_name}'"));
        }
    }
    if !wanted.is_set() || !selector::is_usable(&wanted) {
        return;
    }
    // What else is selected must be among the filled-in labels.
    let given = wanted.get("matchLabels");
    let is_made = given.entries().all(|(key, value)| NAMES.contains(&key) && value.text() == job_name)
        && wanted.get("matchExpressions").is_empty();
    if !is_made {
        report.invalid(&wanted, "`selector` not auto-generated");
    }
    let is_matched = given.entries().all(|(key, value)| {
        labels.value.get(key).and_then(aqueduct_manifest::Value::as_str) == Some(value.text())
            || NAMES.contains(&key) && value.text() == job_name
    });
    if !is_matched {
        report.invalid(&labels, MISMATCH);
    }
}

pub(crate) fn cron_job(root: &Field<'_>, report: &mut Report) {
    let (meta, spec) = (root.get("metadata"), root.get("spec"));
    let name = meta.get("name");
    if name.len() > 52 {
        report.invalid(&name, "must be no more than 52 characters");
    }
    let (plan, zone) = (spec.get("schedule"), spec.get("timeZone"));
    if report.needs(&plan) {
        if plan.text().contains("TZ") {
            report.invalid(&plan, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        } else if let Err(problem) = schedule::check(plan.text()) {
            report.invalid(&plan, problem);
        }
    }
    if zone.is_set()
        && let Some(problem) = schedule::zone_problem(zone.text())
    {
        report.invalid(&zone, problem);
    }
    report.default_or_one_of(&spec.get("concurrencyPolicy"), &["Allow", "Forbid", "Replace"]);
    for name in ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        report.not_negative(&spec.get(name));
    }
    let template = spec.get("jobTemplate");
    let job = template.get("spec");
    check(&job, report);
    let (wanted, manual) = (job.get("selector"), job.get("manualSelector"));
    if wanted.is_set() {
        report.invalid(&wanted, "`selector` will be auto-generated");
    }
    if manual.is_true() {
        report.unsupported(&manual, &["nil", "false"]);
    }
}

/// Checks the spec of a Job, on its own or in a CronJob.
fn check(spec: &Field<'_>, report: &mut Report) {
    for name in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "maxFailedIndexes",
        "backoffLimitPerIndex",
    ] {
        report.not_negative(&spec.get(name));
    }
    let (completions, parallelism, mode) =
        (spec.get("completions"), spec.get("parallelism"), spec.get("completionMode"));
    let is_indexed = mode.text() == "Indexed";
    report.set_is_one_of(&mode, &["NonIndexed", "Indexed"]);
    if is_indexed {
        // Both are filled in if neither is written.
        if !completions.is_set() && parallelism.is_set() {
            report.required(&completions, "when completion mode is Indexed");
        }
        if parallelism.integer().unwrap_or(1) > MANY {
            report.invalid(
                &parallelism,
                "must be less than or equal to 100000 when completion mode is Indexed",
            );
        }
    }
    per_index(spec, is_indexed, report);
    let manager = spec.get("managedBy");
    if manager.is_set() {
        report.format(&manager, names::domain_prefixed_path);
        if manager.len() > 63 {
            report.too_long(&manager, 63);
        }
    }
    let template = spec.get("template");
    pod::template(&template, Form::Template, &spec.get("volumeClaimTemplates"), report);
    let pod = template.get("spec");
    let policy = pod.get("restartPolicy");
    match policy.text() {
        "" | "Always" => report.required(&policy, "valid values: \"OnFailure\", \"Never\""),
        _ => report.one_of(&policy, &["OnFailure", "Never"]),
    }
    let failure = spec.get("podFailurePolicy");
    if failure.is_set() {
        if policy.text() != "Never" {
            report.invalid(&policy, "only \"Never\" is supported when podFailurePolicy is specified");
        }
        failure_policy(spec, &failure, report);
    }
    let success = spec.get("successPolicy");
    if success.is_set() {
        if is_indexed {
            success_policy(&success, completions.integer().unwrap_or(0), report);
        } else {
            report.invalid(&success, "requires indexed completion mode");
        }
    }
    let replacement = spec.get("podReplacementPolicy");
    if failure.is_set() {
        report.set_is_one_of(&replacement, &["Failed"]);
    } else {
        report.set_is_one_of(&replacement, &["Failed", "TerminatingOrFailed"]);
    }
}

fn per_index(spec: &Field<'_>, is_indexed: bool, report: &mut Report) {
    let (limit, failed, completions, parallelism) = (
        spec.get("backoffLimitPerIndex"),
        spec.get("maxFailedIndexes"),
        spec.get("completions"),
        spec.get("parallelism"),
    );
    if limit.is_set() && !is_indexed {
        report.invalid(&limit, "requires indexed completion mode");
    }
    if failed.is_set() && !limit.is_set() {
        report.required(&limit, "when maxFailedIndexes is specified");
    }
    let count = completions.integer().unwrap_or(0);
    if let Some(number) = failed.integer() {
        if completions.is_set() && number > count {
            report.invalid(&failed, "must be less than or equal to `completions`");
        }
        if number > MANY {
            report.invalid(&failed, "must be less than or equal to 100000");
        }
    }
    if is_indexed && limit.is_set() && count > MANY {
        match failed.integer() {
            None => report.required(&failed, "must be specified when completions is above 100000"),
            Some(number) if number > MANY_FAILED => report.invalid(
                &failed,
                "must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index",
            ),
            Some(_) => {}
        }
        if parallelism.integer().unwrap_or(1) > MANY_FAILED {
            report.invalid(
                &parallelism,
                "must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index",
            );
        }
    }
}

fn failure_policy(spec: &Field<'_>, policy: &Field<'_>, report: &mut Report) {
    let template = spec.get("template");
    let pod = template.get("spec");
    let mut containers = BTreeSet::new();
    for list in ["initContainers", "containers"] {
        for container in pod.get(list).items() {
            containers.insert(container.get("name").text().to_owned());
        }
    }
    let rules = policy.get("rules");
    if rules.len() > 20 {
        report.too_many(&rules, 20);
    }
    for rule in rules.items() {
        let (action, codes, conditions) =
            (rule.get("action"), rule.get("onExitCodes"), rule.get("onPodConditions"));
        if action.is_empty() {
            report.required(&action, "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]");
        } else {
            report.one_of(&action, &["Count", "FailIndex", "FailJob", "Ignore"]);
        }
        if action.text() == "FailIndex" && !spec.get("backoffLimitPerIndex").is_set() {
            report.invalid(&action, "requires the backoffLimitPerIndex to be set");
        }
        match (codes.is_set(), !conditions.is_empty()) {
            (true, true) => {
                report.invalid(&rule, "specifying both OnExitCodes and OnPodConditions is not supported");
            }
            (false, false) => {
                report.invalid(&rule, "specifying one of OnExitCodes and OnPodConditions is required");
            }
            _ => {}
        }
        if codes.is_set() {
            exit_codes(&codes, &containers, report);
        }
        if conditions.len() > 20 {
            report.too_many(&conditions, 20);
        }
        for condition in conditions.items() {
            let (kind, status) = (condition.get("type"), condition.get("status"));
            report.format(&kind, names::qualified_name);
            report.default_or_one_of(&status, &["False", "True", "Unknown"]);
        }
    }
}

fn exit_codes(codes: &Field<'_>, containers: &BTreeSet<String>, report: &mut Report) {
    let (operator, container, values) =
        (codes.get("operator"), codes.get("containerName"), codes.get("values"));
    if operator.is_empty() {
        report.required(&operator, "valid values: [\"In\" \"NotIn\"]");
    } else {
        report.one_of(&operator, &["In", "NotIn"]);
    }
    if container.is_set() && !containers.contains(container.text()) {
        report.invalid(&container, "must be one of the container or initContainer names in the pod template");
    }
    if values.is_empty() {
        report.invalid(&values, "at least one value is required");
    } else if values.len() > 255 {
        report.too_many(&values, 255);
    }
    let mut seen = BTreeSet::new();
    let mut before = i64::MIN;
    let mut is_ordered = true;
    for value in values.items() {
        let number = value.integer().unwrap_or(0);
        if !seen.insert(number) {
            report.duplicate(&value);
        }
        if number == 0 && operator.text() == "In" {
            report.invalid(&value, "must not be 0 for the In operator");
        }
        is_ordered &= number >= before;
        before = number;
    }
    if !is_ordered {
        report.invalid(&values, "must be ordered");
    }
}

fn success_policy(policy: &Field<'_>, completions: i64, report: &mut Report) {
    let rules = policy.get("rules");
    if rules.is_empty() {
        report.required(&rules, "at least one rules must be specified when the successPolicy is specified");
    }
    if rules.len() > 20 {
        report.too_many(&rules, 20);
    }
    for rule in rules.items() {
        let (count, indexes) = (rule.get("succeededCount"), rule.get("succeededIndexes"));
        if !count.is_set() && !indexes.is_set() {
            report.required(&rule, "at least one of succeededCount or succeededIndexes must be specified");
        }
        let mut total = completions;
        if indexes.is_set() {
            if indexes.len() > 64 * 1024 {
                report.too_long(&indexes, 64 * 1024);
            }
            match index_count(indexes.text(), completions) {
                Ok(number) => total = number,
                Err(problem) => {
                    report.invalid(&indexes, format_args!("error parsing succeededIndexes: {problem}"));
                }
            }
        }
        report.not_negative(&count);
        if let Some(number) = count.integer() {
            if number > completions {
                report.invalid(
                    &count,
                    format_args!(
                        "must be less than or equal to {completions} (the number of specified completions)"
                    ),
                );
            }
            if indexes.is_set() && number > total {
                report.invalid(
                    &count,
                    format_args!(
                        "must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
                    ),
                );
            }
        }
    }
}

/// Returns the number of indexes in a text such as `0,2-4`.
fn index_count(text: &str, completions: i64) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let mut total = 0;
    let mut last: Option<i64> = None;
    let number = |part: &str| -> Result<i64, String> {
        let number: i64 =
            part.parse().map_err(|_| format!("cannot convert string to integer for index: {part:?}"))?;
        if number >= completions { Err(format!("too large index: {part:?}")) } else { Ok(number) }
    };
    for interval in text.split(',') {
        let parts: Vec<&str> = interval.split('-').collect();
        let (first, end) = match parts[..] {
            [one] => (number(one)?, number(one)?),
            [first, end] => (number(first)?, number(end)?),
            _ => {
                return Err(format!(
                    "the fragment {interval:?} violates the requirement that an index interval can have at most two parts separated by '-'"
                ));
            }
        };
        if last.is_some_and(|last| first <= last) {
            return Err(format!("non-increasing order, previous: {}, current: {first}", last.unwrap_or(0)));
        }
        if parts.len() == 2 && first >= end {
            return Err(format!("non-increasing order, previous: {first}, current: {end}"));
        }
        total += end - first + 1;
        last = Some(end);
    }
    Ok(total)
}
