//! cert-manager's Issuer (cert-manager.io/v1).
//! Source: <https://cert-manager.io/docs/reference/api-docs/>.

use aqueduct_render::CustomResource;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

/// An issuer of certificates in a namespace.
#[derive(Clone, Debug, Serialize)]
pub struct Issuer {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: IssuerSpec,
}

impl CustomResource for Issuer {
    const API_VERSION: &'static str = "cert-manager.io/v1";
    const KIND: &'static str = "Issuer";
}

/// How certificates are signed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum IssuerSpec {
    /// With the key of the certificate itself.
    SelfSigned {},
    /// With the key of a certificate authority.
    #[serde(rename_all = "camelCase")]
    Ca {
        /// The Secret with the authority's certificate and key.
        secret_name: String,
    },
}
