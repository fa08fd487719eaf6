//! Probes and lifecycle hooks of containers.

use super::Pod;
use crate::field::Field;
use crate::names;
use crate::report::Report;

/// Checks the probes of a container.
pub(super) fn probes(container: &Field<'_>, pod: &Pod<'_>, report: &mut Report) {
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let probe = container.get(name);
        if !probe.is_set() {
            continue;
        }
        handler(&probe, pod, report);
        for number in
            ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]
        {
            report.not_negative(&probe.get(number));
        }
        let grace = probe.get("terminationGracePeriodSeconds");
        if grace.integer().is_some_and(|seconds| seconds <= 0) {
            report.invalid(&grace, "must be greater than 0");
        }
        if name == "readinessProbe" {
            if grace.is_set() {
                report.invalid(&grace, "must not be set for readinessProbes");
            }
        } else {
            let success = probe.get("successThreshold");
            if success.integer().is_some_and(|number| number != 1 && number != 0) {
                report.invalid(&success, "must be 1");
            }
        }
    }
}

/// Checks the lifecycle hooks of a container.
pub(super) fn lifecycle(lifecycle: &Field<'_>, pod: &Pod<'_>, report: &mut Report) {
    for name in ["postStart", "preStop"] {
        let hook = lifecycle.get(name);
        if hook.is_set() {
            handler(&hook, pod, report);
        }
    }
}

fn handler(holder: &Field<'_>, pod: &Pod<'_>, report: &mut Report) {
    let mut handlers = 0;
    for name in ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] {
        let action = holder.get(name);
        if !action.is_set() {
            continue;
        }
        handlers += 1;
        if handlers > 1 {
            report.forbidden(&action, "may not specify more than 1 handler type");
            continue;
        }
        match name {
            "exec" => {
                report.needs(&action.get("command"));
            }
            "httpGet" => {
                port(&action.get("port"), report);
                report.default_or_one_of(&action.get("scheme"), &["HTTP", "HTTPS"]);
                let headers = action.get("httpHeaders");
                for header in headers.items() {
                    let header = header.get("name");
                    if let Some(problem) = names::header_name(header.text()) {
                        report.invalid_as(&headers, header.text(), problem);
                    }
                }
            }
            "tcpSocket" | "grpc" => port(&action.get("port"), report),
            _ => {
                let seconds = action.get("seconds").integer().unwrap_or(0);
                let grace = pod.grace_seconds;
                if seconds < 0 || seconds > grace {
                    report.invalid(
                        &action,
                        format_args!(
                            "must be non-negative and less than terminationGracePeriodSeconds ({grace})"
                        ),
                    );
                }
            }
        }
    }
    if handlers == 0 {
        report.required(holder, "must specify a handler type");
    }
}

/// Checks a port number or name. An absent one is 0.
pub(crate) fn port(port: &Field<'_>, report: &mut Report) {
    match port.value.as_str() {
        Some("") => report.invalid(port, "must contain at least one letter (a-z)"),
        Some(_) => report.format(port, names::port_name),
        None => {
            let number = port.integer().unwrap_or(0);
            if !(1..=65535).contains(&number) {
                report.invalid(port, "must be between 1 and 65535, inclusive");
            }
        }
    }
}
