//! Which objects a policy or a binding is about.

use aqueduct_manifest::{Map, Object, Value};

use super::Request;
use crate::pod::{items, text};
use crate::selector::fits;

/// Tells whether resources are about a request; missing ones are about all.
pub(super) fn is_about(resources: Option<&Value>, request: &Request<'_>) -> bool {
    let Some(resources) = resources else { return true };
    let rules = items(resources, "resourceRules");
    let is_exact = text(resources, &["matchPolicy"]) == "Exact";
    is_namespace_selected(resources.get("namespaceSelector"), request)
        && fits(resources.get("objectSelector"), request.object.labels())
        && (rules.is_empty() || rules.iter().any(|rule| is_rule_about(rule, request, is_exact)))
        && !items(resources, "excludeResourceRules").iter().any(|rule| is_rule_about(rule, request, is_exact))
}

fn is_namespace_selected(selector: Option<&Value>, request: &Request<'_>) -> bool {
    if request.object.group().is_empty() && request.object.kind() == "Namespace" {
        return fits(selector, request.object.labels());
    }
    // A namespace selector does not hold back what is in no namespace.
    if !request.is_namespaced {
        return true;
    }
    match request.namespace.and_then(Object::labels) {
        Some(labels) if labels.contains_key("kubernetes.io/metadata.name") => fits(selector, Some(labels)),
        labels => {
            let mut all: Map = labels.cloned().unwrap_or_default();
            all.insert("kubernetes.io/metadata.name", request.object.namespace());
            fits(selector, Some(&all))
        }
    }
}

fn has(rule: &Value, list: &str, wanted: &str) -> bool {
    items(rule, list).iter().filter_map(Value::as_str).any(|item| item == "*" || item == wanted)
}

fn is_rule_about(rule: &Value, request: &Request<'_>, is_exact: bool) -> bool {
    let names = items(rule, "resourceNames");
    let is_scope = match text(rule, &["scope"]) {
        "Namespaced" => request.is_namespaced,
        "Cluster" => !request.is_namespaced,
        _ => true,
    };
    // Another version of the same resource counts, unless the policy says otherwise.
    let is_version = !is_exact || has(rule, "apiVersions", request.object.version());
    let resources = items(rule, "resources").iter().filter_map(Value::as_str);
    has(rule, "apiGroups", request.object.group())
        && is_version
        && has(rule, "operations", "CREATE")
        && resources
            .into_iter()
            .any(|resource| matches!(resource, "*" | "*/*") || resource == request.resource)
        && is_scope
        && (names.is_empty() || names.iter().any(|name| name.as_str() == Some(request.object.name())))
}
