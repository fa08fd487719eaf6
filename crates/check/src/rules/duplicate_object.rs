//! No two components render the same object.

use crate::index::Index;
use crate::platform::Entry;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "duplicate-object",
    summary: "two components render the same object",
    level: Level::Error,
    page: include_str!("duplicate_object.md"),
    check: duplicate_object,
};

fn duplicate_object(index: &Index<'_>, report: &mut Report) {
    for (first, entry) in index.duplicates() {
        let maker = |entry: &Entry<'_>| format!("{}/{}", entry.tenant, entry.component);
        let makers = if maker(first) == maker(entry) {
            format!("twice by `{}`", maker(entry))
        } else {
            format!("by `{}` and by `{}`", maker(first), maker(entry))
        };
        report.error(entry, ["metadata", "name"], format!("{} is rendered {makers}", entry.title()));
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn an_object_is_rendered_once() {
        insta::assert_snapshot!(findings("duplicate-object", "
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: shop, labels: {component: other}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: bank}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: b, namespace: shop}
---
apiVersion: networking.k8s.io/v1beta1
kind: Ingress
metadata: {name: b, namespace: shop}
"), @r"
        error: `ConfigMap shop/a` is rendered by `shop/web` and by `shop/other`: 2.yaml at metadata.name
        error: `Ingress shop/b` is rendered twice by `shop/web`: 5.yaml at metadata.name
        ");
    }
}
