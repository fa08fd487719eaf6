//! A ServiceMonitor or PodMonitor finds something to scrape.
//!
//! The labels are those of the Service itself, not of its selector.

use aqueduct_manifest::Value;

use crate::facts::Entry;
use crate::index::Index;
use crate::label_selector::{LabelSelector, Labels};
use crate::pod::{list_at, text};
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "monitor-target",
    summary: "a monitor finds nothing to scrape",
    level: Level::Error,
    page: include_str!("monitor_target.md"),
    check: monitor_target,
};

const GROUP: &str = "monitoring.coreos.com";

fn monitor_target(index: &Index<'_>, report: &mut Report) {
    for entry in index.of_kind(GROUP, "ServiceMonitor") {
        let Some(reach) = reach(index, &entry) else { continue };
        let selector = LabelSelector::full(entry.object.at(&["spec", "selector"]).unwrap_or(&Value::Null));
        let reached = reach.iter().flat_map(|namespace| index.in_namespace("", "Service", namespace));
        let matched = reached.filter(|service| selector.matches(&Labels::plain(service.object.labels())));
        let ports: Vec<Vec<&str>> = matched
            .map(|service| {
                let spec = service.object.map.get("spec").unwrap_or(&Value::Null);
                list_at(spec, "ports").iter().map(|port| text(port, "name")).collect()
            })
            .collect();
        judge(report, &entry, "endpoints", &Found { what: "Service", selector: selector.text(), ports });
    }
    for entry in index.of_kind(GROUP, "PodMonitor") {
        let Some(reach) = reach(index, &entry) else { continue };
        let selector = LabelSelector::full(entry.object.at(&["spec", "selector"]).unwrap_or(&Value::Null));
        let matched = reach.iter().flat_map(|namespace| index.selected(namespace, &selector));
        let ports = matched.map(|pod| pod.port_names().collect()).collect();
        judge(
            report,
            &entry,
            "podMetricsEndpoints",
            &Found { what: "pod", selector: selector.text(), ports },
        );
    }
}

/// What a monitor's selector matches.
struct Found<'a> {
    what: &'static str,
    selector: String,
    /// The port names of each thing that matches.
    ports: Vec<Vec<&'a str>>,
}

/// Returns the namespaces that a monitor selects; `None` if not everything in them is rendered.
fn reach<'a>(index: &Index<'_>, entry: &Entry<'a>) -> Option<Vec<&'a str>> {
    if index.may_have_unseen_pods(entry) {
        return None;
    }
    let selector = entry.object.at(&["spec", "namespaceSelector"]).unwrap_or(&Value::Null);
    if selector.get("any").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let names = match list_at(selector, "matchNames") {
        [] => vec![entry.namespace],
        names => names.iter().filter_map(Value::as_str).collect(),
    };
    (!names.iter().any(|name| index.is_unseen(name))).then_some(names)
}

fn judge(report: &mut Report, entry: &Entry<'_>, field: &str, found: &Found<'_>) {
    let title = entry.title();
    if found.ports.is_empty() {
        report.error(
            entry,
            ["spec", "selector"],
            format!("{title} matches no {}: {}", found.what, found.selector),
        );
        return;
    }
    let spec = entry.object.map.get("spec").unwrap_or(&Value::Null);
    let endpoints = list_at(spec, field).iter().map(|endpoint| (endpoint, text(endpoint, "port")));
    for (endpoint, port) in endpoints.filter(|(_, port)| !port.is_empty()) {
        let named = found.ports.iter().flatten();
        if !named.clone().any(|name| *name == port) {
            report
                .error(
                    entry,
                    (endpoint, ["port"]),
                    format!("{title} scrapes a port that no matched {} has: `{port}`", found.what),
                )
                .did_you_mean(port, named.copied());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn a_monitor_must_find_a_port() {
        insta::assert_snapshot!(findings("monitor-target", "
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: web, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: metrics}, {port: htpp}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: lost, namespace: shop}
spec: {selector: {matchLabels: {app: lost}}, endpoints: [{port: metrics}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: pods, namespace: shop}
spec: {selector: {matchLabels: {app: pod}}, podMetricsEndpoints: [{port: metrics}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: dns, namespace: shop}
spec: {namespaceSelector: {matchNames: [kube-system]}, selector: {matchLabels: {k8s-app: kube-dns}}, endpoints: [{port: metrics}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {ports: [{name: http, port: 80}, {name: metrics, port: 81}]}
"), @r"
        error: `ServiceMonitor shop/web` scrapes a port that no matched Service has: `htpp`: 1.yaml at spec.endpoints[1].port
          hint: did you mean `http`?
        error: `ServiceMonitor shop/lost` matches no Service: app=lost: 2.yaml at spec.selector
        error: `PodMonitor shop/pods` matches no pod: app=pod: 3.yaml at spec.selector
        ");
    }
}
