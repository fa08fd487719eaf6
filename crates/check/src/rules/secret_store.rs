//! An ExternalSecret reads from a store that exists.

use crate::facts::title;
use crate::index::Index;
use crate::pod::text;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "secret-store",
    summary: "an ExternalSecret reads from an unknown store",
    level: Level::Error,
    page: include_str!("secret_store.md"),
    check: secret_store,
};

fn secret_store(index: &Index<'_>, report: &mut Report) {
    for entry in index.of_kind("external-secrets.io", "ExternalSecret") {
        let Some(reference) = entry.object.at(&["spec", "secretStoreRef"]) else { continue };
        let kind = Some(text(reference, "kind")).filter(|kind| !kind.is_empty()).unwrap_or("SecretStore");
        let name = text(reference, "name");
        let namespace = if kind == "SecretStore" { entry.namespace } else { "" };
        let mut known = index.names("external-secrets.io", kind, namespace);
        if kind == "ClusterSecretStore" {
            if index.cluster().secret_stores.is_empty() {
                continue;
            }
            known.extend(index.cluster().secret_stores.iter().map(String::as_str));
        }
        if !known.contains(&name) && !index.is_outside(namespace) {
            let store = title(kind, namespace, name);
            let message = format!("{} reads from a store that does not exist: {store}", entry.title());
            report.error(&entry, (reference, ["name"]), message).did_you_mean(name, known);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn a_store_must_exist() {
        insta::assert_snapshot!(findings("secret-store", "
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: database, namespace: shop}
spec: {secretStoreRef: {kind: ClusterSecretStore, name: volt}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: cache, namespace: shop}
spec: {secretStoreRef: {name: local}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: fine, namespace: shop}
spec: {secretStoreRef: {kind: ClusterSecretStore, name: vault}}
"), @r"
        error: `ExternalSecret shop/database` reads from a store that does not exist: `ClusterSecretStore volt`: 1.yaml at spec.secretStoreRef.name
          hint: did you mean `vault`?
        error: `ExternalSecret shop/cache` reads from a store that does not exist: `SecretStore shop/local`: 2.yaml at spec.secretStoreRef.name
        ");
    }
}
