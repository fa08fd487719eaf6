//! cert-manager's Certificate (cert-manager.io/v1).
//! Source: <https://cert-manager.io/docs/reference/api-docs/>.

use aqueduct_render::CustomResource;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

/// A certificate that cert-manager keeps in a Secret.
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

/// What the certificate says and where it is kept.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSpec {
    /// The Secret.
    pub secret_name: String,
    /// Who signs it.
    pub issuer_ref: IssuerReference,
    /// The name of whom it is for, where that is not a host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_name: Option<String>,
    /// The host names it is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns_names: Vec<String>,
    /// Whether it signs other certificates.
    #[serde(rename = "isCA", skip_serializing_if = "std::ops::Not::not")]
    pub is_authority: bool,
    /// How long it is valid (default: what cert-manager says).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<&'static str>,
    /// What it may be used for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub usages: Vec<&'static str>,
}

/// Who signs a certificate.
#[derive(Clone, Debug, Default, Serialize)]
pub struct IssuerReference {
    /// The name.
    pub name: String,
    /// `Issuer` or `ClusterIssuer`.
    pub kind: &'static str,
}
