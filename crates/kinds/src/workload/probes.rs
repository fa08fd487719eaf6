//! How the kubelet finds out how the container is.

use aqueduct_model::types::{Duration, HttpPath, Name};
use aqueduct_render::Error;
use k8s_openapi::api::core::v1::{
    ExecAction, GRPCAction, HTTPGetAction, Probe as KubernetesProbe, TCPSocketAction,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Workload;

/// How the kubelet finds out how the container is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probes {
    /// Restarts the container when it fails.
    pub liveness: Option<Probe>,
    /// Takes the pod out of its Services while it fails.
    pub readiness: Option<Probe>,
    /// Holds the other two back until it succeeds once.
    pub startup: Option<Probe>,
}

/// One probe: an HTTP path, a gRPC health check, a command, or else an open TCP port.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Probe {
    /// The HTTP path to ask for.
    pub path: Option<HttpPath>,
    /// The name of the port (default: the first port).
    pub port: Option<Name>,
    /// Whether to ask the gRPC health service.
    #[serde(default)]
    pub grpc: bool,
    /// A command to run in the container.
    #[serde(default)]
    pub command: Vec<String>,
    /// How long to wait before the first try.
    pub delay: Option<Duration>,
    /// How long to wait between two tries.
    pub period: Option<Duration>,
    /// How long one try may take.
    pub timeout: Option<Duration>,
    /// How many tries must fail in a row.
    pub failures: Option<u16>,
}

/// Returns Kubernetes' form of one of the probes.
///
/// # Errors
/// A port that the component lacks.
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
        Some(port) => {
            Error::field(&format!("{path}.port"), format!("there is no port of this name: `{port}`"))
        }
        None => Error::field(&path, "a probe without a `command` needs one of `ports`"),
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
