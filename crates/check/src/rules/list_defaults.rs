//! Custom resources write out the defaults of their definition inside lists.

use std::collections::BTreeSet;

use aqueduct_manifest::{Object, Value, list_defaults as missing};

use crate::index::Index;
use crate::pod::{list_at, text};
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "list-defaults",
    summary: "a custom resource omits defaults inside lists",
    level: Level::Warning,
    page: include_str!("list_defaults.md"),
    check: list_defaults,
};

/// How many fields a message lists.
const MOST: usize = 6;

fn list_defaults(index: &Index<'_>, report: &mut Report) {
    let rendered =
        index.of_kind("apiextensions.k8s.io", "CustomResourceDefinition").map(|entry| entry.object);
    let mut seen = BTreeSet::new();
    for definition in rendered.chain(index.definitions()) {
        let Some(spec) = definition.map.get("spec") else { continue };
        let (group, kind) = (text(spec, "group"), spec.at(&["names", "kind"]).and_then(Value::as_str));
        let Some(kind) = kind.filter(|kind| seen.insert((group, *kind))) else { continue };
        for entry in index.of_kind(group, kind) {
            let versions = list_at(spec, "versions");
            let version = versions.iter().find(|version| text(version, "name") == entry.object.version());
            let Some(schema) = version.and_then(|version| version.at(&["schema", "openAPIV3Schema"])) else {
                continue;
            };
            let missing = missing(schema, entry.object);
            let Some(first) = missing.values().next() else { continue };
            if index.application(&entry).is_some_and(is_compared_by_server) {
                continue;
            }
            let more = missing.len().saturating_sub(MOST);
            let names: Vec<&str> = missing.keys().take(MOST).map(String::as_str).collect();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let (title, names) = (entry.title(), names.join(", "));
            report
                .warning(
                    &entry,
                    first.clone(),
                    format!("{title} omits defaults inside lists, so Argo CD never finds it in sync: {names}{more}"),
                )
                .hint("set the fields, or annotate its Application with `argocd.argoproj.io/compare-options: ServerSideDiff=true`");
        }
    }
}

/// Tells whether Argo CD lets the API server complete the objects of an Application before it compares them.
fn is_compared_by_server(application: &Object) -> bool {
    let options = application.annotation("argocd.argoproj.io/compare-options").unwrap_or_default();
    options.split(',').any(|option| option.trim() == "ServerSideDiff=true")
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn items_of_lists_are_whole() {
        insta::assert_snapshot!(findings("list-defaults", "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  names: {kind: Thing}
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        properties:
          spec:
            properties:
              mode: {type: string, default: fast}
              items:
                items:
                  properties:
                    name: {type: string}
                    ref: {properties: {key: {type: string}, policy: {default: None}}}
                    weight: {default: 1}
                    extra: {default: {}}
              byName: {additionalProperties: {items: {properties: {on: {default: true}}}}}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: short, namespace: shop}
spec: {items: [{name: a, ref: {key: b}}, {name: c, weight: 2, extra: {}}], byName: {x: [{}]}}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: whole, namespace: shop}
spec: {items: [{name: a, ref: {key: b, policy: None}, weight: 1, extra: {}}], byName: {x: [{on: false}]}}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: none, namespace: shop}
spec: {}
---
apiVersion: example.com/v2
kind: Thing
metadata: {name: other, namespace: shop}
spec: {items: [{name: a}]}
"), @r"
        warning: `Thing shop/short` omits defaults inside lists, so Argo CD never finds it in sync: `spec.byName.x[].on: true`, `spec.items[].extra: {…}`, `spec.items[].ref.policy: None`, `spec.items[].weight: 1`: 2.yaml at spec.byName.x[0].on
          hint: set the fields, or annotate its Application with `argocd.argoproj.io/compare-options: ServerSideDiff=true`
        ");
    }
}
