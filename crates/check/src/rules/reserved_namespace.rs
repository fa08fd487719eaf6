//! Tenants stay out of the namespaces of Kubernetes.

use crate::index::Index;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "reserved-namespace",
    summary: "an object is in a reserved namespace",
    level: Level::Error,
    page: include_str!("reserved_namespace.md"),
    check: reserved_namespace,
};

fn reserved_namespace(index: &Index<'_>, report: &mut Report) {
    for entry in index.entries() {
        let is_namespace = entry.group.is_empty() && entry.kind == "Namespace";
        let (field, namespace) =
            if is_namespace { ("name", entry.name) } else { ("namespace", entry.namespace) };
        let is_reserved = namespace == "default" || namespace.starts_with("kube-");
        if is_reserved && !index.tenant(entry.tenant).is_some_and(|tenant| tenant.system) {
            report
                .error(
                    entry,
                    ["metadata", field],
                    format!("{} is in a reserved namespace: `{namespace}`", entry.title()),
                )
                .hint("use a namespace of the tenant, or set `system = true` for the tenant");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn tenants_stay_out() {
        insta::assert_snapshot!(findings("reserved-namespace", "
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: kube-system, labels: {tenant: shop}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: b, namespace: kube-system, labels: {tenant: platform}}
---
apiVersion: v1
kind: Namespace
metadata: {name: default, labels: {tenant: shop}}
"), @r"
        error: `ConfigMap kube-system/a` is in a reserved namespace: `kube-system`: 1.yaml at metadata.namespace
          hint: use a namespace of the tenant, or set `system = true` for the tenant
        error: `Namespace default` is in a reserved namespace: `default`: 3.yaml at metadata.name
          hint: use a namespace of the tenant, or set `system = true` for the tenant
        ");
    }
}
