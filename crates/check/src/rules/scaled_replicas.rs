//! A workload that an autoscaler scales says no number of replicas.
//!
//! Argo CD sets the number that the tree says again and again, against the autoscaler: under load the pods go
//! away as soon as they have come. Without the field the number is the autoscaler's alone.
//!
//! ```yaml
//! kind: Deployment
//! spec: {replicas: 3}        # and a HorizontalPodAutoscaler names this Deployment
//! ```

use crate::demand::target;
use crate::index::Index;
use crate::report::Report;
use crate::rule::Rule;

pub(crate) const RULE: Rule = Rule {
    name: "scaled-replicas",
    summary: "a workload says its replicas and has an autoscaler",
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
                let (title, scaler_title) = (workload.title(), scaler.title());
                report
                    .warning(
                        &workload,
                        format!(
                            "{title} says `replicas`, which {scaler_title} changes and Argo CD sets back"
                        ),
                    )
                    .hint("leave `replicas` out");
            }
        }
    }
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
        warning: `Deployment shop/web` says `replicas`, which `HorizontalPodAutoscaler shop/web` changes and Argo CD sets back: 1.yaml
          hint: leave `replicas` out
        warning: `Deployment shop/queue` says `replicas`, which `ScaledObject shop/queue` changes and Argo CD sets back: 5.yaml
          hint: leave `replicas` out
        ");
    }
}
