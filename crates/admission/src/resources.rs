//! The requests and limits of a pod as a whole.
//!
//! Containers run at the same time. Init containers run before them, one after another, and those that always
//! restart keep running. Pod-level resources replace the sum of the containers.

use std::collections::BTreeMap;

use aqueduct_manifest::{Quantity, SmolStr, Value};

use crate::pod::{items, text};

/// Quantities by resource name.
pub(crate) type Amounts = BTreeMap<SmolStr, Quantity>;

/// Reads quantities, such as the `requests` of a container; invalid ones are left out.
pub(crate) fn amounts(value: Option<&Value>) -> Amounts {
    let entries = value.and_then(Value::as_map).into_iter().flatten();
    entries.filter_map(|(name, amount)| Some((name.clone(), Quantity::read(amount)?))).collect()
}

/// Returns the `requests` or the `limits` of a container.
pub(crate) fn of_container(container: &Value, kind: &str) -> Amounts {
    amounts(container.at(&["resources", kind]))
}

/// Returns the `requests` or the `limits` of a pod.
pub(crate) fn of_pod(spec: &Value, kind: &str) -> Amounts {
    let mut total = Amounts::new();
    for container in items(spec, "containers") {
        add(&mut total, &of_container(container, kind));
    }
    let (mut staying, mut most) = (Amounts::new(), Amounts::new());
    for container in items(spec, "initContainers") {
        let own = of_container(container, kind);
        let mut while_it_runs = staying.clone();
        add(&mut while_it_runs, &own);
        if text(container, &["restartPolicy"]) == "Always" {
            add(&mut total, &own);
            staying.clone_from(&while_it_runs);
        }
        raise(&mut most, &while_it_runs);
    }
    raise(&mut total, &most);
    total.extend(amounts(spec.at(&["resources", kind])));
    for (name, amount) in amounts(spec.get("overhead")) {
        if kind == "requests" || total.contains_key(&name) {
            let sum = total.get(&name).copied().unwrap_or_default().plus(amount);
            total.insert(name, sum);
        }
    }
    total
}

/// Adds quantities to others.
pub(crate) fn add<'a>(total: &mut Amounts, more: impl IntoIterator<Item = (&'a SmolStr, &'a Quantity)>) {
    for (name, amount) in more {
        match total.get_mut(name) {
            Some(sum) => *sum = sum.plus(*amount),
            None => drop(total.insert(name.clone(), *amount)),
        }
    }
}

fn raise(total: &mut Amounts, other: &Amounts) {
    for (name, amount) in other {
        let most = total.get(name).map_or(*amount, |before| (*before).max(*amount));
        total.insert(name.clone(), most);
    }
}
