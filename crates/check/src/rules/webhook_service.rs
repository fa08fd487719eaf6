//! The Services of webhooks and aggregated APIs exist.

use aqueduct_manifest::Value;

use crate::facts::{Entry, title};
use crate::index::Index;
use crate::pod::text;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "webhook-service",
    summary: "the Service of a webhook does not exist",
    level: Level::Error,
    page: include_str!("webhook_service.md"),
    check: webhook_service,
};

fn webhook_service(index: &Index<'_>, report: &mut Report) {
    for kind in ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] {
        for entry in index.of_kind("admissionregistration.k8s.io", kind) {
            let webhooks = entry.object.map.get("webhooks").and_then(Value::as_list);
            for webhook in webhooks.into_iter().flatten() {
                check_service(index, report, &entry, webhook.at(&["clientConfig", "service"]));
            }
        }
    }
    for entry in index.of_kind("apiextensions.k8s.io", "CustomResourceDefinition") {
        let service = entry.object.at(&["spec", "conversion", "webhook", "clientConfig", "service"]);
        check_service(index, report, &entry, service);
    }
    for entry in index.of_kind("apiregistration.k8s.io", "APIService") {
        check_service(index, report, &entry, entry.object.at(&["spec", "service"]));
    }
}

fn check_service(index: &Index<'_>, report: &mut Report, entry: &Entry<'_>, service: Option<&Value>) {
    let Some(service) = service else { return };
    let (namespace, name) = (text(service, "namespace"), text(service, "name"));
    if name.is_empty() || index.is_outside(namespace) || index.get("", "Service", namespace, name).is_some() {
        return;
    }
    let target = title("Service", namespace, name);
    report
        .error(
            entry,
            (service, ["name"]),
            format!("{} calls a Service that does not exist: {target}", entry.title()),
        )
        .did_you_mean(name, index.names("", "Service", namespace));
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn the_service_must_exist() {
        insta::assert_snapshot!(findings("webhook-service", "
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: web}
webhooks:
- {name: a.example.com, clientConfig: {service: {name: web, namespace: shop}}}
- {name: b.example.com, clientConfig: {service: {name: wbe, namespace: shop}}}
- {name: c.example.com, clientConfig: {url: 'https://example.com'}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
"), @r"
        error: `ValidatingWebhookConfiguration web` calls a Service that does not exist: `Service shop/wbe`: 1.yaml at webhooks[1].clientConfig.service.name
          hint: did you mean `web`?
        ");
    }
}
