//! cert-manager's Issuer (cert-manager.io/v1).
//! Source: <https://cert-manager.io/docs/reference/api-docs/>.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::custom_resource;

/// Who signs certificates of a namespace.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: IssuerSpec,
}

custom_resource!(Issuer, "cert-manager.io/v1", "Issuer");

/// How certificates are signed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum IssuerSpec {
    /// With the key of the certificate itself.
    SelfSigned {},
    /// With the key of an authority.
    #[serde(rename_all = "camelCase")]
    Ca {
        /// The Secret with the certificate and the key of the authority.
        secret_name: String,
    },
}
