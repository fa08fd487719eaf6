//! No Secret with values is rendered.
//!
//! The tree lies in Git: a value in it is public to everybody who can read the repository, forever, and
//! base64 hides nothing. Use an ExternalSecret or a SealedSecret. Empty values, and Secrets that hold only
//! a type (a token that Kubernetes fills in), are fine.

use aqueduct_manifest::{Map, Value};

use crate::index::Index;
use crate::report::Report;
use crate::rule::Rule;

pub(crate) const RULE: Rule =
    Rule { name: "plaintext-secret", summary: "a Secret's values would be in Git", check: plaintext_secret };

fn plaintext_secret(index: &Index<'_>, report: &mut Report) {
    for entry in index.of_kind("", "Secret") {
        let fields = ["data", "stringData"].map(|field| entry.object.map.get(field).and_then(Value::as_map));
        let values = fields.into_iter().flatten().flat_map(Map::iter);
        let keys: Vec<String> = values
            .filter(|(_, value)| !matches!(value, Value::Null) && value.as_str() != Some(""))
            .map(|(key, _)| format!("`{key}`"))
            .collect();
        if !keys.is_empty() {
            report
                .error(
                    &entry,
                    format!("{} has values that everybody can read: {}", entry.title(), keys.join(", ")),
                )
                .hint("take them from a store with an ExternalSecret");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn values_do_not_belong_in_git() {
        insta::assert_snapshot!(findings("plaintext-secret", "
apiVersion: v1
kind: Secret
metadata: {name: a, namespace: shop}
data: {password: c2VjcmV0, empty: ''}
stringData: {user: me}
---
apiVersion: v1
kind: Secret
metadata: {name: b, namespace: shop, annotations: {kubernetes.io/service-account.name: x}}
type: kubernetes.io/service-account-token
"), @r"
        error: `Secret shop/a` has values that everybody can read: `password`, `user`: 1.yaml
          hint: take them from a store with an ExternalSecret
        ");
    }
}
