//! Ingresses of components.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_model::types::{Hostname, HttpPath, Name};
use aqueduct_render::{Context, Error, object};
use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule, IngressServiceBackend,
    IngressSpec, IngressTLS, ServiceBackendPort,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Workload;

/// An Ingress that leads to the component.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IngressField {
    /// The host name.
    pub host: Hostname,
    /// The path prefix (default: `/`).
    pub path: Option<HttpPath>,
    /// The name of the port (default: the first port).
    pub port: Option<Name>,
    /// The protocol of the pods.
    #[serde(default)]
    pub protocol: IngressProtocol,
    /// Whether the host has a certificate, from the environment's ClusterIssuer (default: true).
    pub tls: Option<bool>,
    /// The IngressClass (default: the environment's).
    pub class: Option<Name>,
    /// Annotations for the ingress controller.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// The protocol between the ingress controller and the pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IngressProtocol {
    /// HTTP.
    #[default]
    Http,
    /// HTTPS.
    Https,
    /// gRPC.
    Grpc,
}

/// Returns the Ingress that leads to the component's Service.
///
/// # Errors
/// Returns an error for a port that the component does not have, and for TLS without an issuer.
pub fn ingress(context: &Context<'_>, workload: &Workload, field: &IngressField) -> Result<Object, Error> {
    let (port, _) = workload.port(field.port.as_ref()).ok_or_else(|| match &field.port {
        Some(port) => Error::field("ingress.port", format!("there is no such port: `{port}`")),
        None => Error::field("ingress", "an Ingress needs at least one port in `ports`"),
    })?;
    let environment = context.environment();
    let mut annotations = BTreeMap::new();
    match field.protocol {
        IngressProtocol::Http => {}
        IngressProtocol::Https => {
            annotations.insert("nginx.ingress.kubernetes.io/backend-protocol".to_owned(), "HTTPS".to_owned());
        }
        IngressProtocol::Grpc => {
            annotations.insert("nginx.ingress.kubernetes.io/backend-protocol".to_owned(), "GRPC".to_owned());
        }
    }
    let tls = field.tls.unwrap_or(true);
    if tls {
        let issuer = environment.cluster_issuer.as_ref().ok_or_else(|| {
            Error::field(
                "ingress",
                format!(
                    "environment {} has no `cluster-issuer` to sign the host's certificate",
                    environment.name
                ),
            )
            .hint("set `cluster-issuer` of the environment, or `tls = false`")
        })?;
        annotations.insert("cert-manager.io/cluster-issuer".to_owned(), issuer.to_string());
    }
    annotations.extend(field.annotations.clone());
    let host = field.host.to_string();
    let mut metadata = context.metadata(context.name());
    metadata.annotations = Some(annotations).filter(|annotations| !annotations.is_empty());
    object(&Ingress {
        metadata,
        spec: Some(IngressSpec {
            ingress_class_name: field
                .class
                .as_ref()
                .map(ToString::to_string)
                .or_else(|| environment.ingress_class.as_ref().map(ToString::to_string)),
            tls: tls.then(|| {
                vec![IngressTLS {
                    hosts: Some(vec![host.clone()]),
                    secret_name: Some(format!("{}-tls", context.name())),
                }]
            }),
            rules: Some(vec![IngressRule {
                host: Some(host),
                http: Some(HTTPIngressRuleValue {
                    paths: vec![HTTPIngressPath {
                        path: Some(field.path.as_ref().map_or_else(|| "/".to_owned(), ToString::to_string)),
                        path_type: "Prefix".to_owned(),
                        backend: IngressBackend {
                            service: Some(IngressServiceBackend {
                                name: context.name().to_owned(),
                                port: Some(ServiceBackendPort { name: Some(port), ..Default::default() }),
                            }),
                            ..Default::default()
                        },
                    }],
                }),
            }]),
            ..Default::default()
        }),
        ..Default::default()
    })
}
