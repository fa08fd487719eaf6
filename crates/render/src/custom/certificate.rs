//! cert-manager's Certificate (cert-manager.io/v1).
//! Source: <https://cert-manager.io/docs/reference/api-docs/>.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::custom_resource;

/// A certificate that cert-manager keeps in a Secret.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: CertificateSpec,
}

custom_resource!(Certificate, "cert-manager.io/v1", "Certificate");

/// What the certificate says and where it is kept.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSpec {
    /// The Secret.
    pub secret_name: String,
    /// Who signs it.
    pub issuer_ref: IssuerReference,
    /// The names it is for.
    pub dns_names: Vec<String>,
    /// What it may be used for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub usages: Vec<&'static str>,
}

/// Who signs a certificate.
#[derive(Clone, Debug, Serialize)]
pub struct IssuerReference {
    /// The name.
    pub name: String,
    /// `Issuer` or `ClusterIssuer`.
    pub kind: &'static str,
}
