//! A StatefulSet's Service exists and is headless.
//!
//! A single pod hardly needs its own DNS name, so a missing Service is a warning there.

use aqueduct_manifest::{Severity, Value};

use crate::facts::{Entry, title};
use crate::index::Index;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "stateful-service",
    summary: "a StatefulSet's Service is missing or not headless",
    level: Level::Either,
    page: include_str!("stateful_service.md"),
    check: stateful_service,
};

fn stateful_service(index: &Index<'_>, report: &mut Report) {
    for entry in index.of_kind("apps", "StatefulSet") {
        let namespace = entry.namespace;
        let Some(name) = entry.object.at(&["spec", "serviceName"]).and_then(Value::as_str) else { continue };
        if name.is_empty() || index.is_outside(namespace) {
            continue;
        }
        let is_single = matches!(entry.object.at(&["spec", "replicas"]), None | Some(Value::Int(0 | 1)));
        let target = title("Service", namespace, name);
        match index.get("", "Service", namespace, name) {
            None => {
                let severity = if is_single { Severity::Warning } else { Severity::Error };
                let message = format!("{} has a Service that does not exist: {target}", entry.title());
                let names = index.names("", "Service", namespace);
                report.add(severity, &entry, ["spec", "serviceName"], message).did_you_mean(name, names);
            }
            Some(service) if !is_single && !is_headless(&service) => {
                report
                    .warning(
                        &entry,
                        ["spec", "serviceName"],
                        format!("{} has a Service that is not headless: {target}", entry.title()),
                    )
                    .hint("set `clusterIP: None`, so that each pod gets its own DNS name");
            }
            Some(_) => {}
        }
    }
}

fn is_headless(service: &Entry<'_>) -> bool {
    service.object.at(&["spec", "clusterIP"]).and_then(Value::as_str) == Some("None")
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn the_service_must_exist_and_be_headless() {
        insta::assert_snapshot!(findings("stateful-service", "
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: a, namespace: shop}
spec: {serviceName: databse, replicas: 2}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: b, namespace: shop}
spec: {serviceName: database, replicas: 2}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: c, namespace: shop}
spec: {serviceName: nobody}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: d, namespace: shop}
spec: {serviceName: database, replicas: 1}
---
apiVersion: v1
kind: Service
metadata: {name: database, namespace: shop}
spec: {}
"), @r"
        error: `StatefulSet shop/a` has a Service that does not exist: `Service shop/databse`: 1.yaml at spec.serviceName
          hint: did you mean `database`?
        warning: `StatefulSet shop/b` has a Service that is not headless: `Service shop/database`: 2.yaml at spec.serviceName
          hint: set `clusterIP: None`, so that each pod gets its own DNS name
        warning: `StatefulSet shop/c` has a Service that does not exist: `Service shop/nobody`: 3.yaml at spec.serviceName
        ");
    }
}
