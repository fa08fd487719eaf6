//! A Service selects pods that exist.

use aqueduct_manifest::Value;

use crate::index::{Index, Selection};
use crate::label_selector::LabelSelector;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "service-selector",
    summary: "a Service selects no pod",
    level: Level::Either,
    page: include_str!("service_selector.md"),
    check: service_selector,
};

fn service_selector(index: &Index<'_>, report: &mut Report) {
    for entry in index.of_kind("", "Service") {
        let Some(labels) = entry.object.at(&["spec", "selector"]).and_then(Value::as_map) else { continue };
        let selector = LabelSelector::plain(labels);
        if selector.is_empty() {
            continue;
        }
        let title = entry.title();
        match index.selection(&entry, &selector) {
            Selection::Pods => {}
            Selection::AtRunTime(lacking) => {
                report
                    .warning(
                        &entry,
                        ["spec", "selector"],
                        format!("{title} selects by a label that no pod template has: {lacking}"),
                    )
                    .hint(
                        "ignore this if the program sets the label on its own pod; otherwise correct the selector",
                    );
            }
            Selection::Nothing => {
                report
                    .error(
                        &entry,
                        ["spec", "selector"],
                        format!("{title} selects no pod: {}", selector.text()),
                    )
                    .hint("make the selector match the labels of the pod template");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn a_selector_must_match_a_pod() {
        insta::assert_snapshot!(findings("service-selector", "
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}}
---
apiVersion: v1
kind: Service
metadata: {name: outside, namespace: shop}
spec: {type: ExternalName, externalName: example.com}
---
apiVersion: v1
kind: Service
metadata: {name: database, namespace: shop, labels: {component: database}}
spec: {selector: {cluster-name: database}}
---
apiVersion: acid.zalan.do/v1
kind: postgresql
metadata: {name: database, namespace: shop, labels: {component: database}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: []}}}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: bank}
spec: {selector: {app: api}}
---
apiVersion: v1
kind: Service
metadata: {name: active, namespace: bank}
spec: {selector: {app: web, vault-active: 'true'}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: bank}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: []}}}
"), @r"
        error: `Service bank/api` selects no pod: app=api: 7.yaml at spec.selector
          hint: make the selector match the labels of the pod template
        warning: `Service bank/active` selects by a label that no pod template has: vault-active=true: 8.yaml at spec.selector
          hint: ignore this if the program sets the label on its own pod; otherwise correct the selector
        ");
    }

    #[test]
    fn controllers_label_pods() {
        insta::assert_snapshot!(findings("service-selector", "
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: bank}
spec: {replicas: 3, ordinals: {start: 1}, template: {metadata: {labels: {app: db}}, spec: {containers: []}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: seed, namespace: bank}
spec: {template: {spec: {containers: []}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: night, namespace: bank}
spec: {jobTemplate: {spec: {template: {spec: {containers: []}}}}}
---
apiVersion: v1
kind: Service
metadata: {name: first, namespace: bank}
spec: {selector: {app: db, statefulset.kubernetes.io/pod-name: db-1}}
---
apiVersion: v1
kind: Service
metadata: {name: last, namespace: bank}
spec: {selector: {app: db, apps.kubernetes.io/pod-index: '3', controller-revision-hash: db-7f}}
---
apiVersion: v1
kind: Service
metadata: {name: beyond, namespace: bank}
spec: {selector: {app: db, apps.kubernetes.io/pod-index: '4'}}
---
apiVersion: v1
kind: Service
metadata: {name: before, namespace: bank}
spec: {selector: {statefulset.kubernetes.io/pod-name: db-0}}
---
apiVersion: v1
kind: Service
metadata: {name: seed, namespace: bank}
spec: {selector: {batch.kubernetes.io/job-name: seed, controller-uid: 1a}}
---
apiVersion: v1
kind: Service
metadata: {name: night, namespace: bank}
spec: {selector: {job-name: night-29034720}}
---
apiVersion: v1
kind: Service
metadata: {name: other, namespace: bank}
spec: {selector: {job-name: sed}}
"), @r"
        error: `Service bank/other` selects no pod: job-name=sed: 10.yaml at spec.selector
          hint: make the selector match the labels of the pod template
        error: `Service bank/beyond` selects no pod: app=db,apps.kubernetes.io/pod-index=4: 6.yaml at spec.selector
          hint: make the selector match the labels of the pod template
        error: `Service bank/before` selects no pod: statefulset.kubernetes.io/pod-name=db-0: 7.yaml at spec.selector
          hint: make the selector match the labels of the pod template
        ");
    }
}
