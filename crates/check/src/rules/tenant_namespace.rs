//! A tenant's objects lie in the tenant's namespaces.
//!
//! The namespace is the border between tenants: quota, network policy and access rest on it. An object that
//! lies across the border escapes all three. System tenants may reach into every namespace.

use crate::index::Index;
use crate::report::Report;
use crate::rule::Rule;

pub(crate) const RULE: Rule = Rule {
    name: "tenant-namespace",
    summary: "an object lies in somebody else's namespace",
    check: tenant_namespace,
};

fn tenant_namespace(index: &Index<'_>, report: &mut Report) {
    for entry in index.entries() {
        let Some(tenant) = index.tenant(entry.tenant).filter(|tenant| !tenant.system) else { continue };
        let is_namespace = entry.group.is_empty() && entry.kind == "Namespace";
        let namespace = if is_namespace { entry.name } else { entry.namespace };
        if namespace.is_empty() || tenant.namespaces.contains(namespace) {
            continue;
        }
        let owner = match index.owner(namespace) {
            Some(owner) => format!("of tenant `{owner}`"),
            None => format!("that tenant `{}` does not own", entry.tenant),
        };
        report.error(entry, format!("{} lies in a namespace {owner}: `{namespace}`", entry.title()));
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
        error: `ConfigMap bank/a` lies in a namespace of tenant `bank`: `bank`: 1.yaml
        error: `ConfigMap nowhere/b` lies in a namespace that tenant `shop` does not own: `nowhere`: 2.yaml
        ");
    }
}
