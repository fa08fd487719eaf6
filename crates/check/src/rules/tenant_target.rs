//! What controllers create for a tenant stays in the tenant's namespaces.

use aqueduct_manifest::{Map, Pointer, Value};

use crate::facts::Entry;
use crate::index::Index;
use crate::pod::list_at;
use crate::report::{Field, Report};
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "tenant-target",
    summary: "an object makes a controller create something outside its tenant's namespaces",
    level: Level::Error,
    page: include_str!("tenant_target.md"),
    check: tenant_target,
};

/// Fields with a namespace in which a controller creates something, by group and kind; `*` is any.
const FIELDS: &[(&str, &str, &[&str])] = &[
    ("argoproj.io", "Application", &["spec", "destination", "namespace"]),
    ("helm.toolkit.fluxcd.io", "HelmRelease", &["spec", "storageNamespace"]),
    ("helm.toolkit.fluxcd.io", "HelmRelease", &["spec", "targetNamespace"]),
    ("kustomize.toolkit.fluxcd.io", "Kustomization", &["spec", "targetNamespace"]),
    ("*", "*", &["spec", "writeConnectionSecretToRef", "namespace"]),
];

/// Annotations with a comma-separated list of namespaces into which an object is copied. Entries may be
/// patterns.
const ANNOTATIONS: &[&str] = &[
    "reflector.v1.k8s.emberstack.com/reflection-allowed-namespaces",
    "reflector.v1.k8s.emberstack.com/reflection-auto-namespaces",
    "replicator.v1.mittwald.de/replicate-to",
];

fn tenant_target(index: &Index<'_>, report: &mut Report) {
    for entry in index.entries() {
        let Some(tenant) = index.tenant(entry.tenant).filter(|tenant| !tenant.system) else { continue };
        let mut told: Vec<&str> = Vec::new();
        for (namespace, field) in targets(entry) {
            // A pattern may match only the tenant's namespaces.
            let is_name = namespace.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            let is_own = namespace == entry.namespace || tenant.namespaces.contains(namespace);
            if namespace.is_empty() || is_own || !is_name || told.contains(&namespace) {
                continue;
            }
            told.push(namespace);
            let owner = match index.owner(namespace) {
                Some(owner) => format!("of tenant `{owner}`"),
                None => format!("that tenant `{}` does not own", entry.tenant),
            };
            let message = format!(
                "{} makes a controller create something in a namespace {owner}: `{namespace}`",
                entry.title()
            );
            report.error(entry, field, message);
        }
    }
}

/// Returns the namespaces in which an object makes a controller create something, each with its field.
fn targets<'a>(entry: &Entry<'a>) -> Vec<(&'a str, Field<'a>)> {
    let mut found = Vec::new();
    let spec = entry.object.map.get("spec").unwrap_or(&Value::Null);
    for (group, kind, path) in FIELDS {
        let is_meant = (*group == "*" || *group == entry.group) && (*kind == "*" || *kind == entry.kind);
        if let Some(value) = is_meant.then(|| entry.object.at(path)).flatten() {
            found.push((value.as_str().unwrap_or_default(), Field::from(value)));
        }
    }
    for annotation in ANNOTATIONS {
        for name in entry.object.annotation(annotation).into_iter().flat_map(|names| names.split(',')) {
            found.push((name.trim(), Pointer::new(["metadata", "annotations", annotation]).into()));
        }
    }
    match (entry.group, entry.kind) {
        // The operator creates the Secret of a user `namespace.name` in that namespace.
        // Source: `enable_cross_namespace_secret` of its reference.
        ("acid.zalan.do", "postgresql") => {
            let users = spec.get("users").and_then(Value::as_map).into_iter().flat_map(Map::keys);
            for user in users {
                if let Some((namespace, _)) = user.split_once('.') {
                    found.push((namespace, Pointer::new(["spec", "users", user.as_str()]).into()));
                }
            }
        }
        ("external-secrets.io", "ClusterExternalSecret") => {
            let names = list_at(spec, "namespaces").iter();
            found.extend(names.map(|name| (name.as_str().unwrap_or_default(), Field::from(name))));
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn controllers_write_where_the_tenant_may() {
        insta::assert_snapshot!(findings("tenant-target", "
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: a, namespace: shop}
spec: {targetNamespace: bank}
---
apiVersion: database.example.org/v1
kind: Instance
metadata: {name: b, namespace: shop}
spec: {writeConnectionSecretToRef: {name: b, namespace: nowhere}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: shop, annotations: {replicator.v1.mittwald.de/replicate-to: 'shop, bank'}}
---
apiVersion: acid.zalan.do/v1
kind: postgresql
metadata: {name: d, namespace: shop}
spec: {users: {bank.reader: [], writer: []}}
---
apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata: {name: e, labels: {tenant: shop}}
spec: {namespaces: [shop, bank]}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: f, namespace: shop}
spec: {destination: {namespace: bank, server: 'https://kubernetes.default.svc'}}
"), @r"
        error: `Kustomization shop/a` makes a controller create something in a namespace of tenant `bank`: `bank`: 1.yaml at spec.targetNamespace
        error: `Instance shop/b` makes a controller create something in a namespace that tenant `shop` does not own: `nowhere`: 2.yaml at spec.writeConnectionSecretToRef.namespace
        error: `ConfigMap shop/c` makes a controller create something in a namespace of tenant `bank`: `bank`: 3.yaml at metadata.annotations[replicator.v1.mittwald.de/replicate-to]
        error: `postgresql shop/d` makes a controller create something in a namespace of tenant `bank`: `bank`: 4.yaml at spec.users[bank.reader]
        error: `ClusterExternalSecret e` makes a controller create something in a namespace of tenant `bank`: `bank`: 5.yaml at spec.namespaces[1]
        error: `Application shop/f` makes a controller create something in a namespace of tenant `bank`: `bank`: 6.yaml at spec.destination.namespace
        ");
    }

    #[test]
    fn own_namespaces_patterns_and_system_tenants() {
        insta::assert_snapshot!(findings("tenant-target", "
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: a, namespace: shop}
spec: {targetNamespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: b, namespace: shop, annotations: {replicator.v1.mittwald.de/replicate-to: 'shop-.*'}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: platform, annotations: {replicator.v1.mittwald.de/replicate-to: bank}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: d, namespace: shop}
spec: {}
"), @"");
    }
}
