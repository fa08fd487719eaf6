//! A workload with an autoscaler does not set its replicas.

use aqueduct_manifest::{Object, Value};

use crate::demand::target;
use crate::facts::Entry;
use crate::index::Index;
use crate::pod::list_at;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "scaled-replicas",
    summary: "a workload sets `replicas` and has an autoscaler",
    level: Level::Warning,
    page: include_str!("scaled_replicas.md"),
    check: scaled_replicas,
};

fn scaled_replicas(index: &Index<'_>, report: &mut Report) {
    for (group, kind) in [("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject")] {
        for scaler in index.of_kind(group, kind) {
            let Some(target) = target(&scaler) else { continue };
            let Some(workload) = index.get(target.group, target.kind, scaler.namespace, target.name) else {
                continue;
            };
            if workload.object.at(&["spec", "replicas"]).is_some_and(|replicas| !replicas.is_null()) {
                // Argo CD ignores the field.
                if index.application(&workload).is_some_and(|application| ignores(application, &workload)) {
                    continue;
                }
                let (title, scaler_title) = (workload.title(), scaler.title());
                report
                    .warning(
                        &workload,
                        ["spec", "replicas"],
                        format!("{title} sets `replicas`, so Argo CD resets what {scaler_title} changes"),
                    )
                    .hint("remove `replicas`");
            }
        }
    }
}

/// Tells whether an Application ignores the replicas of a workload.
fn ignores(application: &Object, workload: &Entry<'_>) -> bool {
    let entries =
        application.at(&["spec", "ignoreDifferences"]).and_then(Value::as_list).into_iter().flatten();
    entries.into_iter().any(|entry| {
        let is_any = |key: &str, text: &str| entry.get(key).is_none_or(|value| value.as_str() == Some(text));
        let mut pointers = list_at(entry, "jsonPointers").iter();
        is_any("kind", workload.kind)
            && is_any("name", workload.name)
            && is_any("namespace", workload.namespace)
            && pointers.any(|pointer| pointer.as_str() == Some("/spec/replicas"))
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn one_of_both_says_the_number() {
        insta::assert_snapshot!(findings("scaled-replicas", "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {replicas: 3}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: free, namespace: shop}
spec: {replicas: null}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: free, namespace: shop}
spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: free}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: queue, namespace: shop}
spec: {replicas: 0}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: queue, namespace: shop}
spec: {scaleTargetRef: {name: queue}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: alone, namespace: shop}
spec: {replicas: 2}
"), @r"
        warning: `Deployment shop/web` sets `replicas`, so Argo CD resets what `HorizontalPodAutoscaler shop/web` changes: 1.yaml at spec.replicas
          hint: remove `replicas`
        warning: `Deployment shop/queue` sets `replicas`, so Argo CD resets what `ScaledObject shop/queue` changes: 5.yaml at spec.replicas
          hint: remove `replicas`
        ");
    }
}
