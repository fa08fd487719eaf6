//! Devices: claims, classes, and what drivers offer.

use std::collections::BTreeSet;

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::expressions::{self, ExpectedType};
use crate::rules::pod::volume;

pub(crate) fn claim(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    devices(&spec.get("devices"), report);
}

pub(crate) fn claim_template(root: &Field<'_>, report: &mut Report) {
    let outer = root.get("spec");
    let meta = outer.get("metadata");
    super::metadata::labels(&meta.get("labels"), report);
    super::metadata::annotations(&meta.get("annotations"), report);
    let spec = outer.get("spec");
    devices(&spec.get("devices"), report);
}

pub(crate) fn class(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    selectors(&spec.get("selectors"), report);
    for config in spec.get("config").items() {
        configuration(&config, report);
    }
}

fn devices(devices: &Field<'_>, report: &mut Report) {
    const ONE: &str = "exactly one of `exactly` or `firstAvailable` is required";
    let requests = devices.get("requests");
    let mut known = BTreeSet::new();
    if requests.len() > 32 {
        report.too_many(&requests, 32);
    }
    for request in requests.items() {
        let (name, exactly, first) =
            (request.get("name"), request.get("exactly"), request.get("firstAvailable"));
        report.format(&name, names::label);
        if !known.insert(name.text().to_owned()) {
            report.duplicate(&request);
        }
        match (exactly.is_set(), !first.is_empty()) {
            (false, false) => report.required(&request, ONE),
            (true, true) => report.invalid(&request, format_args!("{ONE}, but multiple fields are set")),
            (true, false) => device(&exactly, report),
            (false, true) => {
                if first.len() > 8 {
                    report.too_many(&first, 8);
                }
                let mut inner = BTreeSet::new();
                for sub in first.items() {
                    let sub_name = sub.get("name");
                    report.format(&sub_name, names::label);
                    if !inner.insert(sub_name.text().to_owned()) {
                        report.duplicate(&sub);
                    }
                    known.insert(format!("{}/{}", name.text(), sub_name.text()));
                    device(&sub, report);
                }
            }
        }
    }
    let references = |list: &Field<'_>, report: &mut Report| {
        let mut seen = BTreeSet::new();
        for reference in list.items() {
            let text = reference.text();
            if text.matches('/').count() < 2
                && let Some(problem) = text.split('/').find_map(names::label)
            {
                report.invalid(&reference, problem);
            }
            if !known.contains(text) {
                report.invalid(&reference, "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'");
            }
            if !seen.insert(text.to_owned()) {
                report.duplicate(&reference);
            }
        }
    };
    let constraints = devices.get("constraints");
    if constraints.len() > 32 {
        report.too_many(&constraints, 32);
    }
    for constraint in constraints.items() {
        references(&constraint.get("requests"), report);
        let (matching, distinct) = (constraint.get("matchAttribute"), constraint.get("distinctAttribute"));
        if matching.is_set() {
            qualified(&matching, report);
        } else if distinct.is_set() {
            qualified(&distinct, report);
        } else {
            report.required(
                &constraint,
                "exactly one of \"matchAttribute\" or \"distinctAttribute\" is required",
            );
        }
    }
    let configs = devices.get("config");
    if configs.len() > 32 {
        report.too_many(&configs, 32);
    }
    for config in configs.items() {
        references(&config.get("requests"), report);
        configuration(&config, report);
    }
}

/// Checks a domain, a slash and a C identifier.
fn qualified(name: &Field<'_>, report: &mut Report) {
    match name.text().split_once('/') {
        Some((_, rest)) if rest.contains('/') => {}
        None => {
            report.invalid(name, "a fully qualified name must be a domain and a name separated by a slash")
        }
        Some((domain, rest)) => {
            if let Some(problem) = names::subdomain(domain) {
                report.invalid(name, problem);
            } else if let Some(problem) = names::c_identifier(rest) {
                report.invalid(name, problem);
            } else if rest.len() > 32 || domain.len() > 63 {
                report.too_long(name, if rest.len() > 32 { 32 } else { 63 });
            }
        }
    }
}

fn device(device: &Field<'_>, report: &mut Report) {
    report.needs_format(&device.get("deviceClassName"), names::subdomain);
    selectors(&device.get("selectors"), report);
    let (mode, count) = (device.get("allocationMode"), device.get("count"));
    match mode.text() {
        "All" => {
            if count.integer().unwrap_or(0) != 0 {
                report.invalid(&count, "must not be specified when allocationMode is 'All'");
            }
        }
        "" | "ExactCount" => {
            // An absent count is filled in, and so is 0.
            if count.integer().is_some_and(|number| number < 0) {
                report.invalid(&count, "must be greater than zero");
            }
        }
        _ => report.unsupported(&mode, &["All", "ExactCount"]),
    }
    for toleration in device.get("tolerations").items() {
        let (key, operator, value, effect) = (
            toleration.get("key"),
            toleration.get("operator"),
            toleration.get("value"),
            toleration.get("effect"),
        );
        report.optional_format(&key, names::qualified_name);
        match operator.text() {
            "Exists" => {
                if !value.is_empty() {
                    report.invalid(&value, "must be empty for operator `Exists`");
                }
            }
            "" | "Equal" => {
                report.format(&value, names::label_value);
                if key.is_empty() {
                    report.required(&key, "required unless operator is `Exists`");
                }
            }
            _ => report.unsupported(&operator, &["Equal", "Exists"]),
        }
        report.default_or_one_of(&effect, &["NoExecute", "NoSchedule", "None"]);
    }
}

fn selectors(list: &Field<'_>, report: &mut Report) {
    if list.len() > 32 {
        report.too_many(list, 32);
    }
    for entry in list.items() {
        let cel = entry.get("cel");
        if !cel.is_set() {
            report.required(&cel, "");
            continue;
        }
        let expression = cel.get("expression");
        if expression.len() > 10 * 1024 {
            report.too_long(&expression, 10 * 1024);
        } else if expression.text().trim().is_empty() {
            report.invalid(&expression, "compilation failed: there is no expression");
        } else if let Err(problem) =
            expressions::compile(expression.text(), &expressions::device(), ExpectedType::Match)
        {
            report.invalid(&expression, problem);
        }
    }
}

fn configuration(config: &Field<'_>, report: &mut Report) {
    let opaque = config.get("opaque");
    if !opaque.is_set() {
        return report.required(&opaque, "");
    }
    volume::driver_name(&opaque.get("driver"), report);
    let parameters = opaque.get("parameters");
    if !parameters.is_set() {
        report.required(&parameters, "");
    } else if parameters.value.as_map().is_none() {
        report.invalid(&parameters, "parameters must be a valid JSON object");
    }
}

pub(crate) fn slice(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    volume::driver_name(&spec.get("driver"), report);
    let pool = spec.get("pool");
    let (name, node) = (pool.get("name"), spec.get("nodeName"));
    if report.needs(&name)
        && let Some(problem) = name.text().split('/').find_map(names::subdomain)
    {
        report.invalid(&name, problem);
    }
    if node.is_set() {
        report.needs_format(&node, names::subdomain);
    }
}
