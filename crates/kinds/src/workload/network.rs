//! Ports: the endpoints of a workload, and its Service.

use aqueduct_manifest::Object;
use aqueduct_model::types::{Cidr, Name, Port, ScalarOrTable};
use aqueduct_render::{Context, Endpoint, Error, MetricsOffer, PodGroup, Pods, Site, object};
use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::{MetricsPort, Workload};

/// A port of the container.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(untagged)]
pub enum PortField {
    /// The same number in the container and in the Service.
    Number(Port),
    /// Different numbers, or a different network protocol.
    Table(PortTable),
}

/// A port with its settings.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PortTable {
    /// The port that the container listens on.
    pub port: Port,
    /// The port of the Service (default: the container's).
    pub service: Option<Port>,
    /// The network protocol (default: TCP).
    #[serde(default)]
    pub protocol: PortProtocol,
}

/// A network protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PortProtocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

impl<'de> Deserialize<'de> for PortField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ScalarOrTable::deserialize(deserializer).map(|field| match field {
            ScalarOrTable::Scalar(port) => Self::Number(port),
            ScalarOrTable::Table(table) => Self::Table(table),
        })
    }
}

impl PortField {
    /// Returns the port that the container listens on.
    pub fn container(&self) -> u16 {
        match self {
            Self::Number(port) => port.get(),
            Self::Table(table) => table.port.get(),
        }
    }

    /// Returns the port of the Service.
    pub fn service(&self) -> u16 {
        match self {
            Self::Number(port) => port.get(),
            Self::Table(table) => table.service.as_ref().unwrap_or(&table.port).get(),
        }
    }

    /// Returns the protocol as Kubernetes writes it; `None` for TCP, its default.
    pub fn protocol(&self) -> Option<String> {
        match self {
            Self::Table(PortTable { protocol: PortProtocol::Udp, .. }) => Some("UDP".to_owned()),
            _ => None,
        }
    }
}

/// Addresses outside the cluster that the component may reach.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Egress {
    /// The address range (default: everywhere except the cluster's private ranges).
    pub cidr: Option<Cidr>,
    /// The TCP ports (default: all).
    #[serde(default)]
    pub ports: Vec<Port>,
}

impl Workload {
    /// Returns all ports: the declared ones, and a separate metrics port.
    pub fn all_ports(&self) -> Vec<(String, PortField)> {
        let mut ports: Vec<(String, PortField)> =
            self.ports.iter().map(|(name, port)| (name.to_string(), port.clone())).collect();
        if let Some(MetricsPort::Number(port)) = self.metrics.as_ref().map(|metrics| &metrics.port)
            && !ports.iter().any(|(_, known)| known.container() == port.get())
        {
            ports.push(("metrics".to_owned(), PortField::Number(*port)));
        }
        ports
    }

    /// Returns the name of the port that serves metrics.
    pub fn metrics_port(&self) -> Option<String> {
        let metrics = self.metrics.as_ref()?;
        Some(match &metrics.port {
            MetricsPort::Name(name) => name.to_string(),
            MetricsPort::Number(number) => self
                .ports
                .iter()
                .find(|(_, port)| port.container() == number.get())
                .map_or_else(|| "metrics".to_owned(), |(name, _)| name.to_string()),
        })
    }

    /// Returns the container port of the named port, or of the first one; `None` if there is no such port.
    pub fn port(&self, name: Option<&Name>) -> Option<(String, u16)> {
        let ports = self.all_ports();
        let found = match name {
            Some(name) => ports.iter().find(|(port, _)| port == name.as_str()),
            // If a component has several ports, callers mean `http`.
            None => ports.iter().find(|(port, _)| port == "http").or(ports.first()),
        };
        found.map(|(name, port)| (name.clone(), port.container()))
    }

    /// Returns the pods of the workload, and who can reach them in addition to links.
    pub fn pod_group(&self, site: &Site<'_>) -> PodGroup {
        let ports = self.all_ports();
        let metrics_port = self.metrics_port();
        let metrics = metrics_port.and_then(|name| {
            let (_, port) = ports.iter().find(|(port, _)| *port == name)?;
            let path = self
                .metrics
                .as_ref()?
                .path
                .as_ref()
                .map_or_else(|| "/metrics".to_owned(), ToString::to_string);
            Some(MetricsOffer { port: port.container(), path })
        });
        PodGroup {
            name: site.name().to_owned(),
            labels: site.selector(),
            metrics,
            egress: self
                .egress
                .iter()
                .map(|egress| {
                    let ports = egress.ports.iter().map(|port| port.get()).collect();
                    (egress.cidr.as_ref().map(ToString::to_string), ports)
                })
                .collect(),
            api_server: self.permissions.is_some(),
            ..PodGroup::default()
        }
    }
}

/// Returns the endpoints of a workload behind a Service; `members` are the stable host names of its pods.
pub fn endpoints(site: &Site<'_>, workload: &Workload, service: &str, members: &[String]) -> Vec<Endpoint> {
    let mut endpoints: Vec<Endpoint> = workload
        .all_ports()
        .into_iter()
        .map(|(name, port)| Endpoint {
            host: Some(site.host(service)),
            port: port.service(),
            scheme: scheme(&name),
            pods: Some(Pods {
                namespace: site.namespace().to_owned(),
                labels: site.selector(),
                port: port.container(),
            }),
            outside: None,
            members: members.to_vec(),
            name,
        })
        .collect();
    endpoints.sort_by_key(|endpoint| (endpoint.name != "http", endpoint.name == "metrics"));
    endpoints
}

fn scheme(port: &str) -> &'static str {
    match port {
        "https" => "https",
        "grpc" => "grpc",
        "redis" => "redis",
        "postgres" => "postgresql",
        _ => "http",
    }
}

/// Returns the ports of the workload's Service.
///
/// # Errors
/// Returns an error if two ports of one protocol have the same number.
pub fn service_ports(workload: &Workload) -> Result<Vec<ServicePort>, Error> {
    let ports = workload.all_ports();
    for (place, (name, port)) in ports.iter().enumerate() {
        let number = port.service();
        let same = |other: &&(String, PortField)| {
            other.1.service() == number && other.1.protocol() == port.protocol()
        };
        if let Some((other, _)) = ports.iter().take(place).find(same) {
            let message =
                format!("the ports `{other}` and `{name}` of the Service have the same number: {number}");
            let hint = format!(
                "set a different number for the Service: `{name} = {{ port = {}, service = … }}`",
                port.container()
            );
            return Err(Error::path(&["ports", name], message).hint(hint));
        }
    }
    Ok(ports
        .into_iter()
        .map(|(name, port)| ServicePort {
            port: port.service().into(),
            protocol: port.protocol(),
            target_port: Some(IntOrString::String(name.clone())),
            name: Some(name),
            ..Default::default()
        })
        .collect())
}

/// Returns the Service in front of the workload's pods, with the component's name.
///
/// # Errors
/// Returns an error for a struct that cannot be written as a manifest.
pub fn service(context: &Context<'_>, workload: &Workload) -> Result<Object, Error> {
    object(&Service {
        metadata: context.metadata(context.name()),
        spec: Some(ServiceSpec {
            ports: Some(service_ports(workload)?),
            selector: Some(context.selector()),
            ..Default::default()
        }),
        ..Default::default()
    })
}
