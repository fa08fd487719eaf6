//! The Prometheus operator's ServiceMonitor (monitoring.coreos.com/v1).
//! Source: <https://prometheus-operator.dev/docs/api-reference/api/>.

use aqueduct_render::CustomResource;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use serde::Serialize;

/// Services whose pods Prometheus scrapes.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceMonitor {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: ServiceMonitorSpec,
}

impl CustomResource for ServiceMonitor {
    const API_VERSION: &'static str = "monitoring.coreos.com/v1";
    const KIND: &'static str = "ServiceMonitor";
}

/// Which Services to scrape, and how.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceMonitorSpec {
    /// The Services.
    pub selector: LabelSelector,
    /// The ports.
    pub endpoints: Vec<MonitorEndpoint>,
}

/// A port to scrape.
#[derive(Clone, Debug, Serialize)]
pub struct MonitorEndpoint {
    /// The name of the Service's port.
    pub port: String,
    /// The HTTP path.
    pub path: String,
    /// The scrape interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
}
