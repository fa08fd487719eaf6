//! A tenant cannot get at the secrets of another.

use std::collections::BTreeMap;

use aqueduct_manifest::{Pointer, Value};

use crate::facts::Entry;
use crate::index::Index;
use crate::pod::{list_at, text};
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "tenant-secrets",
    summary: "a tenant can get at another tenant's secrets",
    level: Level::Error,
    page: include_str!("tenant_secrets.md"),
    check: tenant_secrets,
};

const GROUP: &str = "external-secrets.io";

/// Annotations with the `namespace/name` of the object to copy.
const COPIES: &[&str] =
    &["reflector.v1.k8s.emberstack.com/reflects", "replicator.v1.mittwald.de/replicate-from"];

/// The maximum depth to which the login of a store is searched.
const DEPTH: usize = 12;

fn tenant_secrets(index: &Index<'_>, report: &mut Report) {
    let is_of_tenant = |entry: &Entry<'_>| index.tenant(entry.tenant).is_some_and(|tenant| !tenant.system);
    let homes = homes(index, &is_of_tenant);
    for entry in index.entries().iter().filter(|entry| is_of_tenant(entry)) {
        match (entry.group, entry.kind) {
            (GROUP, "SecretStore" | "ClusterSecretStore") => check_store(index, report, entry),
            (GROUP, "ExternalSecret" | "PushSecret") => {
                check_stores_of(index, report, entry);
                check_entries(index, &homes, report, entry);
            }
            ("", "Secret" | "ConfigMap") => check_copy(index, report, entry),
            _ => {}
        }
    }
}

fn check_store(index: &Index<'_>, report: &mut Report, entry: &Entry<'_>) {
    let spec = entry.object.map.get("spec").unwrap_or(&Value::Null);
    let mut waiting: Vec<(usize, &Value)> =
        spec.get("provider").map(|provider| (0, provider)).into_iter().collect();
    while let Some((depth, value)) = waiting.pop() {
        let namespace = value.get("namespace").filter(|_| value.get("name").is_some());
        if let Some(named) = namespace
            && let Some(owner) = named.as_str().and_then(|namespace| index.stranger(entry.tenant, namespace))
        {
            let name = text(value, "name");
            let namespace = named.as_str().unwrap_or_default();
            report.error(
                entry,
                named,
                format!("{} logs in with an object of tenant `{owner}`: `{namespace}/{name}`", entry.title()),
            );
        }
        if depth < DEPTH {
            let parts = value.as_map().into_iter().flatten().map(|(_, part)| part);
            waiting.extend(parts.chain(value.as_list().into_iter().flatten()).map(|part| (depth + 1, part)));
        }
    }
    if entry.kind == "ClusterSecretStore" && list_at(spec, "conditions").is_empty() {
        let message =
            format!("{} lets every tenant read secrets of tenant `{}`", entry.title(), entry.tenant);
        report
            .error(entry, ["spec", "conditions"], message)
            .hint("list the tenant's namespaces in `conditions`, or use a SecretStore");
    }
}

/// Reports other tenants' stores that an object reads through.
fn check_stores_of(index: &Index<'_>, report: &mut Report, entry: &Entry<'_>) {
    let spec = entry.object.map.get("spec").unwrap_or(&Value::Null);
    let entries = ["data", "dataFrom"].into_iter().flat_map(|field| list_at(spec, field));
    let of_entries = entries.filter_map(|one| one.at(&["sourceRef", "storeRef"]));
    let references =
        spec.get("secretStoreRef").into_iter().chain(list_at(spec, "secretStoreRefs")).chain(of_entries);
    for reference in references.filter(|reference| text(reference, "kind") == "ClusterSecretStore") {
        let Some(store) = index.get(GROUP, "ClusterSecretStore", "", text(reference, "name")) else {
            continue;
        };
        let is_system = index.tenant(store.tenant).is_none_or(|tenant| tenant.system);
        let is_stranger = store.tenant != entry.tenant && !index.have_agreed(entry.tenant, store.tenant);
        if is_stranger && !is_system {
            let message =
                format!("{} uses a store of tenant `{}`: {}", entry.title(), store.tenant, store.title());
            report.error(entry, (reference, ["name"]), message);
        }
    }
}

/// Returns the store entries that an object reads or writes.
fn entries<'a>(entry: &Entry<'a>) -> Vec<&'a Value> {
    let spec = entry.object.map.get("spec").unwrap_or(&Value::Null);
    let mut found: Vec<&Value> = Vec::new();
    for one in list_at(spec, "data") {
        found.extend(one.at(&["remoteRef", "key"]));
        found.extend(one.at(&["match", "remoteRef", "remoteKey"]));
    }
    for one in list_at(spec, "dataFrom") {
        found.extend(one.at(&["extract", "key"]));
        found.extend(one.at(&["find", "path"]));
    }
    found
}

/// Returns the paths below which tenants keep their secrets. Each ends in the tenant's name.
fn homes<'a>(index: &Index<'a>, is_of_tenant: &dyn Fn(&Entry<'_>) -> bool) -> BTreeMap<String, &'a str> {
    let mut homes = BTreeMap::new();
    let mut shared = Vec::new();
    for entry in ["ExternalSecret", "PushSecret"].into_iter().flat_map(|kind| index.of_kind(GROUP, kind)) {
        for path in entries(&entry).into_iter().filter_map(Value::as_str) {
            let home = paths(path).find(|path| path.rsplit('/').next() == Some(entry.tenant));
            match home {
                Some(home) if is_of_tenant(&entry) => {
                    homes.insert(home.to_owned(), entry.tenant);
                }
                // A path that a system tenant uses separates nothing.
                _ if !is_of_tenant(&entry) => shared.extend(paths(path).map(str::to_owned)),
                _ => {}
            }
        }
    }
    shared.iter().for_each(|path| {
        homes.remove(path);
    });
    homes
}

/// Returns the parent paths of an entry, from the top.
fn paths(entry: &str) -> impl Iterator<Item = &str> {
    entry.match_indices('/').map(|(at, _)| &entry[..at])
}

fn check_entries(index: &Index<'_>, homes: &BTreeMap<String, &str>, report: &mut Report, entry: &Entry<'_>) {
    let mut told: Vec<&str> = Vec::new();
    for value in entries(entry) {
        let Some(path) = value.as_str() else { continue };
        if path.split('/').any(|part| part == entry.tenant) || told.contains(&path) {
            continue;
        }
        let is_push = entry.kind == "PushSecret";
        if let Some(owner) = paths(path).find_map(|above| homes.get(above))
            && (is_push || !index.have_agreed(entry.tenant, owner))
        {
            told.push(path);
            let verb = if is_push { "writes" } else { "reads" };
            let message =
                format!("{} {verb} an entry among those of tenant `{owner}`: `{path}`", entry.title());
            report.error(entry, value, message);
        }
    }
}

fn check_copy(index: &Index<'_>, report: &mut Report, entry: &Entry<'_>) {
    for annotation in COPIES {
        let Some(source) = entry.object.annotation(annotation) else { continue };
        let Some((namespace, _)) = source.split_once('/') else { continue };
        let owner = index.stranger(entry.tenant, namespace);
        if let Some(owner) = owner.filter(|owner| !index.have_agreed(entry.tenant, owner)) {
            let message = format!("{} copies an object of tenant `{owner}`: `{source}`", entry.title());
            report.error(entry, Pointer::new(["metadata", "annotations", *annotation]), message);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn stores_are_those_of_the_tenant() {
        insta::assert_snapshot!(findings("tenant-secrets", "
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: a, namespace: shop}
spec: {provider: {vault: {auth: {kubernetes: {serviceAccountRef: {name: ledger, namespace: bank}}}}}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: b, labels: {tenant: bank}}
spec: {provider: {vault: {path: kv}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: c, namespace: shop}
spec: {secretStoreRef: {kind: ClusterSecretStore, name: b}}
---
apiVersion: v1
kind: Secret
metadata: {name: d, namespace: shop, annotations: {replicator.v1.mittwald.de/replicate-from: bank/ledger}}
"), @r"
        error: `SecretStore shop/a` logs in with an object of tenant `bank`: `bank/ledger`: 1.yaml at spec.provider.vault.auth.kubernetes.serviceAccountRef.namespace
        error: `ClusterSecretStore b` lets every tenant read secrets of tenant `bank`: 2.yaml at spec.conditions
          hint: list the tenant's namespaces in `conditions`, or use a SecretStore
        error: `ExternalSecret shop/c` uses a store of tenant `bank`: `ClusterSecretStore b`: 3.yaml at spec.secretStoreRef.name
        error: `Secret shop/d` copies an object of tenant `bank`: `bank/ledger`: 4.yaml at metadata.annotations[replicator.v1.mittwald.de/replicate-from]
        ");
        insta::assert_snapshot!(findings("tenant-secrets", "
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: a, namespace: shop}
spec: {provider: {vault: {auth: {tokenSecretRef: {name: token, namespace: shop}}}}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: b, labels: {tenant: shop}}
spec: {conditions: [{namespaces: [shop]}], provider: {vault: {path: kv}}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: shared, labels: {tenant: platform}}
spec: {provider: {vault: {path: kv}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: c, namespace: shop}
spec: {secretStoreRef: {kind: ClusterSecretStore, name: shared}, data: [{remoteRef: {key: anything}}]}
"), @"");
    }

    /// Returns the findings for an entry that `shop` reads beside one of `bank`.
    fn check(of_bank: &str, of_shop: &str) -> String {
        let secret = |tenant: &str, key: &str| {
            format!(
                "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {{name: a, namespace: {tenant}}}\nspec: {{data: [{{remoteRef: {{key: {key}}}}}]}}\n"
            )
        };
        findings("tenant-secrets", &format!("{}---\n{}", secret("bank", of_bank), secret("shop", of_shop)))
    }

    #[test]
    fn entries_are_those_of_the_tenant() {
        insta::assert_snapshot!(check("bank/ledger", "bank/ledger"), @r"
        error: `ExternalSecret shop/a` reads an entry among those of tenant `bank`: `bank/ledger`: 2.yaml at spec.data[0].remoteRef.key
        ");
        insta::assert_snapshot!(check("prod/bank/ledger", "prod/bank/other/one"), @r"
        error: `ExternalSecret shop/a` reads an entry among those of tenant `bank`: `prod/bank/other/one`: 2.yaml at spec.data[0].remoteRef.key
        ");
        assert_eq!(check("bank/ledger", "shop/web"), "");
        assert_eq!(check("bank/ledger", "shop/bank/login"), "");
        assert_eq!(check("ledger", "bank/login"), "");
        assert_eq!(check("prod/bank/ledger", "test/bank/ledger"), "");
        assert_eq!(check("bank", "bank"), "");
        let agreed = findings(
            "tenant-secrets",
            "
{kind: Tenant, name: bank, allowFrom: [shop]}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: a, namespace: bank}
spec: {data: [{remoteRef: {key: bank/ledger}}]}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: a, namespace: shop}
spec: {data: [{remoteRef: {key: bank/ledger}}]}
---
apiVersion: external-secrets.io/v1alpha1
kind: PushSecret
metadata: {name: b, namespace: shop}
spec: {data: [{match: {remoteRef: {remoteKey: bank/ledger}}}]}
",
        );
        insta::assert_snapshot!(agreed, @r"
        error: `PushSecret shop/b` writes an entry among those of tenant `bank`: `bank/ledger`: 4.yaml at spec.data[0].match.remoteRef.remoteKey
        ");
    }
}
