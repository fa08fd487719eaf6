//! Containers declare what they need and what they may use.
//!
//! A CPU limit is not required: it throttles more than it protects.

use crate::demand::amount;
use crate::index::Index;
use crate::pod::Role;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "resource-bounds",
    summary: "a container has no requests or limits, or requests more than its limit",
    level: Level::Either,
    page: include_str!("resource_bounds.md"),
    check: resource_bounds,
};

/// What a container should have.
const WANTED: [(&str, &str); 3] = [("requests", "cpu"), ("requests", "memory"), ("limits", "memory")];

fn resource_bounds(index: &Index<'_>, report: &mut Report) {
    for pod in index.pods() {
        for container in pod.containers() {
            for resource in ["cpu", "memory", "ephemeral-storage"] {
                let amounts = (container.amount("requests", resource), container.amount("limits", resource));
                let (Some(request), Some(limit)) = amounts else { continue };
                if request > limit {
                    let (title, name) = (pod.entry.title(), container.name);
                    let message = format!(
                        "{title} has a container that requests more {resource} than its limit: `{name}`, {request} of {limit}"
                    );
                    let field = (container.value, ["resources", "requests", resource]);
                    report.error(&pod.entry, field, message);
                }
            }
        }
        for container in pod.containers().filter(|container| container.role != Role::Initial) {
            let missing: Vec<&(&str, &str)> = WANTED
                .iter()
                .filter(|(of, resource)| amount(index, pod, &container, of, resource).is_none())
                // Another rule reports invalid quantities.
                .filter(|(of, resource)| container.value.at(&["resources", of, resource]).is_none())
                .collect();
            if let Some((of, resource)) = missing.first() {
                let field = (container.value, ["resources", *of, *resource]);
                let missing: Vec<String> =
                    missing.iter().map(|(of, resource)| format!("`{of}.{resource}`")).collect();
                let (title, name) = (pod.entry.title(), container.name);
                let message = format!("{title} has a container without {}: `{name}`", missing.join(", "));
                report.warning(&pod.entry, field, message);
            }
        }
    }
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
      - {name: typo, resources: {requests: {cpu: 10mm, memory: 1Gi}, limits: {memory: [1]}}}
      - {name: above, resources: {requests: {cpu: 1500m, memory: 1Gi}, limits: {cpu: 1, memory: 512Mi}}}
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
        error: `Deployment shop/web` has a container that requests more cpu than its limit: `above`, 1500m of 1: 1.yaml at spec.template.spec.containers[4].resources.requests.cpu
        error: `Deployment shop/web` has a container that requests more memory than its limit: `above`, 1Gi of 512Mi: 1.yaml at spec.template.spec.containers[4].resources.requests.memory
        warning: `Deployment shop/web` has a container without `requests.cpu`, `requests.memory`, `limits.memory`: `none`: 1.yaml at spec.template.spec.containers[0].resources.requests.cpu
        warning: `Deployment shop/web` has a container without `requests.memory`, `limits.memory`: `half`: 1.yaml at spec.template.spec.containers[1].resources.requests.memory
        ");
    }
}
