//! How the kubelet checks the health of the container.

use aqueduct_model::types::{Duration, HttpPath, Name};
use aqueduct_render::Error;
use k8s_openapi::api::core::v1::{
    ExecAction, GRPCAction, HTTPGetAction, Probe as KubernetesProbe, TCPSocketAction,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Workload;

/// How the kubelet checks the health of the container.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probes {
    /// The container is restarted when this fails.
    pub liveness: Option<Probe>,
    /// The pod gets no traffic from Services while this fails.
    pub readiness: Option<Probe>,
    /// The other two probes wait until this succeeds once.
    pub startup: Option<Probe>,
}

/// A probe: an HTTP path, a gRPC health check, a command, or else an open TCP port.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Probe {
    /// The HTTP path to request.
    pub path: Option<HttpPath>,
    /// The name of the port (default: the first port).
    pub port: Option<Name>,
    /// Whether to use the gRPC health service.
    #[serde(default)]
    pub grpc: bool,
    /// A command to run in the container.
    #[serde(default)]
    pub command: Vec<String>,
    /// The delay before the first check.
    pub delay: Option<Duration>,
    /// The interval between checks.
    pub period: Option<Duration>,
    /// The timeout of a check.
    pub timeout: Option<Duration>,
    /// How many checks in a row must fail.
    pub failures: Option<u16>,
}

/// Returns a probe in Kubernetes' form.
///
/// # Errors
/// Returns an error for a port that the component does not have.
pub(super) fn probe(
    workload: &Workload,
    field: &str,
    probe: Option<&Probe>,
) -> Result<Option<KubernetesProbe>, Error> {
    let Some(probe) = probe else { return Ok(None) };
    let path = format!("probes.{field}");
    let mut result = KubernetesProbe {
        initial_delay_seconds: probe.delay.as_ref().map(|delay| delay.seconds() as i32),
        period_seconds: probe.period.as_ref().map(|period| period.seconds() as i32),
        timeout_seconds: probe.timeout.as_ref().map(|timeout| timeout.seconds() as i32),
        failure_threshold: probe.failures.map(i32::from),
        ..Default::default()
    };
    if !probe.command.is_empty() {
        result.exec = Some(ExecAction { command: Some(probe.command.clone()) });
        return Ok(Some(result));
    }
    let (name, number) = workload.port(probe.port.as_ref()).ok_or_else(|| match &probe.port {
        Some(port) => Error::field(&format!("{path}.port"), format!("there is no such port: `{port}`")),
        None => Error::field(&path, "a probe without a `command` needs at least one port in `ports`"),
    })?;
    let port = IntOrString::String(name);
    if probe.grpc {
        result.grpc = Some(GRPCAction { port: number.into(), service: None });
    } else if let Some(path) = &probe.path {
        result.http_get = Some(HTTPGetAction { path: Some(path.to_string()), port, ..Default::default() });
    } else {
        result.tcp_socket = Some(TCPSocketAction { port, host: None });
    }
    Ok(Some(result))
}
