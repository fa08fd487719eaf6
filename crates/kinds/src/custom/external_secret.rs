//! The External Secrets operator's ExternalSecret (external-secrets.io/v1).
//! Source: <https://external-secrets.io/latest/api/externalsecret/>.

use std::collections::BTreeMap;

use aqueduct_render::CustomResource;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

/// A Secret that is created from entries of a secret store.
#[derive(Clone, Debug, Serialize)]
pub struct ExternalSecret {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: ExternalSecretSpec,
}

impl CustomResource for ExternalSecret {
    const API_VERSION: &'static str = "external-secrets.io/v1";
    const KIND: &'static str = "ExternalSecret";
}

/// The entries, and the Secret created from them.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalSecretSpec {
    /// How often the store is read.
    pub refresh_interval: &'static str,
    /// The store.
    pub secret_store_ref: StoreReference,
    /// The Secret.
    pub target: SecretTarget,
    /// The entries.
    pub data: Vec<SecretData>,
}

/// A secret store.
#[derive(Clone, Debug, Serialize)]
pub struct StoreReference {
    /// The name.
    pub name: String,
    /// `ClusterSecretStore` or `SecretStore`.
    pub kind: &'static str,
}

/// The Secret to create.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretTarget {
    /// The name.
    pub name: String,
    /// Who owns it.
    pub creation_policy: &'static str,
    /// The form, unless the entries are copied as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<SecretTemplate>,
}

/// The form of the Secret.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretTemplate {
    /// The type of the Secret.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The labels of the Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<&'static str, BTreeMap<String, String>>>,
    /// The keys, as templates of the entries.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, String>,
}

/// One key of the Secret.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretData {
    /// The key.
    pub secret_key: String,
    /// Where its value is in the store.
    pub remote_ref: RemoteReference,
}

/// A property of an entry in the store.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoteReference {
    /// The entry.
    pub key: String,
    /// The property.
    pub property: String,
    /// How names are converted to keys of a Secret; `Default`.
    pub conversion_strategy: &'static str,
    /// How the value is decoded; `None`.
    pub decoding_strategy: &'static str,
    /// Which metadata of the entry is read; `None`.
    pub metadata_policy: &'static str,
}

impl RemoteReference {
    /// Returns a reference with explicit defaults. The API server fills them in within lists, where Argo CD would
    /// otherwise always see a difference.
    pub fn new(key: impl Into<String>, property: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            property: property.into(),
            conversion_strategy: "Default",
            decoding_strategy: "None",
            metadata_policy: "None",
        }
    }
}

impl ExternalSecret {
    /// Returns an ExternalSecret that copies properties of one entry into a Secret with the same name.
    pub fn new(
        metadata: ObjectMeta,
        store: &str,
        remote: &str,
        keys: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let name = metadata.name.clone().unwrap_or_default();
        let data = keys
            .into_iter()
            .map(|(key, property)| SecretData {
                secret_key: key,
                remote_ref: RemoteReference::new(remote, property),
            })
            .collect();
        Self {
            metadata,
            spec: ExternalSecretSpec {
                refresh_interval: "1h",
                secret_store_ref: StoreReference { name: store.to_owned(), kind: "ClusterSecretStore" },
                target: SecretTarget { name, creation_policy: "Owner", template: None },
                data,
            },
        }
    }
}
