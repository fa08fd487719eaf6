//! What admission fills in, in addition to the API server: the plugins of every cluster give a Pod an account, a
//! priority and tolerations.

use aqueduct_apiserver::defaulted;
use aqueduct_manifest::{List, Map, Object, Value};

/// Returns an object with what a server fills in before admission judges it.
pub(crate) fn filled(object: &Object) -> Object {
    let mut whole = object.clone();
    if let Value::Map(map) = defaulted(Value::Map(std::mem::take(&mut whole.map))) {
        whole.map = map;
    }
    if object.group().is_empty() && object.kind() == "Pod" {
        pod(whole.map.map_entry("spec"));
    }
    whole
}

fn pod(spec: &mut Map) {
    set(spec, "serviceAccountName", "default");
    let account = spec.get("serviceAccountName").cloned().unwrap_or_default();
    set(spec, "serviceAccount", account);
    // A limit without a request is also the request, including for the pod as a whole.
    if let Some(resources) = spec.get_mut("resources").and_then(Value::as_map_mut)
        && let Some(limits) = resources.get("limits").and_then(Value::as_map).cloned()
    {
        let requests = resources.map_entry("requests");
        limits.iter().for_each(|(name, amount)| set(requests, name, amount.clone()));
    }
    set(spec, "preemptionPolicy", "PreemptLowerPriority");
    if spec.get("priorityClassName").is_none() {
        set(spec, "priority", 0);
    }
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        tolerate(spec, key);
    }
}

/// Sets a field if it is missing.
fn set(map: &mut Map, field: &str, value: impl Into<Value>) {
    if map.get(field).is_none_or(Value::is_null) {
        map.insert(field, value);
    }
}

fn tolerate(spec: &mut Map, key: &str) {
    if spec.get("tolerations").is_none_or(Value::is_null) {
        spec.insert("tolerations", List::new());
    }
    let Some(tolerations) = spec.get_mut("tolerations").and_then(Value::as_list_mut) else { return };
    let tolerates = |toleration: &Value| {
        let field = |name: &str| toleration.get(name).and_then(Value::as_str).unwrap_or("");
        matches!(field("key"), "") && field("operator") == "Exists"
            || field("key") == key && matches!(field("effect"), "" | "NoExecute")
    };
    if !tolerations.iter().any(tolerates) {
        let mut toleration = Map::new();
        toleration.insert("key", key);
        toleration.insert("operator", "Exists");
        toleration.insert("effect", "NoExecute");
        toleration.insert("tolerationSeconds", 300);
        tolerations.push(toleration);
    }
}
