//! cert-manager's Certificate (cert-manager.io/v1).
//! Source: <https://cert-manager.io/docs/reference/api-docs/>.

use aqueduct_render::CustomResource;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

/// A certificate that cert-manager stores in a Secret.
#[derive(Clone, Debug, Serialize)]
pub struct Certificate {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: CertificateSpec,
}

impl CustomResource for Certificate {
    const API_VERSION: &'static str = "cert-manager.io/v1";
    const KIND: &'static str = "Certificate";
}

/// The content of the certificate, and where it is stored.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSpec {
    /// The Secret.
    pub secret_name: String,
    /// The issuer that signs it.
    pub issuer_ref: IssuerReference,
    /// The subject's name, if it is not a host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_name: Option<String>,
    /// Its host names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns_names: Vec<String>,
    /// Whether it signs other certificates.
    #[serde(rename = "isCA", skip_serializing_if = "std::ops::Not::not")]
    pub is_authority: bool,
    /// How long it is valid (default: cert-manager's default).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<&'static str>,
    /// Its permitted usages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub usages: Vec<&'static str>,
}

/// The issuer of a certificate.
#[derive(Clone, Debug, Default, Serialize)]
pub struct IssuerReference {
    /// The name.
    pub name: String,
    /// `Issuer` or `ClusterIssuer`.
    pub kind: &'static str,
}
