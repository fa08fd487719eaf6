//! Where metrics are served, and how they are collected.

use std::fmt;

use aqueduct_manifest::Object;
use aqueduct_model::types::{Duration, HttpPath, Name, Port};
use aqueduct_render::{Context, CustomResource as _};
use schemars::JsonSchema;
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, Visitor};

use super::Workload;
use crate::custom::{MonitorEndpoint, ServiceMonitor, ServiceMonitorSpec};

/// Where metrics are served.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// The port: the name of one of `ports`, or the number of a separate port.
    pub port: MetricsPort,
    /// The HTTP path (default: `/metrics`).
    pub path: Option<HttpPath>,
    /// How often they are collected (default: the metrics server's interval).
    pub interval: Option<Duration>,
}

/// The port that serves metrics.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(untagged)]
pub enum MetricsPort {
    /// A separate port, with the name `metrics`.
    Number(Port),
    /// The name of one of the component's ports.
    Name(Name),
}

impl<'de> Deserialize<'de> for MetricsPort {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MetricsPortVisitor)
    }
}

struct MetricsPortVisitor;

impl Visitor<'_> for MetricsPortVisitor {
    type Value = MetricsPort;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a port, or the name of one of `ports`")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<MetricsPort, E> {
        Port::deserialize(value.into_deserializer()).map(MetricsPort::Number)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<MetricsPort, E> {
        Port::deserialize(value.into_deserializer()).map(MetricsPort::Number)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<MetricsPort, E> {
        Name::deserialize(value.into_deserializer()).map(MetricsPort::Name)
    }
}

/// Returns the ServiceMonitor of a workload with metrics; `None` if the environment has no operator for it.
pub(super) fn service_monitor(
    context: &Context<'_>,
    workload: &Workload,
) -> Result<Option<Object>, aqueduct_render::Error> {
    let (Some(port), Some(offer)) = (workload.metrics_port(), workload.pod_group(&context.site).metrics)
    else {
        return Ok(None);
    };
    // Without the operator, the pods' annotations serve the same purpose.
    if !context.provides(ServiceMonitor::API_VERSION) {
        return Ok(None);
    }
    let interval =
        workload.metrics.as_ref().and_then(|metrics| metrics.interval.as_ref()).map(ToString::to_string);
    ServiceMonitor {
        metadata: context.metadata(context.name()),
        spec: ServiceMonitorSpec {
            selector: context.label_selector(),
            endpoints: vec![MonitorEndpoint { port, path: offer.path, interval }],
        },
    }
    .object()
    .map(Some)
}
