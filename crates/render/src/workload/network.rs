//! Ports: what a workload offers to others, and its Services.

use aqueduct_model::types::Name;
use k8s_openapi::api::core::v1::ServicePort;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{MetricsPort, PortField, Workload};
use crate::{Endpoint, MetricsOffer, Part, Pods, Site};

impl Workload<'_> {
    /// Returns all ports: the declared ones, and the one of the metrics where it has a number of its own.
    pub fn all_ports(&self) -> Vec<(String, PortField)> {
        let mut ports: Vec<(String, PortField)> =
            self.ports.iter().map(|(name, port)| (name.to_string(), port.clone())).collect();
        if let Some(MetricsPort::Number(port)) = self.metrics.map(|metrics| &metrics.port)
            && !ports.iter().any(|(_, known)| known.container() == port.get())
        {
            ports.push(("metrics".to_owned(), PortField::Number(*port)));
        }
        ports
    }

    /// Returns the name of the port that serves metrics.
    pub fn metrics_port(&self) -> Option<String> {
        let metrics = self.metrics?;
        Some(match &metrics.port {
            MetricsPort::Name(name) => name.to_string(),
            MetricsPort::Number(number) => self
                .ports
                .iter()
                .find(|(_, port)| port.container() == number.get())
                .map_or_else(|| "metrics".to_owned(), |(name, _)| name.to_string()),
        })
    }

    /// Returns the container port of a port, or of the first one; `None` where there is none of the name.
    pub fn port(&self, name: Option<&Name>) -> Option<(String, u16)> {
        let ports = self.all_ports();
        let found = match name {
            Some(name) => ports.iter().find(|(port, _)| port == name.as_str()),
            // `http` is what callers mean where a component has several ports.
            None => ports.iter().find(|(port, _)| port == "http").or(ports.first()),
        };
        found.map(|(name, port)| (name.clone(), port.container()))
    }

    /// Returns the pods of the workload and who reaches them beside its links.
    pub fn part(&self, site: &Site<'_>) -> Part {
        let ports = self.all_ports();
        let metrics_port = self.metrics_port();
        let metrics = metrics_port.and_then(|name| {
            let (_, port) = ports.iter().find(|(port, _)| *port == name)?;
            let path = self.metrics?.path.as_ref().map_or_else(|| "/metrics".to_owned(), ToString::to_string);
            Some(MetricsOffer { port: port.container(), path })
        });
        Part {
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
            ..Part::default()
        }
    }
}

/// Returns the endpoints of a workload behind a Service; `members` are the stable host names of its pods.
pub fn endpoints(
    site: &Site<'_>,
    workload: &Workload<'_>,
    service: &str,
    members: &[String],
) -> Vec<Endpoint> {
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
pub fn service_ports(workload: &Workload<'_>) -> Vec<ServicePort> {
    workload
        .all_ports()
        .into_iter()
        .map(|(name, port)| ServicePort {
            port: port.service().into(),
            protocol: port.protocol(),
            target_port: Some(IntOrString::String(name.clone())),
            name: Some(name),
            ..Default::default()
        })
        .collect()
}
