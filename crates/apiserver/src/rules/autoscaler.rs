//! HorizontalPodAutoscalers.

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::pod::resources;

pub(crate) fn check(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    let (least, most, metrics) = (spec.get("minReplicas"), spec.get("maxReplicas"), spec.get("metrics"));
    let version = root.get("apiVersion");
    if least.integer().is_some_and(|number| number < 0) {
        report.invalid(&least, "must be greater than or equal to 0");
    }
    if most.integer().unwrap_or(0) < 1 {
        report.invalid(&most, "must be greater than 0");
    }
    if most.integer().unwrap_or(0) < least.integer().unwrap_or(1) {
        report.invalid(&most, "must be greater than or equal to `minReplicas`");
    }
    target_reference(&spec.get("scaleTargetRef"), report);
    let can_rest = metrics.items().any(|metric| matches!(metric.get("type").text(), "Object" | "External"));
    if least.integer() == Some(0) && !can_rest {
        report.forbidden(
            &metrics,
            "must specify at least one Object or External metric to support scaling to zero replicas",
        );
    }
    if version.text() == "autoscaling/v1" {
        let usage = spec.get("targetCPUUtilizationPercentage");
        if usage.integer().is_some_and(|number| number < 1) {
            let place = spec.with("metrics", metrics.value);
            let place = place.index(0);
            let place = place.get("resource");
            let place = place.get("target");
            report.invalid(&place.with("averageUtilization", usage.value), "must be greater than 0");
        }
        return;
    }
    for metric in metrics.items() {
        self::metric(&metric, report);
    }
    let behavior = spec.get("behavior");
    for name in ["scaleUp", "scaleDown"] {
        let rules = behavior.get(name);
        if rules.is_set() {
            scaling(&rules, report);
        }
    }
}

fn target_reference(target: &Field<'_>, report: &mut Report) {
    reference(target, report);
    let version = target.get("apiVersion");
    let text = version.text();
    if text.matches('/').count() > 1 {
        report.invalid(&version, format_args!("unexpected GroupVersion string: {text}"));
    } else {
        let (group, number) = text.split_once('/').unwrap_or(("", text));
        if group.is_empty() && target.get("kind").text() != "ReplicationController" {
            report.invalid(&version, "apiVersion must specify API group");
        } else if !group.is_empty() && number.is_empty() {
            report.invalid(&version, "apiVersion must specify API version");
        }
    }
}

fn reference(target: &Field<'_>, report: &mut Report) {
    report.needs_format(&target.get("kind"), names::path_segment);
    report.needs_format(&target.get("name"), names::path_segment);
}

const SOURCES: [(&str, &str); 5] = [
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
    ("External", "external"),
];

fn metric(metric: &Field<'_>, report: &mut Report) {
    let kind = metric.get("type");
    if kind.is_empty() {
        report.required(&kind, "must specify a metric source type");
    }
    report.one_of(&kind, &SOURCES.map(|(kind, _)| kind));
    let order = ["object", "external", "pods", "resource", "containerResource"];
    let present: Vec<&str> = order.into_iter().filter(|name| metric.get(name).is_set()).collect();
    if let Some(first) = present.first() {
        source(first, &metric.get(first), report);
    }
    let expected = SOURCES.iter().find(|(name, _)| *name == kind.text()).map(|(_, field)| *field);
    if let Some(expected) = expected
        && !present.contains(&expected)
    {
        report.required(&metric.get(expected), "must populate information for the given metric source");
    }
    if present.len() > 1 {
        for other in present.iter().filter(|name| Some(**name) != expected) {
            report.forbidden(&metric.get(other), "must populate the given metric source only");
        }
    }
}

fn source(name: &str, source: &Field<'_>, report: &mut Report) {
    let target = source.get("target");
    let (value, average, usage) =
        (target.get("value"), target.get("averageValue"), target.get("averageUtilization"));
    self::target(&target, report);
    match name {
        "object" | "external" => {
            if name == "object" {
                reference(&source.get("describedObject"), report);
            }
            identifier(&source.get("metric"), report);
            if !value.is_set() && !average.is_set() {
                report.required(&average, "must set either a target value for metric or a per-pod target");
            }
            if name == "external" && value.is_set() && average.is_set() {
                report.forbidden(&value, "may not set both a target value for metric and a per-pod target");
            }
        }
        "pods" => {
            identifier(&source.get("metric"), report);
            if !average.is_set() || !is_positive(&average) {
                report.required(&average, "must specify a positive target averageValue");
            }
        }
        _ => {
            let (resource, container) = (source.get("name"), source.get("container"));
            if resource.is_empty() {
                report.required(&resource, "must specify a resource name");
            }
            if name == "containerResource" {
                if container.is_empty() {
                    report.required(&container, "must specify a container");
                } else {
                    report.format(&container, names::label);
                }
                if !resource.is_empty() {
                    resources::of_container_name(&resource, resource.text(), report);
                }
            }
            if !usage.is_set() && !average.is_set() {
                report.required(&usage, "must set either a target raw value or a target utilization");
            }
            if usage.is_set() && average.is_set() {
                report.forbidden(&average, "may not set both a target raw value and a target utilization");
            }
        }
    }
}

fn identifier(metric: &Field<'_>, report: &mut Report) {
    let name = metric.get("name");
    if name.is_empty() {
        report.required(&name, "must specify a metric name");
    } else {
        report.format(&name, names::path_segment);
    }
}

fn is_positive(field: &Field<'_>) -> bool {
    resources::amount(field) > aqueduct_manifest::Quantity::default()
}

fn target(target: &Field<'_>, report: &mut Report) {
    let (kind, usage) = (target.get("type"), target.get("averageUtilization"));
    if kind.is_empty() {
        report.required(&kind, "must specify a metric target type");
    }
    if !matches!(kind.text(), "Utilization" | "Value" | "AverageValue") {
        report.invalid(&kind, "must be either Utilization, Value, or AverageValue");
    }
    for name in ["value", "averageValue"] {
        let amount = target.get(name);
        if amount.is_set() && !is_positive(&amount) {
            report.invalid(&amount, "must be positive");
        }
    }
    if usage.integer().is_some_and(|number| number < 1) {
        report.invalid(&usage, "must be greater than 0");
    }
}

fn scaling(rules: &Field<'_>, report: &mut Report) {
    let (window, select, policies, tolerance) = (
        rules.get("stabilizationWindowSeconds"),
        rules.get("selectPolicy"),
        rules.get("policies"),
        rules.get("tolerance"),
    );
    if let Some(seconds) = window.integer() {
        if seconds < 0 {
            report.invalid(&window, "must be greater than or equal to zero");
        } else if seconds > 3600 {
            report.invalid(&window, "must be less than or equal to 3600");
        }
    }
    report.set_is_one_of(&select, &["Disabled", "Max", "Min"]);
    if policies.is_set() && policies.is_empty() {
        report.required(&policies, "must specify at least one Policy");
    }
    if tolerance.is_set() && resources::is_negative(resources::amount(&tolerance)) {
        report.invalid(&tolerance, "must be greater than or equal to 0");
    }
    for policy in policies.items() {
        report.one_of(&policy.get("type"), &["Percent", "Pods"]);
        let (value, period) = (policy.get("value"), policy.get("periodSeconds"));
        if value.integer().unwrap_or(0) <= 0 {
            report.invalid(&value, "must be greater than zero");
        }
        match period.integer().unwrap_or(0) {
            ..=0 => report.invalid(&period, "must be greater than zero"),
            1801.. => report.invalid(&period, "must be less than or equal to 1800"),
            _ => {}
        }
    }
}
