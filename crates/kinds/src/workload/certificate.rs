//! Certificates of components.

use aqueduct_manifest::Object;
use aqueduct_model::types::{Hostname, Subdomain};
use aqueduct_render::{Context, CustomResource as _, Error};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Workload;
use crate::custom::{Certificate, CertificateSpec, IssuerReference};

/// A certificate from cert-manager, mounted into the container.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CertificateField {
    /// The Issuer in the namespace (default: the environment's ClusterIssuer).
    pub issuer: Option<Subdomain>,
    /// Additional host names, on top of those of the component's Services.
    #[serde(default)]
    pub names: Vec<Hostname>,
    /// The folder for `tls.crt`, `tls.key` and `ca.crt`.
    pub mount: String,
}

pub(super) fn certificate(context: &Context<'_>, workload: &Workload) -> Result<Option<Object>, Error> {
    let Some(field) = &workload.certificate else { return Ok(None) };
    let issuer_ref = match (&field.issuer, &context.environment().cluster_issuer) {
        (Some(issuer), _) => IssuerReference { name: issuer.to_string(), kind: "Issuer" },
        (None, Some(issuer)) => IssuerReference { name: issuer.to_string(), kind: "ClusterIssuer" },
        (None, None) => {
            return Err(Error::field(
                "certificate",
                "neither `issuer` nor the environment's `cluster-issuer` is set",
            ));
        }
    };
    let headless = format!("{}-headless", context.name());
    let mut dns_names =
        vec![context.host(context.name()), context.host(&headless), format!("*.{}", context.host(&headless))];
    dns_names.extend(field.names.iter().map(ToString::to_string));
    let name = format!("{}-certificate", context.name());
    Certificate {
        metadata: context.metadata(&name),
        spec: CertificateSpec {
            secret_name: name,
            issuer_ref,
            dns_names,
            usages: vec!["digital signature", "key encipherment", "server auth", "client auth"],
            ..Default::default()
        },
    }
    .object()
    .map(Some)
}
