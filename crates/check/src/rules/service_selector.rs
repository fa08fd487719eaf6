//! A Service selects pods that exist.
//!
//! A Service whose selector matches no pod has no endpoints: clients get refused connections, and nothing
//! in the cluster calls it an error. The usual cause is a label that was renamed on one side.
//!
//! ```yaml
//! kind: Service
//! metadata: {name: web, namespace: shop}
//! spec: {selector: {app: wbe}}     # the pods carry `app: web`
//! ```
//!
//! Services without a selector, and those of components whose pods an operator makes, are left alone.

use aqueduct_manifest::Value;

use crate::index::Index;
use crate::label_selector::LabelSelector;
use crate::report::Report;
use crate::rule::Rule;

pub(crate) const RULE: Rule =
    Rule { name: "service-selector", summary: "a Service selects no pod", check: service_selector };

fn service_selector(index: &Index<'_>, report: &mut Report) {
    for entry in index.of_kind("", "Service") {
        let Some(labels) = entry.object.at(&["spec", "selector"]).and_then(Value::as_map) else { continue };
        let selector = LabelSelector::plain(labels);
        let namespace = entry.namespace;
        if selector.is_empty()
            || index.may_have_unseen_pods(&entry)
            || index.selected(namespace, &selector).next().is_some()
        {
            continue;
        }
        report
            .error(&entry, format!("{} selects no pod: {}", entry.title(), selector.text()))
            .hint("make the selector equal to labels of the pod template");
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
"), @r"
        error: `Service shop/api` selects no pod: app=api: 2.yaml
          hint: make the selector equal to labels of the pod template
        ");
    }
}
