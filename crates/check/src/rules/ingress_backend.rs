//! An Ingress routes to a Service and a port that exist.

use aqueduct_manifest::Value;

use crate::facts::{Entry, title};
use crate::index::Index;
use crate::pod::{list_at, text};
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "ingress-backend",
    summary: "an Ingress routes to a Service or port that does not exist",
    level: Level::Error,
    page: include_str!("ingress_backend.md"),
    check: ingress_backend,
};

fn ingress_backend(index: &Index<'_>, report: &mut Report) {
    for entry in index.of_kind("networking.k8s.io", "Ingress") {
        if index.is_open(&entry) {
            continue;
        }
        let Some(spec) = entry.object.map.get("spec") else { continue };
        let default = spec.get("defaultBackend").into_iter();
        let paths = list_at(spec, "rules").iter().filter_map(|rule| rule.get("http"));
        let of_paths = paths.flat_map(|http| list_at(http, "paths")).filter_map(|path| path.get("backend"));
        let mut seen = Vec::new();
        for service in default.chain(of_paths).filter_map(|backend| backend.get("service")) {
            if !seen.contains(&service) {
                check_service(index, report, &entry, service);
                seen.push(service);
            }
        }
    }
}

fn check_service(index: &Index<'_>, report: &mut Report, entry: &Entry<'_>, service: &Value) {
    let namespace = entry.namespace;
    let name = text(service, "name");
    // The AWS controller reads this port name as an action in an annotation, not as a Service.
    if service.at(&["port", "name"]).and_then(Value::as_str) == Some("use-annotation") {
        return;
    }
    let Some(found) = index.get("", "Service", namespace, name) else {
        let message = format!("{} routes to a Service that does not exist: `{name}`", entry.title());
        report
            .error(entry, (service, ["name"]), message)
            .did_you_mean(name, index.names("", "Service", namespace));
        return;
    };
    let Some(found_spec) = found.object.map.get("spec") else { return };
    let ports = list_at(found_spec, "ports");
    let wanted = service.get("port").unwrap_or(&Value::Null);
    let target = title("Service", namespace, name);
    match (wanted.get("name"), wanted.get("number")) {
        (Some(Value::String(port)), _) if !ports.iter().any(|other| text(other, "name") == port) => {
            let message =
                format!("{} routes to a port name that {target} does not have: `{port}`", entry.title());
            report
                .error(entry, (service, ["port", "name"]), message)
                .did_you_mean(port, ports.iter().map(|port| text(port, "name")));
        }
        (None, Some(Value::Int(port)))
            if !ports.iter().any(|other| other.get("port") == Some(&Value::Int(*port))) =>
        {
            report.error(
                entry,
                (service, ["port", "number"]),
                format!("{} routes to a port that {target} does not have: {port}", entry.title()),
            );
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn a_backend_must_exist() {
        insta::assert_snapshot!(findings("ingress-backend", "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  defaultBackend: {service: {name: wbe, port: {number: 80}}}
  rules:
  - http:
      paths:
      - {path: /, backend: {service: {name: web, port: {name: http}}}}
      - {path: /a, backend: {service: {name: web, port: {name: htpp}}}}
      - {path: /b, backend: {service: {name: web, port: {number: 81}}}}
      - {path: /c, backend: {service: {name: ledger, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: ledger, namespace: bank}
spec: {ports: [{name: http, port: 80}]}
"), @r"
        error: `Ingress shop/web` routes to a Service that does not exist: `ledger`: 1.yaml at spec.rules[0].http.paths[3].backend.service.name
        error: `Ingress shop/web` routes to a Service that does not exist: `wbe`: 1.yaml at spec.defaultBackend.service.name
          hint: did you mean `web`?
        error: `Ingress shop/web` routes to a port name that `Service shop/web` does not have: `htpp`: 1.yaml at spec.rules[0].http.paths[1].backend.service.port.name
          hint: did you mean `http`?
        error: `Ingress shop/web` routes to a port that `Service shop/web` does not have: 81: 1.yaml at spec.rules[0].http.paths[2].backend.service.port.number
        ");
    }
}
