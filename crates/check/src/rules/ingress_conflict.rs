//! A host and path belong to one Ingress.

use std::collections::BTreeMap;

use aqueduct_manifest::Value;

use crate::facts::Entry;
use crate::index::Index;
use crate::pod::{list_at, text};
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "ingress-conflict",
    summary: "two Ingresses claim the same host and path",
    level: Level::Error,
    page: include_str!("ingress_conflict.md"),
    check: ingress_conflict,
};

fn ingress_conflict(index: &Index<'_>, report: &mut Report) {
    let mut claims: BTreeMap<(&str, &str, &str), (Entry<'_>, &Value)> = BTreeMap::new();
    for entry in index.of_kind("networking.k8s.io", "Ingress") {
        let Some(spec) = entry.object.map.get("spec") else { continue };
        if annotation(&entry, "nginx.ingress.kubernetes.io/canary") == "true" {
            continue;
        }
        let class = match text(spec, "ingressClassName") {
            "" => annotation(&entry, "kubernetes.io/ingress.class"),
            class => class,
        };
        for rule in list_at(spec, "rules") {
            for path in rule.get("http").map_or(&[][..], |http| list_at(http, "paths")) {
                let (host, path) = (text(rule, "host"), text(path, "path"));
                let (first, first_rule) = *claims.entry((class, host, path)).or_insert((entry, rule));
                if (first.namespace, first.name) != (entry.namespace, entry.name) {
                    let (title, other) = (entry.title(), first.title());
                    report
                        .error(
                            &entry,
                            (rule, ["host"]),
                            format!(
                                "{title} claims a host and path that {other} already has: `{host}{path}`"
                            ),
                        )
                        .also(&first, (first_rule, ["host"]), "already claimed here");
                }
            }
        }
    }
}

fn annotation<'a>(entry: &Entry<'a>, name: &str) -> &'a str {
    entry.object.at(&["metadata", "annotations", name]).and_then(Value::as_str).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn a_host_and_path_have_one_ingress() {
        insta::assert_snapshot!(findings("ingress-conflict", "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: bank}
spec: {ingressClassName: nginx, rules: [{host: www.example.com, http: {paths: [{path: /}, {path: /accounts}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {ingressClassName: nginx, rules: [{host: www.example.com, http: {paths: [{path: /}, {path: /basket}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: by-annotation, namespace: shop, annotations: {kubernetes.io/ingress.class: nginx}}
spec: {rules: [{host: www.example.com, http: {paths: [{path: /accounts}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: inside, namespace: shop}
spec: {ingressClassName: internal, rules: [{host: www.example.com, http: {paths: [{path: /}]}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: canary, namespace: shop, annotations: {nginx.ingress.kubernetes.io/canary: 'true'}}
spec: {ingressClassName: nginx, rules: [{host: www.example.com, http: {paths: [{path: /}]}}]}
"), @r"
        error: `Ingress shop/web` claims a host and path that `Ingress bank/web` already has: `www.example.com/`: 2.yaml at spec.rules[0].host
        error: `Ingress shop/by-annotation` claims a host and path that `Ingress bank/web` already has: `www.example.com/accounts`: 3.yaml at spec.rules[0].host
        ");
    }
}
