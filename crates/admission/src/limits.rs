//! LimitRanges: the defaults for containers, and the bounds for all.

use aqueduct_apiserver::Cause;
use aqueduct_manifest::{List, Map, Object, Quantity, Value};

use crate::finding::{Action, AdmissionFinding};
use crate::pod::{items, text};
use crate::resources::{Amounts, amounts, of_container, of_pod};

const RULE: &str = "limits";

/// Fills in the defaults that the LimitRanges of a namespace set for the containers of a Pod.
pub(crate) fn fill(pod: &mut Object, ranges: &[&Object]) {
    for range in ranges {
        let (limits, requests) = defaults(range);
        let spec = pod.map.map_entry("spec");
        for list in ["initContainers", "containers"] {
            let containers = spec.get_mut(list).and_then(Value::as_list_mut).map(List::make_mut);
            for container in containers.into_iter().flatten().filter_map(Value::as_map_mut) {
                for (kind, defaults) in [("limits", &limits), ("requests", &requests)] {
                    if !defaults.is_empty() {
                        let own = container.map_entry("resources").map_entry(kind);
                        merge(own, defaults);
                    }
                }
            }
        }
    }
}

fn merge(own: &mut Map, defaults: &Amounts) {
    for (name, amount) in defaults {
        if !own.contains_key(name) {
            own.insert(name.clone(), amount.to_string());
        }
    }
}

/// Returns the default limits and requests of a LimitRange for containers: a maximum is a default limit, a default
/// limit is a default request, and a minimum is a default request.
fn defaults(range: &Object) -> (Amounts, Amounts) {
    let (mut limits, mut requests) = (Amounts::new(), Amounts::new());
    for item in limit_items(range).iter().filter(|item| text(item, &["type"]) == "Container") {
        let mut own_limits = amounts(item.get("default"));
        for (name, amount) in amounts(item.get("max")) {
            own_limits.entry(name).or_insert(amount);
        }
        let mut own_requests = amounts(item.get("defaultRequest"));
        for (name, amount) in own_limits.iter().map(|(name, amount)| (name.clone(), *amount)) {
            own_requests.entry(name).or_insert(amount);
        }
        for (name, amount) in amounts(item.get("min")) {
            own_requests.entry(name).or_insert(amount);
        }
        limits.extend(own_limits);
        requests.extend(own_requests);
    }
    (limits, requests)
}

fn limit_items(range: &Object) -> &[Value] {
    range.map.get("spec").map_or(&[], |spec| items(spec, "limits"))
}

/// Judges an object, including filled-in defaults, against the LimitRanges of its namespace.
pub(crate) fn admit(object: &Object, before: &Object, ranges: &[&Object]) -> Vec<AdmissionFinding> {
    if ranges.is_empty() || !object.group().is_empty() {
        return Vec::new();
    }
    let Some(spec) = object.map.get("spec") else { return Vec::new() };
    let mut faults = Vec::new();
    let mut findings = Vec::new();
    match object.kind() {
        "Pod" => {
            for item in ranges.iter().flat_map(|range| limit_items(range)) {
                match text(item, &["type"]) {
                    "Container" => {
                        for container in items(spec, "containers").iter().chain(items(spec, "initContainers"))
                        {
                            let requests = of_container(container, "requests");
                            let limits = of_container(container, "limits");
                            hold(item, "Container", &requests, &limits, &mut faults);
                        }
                    }
                    "Pod" => {
                        hold(item, "Pod", &of_pod(spec, "requests"), &of_pod(spec, "limits"), &mut faults)
                    }
                    _ => {}
                }
            }
            // What was contradictory before is not about limits.
            let known = before.map.get("spec").map_or_else(Vec::new, contradictions);
            findings.extend(contradictions(spec).into_iter().filter(|finding| !known.contains(finding)));
        }
        "PersistentVolumeClaim" => {
            let requests = amounts(spec.at(&["resources", "requests"]));
            let all = ranges.iter().flat_map(|range| limit_items(range));
            for item in all.filter(|item| text(item, &["type"]) == "PersistentVolumeClaim") {
                hold_claim(item, &requests, &mut faults);
            }
        }
        _ => {}
    }
    if !faults.is_empty() {
        findings.push(AdmissionFinding::forbidden(RULE, faults.join(", ")));
    }
    findings
}

/// Adds the violated bounds of an item.
fn hold(item: &Value, kind: &str, requests: &Amounts, limits: &Amounts, faults: &mut Vec<String>) {
    for (name, least) in amounts(item.get("min")) {
        let bound = format!("minimum {name} usage per {kind} is {least}");
        match (requests.get(&name), limits.get(&name)) {
            (None, _) => faults.push(format!("{bound}.  No request is specified")),
            (Some(request), _) if *request < least => {
                faults.push(format!("{bound}, but request is {request}"))
            }
            (_, Some(limit)) if *limit < least => faults.push(format!("{bound}, but limit is {limit}")),
            _ => {}
        }
    }
    for (name, most) in amounts(item.get("max")) {
        let bound = format!("maximum {name} usage per {kind} is {most}");
        match (limits.get(&name), requests.get(&name)) {
            (None, _) => faults.push(format!("{bound}.  No limit is specified")),
            (Some(limit), _) if *limit > most => faults.push(format!("{bound}, but limit is {limit}")),
            (_, Some(request)) if *request > most => {
                faults.push(format!("{bound}, but request is {request}"))
            }
            _ => {}
        }
    }
    for (name, most) in amounts(item.get("maxLimitRequestRatio")) {
        let bound = format!("{name} max limit to request ratio per {kind} is {most}");
        let of = |amounts: &Amounts| amounts.get(&name).copied().unwrap_or_default().billionths();
        let (request, limit) = (of(requests), of(limits));
        if request == 0 {
            faults.push(format!("{bound}, but no request is specified or request is 0"));
        } else if limit == 0 {
            faults.push(format!("{bound}, but no limit is specified or limit is 0"));
        } else {
            let ratio = limit as f64 / request as f64;
            if ratio > most.billionths() as f64 / 1e9 {
                faults.push(format!("{bound}, but provided ratio is {ratio:.6}"));
            }
        }
    }
}

fn hold_claim(item: &Value, requests: &Amounts, faults: &mut Vec<String>) {
    let kind = "PersistentVolumeClaim";
    for (bounds, word, is_broken) in [
        ("min", "minimum", (|request, bound| request < bound) as fn(&Quantity, &Quantity) -> bool),
        ("max", "maximum", |request, bound| request > bound),
    ] {
        for (name, bound) in amounts(item.get(bounds)) {
            match requests.get(&name) {
                None => faults
                    .push(format!("{word} {name} usage per {kind} is {bound}.  No request is specified")),
                Some(request) if is_broken(request, &bound) => {
                    faults
                        .push(format!("{word} {name} usage per {kind} is {bound}, but request is {request}"));
                }
                Some(_) => {}
            }
        }
    }
}

/// Returns contradictions that result from the defaults, because the pod is validated after them.
fn contradictions(spec: &Value) -> Vec<AdmissionFinding> {
    let mut findings = Vec::new();
    let mut refuse = |field: String, message: String| {
        let cause = Cause { field, reason: "FieldValueInvalid", message };
        findings.push(AdmissionFinding { rule: RULE, action: Action::Deny, cause });
    };
    let whole_limits = amounts(spec.at(&["resources", "limits"]));
    for list in ["containers", "initContainers"] {
        for (place, container) in items(spec, list).iter().enumerate() {
            let (limits, requests) = (of_container(container, "limits"), of_container(container, "requests"));
            for (name, request) in &requests {
                if let Some(limit) = limits.get(name).filter(|limit| request > *limit) {
                    let message = format!(
                        "Invalid value: \"{request}\": must be less than or equal to {name} limit of {limit}"
                    );
                    refuse(format!("spec.{list}[{place}].resources.requests"), message);
                }
            }
            let has =
                |wanted: fn(&str) -> bool| limits.keys().chain(requests.keys()).any(|name| wanted(name));
            if has(|name| name.starts_with("hugepages-")) && !has(|name| matches!(name, "cpu" | "memory")) {
                refuse(
                    format!("spec.{list}[{place}].resources"),
                    "Forbidden: HugePages require cpu or memory".to_owned(),
                );
            }
            for (name, limit) in limits {
                if let Some(whole) = whole_limits.get(&name).filter(|whole| limit > **whole) {
                    let message = format!(
                        "Invalid value: \"{limit}\": must be less than or equal to pod limits of {whole}"
                    );
                    refuse(format!("spec.{list}[{place}].resources.limits[{name}]"), message);
                }
            }
        }
    }
    let mut without = spec.as_map().cloned().unwrap_or_default();
    without.remove("resources");
    without.remove("overhead");
    let sum: Amounts = of_pod(&Value::Map(without), "requests");
    for (name, whole) in amounts(spec.at(&["resources", "requests"])) {
        if let Some(sum) = sum.get(&name).filter(|sum| **sum > whole) {
            let message = format!(
                "Invalid value: \"{whole}\": must be greater than or equal to aggregate container requests of {sum}"
            );
            refuse(format!("spec.resources.requests[{name}]"), message);
        }
    }
    findings
}
