//! A Service's target port is a port of its pods.
//!
//! A number works whether it is declared or not. An undeclared one is a warning, and only if the pods declare
//! other ports.

use aqueduct_manifest::{Severity, Value};

use crate::index::Index;
use crate::label_selector::LabelSelector;
use crate::pod::{Pod, list_at};
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "service-port",
    summary: "a Service's target port is not a port of its pods",
    level: Level::Either,
    page: include_str!("service_port.md"),
    check: service_port,
};

fn service_port(index: &Index<'_>, report: &mut Report) {
    for entry in index.of_kind("", "Service") {
        let Some(spec) = entry.object.map.get("spec") else { continue };
        let Some(labels) = spec.get("selector").and_then(Value::as_map).filter(|labels| !labels.is_empty())
        else {
            continue;
        };
        let selector = LabelSelector::plain(labels);
        let pods: Vec<&Pod<'_>> = index.selected(entry.namespace, &selector).collect();
        if pods.is_empty() || index.may_have_unseen_pods(&entry) {
            continue;
        }
        let is_headless = spec.get("clusterIP").and_then(Value::as_str) == Some("None");
        for port in list_at(spec, "ports") {
            let Some(target) = port.get("targetPort").or_else(|| port.get("port")) else { continue };
            if pods.iter().any(|pod| pod.has_port(target)) {
                continue;
            }
            let declared: Vec<&str> = pods.iter().flat_map(|pod| pod.port_names()).collect();
            match target {
                Value::String(name) => {
                    let severity = if is_headless { Severity::Warning } else { Severity::Error };
                    let message = format!("{} has a target port that no pod has: `{name}`", entry.title());
                    report.add(severity, &entry, target, message).did_you_mean(name, declared);
                }
                // A headless Service only publishes addresses. Its port is informational.
                Value::Int(number) if !declared.is_empty() && !is_headless => {
                    report.warning(
                        &entry,
                        target,
                        format!("{} has a target port that no pod declares: {number}", entry.title()),
                    );
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn a_target_port_must_be_declared() {
        insta::assert_snapshot!(findings("service-port", "
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: htpp}, {port: 81, targetPort: http}, {port: 8080}, {port: 90, targetPort: 9090}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, ports: [{name: http, containerPort: 8080}]}]}}}
"), @r"
        error: `Service shop/web` has a target port that no pod has: `htpp`: 1.yaml at spec.ports[0].targetPort
          hint: did you mean `http`?
        warning: `Service shop/web` has a target port that no pod declares: 9090: 1.yaml at spec.ports[3].targetPort
        ");
    }
}
