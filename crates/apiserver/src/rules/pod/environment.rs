//! Environment variables, and the field and resource references that they share with volumes.

use super::Pod;
use crate::field::Field;
use crate::names;
use crate::report::Report;

/// Checks the variables of a container.
pub(super) fn check(container: &Field<'_>, pod: &Pod<'_>, report: &mut Report) {
    for variable in container.get("env").items() {
        let name = variable.get("name");
        report.needs_format(&name, names::variable_name);
        let from = variable.get("valueFrom");
        if from.is_set() {
            source(&from, !variable.get("value").is_empty(), pod, report);
        }
    }
    let list = container.get("envFrom");
    for entry in list.items() {
        report.optional_format(&entry.get("prefix"), names::variable_name);
        let sources = [entry.get("configMapRef"), entry.get("secretRef")];
        for source in &sources {
            if source.is_set() {
                report.needs_format(&source.get("name"), names::subdomain);
            }
        }
        match sources.iter().filter(|source| source.is_set()).count() {
            0 => report.invalid(&list, "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _ => report.invalid(&list, "may not have more than one field specified at a time"),
        }
    }
}

const FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

fn source(from: &Field<'_>, has_value: bool, pod: &Pod<'_>, report: &mut Report) {
    let mut sources = 0;
    let field = from.get("fieldRef");
    if field.is_set() {
        sources += 1;
        field_reference(&field, &FIELDS, report);
    }
    let resource = from.get("resourceFieldRef");
    if resource.is_set() {
        sources += 1;
        resource_reference(&resource, report);
    }
    for name in ["configMapKeyRef", "secretKeyRef"] {
        let reference = from.get(name);
        if reference.is_set() {
            sources += 1;
            report.format(&reference.get("name"), names::subdomain);
            report.needs_format(&reference.get("key"), names::config_key);
        }
    }
    let file = from.get("fileKeyRef");
    if file.is_set() {
        sources += 1;
        let (key, path, volume) = (file.get("key"), file.get("path"), file.get("volumeName"));
        report.needs_format(&key, names::variable_name);
        if report.needs(&path) {
            super::container::no_backsteps(&path, &path, report);
        }
        if report.needs(&volume) {
            match pod.volumes.get(volume.text()) {
                None => report.not_found(&volume, ""),
                Some(found) if !super::volume::is_empty_dir(found) => {
                    report.invalid(&volume, "referenced volume must be of type emptyDir");
                }
                Some(_) => {}
            }
        }
    }
    if sources == 0 {
        report.invalid(
            from,
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
        );
    } else if has_value {
        report.invalid(from, "may not be specified when `value` is not empty");
    } else if sources > 1 {
        report.invalid(from, "may not have more than one field specified at a time");
    }
}

/// All pod fields that a reference can select.
const KNOWN: [&str; 13] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// Checks a reference to a pod field.
pub(super) fn field_reference(reference: &Field<'_>, supported: &[&str], report: &mut Report) {
    let (version, path) = (reference.get("apiVersion"), reference.get("fieldPath"));
    if !report.needs(&path) {
        return;
    }
    if !matches!(version.text(), "" | "v1") {
        return report.invalid(
            &path,
            format_args!("error converting fieldPath: unsupported pod version: {}", version.text()),
        );
    }
    let text = path.text();
    if let Some((before, rest)) = text.split_once("['")
        && let Some(subscript) = rest.strip_suffix("']")
    {
        return match before {
            "metadata.annotations" | "metadata.labels" => {
                let key = if before == "metadata.annotations" {
                    subscript.to_lowercase()
                } else {
                    subscript.to_owned()
                };
                if let Some(problem) = names::qualified_name(&key) {
                    report.invalid_as(reference, subscript, problem);
                }
            }
            _ => report.invalid(
                &path,
                format_args!("error converting fieldPath: field label does not support subscript: {text}"),
            ),
        };
    }
    if text == "spec.host" && supported.contains(&"spec.nodeName") {
    } else if !KNOWN.contains(&text) && text != "spec.host" {
        report.invalid(&path, format_args!("error converting fieldPath: field label not supported: {text}"));
    } else if !supported.contains(&text) {
        report.unsupported(&path, supported);
    }
}

const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
];

/// Checks a reference to a container resource.
pub(super) fn resource_reference(reference: &Field<'_>, report: &mut Report) {
    const UNITS: &str = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei";
    let (resource, divisor) = (reference.get("resource"), reference.get("divisor"));
    let text = resource.text();
    let is_huge = text.starts_with("limits.hugepages-") || text.starts_with("requests.hugepages-");
    if report.needs(&resource) && !RESOURCES.contains(&text) && !is_huge {
        report.unsupported(&resource, &RESOURCES);
    }
    let amount = match divisor.quantity() {
        Some(amount) if amount != aqueduct_manifest::Quantity::default() => amount.to_string(),
        _ => return,
    };
    let (units, name) = match text.split_once('.').map_or("", |(_, name)| name) {
        "cpu" => ("1m, 1", "cpu"),
        "memory" => (UNITS, "memory"),
        "ephemeral-storage" => (UNITS, "local ephemeral storage"),
        _ if is_huge => (UNITS, "hugepages"),
        _ => return,
    };
    if !units.split(", ").any(|unit| unit == amount) {
        report.invalid(
            &divisor,
            format_args!("only divisor's values {units} are supported with the {name} resource"),
        );
    }
}
