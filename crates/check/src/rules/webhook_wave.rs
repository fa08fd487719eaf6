//! An object is applied after the component that answers its admission webhook.

use std::collections::BTreeMap;

use aqueduct_manifest::{Map, Value};

use crate::facts::Entry;
use crate::index::Index;
use crate::label_selector::{LabelSelector, Labels};
use crate::pod::{list_at, text};
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "webhook-wave",
    summary: "an object is applied before the webhook that must admit it",
    level: Level::Warning,
    page: include_str!("webhook_wave.md"),
    check: webhook_wave,
};

fn webhook_wave(index: &Index<'_>, report: &mut Report) {
    for kind in ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] {
        for entry in index.of_kind("admissionregistration.k8s.io", kind) {
            let webhooks = entry.object.map.get("webhooks").and_then(Value::as_list);
            for webhook in webhooks.into_iter().flatten() {
                // `Fail` is the default.
                if text(webhook, "failurePolicy") != "Ignore"
                    && list_at(webhook, "matchConditions").is_empty()
                {
                    check_webhook(index, report, &entry, webhook);
                }
            }
        }
    }
}

fn check_webhook(index: &Index<'_>, report: &mut Report, entry: &Entry<'_>, webhook: &Value) {
    let Some(service) = webhook.at(&["clientConfig", "service"]) else { return };
    let found = index.get("", "Service", text(service, "namespace"), text(service, "name"));
    let Some(server) = found else { return };
    let Some(wave) = index.wave(&server) else { return };
    // Report one object per component.
    let mut early: BTreeMap<(&str, &str), &Entry<'_>> = BTreeMap::new();
    for object in index.entries() {
        let component = (object.tenant, object.component);
        let is_early = component != (server.tenant, server.component)
            && index.wave(object).is_some_and(|own| own <= wave);
        if is_early && admits(index, webhook, object) {
            early.entry(component).or_insert(object);
        }
    }
    for object in early.values() {
        let (title, admitting) = (object.title(), entry.title());
        let server = format!("{}/{}", server.tenant, server.component);
        report
            .warning(
                object,
                ["metadata", "name"],
                format!(
                    "{title} is not applied after `{server}`, whose {admitting} must admit it: wave {wave}"
                ),
            )
            .hint(format!("set `depends-on = [\"{server}\"]`, or `failurePolicy: Ignore` in the webhook"))
            .also(entry, webhook, "the webhook");
    }
}

/// Tells whether the creation of an object calls a webhook.
fn admits(index: &Index<'_>, webhook: &Value, object: &Entry<'_>) -> bool {
    let is_asked = list_at(webhook, "rules").iter().any(|rule| {
        let has = |field, wanted: &str| {
            list_at(rule, field).iter().filter_map(Value::as_str).any(|value| value == "*" || value == wanted)
        };
        has("apiGroups", object.group)
            && has("apiVersions", object.object.version())
            && (has("operations", "CREATE") || has("operations", "UPDATE"))
            && list_at(rule, "resources")
                .iter()
                .filter_map(Value::as_str)
                .any(|resource| matches!(resource, "*" | "*/*") || resource == index.plural(object))
    });
    let selects = |field, labels: Option<&Map>| {
        let selector = webhook.get(field).map(LabelSelector::full).unwrap_or_default();
        selector.is_empty() || selector.matches(&Labels::plain(labels))
    };
    is_asked
        && selects("objectSelector", object.object.labels())
        && (object.namespace.is_empty() || selects("namespaceSelector", labels_of(index, object).as_ref()))
}

/// Returns the labels of the namespace of an object.
fn labels_of(index: &Index<'_>, object: &Entry<'_>) -> Option<Map> {
    let namespace = index.get("", "Namespace", "", object.namespace)?;
    let mut labels = namespace.object.labels().cloned().unwrap_or_default();
    labels.insert("kubernetes.io/metadata.name", object.namespace);
    Some(labels)
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    /// In these tests, components start in the wave of their label.
    #[test]
    fn webhooks_answer_before() {
        insta::assert_snapshot!(findings("webhook-wave", "
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: admission, labels: {component: controller, wave: '2'}}
webhooks:
- clientConfig: {service: {name: admission, namespace: platform}}
  namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [bank]}]}
  rules: [{apiGroups: [networking.k8s.io], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [ingresses]}]
- failurePolicy: Ignore
  clientConfig: {service: {name: admission, namespace: platform}}
  rules: [{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*']}]
---
apiVersion: v1
kind: Service
metadata: {name: admission, namespace: platform, labels: {component: controller, wave: '2'}}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {wave: '0'}}
---
apiVersion: v1
kind: Namespace
metadata: {name: bank, labels: {wave: '0'}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: same, namespace: shop, labels: {component: same, wave: '2'}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: later, namespace: shop, labels: {component: later, wave: '3'}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: earlier, namespace: shop, labels: {component: earlier, wave: '1'}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: excluded, namespace: bank, labels: {component: excluded, wave: '1'}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: other, namespace: shop, labels: {component: other, wave: '1'}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: own, namespace: platform, labels: {component: controller, wave: '2'}}
"), @r#"
        warning: `Ingress shop/same` is not applied after `platform/controller`, whose `ValidatingWebhookConfiguration admission` must admit it: wave 2: 5.yaml at metadata.name
          hint: set `depends-on = ["platform/controller"]`, or `failurePolicy: Ignore` in the webhook
        warning: `Ingress shop/earlier` is not applied after `platform/controller`, whose `ValidatingWebhookConfiguration admission` must admit it: wave 2: 7.yaml at metadata.name
          hint: set `depends-on = ["platform/controller"]`, or `failurePolicy: Ignore` in the webhook
        "#);
    }
}
