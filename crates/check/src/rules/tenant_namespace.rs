//! A tenant's objects are in the tenant's namespaces.

use crate::index::Index;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "tenant-namespace",
    summary: "an object is in another tenant's namespace",
    level: Level::Error,
    page: include_str!("tenant_namespace.md"),
    check: tenant_namespace,
};

fn tenant_namespace(index: &Index<'_>, report: &mut Report) {
    for entry in index.entries() {
        let Some(tenant) = index.tenant(entry.tenant).filter(|tenant| !tenant.system) else { continue };
        let is_namespace = entry.group.is_empty() && entry.kind == "Namespace";
        let (field, namespace) =
            if is_namespace { ("name", entry.name) } else { ("namespace", entry.namespace) };
        if namespace.is_empty() || tenant.namespaces.contains(namespace) {
            continue;
        }
        let owner = match index.owner(namespace) {
            Some(owner) => format!("of tenant `{owner}`"),
            None => format!("that tenant `{}` does not own", entry.tenant),
        };
        report.error(
            entry,
            ["metadata", field],
            format!("{} is in a namespace {owner}: `{namespace}`", entry.title()),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn tenants_stay_at_home() {
        insta::assert_snapshot!(findings("tenant-namespace", "
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: bank, labels: {tenant: shop}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: b, namespace: nowhere, labels: {tenant: shop}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: d, namespace: bank, labels: {tenant: platform}}
"), @r"
        error: `ConfigMap bank/a` is in a namespace of tenant `bank`: `bank`: 1.yaml at metadata.namespace
        error: `ConfigMap nowhere/b` is in a namespace that tenant `shop` does not own: `nowhere`: 2.yaml at metadata.namespace
        ");
    }
}
