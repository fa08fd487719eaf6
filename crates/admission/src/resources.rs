//! What a pod as a whole requests and is limited to.
//!
//! Containers run side by side; init containers run before them, one after another, and those that are restarted for
//! ever stay. What the pod itself says takes the place of what its containers add up to.

use std::collections::BTreeMap;

use aqueduct_manifest::{Quantity, SmolStr, Value};

use crate::pod::{items, text};

/// Amounts by the name of the resource.
pub(crate) type Amounts = BTreeMap<SmolStr, Quantity>;

/// Reads amounts, such as the `requests` of a container; what is no amount is left out.
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

/// Adds amounts to others.
pub(crate) fn add(total: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        let sum = total.get(name).map_or(*amount, |before| before.plus(*amount));
        total.insert(name.clone(), sum);
    }
}

fn raise(total: &mut Amounts, other: &Amounts) {
    for (name, amount) in other {
        let most = total.get(name).map_or(*amount, |before| (*before).max(*amount));
        total.insert(name.clone(), most);
    }
}
