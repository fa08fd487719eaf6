//! Services: the addresses and ports that a server allocated.

use aqueduct_manifest::{Map, Value};

use super::{Update, is_nothing};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    ClusterIp,
    NodePort,
    LoadBalancer,
    ExternalName,
}

impl Type {
    fn of(spec: &Map) -> Self {
        match spec.get("type").and_then(Value::as_str) {
            Some("NodePort") => Self::NodePort,
            Some("LoadBalancer") => Self::LoadBalancer,
            Some("ExternalName") => Self::ExternalName,
            _ => Self::ClusterIp,
        }
    }

    fn has_node_ports(self) -> bool {
        matches!(self, Self::NodePort | Self::LoadBalancer)
    }
}

fn spec(service: &Map) -> Map {
    service.get("spec").and_then(Value::as_map).cloned().unwrap_or_default()
}

fn is_left(spec: &Map, name: &str) -> bool {
    spec.get(name).is_none_or(is_nothing)
}

fn is_local(spec: &Map) -> bool {
    Type::of(spec) == Type::LoadBalancer
        && spec.get("externalTrafficPolicy").and_then(Value::as_str) == Some("Local")
}

/// Prepares a new Service as a server does before validation: allocated values of the old one are kept if the new one
/// omits them, and values that only the old type has are dropped if they are unchanged.
pub(crate) fn prepare(service: &mut Map, live: &Map) {
    let old = spec(live);
    let new = service.map_entry("spec");
    let (before, after) = (Type::of(&old), Type::of(new));
    // What the old manifest omits was allocated by the server.
    let drop_same = |new: &mut Map, names: &[&str]| {
        for name in names {
            if is_left(&old, name) || new.get(name) == old.get(name) {
                new.remove(name);
            }
        }
    };
    let has_addresses = (before != Type::ExternalName, after != Type::ExternalName);
    if has_addresses == (true, true) {
        if is_left(new, "clusterIP") {
            drop_same(new, &["clusterIPs"]);
        }
        if is_left(new, "clusterIP") && is_left(new, "clusterIPs") {
            for name in ["clusterIP", "clusterIPs"] {
                if let Some(value) = old.get(name) {
                    new.insert(name, value.clone());
                }
            }
        }
        for name in ["ipFamilies", "ipFamilyPolicy"] {
            if let Some(value) = old.get(name)
                && is_left(new, name)
            {
                new.insert(name, value.clone());
            }
        }
    } else if has_addresses == (true, false) {
        drop_same(new, &["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"]);
    }
    if before.has_node_ports() && !after.has_node_ports() {
        drop_same(new, &["externalTrafficPolicy"]);
        drop_node_ports(new, &old);
    }
    if before == Type::LoadBalancer && after != Type::LoadBalancer {
        drop_same(new, &["allocateLoadBalancerNodePorts", "loadBalancerClass"]);
    }
    if is_local(&old) && !is_local(new) {
        drop_same(new, &["healthCheckNodePort"]);
    }
}

fn drop_node_ports(new: &mut Map, old: &Map) {
    let numbers = |spec: &Map| -> Vec<Value> {
        let ports = spec.get("ports").and_then(Value::as_list).cloned().unwrap_or_default();
        ports.iter().filter_map(|port| port.get("nodePort").cloned()).collect()
    };
    let old = numbers(old);
    if !old.is_empty() && numbers(new).iter().any(|number| !old.contains(number)) {
        return;
    }
    for port in new.get_mut("ports").and_then(Value::as_list_mut).into_iter().flat_map(|list| list.make_mut())
    {
        port.as_map_mut().map(|port| port.remove("nodePort"));
    }
}

pub(super) fn check(update: &mut Update<'_>) {
    let map = |value: &Value| value.as_map().cloned().unwrap_or_default();
    let (old, new) = (map(update.old_at("spec")), map(update.new_at("spec")));
    let (before, after) = (Type::of(&old), Type::of(&new));
    // Only a stored Service has its addresses in both forms.
    let is_stored =
        is_left(&old, "clusterIPs") && !is_left(&new, "clusterIPs") && !is_left(&new, "ipFamilyPolicy");
    if before == Type::LoadBalancer
        && after == Type::LoadBalancer
        && !update.is_same("spec.loadBalancerClass")
    {
        update.refuse("spec.loadBalancerClass", "FieldValueInvalid", "may not change once set");
    }
    if is_local(&old) && is_local(&new) && !is_stored {
        let number = |spec: &Map| {
            spec.get("healthCheckNodePort").and_then(Value::as_i64).filter(|number| *number != 0)
        };
        if number(&new).is_some_and(|port| number(&old) != Some(port)) {
            update.refuse("spec.healthCheckNodePort", "FieldValueForbidden", "field is immutable");
        }
    }
    if before == Type::ExternalName || after == Type::ExternalName || is_stored && is_left(&old, "clusterIP")
    {
        return;
    }
    let text = |spec: &Map, name: &str| spec.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let address = text(&new, "clusterIP");
    if !address.is_empty() && address != text(&old, "clusterIP") {
        update.refuse("spec.clusterIPs[0]", "FieldValueInvalid", "may not change once set");
        return;
    }
    if address == "None" {
        return;
    }
    let families = |spec: &Map| spec.get("ipFamilies").and_then(Value::as_list).cloned().unwrap_or_default();
    let first = |spec: &Map| families(spec).first().and_then(Value::as_str).unwrap_or("IPv4").to_owned();
    if first(&old) != first(&new) {
        update.refuse("spec.ipFamilies[0]", "FieldValueInvalid", "may not change once set");
    } else if families(&new).len() > 1 && matches!(text(&new, "ipFamilyPolicy").as_str(), "" | "SingleStack")
    {
        let message = "may only hold up to 1 value when `ipFamilyPolicy` is SingleStack";
        update.refuse("spec.ipFamilyPolicy", "FieldValueInvalid", message);
    }
}
