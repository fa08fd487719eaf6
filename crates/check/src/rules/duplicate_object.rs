//! No two components render the same object.

use crate::facts::Entry;
use crate::index::Index;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "duplicate-object",
    summary: "two components render the same object",
    level: Level::Error,
    page: include_str!("duplicate_object.md"),
    check: duplicate_object,
};

/// The component with what a tenant gets automatically, such as its namespaces.
const TENANCY: &str = "tenant";

fn duplicate_object(index: &Index<'_>, report: &mut Report) {
    let name = ["metadata", "name"];
    for (first, entry) in index.duplicates() {
        // The tenant's automatic object stays, whichever comes first.
        let (kept, extra) = if entry.component == TENANCY { (entry, first) } else { (first, entry) };
        let maker = |entry: &Entry<'_>| format!("{}/{}", entry.tenant, entry.component);
        if kept.component == TENANCY {
            let message = format!(
                "{} is rendered by `{}`, but Aqueduct already renders it for tenant `{}`",
                extra.title(),
                maker(extra),
                kept.tenant
            );
            report.error(extra, name, message).hint(format!(
                "remove it; if a chart or a kustomization renders it, use `patches = [{{ target = {{ kind = \"{}\", name = \"{}\" }}, patch = \"$patch: delete\" }}]`",
                extra.kind, extra.name
            ));
            continue;
        }
        let makers = if maker(kept) == maker(extra) {
            format!("twice by `{}`", maker(extra))
        } else {
            format!("by `{}` and by `{}`", maker(kept), maker(extra))
        };
        report.error(extra, name, format!("{} is rendered {makers}", extra.title()));
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
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {tenant: shop}}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {tenant: shop, component: tenant}}
"), @r#"
        error: `ConfigMap shop/a` is rendered by `shop/web` and by `shop/other`: 2.yaml at metadata.name
        error: `Ingress shop/b` is rendered twice by `shop/web`: 5.yaml at metadata.name
        error: `Namespace shop` is rendered by `shop/web`, but Aqueduct already renders it for tenant `shop`: 6.yaml at metadata.name
          hint: remove it; if a chart or a kustomization renders it, use `patches = [{ target = { kind = "Namespace", name = "shop" }, patch = "$patch: delete" }]`
        "#);
    }
}
