//! The requests of a namespace's pods fit its quota, and include every amount that the quota counts.

use std::collections::BTreeMap;

use aqueduct_manifest::{Quantity, Value};

use crate::demand::{Demand, amount, claims, demand, one};
use crate::index::Index;
use crate::pod::{Container, Pod};
use crate::report::Report;
use crate::rollout::needs_another_pod;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "quota",
    summary: "a namespace requests more than its quota, or omits an amount that the quota counts",
    level: Level::Error,
    page: include_str!("quota.md"),
    check: quota,
};

/// The resources for which every container of a namespace needs an amount once a quota counts them, with the
/// fields for it in a container. Source: `PodEvaluator.Constraints` of Kubernetes.
const REQUIRED: &[(&str, &str, &str)] = &[
    ("cpu", "requests", "cpu"),
    ("memory", "requests", "memory"),
    ("requests.cpu", "requests", "cpu"),
    ("requests.memory", "requests", "memory"),
    ("limits.cpu", "limits", "cpu"),
    ("limits.memory", "limits", "memory"),
];

fn quota(index: &Index<'_>, report: &mut Report) {
    let mut sums: BTreeMap<&str, Demand> = BTreeMap::new();
    let mut updated: BTreeMap<&str, Vec<(Demand, &Pod<'_>)>> = BTreeMap::new();
    for pod in index.pods() {
        let sum = sums.entry(pod.namespace()).or_default();
        *sum = sum.plus(demand(index, pod));
        if needs_another_pod(index, pod) {
            updated.entry(pod.namespace()).or_default().push((one(index, pod), pod));
        }
    }
    let mut storage: BTreeMap<&str, Quantity> = BTreeMap::new();
    for (claim, amount) in claims(index) {
        let sum = storage.entry(claim.namespace).or_default();
        *sum = sum.plus(amount);
    }
    for entry in index.of_kind("", "ResourceQuota") {
        let namespace = entry.namespace;
        let Some(spec) = entry.object.map.get("spec") else { continue };
        if spec.get("scopes").is_some() || spec.get("scopeSelector").is_some() {
            continue;
        }
        let sum = sums.get(namespace).copied().unwrap_or_default();
        let stored = storage.get(namespace).copied().unwrap_or_default();
        let hard = spec.get("hard").and_then(Value::as_map);
        for (resource, hard) in hard.into_iter().flatten() {
            let Some(hard) = Quantity::read(hard) else { continue };
            let asked = match resource.as_str() {
                "requests.storage" => Some(stored),
                resource => counted(&sum, resource),
            };
            let Some(asked) = asked else { continue };
            let (title, field) = (entry.title(), ["spec", "hard", resource.as_str()]);
            if asked > hard {
                let message = format!("quota exceeded: {resource} {asked} of {hard} in {title}");
                report.error(&entry, field, message);
                continue;
            }
            // Deployments can be updated one after the other.
            let more = updated.get(namespace).into_iter().flatten();
            let more = more.filter_map(|(one, pod)| Some((counted(one, resource)?, pod)));
            let Some((one, pod)) = more.max_by(|(one, _), (other, _)| one.cmp(other)) else { continue };
            let asked = asked.plus(one);
            if asked > hard {
                let update = pod.entry.title();
                let message = format!(
                    "quota exceeded by an update of {update}: {resource} {asked} of {hard} in {title}"
                );
                report
                    .error(&entry, field, message)
                    .also(&pod.entry, ["spec", "strategy"], "starts with an extra pod")
                    .hint("raise the quota, or let the update remove a pod first (`maxUnavailable`, `Recreate`)");
            }
        }
    }
    for pod in index.pods() {
        without_amounts(index, report, pod);
    }
}

/// Returns how much of a resource a quota counts for pods; `None` for resources that it counts differently.
fn counted(demand: &Demand, resource: &str) -> Option<Quantity> {
    Some(match resource {
        "cpu" | "requests.cpu" => demand.cpu,
        "memory" | "requests.memory" => demand.memory,
        "limits.cpu" => demand.cpu_limit,
        "limits.memory" => demand.memory_limit,
        "pods" | "count/pods" => demand.pods,
        _ => return None,
    })
}

/// Reports the containers of a pod that omit an amount which a quota of the namespace counts.
fn without_amounts(index: &Index<'_>, report: &mut Report, pod: &Pod<'_>) {
    let quotas = index.in_namespace("", "ResourceQuota", pod.namespace());
    let unscoped = quotas.filter(|quota| {
        ["scopes", "scopeSelector"].iter().all(|field| quota.object.at(&["spec", field]).is_none())
    });
    for quota in unscoped {
        let counts = |resource: &str| quota.object.at(&["spec", "hard", resource]).is_some();
        for (_, of, amount_of) in REQUIRED.iter().filter(|(resource, ..)| counts(resource)) {
            if pod.spec.at(&["resources", of, amount_of]).is_some() {
                continue;
            }
            let without = pod.containers().filter(|one| amount(index, pod, one, of, amount_of).is_none());
            let without: Vec<Container<'_>> = without.collect();
            let names: Vec<String> =
                without.iter().map(|container| format!("`{}`", container.name)).collect();
            if let Some(first) = without.first() {
                let (title, quota, names) = (pod.entry.title(), quota.title(), names.join(", "));
                report
                    .error(
                        &pod.entry,
                        (first.value, ["resources", of, amount_of]),
                        format!("{title} has containers without `{of}.{amount_of}`, which {quota} requires: {names}"),
                    )
                    .hint("the API server refuses its pods: set the amount, or a default in a LimitRange");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn the_sum_fits_the_quota() {
        insta::assert_snapshot!(findings("quota", "
apiVersion: v1
kind: ResourceQuota
metadata: {name: quota, namespace: shop}
spec: {hard: {requests.cpu: '2', requests.memory: 4Gi, limits.memory: 8Gi, pods: 5, requests.storage: 10Gi}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 1
  template: {spec: {containers: [{name: web, resources: {requests: {cpu: 500m}, limits: {memory: 1Gi}}}]}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {maxReplicas: 6, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: database, namespace: bank}
spec: {replicas: 3, template: {spec: {containers: [{name: a, resources: {requests: {cpu: 8}}}]}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store, namespace: shop}
spec: {replicas: 3, template: {spec: {containers: []}}, volumeClaimTemplates: [{spec: {resources: {requests: {storage: 4Gi}}}}]}
"), @r"
        error: quota exceeded: pods 9 of 5 in `ResourceQuota shop/quota`: 1.yaml at spec.hard.pods
        error: quota exceeded: requests.cpu 3 of 2 in `ResourceQuota shop/quota`: 1.yaml at spec.hard[requests.cpu]
        error: quota exceeded: requests.memory 6Gi of 4Gi in `ResourceQuota shop/quota`: 1.yaml at spec.hard[requests.memory]
        error: quota exceeded: requests.storage 12Gi of 10Gi in `ResourceQuota shop/quota`: 1.yaml at spec.hard[requests.storage]
        ");
    }

    #[test]
    fn an_update_fits_the_quota() {
        let check = |hard: &str, strategy: &str, more: &str| {
            findings(
                "quota",
                &format!(
                    "
apiVersion: v1
kind: ResourceQuota
metadata: {{name: quota, namespace: shop}}
spec: {{hard: {{{hard}}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  replicas: 3
  strategy: {{{strategy}}}
  template: {{spec: {{containers: [{{name: web, resources: {{requests: {{cpu: 500m, memory: 1Gi}}}}}}]}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: api, namespace: shop}}
spec:
  replicas: 1
  template: {{spec: {{containers: [{{name: api, resources: {{requests: {{cpu: 100m, memory: 2Gi}}}}}}]}}}}
{more}"
                ),
            )
        };
        let hard = "requests.cpu: 1600m, requests.memory: 7Gi, pods: 5, requests.storage: 1Gi";
        insta::assert_snapshot!(check(hard, "", ""), @r"
        error: quota exceeded by an update of `Deployment shop/web`: requests.cpu 2100m of 1600m in `ResourceQuota shop/quota`: 1.yaml at spec.hard[requests.cpu]
          hint: raise the quota, or let the update remove a pod first (`maxUnavailable`, `Recreate`)
        ");
        insta::assert_snapshot!(check(hard, "rollingUpdate: {maxUnavailable: 1}", ""), @r"
        error: quota exceeded by an update of `Deployment shop/api`: requests.cpu 1700m of 1600m in `ResourceQuota shop/quota`: 1.yaml at spec.hard[requests.cpu]
          hint: raise the quota, or let the update remove a pod first (`maxUnavailable`, `Recreate`)
        ");
        insta::assert_snapshot!(check("pods: 4", "type: Recreate", ""), @r"
        error: quota exceeded by an update of `Deployment shop/api`: pods 5 of 4 in `ResourceQuota shop/quota`: 1.yaml at spec.hard.pods
          hint: raise the quota, or let the update remove a pod first (`maxUnavailable`, `Recreate`)
        ");
        insta::assert_snapshot!(check("pods: 4", "rollingUpdate: {maxSurge: 0, maxUnavailable: 0}", ""), @r"
        error: quota exceeded by an update of `Deployment shop/api`: pods 5 of 4 in `ResourceQuota shop/quota`: 1.yaml at spec.hard.pods
          hint: raise the quota, or let the update remove a pod first (`maxUnavailable`, `Recreate`)
        ");
        insta::assert_snapshot!(check("requests.cpu: 2100m, requests.memory: 7Gi, pods: 5", "rollingUpdate: {maxSurge: 100%, maxUnavailable: 10%}", ""), @"");
        let scaled = "---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {maxReplicas: 4, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
";
        insta::assert_snapshot!(check("pods: 5", "", scaled), @r"
        error: quota exceeded by an update of `Deployment shop/api`: pods 6 of 5 in `ResourceQuota shop/quota`: 1.yaml at spec.hard.pods
          hint: raise the quota, or let the update remove a pod first (`maxUnavailable`, `Recreate`)
        ");
    }

    #[test]
    fn a_limit_range_fills_in_what_is_missing() {
        insta::assert_snapshot!(findings("quota", "
apiVersion: v1
kind: ResourceQuota
metadata: {name: quota, namespace: shop}
spec: {hard: {requests.cpu: 100m, limits.memory: 1Gi}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: scoped, namespace: shop}
spec: {scopes: [Terminating], hard: {requests.cpu: 1m}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: defaults, namespace: shop}
spec: {limits: [{type: Pod}, {type: Container, default: {memory: 2Gi}, defaultRequest: {cpu: 250m}}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: night, namespace: shop}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a}]}}}}}
"), @r"
        error: quota exceeded: limits.memory 2Gi of 1Gi in `ResourceQuota shop/quota`: 1.yaml at spec.hard[limits.memory]
        error: quota exceeded: requests.cpu 250m of 100m in `ResourceQuota shop/quota`: 1.yaml at spec.hard[requests.cpu]
        ");
    }
}
