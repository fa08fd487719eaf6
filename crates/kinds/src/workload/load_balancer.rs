//! Cloud load balancers of components.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_model::types::{Cidr, Name, Port};
use aqueduct_render::{Context, Error, object};
use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Workload;
use super::network::service_ports;

/// A cloud load balancer for this component alone.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LoadBalancer {
    /// The name of the component's port (default: all ports).
    pub port: Option<Name>,
    /// The port that it listens on (default: the Service's).
    pub listen: Option<Port>,
    /// Its protocol: `tcp`, `http`, `https` or `http2`.
    pub protocol: Option<String>,
    /// The size, in the cloud's units.
    pub size: Option<u16>,
    /// The name of a cloud certificate, with which the load balancer terminates TLS.
    pub certificate: Option<String>,
    /// Address ranges that may connect (default: any).
    #[serde(default)]
    pub allow: Vec<Cidr>,
    /// Additional annotations.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// Returns the Service of type LoadBalancer in front of the component's pods.
///
/// # Errors
/// Returns an error for a port that the component does not have.
pub fn load_balancer(
    context: &Context<'_>,
    workload: &Workload,
    field: &LoadBalancer,
) -> Result<Object, Error> {
    let mut ports: Vec<ServicePort> = service_ports(workload)?;
    // A separate metrics port is for the cluster only, not for the outside.
    ports.retain(|port| workload.ports.keys().any(|name| port.name.as_deref() == Some(name.as_str())));
    if let Some(port) = &field.port {
        ports.retain(|known| known.name.as_deref() == Some(port.as_str()));
        if ports.is_empty() {
            return Err(Error::field("load-balancer.port", format!("there is no such port: `{port}`")));
        }
    }
    if let Some(listen) = &field.listen {
        if ports.len() != 1 {
            return Err(Error::field(
                "load-balancer.listen",
                "`listen` requires `port`, since the component has several ports",
            ));
        }
        ports.iter_mut().for_each(|port| port.port = listen.get().into());
    }
    let name = format!("{}-load-balancer", context.name());
    let known = &context.environment().cloud.load_balancer;
    for (path, given, placeholder) in [
        ("load-balancer.size", field.size.is_some(), "{size}"),
        ("load-balancer.certificate", field.certificate.is_some(), "{certificate}"),
    ] {
        if given && !known.asks_for(placeholder) {
            let environment = &context.environment().name;
            return Err(Error::field(path, format!("the cloud of `{environment}` has no annotation for `{}`", path.trim_start_matches("load-balancer.")))
                .hint("set the annotation that your cloud reads in `load-balancer.annotations`, or add it to `cloud.load-balancer` of the environment"));
        }
    }
    let title = format!("{}-{}", context.environment().name, context.application());
    let protocol = field.protocol.as_deref().unwrap_or("tcp");
    let mut annotations = known.fill(&title, protocol, field.size.unwrap_or(1), field.certificate.as_deref());
    annotations.extend(field.annotations.clone());
    let mut metadata = context.metadata(name);
    metadata.annotations = Some(annotations).filter(|annotations| !annotations.is_empty());
    object(&Service {
        metadata,
        spec: Some(ServiceSpec {
            type_: Some("LoadBalancer".to_owned()),
            external_traffic_policy: Some("Local".to_owned()),
            load_balancer_source_ranges: Some(
                field.allow.iter().map(ToString::to_string).collect::<Vec<_>>(),
            )
            .filter(|ranges| !ranges.is_empty()),
            ports: Some(ports),
            selector: Some(context.selector()),
            ..Default::default()
        }),
        ..Default::default()
    })
}
