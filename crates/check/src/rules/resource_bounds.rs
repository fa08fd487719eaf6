//! Containers say what they need and what they may take.
//!
//! Without requests the scheduler packs pods blindly; without a memory limit one leak takes the node down.
//! A limit counts as a request, as it does in Kubernetes, and a LimitRange of the namespace fills in what a
//! container leaves out. A CPU limit is not asked for: it throttles more than it protects.

use aqueduct_manifest::Value;

use crate::index::Index;
use crate::pod::{Container, list_at};
use crate::report::Report;
use crate::rule::Rule;

pub(crate) const RULE: Rule = Rule {
    name: "resource-bounds",
    summary: "a container has no requests or limits",
    check: resource_bounds,
};

/// What a container should have: where, of what, and the fields that also do.
const WANTED: [(&str, &str); 3] = [("requests", "cpu"), ("requests", "memory"), ("limits", "memory")];

fn resource_bounds(index: &Index<'_>, report: &mut Report) {
    for pod in index.pods() {
        let namespace = pod.namespace();
        for container in pod.containers().filter(|container| !container.is_initial) {
            let missing: Vec<String> = WANTED
                .iter()
                .filter(|(of, resource)| {
                    !is_set(container, of, resource) && !has_default(index, namespace, of, resource)
                })
                .map(|(of, resource)| format!("`{of}.{resource}`"))
                .collect();
            if !missing.is_empty() {
                let (title, name) = (pod.entry.title(), container.name);
                let message = format!("{title} has a container without {}: `{name}`", missing.join(", "));
                report.warning(&pod.entry, message);
            }
        }
    }
}

fn is_set(container: Container<'_>, of: &str, resource: &str) -> bool {
    container.amount(of, resource).or_else(|| container.amount("limits", resource)).is_some()
}

/// Tells whether a LimitRange of the namespace fills the field in.
fn has_default(index: &Index<'_>, namespace: &str, of: &str, resource: &str) -> bool {
    let fields: &[&str] = if of == "requests" { &["defaultRequest", "default"] } else { &["default"] };
    index.in_namespace("", "LimitRange", namespace).any(|range| {
        let spec = range.object.map.get("spec").unwrap_or(&Value::Null);
        let limits = list_at(spec, "limits").iter();
        let of_containers =
            limits.filter(|limit| limit.get("type").and_then(Value::as_str) == Some("Container"));
        of_containers
            .into_iter()
            .any(|limit| fields.iter().any(|field| limit.at(&[field, resource]).is_some()))
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn containers_have_bounds() {
        insta::assert_snapshot!(findings("resource-bounds", "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      initContainers: [{name: once}]
      containers:
      - {name: none}
      - {name: half, resources: {requests: {cpu: 1}}}
      - {name: full, resources: {requests: {cpu: 1}, limits: {memory: 1Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: covered, namespace: bank}
spec: {containers: [{name: a}]}
---
apiVersion: v1
kind: LimitRange
metadata: {name: defaults, namespace: bank}
spec: {limits: [{type: Container, default: {cpu: 1, memory: 1Gi}}]}
"), @r"
        warning: `Deployment shop/web` has a container without `requests.cpu`, `requests.memory`, `limits.memory`: `none`: 1.yaml
        warning: `Deployment shop/web` has a container without `requests.memory`, `limits.memory`: `half`: 1.yaml
        ");
    }
}
