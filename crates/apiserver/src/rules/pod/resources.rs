//! The requests and limits of containers and pods.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{Quantity, Value};

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::pod::Form;

/// The container resources that Kubernetes itself defines.
const OF_CONTAINERS: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// Returns a quantity; a `null` is none.
pub(crate) fn amount(field: &Field<'_>) -> Quantity {
    field.quantity().unwrap_or_default()
}

pub(crate) fn is_negative(amount: Quantity) -> bool {
    amount < Quantity::default()
}

pub(crate) fn is_whole(amount: Quantity) -> bool {
    is_negative(amount) || amount == Quantity::units(amount.whole())
}

/// Tells whether a name is reserved for Kubernetes.
pub(crate) fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Tells whether a name is that of an extended resource.
pub(crate) fn is_extended(name: &str) -> bool {
    !is_native(name)
        && !name.starts_with("requests.")
        && names::qualified_name(&format!("requests.{name}")).is_none()
}

pub(crate) fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// Checks a quantity by the name of its resource.
pub(crate) fn value(field: &Field<'_>, name: &str, report: &mut Report) {
    let amount = amount(field);
    if is_negative(amount) {
        report.invalid(field, "must be greater than or equal to 0");
    }
    if is_extended(name) && !is_whole(amount) {
        report.invalid(field, "must be an integer");
    }
}

pub(crate) fn of_container_name(field: &Field<'_>, name: &str, report: &mut Report) {
    if let Some(problem) = names::qualified_name(name) {
        report.invalid_as(field, name, problem);
    } else if !name.contains('/') {
        if !OF_CONTAINERS.contains(&name) && !is_huge_page(name) {
            report.invalid_as(field, name, "must be a standard resource for containers");
        }
    } else if !is_native(name) && !is_extended(name) {
        report.invalid_as(field, name, "doesn't follow extended resource name standard");
    }
}

fn huge_page(field: &Field<'_>, name: &str, report: &mut Report) {
    let Some(size) = name.strip_prefix("hugepages-") else { return };
    let amount = amount(field);
    let is_multiple = match size.parse::<Quantity>() {
        Ok(size) if size.whole() > 0 && !is_negative(amount) => {
            is_whole(amount)
                && amount.whole().is_multiple_of(size.whole())
                && (amount.whole() >= size.whole())
        }
        _ => false,
    };
    if !is_multiple {
        report.invalid(field, format_args!("{amount} is not positive integer multiple of {name}"));
    }
}

/// Checks the resources of a container. The requests in a pod default to the limits.
pub(super) fn of_container(resources: &Field<'_>, claims: &BTreeSet<&str>, form: Form, report: &mut Report) {
    let (limits, requests) = (resources.get("limits"), resources.get("requests"));
    let filled = match form {
        Form::Pod => with_limits(&limits, &requests),
        _ => None,
    };
    let requests = match &filled {
        Some(requests) => resources.with("requests", requests),
        None => requests,
    };
    let is_known = |name: &str| matches!(name, "cpu" | "memory");
    for list in [&limits, &requests] {
        for (name, field) in list.entries() {
            of_container_name(&field, name, report);
            value(&field, name, report);
            huge_page(&field, name, report);
        }
    }
    compare(&limits, &requests, report);
    let names = || limits.entries().chain(requests.entries()).map(|(name, _)| name);
    if names().any(is_huge_page) && !names().any(is_known) {
        report.forbidden(resources, "HugePages require cpu or memory");
    }
    self::claims(&resources.get("claims"), claims, report);
}

/// Returns the requests, completed with the limits that they omit.
fn with_limits(limits: &Field<'_>, requests: &Field<'_>) -> Option<Value> {
    let mut map = requests.value.as_map().cloned().unwrap_or_default();
    let before = map.len();
    for (name, field) in limits.entries() {
        if !map.contains_key(name) {
            map.insert(name, field.value.clone());
        }
    }
    (map.len() > before).then_some(Value::Map(map))
}

fn claims(list: &Field<'_>, known: &BTreeSet<&str>, report: &mut Report) {
    let mut seen = BTreeSet::new();
    for claim in list.items() {
        let (name, request) = (claim.get("name"), claim.get("request"));
        if name.is_empty() {
            report.required(&claim, "");
            continue;
        }
        if !seen.insert((name.text().to_owned(), request.text().to_owned())) {
            report.duplicate(&claim);
        }
        if !known.contains(name.text()) {
            let all: Vec<&str> = known.iter().copied().collect();
            let all =
                if all.is_empty() { " which is empty".to_owned() } else { format!(": {}", all.join(", ")) };
            report.not_found(&claim, &format!("must be one of the names in pod.spec.resourceClaims{all}"));
        }
        report.optional_format(&request, names::label);
    }
}

/// Refuses requests above their limits, and requests that must equal their limit but do not.
fn compare(limits: &Field<'_>, requests: &Field<'_>, report: &mut Report) {
    for (name, field) in requests.entries() {
        let request = amount(&field);
        let may_differ = is_native(name) && !is_huge_page(name);
        if limits.value.get(name).is_some() {
            let limit = amount(&limits.key(name));
            if !may_differ && request != limit {
                report.invalid_as(
                    requests,
                    &request.to_string(),
                    format_args!("must be equal to {name} limit of {limit}"),
                );
            } else if may_differ && request > limit {
                let detail =
                    format_args!("must be less than or equal to {name} limit of {limit}").to_string();
                report.invalid_as(requests, &request.to_string(), detail);
            }
        } else if !may_differ {
            report.required(limits, "Limit must be set for non overcommitable resources");
        }
    }
}

/// Checks the resources of a pod as a whole.
pub(super) fn of_pod(pod: &Field<'_>, claim_names: &BTreeSet<&str>, form: Form, report: &mut Report) {
    let resources = pod.get("resources");
    if !resources.is_set() {
        return;
    }
    let claim_list = resources.get("claims");
    if claim_list.is_set() {
        report.forbidden(&claim_list, "claims may not be set for Resources at pod-level");
        claims(&claim_list, claim_names, report);
    }
    let (limits, requests) = (resources.get("limits"), resources.get("requests"));
    let sums = sums(pod, form);
    let mut all = requests.value.as_map().cloned().unwrap_or_default();
    if form == Form::Pod {
        // What a pod omits is filled in: the sum of its containers' requests, otherwise its limits.
        for (name, sum) in &sums {
            if (matches!(name.as_str(), "cpu" | "memory") || is_huge_page(name)) && !all.contains_key(name) {
                all.insert(name.as_str(), sum.to_string());
            }
        }
        for (name, field) in limits.entries() {
            if !all.contains_key(name) {
                all.insert(name, field.value.clone());
            }
        }
    }
    let all = Value::Map(all);
    let requests = resources.with("requests", &all);
    for list in [&limits, &requests] {
        for (name, field) in list.entries() {
            if !matches!(name, "cpu" | "memory") && !is_huge_page(name) {
                report.unsupported(&field, &["cpu", "hugepages-", "memory"]);
            }
            value(&field, name, report);
            huge_page(&field, name, report);
        }
    }
    compare(&limits, &requests, report);
    let names = || limits.entries().chain(requests.entries()).map(|(name, _)| name);
    if names().any(is_huge_page) && !names().any(|name| matches!(name, "cpu" | "memory")) {
        report.forbidden(&resources, "HugePages require cpu or memory");
    }

    for (name, sum) in sums {
        let request = requests.key(&name);
        let most = amount(&request);
        if request.is_set() && sum > most {
            report.invalid_as(
                &request,
                &most.to_string(),
                format_args!("must be greater than or equal to aggregate container requests of {sum}"),
            );
        }
    }
    let places = resources.with("containers", pod.get("containers").value);
    for place in places.items() {
        let own = place.get("resources");
        let own_limits = own.get("limits");
        for (name, field) in own_limits.entries() {
            let limit = limits.key(name);
            if limit.is_set() && amount(&field) > amount(&limit) {
                let place = place.key(name);
                let place = place.get("limits");
                let limit = amount(&limit);
                report.invalid_as(
                    &place,
                    &amount(&field).to_string(),
                    format_args!("must be less than or equal to pod limits of {limit}"),
                );
            }
        }
    }
}

/// Returns the sum of the requests of a pod's containers.
fn sums(pod: &Field<'_>, form: Form) -> BTreeMap<String, Quantity> {
    let mut sums: BTreeMap<String, Quantity> = BTreeMap::new();
    let mut most: BTreeMap<String, Quantity> = BTreeMap::new();
    let requests = |container: &Field<'_>| -> Vec<(String, Quantity)> {
        let resources = container.get("resources");
        let (limits, requests) = (resources.get("limits"), resources.get("requests"));
        let filled = if form == Form::Pod { with_limits(&limits, &requests) } else { None };
        let map = filled.as_ref().unwrap_or(requests.value).as_map();
        map.into_iter()
            .flatten()
            .map(|(name, value)| (name.to_string(), Quantity::read(value).unwrap_or_default()))
            .collect()
    };
    for container in pod.get("initContainers").items() {
        let is_sidecar = container.get("restartPolicy").text() == "Always";
        for (name, amount) in requests(&container) {
            let before = sums.get(&name).copied().unwrap_or_default();
            let peak = most.entry(name.clone()).or_default();
            *peak = (*peak).max(before.plus(amount));
            if is_sidecar {
                sums.insert(name, before.plus(amount));
            }
        }
    }
    for container in pod.get("containers").items() {
        for (name, amount) in requests(&container) {
            let sum = sums.entry(name).or_default();
            *sum = sum.plus(amount);
        }
    }
    for (name, peak) in most {
        let sum = sums.entry(name).or_default();
        *sum = (*sum).max(peak);
    }
    sums
}
