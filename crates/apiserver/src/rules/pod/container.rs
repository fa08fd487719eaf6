//! Containers: their images, ports, mounts and restart rules.

use std::collections::BTreeSet;

use super::{Form, Pod, environment, probe, resources, security};
use crate::field::Field;
use crate::names;
use crate::report::Report;

const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];

/// Checks all containers of a pod.
pub(super) fn check(spec: &Field<'_>, pod: &Pod<'_>, report: &mut Report) {
    let (regular, initial, ephemeral) =
        (spec.get("containers"), spec.get("initContainers"), spec.get("ephemeralContainers"));
    report.needs(&regular);
    let mut names = BTreeSet::new();
    let mut ports = BTreeSet::new();
    for container in regular.items() {
        common(&container, pod, report);
        unique(&container, &mut names, report);
        probe::lifecycle(&container.get("lifecycle"), pod, report);
        probe::probes(&container, pod, report);
        host_ports(&container, &mut ports, report);
        restart(&container, report);
        for rule in container.get("resizePolicy").items() {
            resize(&rule, false, report);
        }
    }
    for container in initial.items() {
        common(&container, pod, report);
        unique(&container, &mut names, report);
        host_ports(&container, &mut BTreeSet::new(), report);
        restart(&container, report);
        let is_sidecar = container.get("restartPolicy").text() == "Always";
        if is_sidecar {
            probe::lifecycle(&container.get("lifecycle"), pod, report);
            probe::probes(&container, pod, report);
        } else {
            for name in ["lifecycle"].iter().chain(&PROBES) {
                let field = container.get(name);
                // A stop signal may be the only field.
                let is_signal = *name == "lifecycle" && field.fields().all(|(name, _)| name == "stopSignal");
                if field.is_set() && (!is_signal || field.is_empty()) {
                    report
                        .forbidden(&field, "may not be set for init containers without restartPolicy=Always");
                }
            }
        }
        for rule in container.get("resizePolicy").items() {
            resize(&rule, !is_sidecar, report);
        }
    }
    let known = names.clone();
    for container in ephemeral.items() {
        common(&container, pod, report);
        unique(&container, &mut names, report);
        image_blanks(&container, report);
        of_ephemeral(&container, &known, report);
    }
    if pod.form == Form::Pod {
        for container in regular.items().chain(initial.items()) {
            image_blanks(&container, report);
        }
    }
}

fn unique(container: &Field<'_>, names: &mut BTreeSet<String>, report: &mut Report) {
    let name = container.get("name");
    if !names.insert(name.text().to_owned()) && !name.is_empty() {
        report.duplicate(&name);
    }
}

fn image_blanks(container: &Field<'_>, report: &mut Report) {
    let image = container.get("image");
    if image.text().trim().len() != image.len() {
        report.invalid(&image, "must not have leading or trailing whitespace");
    }
}

fn of_ephemeral(container: &Field<'_>, known: &BTreeSet<String>, report: &mut Report) {
    const ALLOWED: [&str; 16] = [
        "name",
        "image",
        "command",
        "args",
        "workingDir",
        "envFrom",
        "env",
        "volumeMounts",
        "volumeDevices",
        "terminationMessagePath",
        "terminationMessagePolicy",
        "imagePullPolicy",
        "securityContext",
        "stdin",
        "stdinOnce",
        "tty",
    ];
    let target = container.get("targetContainerName");
    if !target.is_empty() && !known.contains(target.text()) {
        report.not_found(&target, "");
    }
    for (name, field) in container.fields() {
        let is_set = field.is_set() && !(field.value.as_list().is_some() && field.is_empty());
        let is_resources_with_something = name != "resources" || !field.is_empty();
        if is_set && is_resources_with_something && name != "targetContainerName" && !ALLOWED.contains(&name)
        {
            report.forbidden(&field, "cannot be set for an Ephemeral Container");
        }
    }
    for mount in container.get("volumeMounts").items() {
        for name in ["subPath", "subPathExpr"] {
            let path = mount.get(name);
            if !path.is_empty() {
                report.forbidden(&path, "cannot be set for an Ephemeral Container");
            }
        }
    }
}

/// Checks what applies to every kind of container.
fn common(container: &Field<'_>, pod: &Pod<'_>, report: &mut Report) {
    report.needs_format(&container.get("name"), names::label);
    report.needs(&container.get("image"));
    report.default_or_one_of(&container.get("terminationMessagePolicy"), &["File", "FallbackToLogsOnError"]);
    ports(&container.get("ports"), report);
    environment::check(container, pod, report);
    mounts(container, pod, report);
    devices(container, pod, report);
    report.default_or_one_of(&container.get("imagePullPolicy"), &["Always", "IfNotPresent", "Never"]);
    resources::of_container(&container.get("resources"), &pod.claims, pod.form, report);
    let resizing = container.get("resizePolicy");
    let mut seen = BTreeSet::new();
    for rule in resizing.items() {
        let (name, policy) = (rule.get("resourceName"), rule.get("restartPolicy"));
        if !seen.insert(name.text().to_owned()) {
            report.duplicate(&rule);
        }
        for (field, supported) in [(name, ["cpu", "memory"]), (policy, ["NotRequired", "RestartContainer"])] {
            match field.text() {
                "" => report.required(&resizing, ""),
                text if supported.contains(&text) => {}
                _ => report.unsupported(&resizing, &supported),
            }
        }
        if pod.restart_policy == "Never" && policy.text() != "NotRequired" {
            report.invalid(&resizing, "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
        }
    }
    security::of_container(&container.get("securityContext"), pod, report);
}

fn resize(rule: &Field<'_>, is_plain_init: bool, report: &mut Report) {
    let policy = rule.get("restartPolicy");
    if is_plain_init && policy.text() == "RestartContainer" {
        report.invalid(&policy, "must not be set to 'RestartContainer' for non-sidecar initContainers");
    }
}

fn ports(ports: &Field<'_>, report: &mut Report) {
    let mut names = BTreeSet::new();
    for port in ports.items() {
        let name = port.get("name");
        if !name.is_empty() {
            if names::port_name(name.text()).is_some() {
                report.format(&name, names::port_name);
            } else if !names.insert(name.text().to_owned()) {
                report.duplicate(&name);
            }
        }
        let number = port.get("containerPort");
        match number.integer().unwrap_or(0) {
            0 => report.required(&number, ""),
            _ => report.between(&number, 1, 65535),
        }
        let host = port.get("hostPort");
        if host.integer().unwrap_or(0) != 0 {
            report.between(&host, 1, 65535);
        }
        let protocol = port.get("protocol");
        report.default_or_one_of(&protocol, &["TCP", "UDP", "SCTP"]);
    }
}

fn host_ports(container: &Field<'_>, seen: &mut BTreeSet<(String, String, i64)>, report: &mut Report) {
    for port in container.get("ports").items() {
        let number = port.get("hostPort");
        let protocol = port.get("protocol");
        let protocol = if protocol.is_empty() { "TCP" } else { protocol.text() };
        if let Some(host) = number.integer().filter(|host| *host != 0)
            && !seen.insert((protocol.to_owned(), port.get("hostIP").text().to_owned(), host))
        {
            report.duplicate(&number);
        }
    }
}

fn restart(container: &Field<'_>, report: &mut Report) {
    let (policy, rules) = (container.get("restartPolicy"), container.get("restartPolicyRules"));
    report.set_is_one_of(&policy, &["Always", "Never", "OnFailure"]);
    if rules.is_empty() {
        return;
    }
    if !policy.is_set() {
        report.required(&policy, "must specify restartPolicy when restart rules are used");
    }
    if rules.len() > 20 {
        report.too_many(&rules, 20);
    }
    for rule in rules.items() {
        report.needs_one_of(&rule.get("action"), &["Restart", "RestartAllContainers"]);
        let codes = rule.get("exitCodes");
        if !codes.is_set() {
            report.required(&codes, "must be specified");
            continue;
        }
        report.needs_one_of(&codes.get("operator"), &["In", "NotIn"]);
        let values = codes.get("values");
        if values.len() > 255 {
            report.too_many(&values, 255);
        }
        let mut seen = BTreeSet::new();
        for value in values.items() {
            if !seen.insert(value.integer()) {
                report.duplicate(&value);
            }
        }
    }
}

/// Checks a path that must stay inside its base.
pub(super) fn descending_path(field: &Field<'_>, place: &Field<'_>, report: &mut Report) {
    let text = field.text();
    if text.starts_with('/') {
        report.invalid_as(place, text, "must be a relative path");
    }
    no_backsteps(field, place, report);
}

/// Checks a path that must not go up.
pub(super) fn no_backsteps(field: &Field<'_>, place: &Field<'_>, report: &mut Report) {
    if field.text().split('/').any(|part| part == "..") {
        report.invalid_as(place, field.text(), "must not contain '..'");
    }
}

/// Checks the path of a file in a volume.
pub(super) fn file_path(field: &Field<'_>, place: &Field<'_>, report: &mut Report) {
    descending_path(field, place, report);
    if field.text().starts_with("..") && !field.text().starts_with("../") {
        report.invalid_as(place, field.text(), "must not start with '..'");
    }
}

fn mounts(container: &Field<'_>, pod: &Pod<'_>, report: &mut Report) {
    let (mounts, devices) = (container.get("volumeMounts"), container.get("volumeDevices"));
    let mut paths = BTreeSet::new();
    for mount in mounts.items() {
        let (name, path) = (mount.get("name"), mount.get("mountPath"));
        report.needs(&name);
        let volume = pod.volumes.get(name.text());
        if volume.is_none() {
            report.not_found(&name, "");
        }
        report.needs(&path);
        if !paths.insert(path.text().to_owned()) {
            report.invalid(&path, "must be unique");
        }
        if devices.items().any(|device| device.get("name").text() == name.text()) {
            report.invalid(&name, "must not already exist in volumeDevices");
        }
        if devices.items().any(|device| device.get("devicePath").text() == path.text()) {
            report.invalid(&path, "must not already exist as a path in volumeDevices");
        }
        let (sub, expression) = (mount.get("subPath"), mount.get("subPathExpr"));
        if !sub.is_empty() {
            descending_path(&sub, &mounts.with("subPath", sub.value), report);
        }
        if !expression.is_empty() {
            if !sub.is_empty() {
                report.invalid(&expression, "subPathExpr and subPath are mutually exclusive");
            }
            descending_path(&expression, &mounts.with("subPathExpr", expression.value), report);
        }
        let propagation = mount.get("mountPropagation");
        let place = mounts.with("mountPropagation", propagation.value);
        report.set_is_one_of(&place, &["Bidirectional", "HostToContainer", "None"]);
        let security = container.get("securityContext");
        if propagation.text() == "Bidirectional" && !security.get("privileged").is_true() {
            report.forbidden(
                &place,
                "Bidirectional mount propagation is available only to privileged containers",
            );
        }
        let recursive = mount.get("recursiveReadOnly");
        let place = mounts.with("recursiveReadOnly", recursive.value);
        report.set_is_one_of(&place, &["Disabled", "Enabled", "IfPossible"]);
        if matches!(recursive.text(), "Enabled" | "IfPossible") {
            if !mount.get("readOnly").is_true() {
                report.forbidden(&place, "may only be specified when readOnly is true");
            }
            if propagation.is_set() && propagation.text() != "None" {
                report.forbidden(
                    &place,
                    "may only be specified when mountPropagation is None or not specified",
                );
            }
        }
    }
}

fn devices(container: &Field<'_>, pod: &Pod<'_>, report: &mut Report) {
    let (mounts, devices) = (container.get("volumeMounts"), container.get("volumeDevices"));
    let (mut paths, mut names) = (BTreeSet::new(), BTreeSet::new());
    for device in devices.items() {
        let (name, path) = (device.get("name"), device.get("devicePath"));
        report.needs(&name);
        if names.contains(name.text()) {
            report.invalid(&name, "must be unique");
        }
        match pod.volumes.get(name.text()) {
            None => report.not_found(&name, ""),
            Some(volume) => {
                if !volume.get("persistentVolumeClaim").is_set() && !volume.get("ephemeral").is_set() {
                    report.invalid(
                        &name,
                        "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode",
                    );
                }
            }
        }
        report.needs(&path);
        if paths.contains(path.text()) {
            report.invalid(&path, "must be unique");
        }
        if path.text().split('/').any(|part| part == "..") {
            report.invalid(&path, "can not contain backsteps ('..')");
        } else {
            paths.insert(path.text().to_owned());
        }
        if mounts.items().any(|mount| mount.get("name").text() == name.text()) {
            report.invalid(&name, "must not already exist in volumeMounts");
        }
        if mounts.items().any(|mount| mount.get("mountPath").text() == path.text()) {
            report.invalid(&path, "must not already exist as a path in volumeMounts");
        }
        if !name.is_empty() {
            names.insert(name.text().to_owned());
        }
    }
}
