//! Which objects a policy or a binding applies to.

use aqueduct_manifest::{KUBERNETES_APIS, LabelSelector, List, Map, Object, Value};

use super::Request;
use crate::pod::{items, text};

/// Tells whether labels match a selector; an empty or missing one matches everything.
pub(super) fn fits(selector: Option<&Value>, labels: Option<&Map>) -> bool {
    let none = Map::new();
    selector.is_none_or(|selector| LabelSelector::full(selector).matches(labels.unwrap_or(&none)))
}

/// Tells whether match resources apply to a request; missing ones apply to everything.
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
    // A namespace selector does not exclude cluster-scoped objects.
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
    // Another version of the same resource matches, unless the policy sets otherwise.
    let is_version = has(rule, "apiVersions", request.object.version())
        || !is_exact && items(rule, "apiVersions").iter().any(|version| is_served(version, request));
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

/// Tells whether the cluster also serves the kind of an object in another version.
fn is_served(version: &Value, request: &Request<'_>) -> bool {
    let Some(version) = version.as_str() else { return false };
    let group = request.object.group();
    let whole = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let mut apis = KUBERNETES_APIS.iter().filter(|api| api.version == whole && api.is_served(request.minor));
    apis.any(|api| api.kinds.contains(&request.object.kind()))
        || request.versions.iter().any(|served| served == version)
}

/// Returns the object in the version that the policy requires, if it is written in another one.
pub(super) fn converted(constraints: &Value, request: &Request<'_>) -> Option<Object> {
    let rules = items(constraints, "resourceRules");
    if rules.iter().any(|rule| is_rule_about(rule, request, true)) {
        return None;
    }
    let rule = rules.iter().find(|rule| is_rule_about(rule, request, false))?;
    let version = items(rule, "apiVersions").iter().find(|version| is_served(version, request))?.as_str()?;
    let mut object = request.object.clone();
    let group = object.group().to_owned();
    if group == "autoscaling" && version == "v1" {
        as_version_1(object.map.map_entry("spec"));
    }
    object.map.insert("apiVersion", format!("{group}/{version}"));
    Some(object)
}

/// Moves the CPU utilization to where the first version of autoscalers has it.
fn as_version_1(spec: &mut Map) {
    let metrics: List =
        spec.remove("metrics").and_then(|metrics| metrics.as_list().cloned()).unwrap_or_default();
    let is_processor = |metric: &&Value| text(metric, &["resource", "name"]) == "cpu";
    let target = metrics
        .iter()
        .find(is_processor)
        .and_then(|metric| metric.at(&["resource", "target", "averageUtilization"]));
    if let Some(target) = target {
        spec.insert("targetCPUUtilizationPercentage", target.clone());
    }
}
