//! `kube-state-metrics`: metrics of the state of Kubernetes objects.

use std::collections::BTreeMap;

use aqueduct_kinds::workload::{
    Metrics, MetricsPort, Permission, Permissions, PortField, Probe, Probes, Resources, Scheduling, Security,
    Workload,
};
use aqueduct_kinds::{Service, constant};
use aqueduct_manifest::{Object, Value};
use aqueduct_model::types::Image;
use aqueduct_render::{Component, Context, Error, Offer, Site};
use schemars::JsonSchema;
use serde::Deserialize;

/// Metrics of the state of Kubernetes objects: desired and ready replicas, pod phases, quotas, jobs.
///
/// Renders the same objects as `service`, with permission to list and watch every object that it reports; it reads no
/// Secrets or ConfigMaps. One pod is meant for demos and small clusters. For larger ones, use `kind = "chart"` with
/// the chart `kube-state-metrics` from <https://prometheus-community.github.io/helm-charts>, which can divide the
/// objects among several pods.
///
/// ```toml
/// kind = "chart"
/// repository = "https://prometheus-community.github.io/helm-charts"
/// name = "kube-state-metrics"
/// version = "^5.27"
///
/// [values]
/// autosharding.enabled = true
/// replicas = 3
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KubeStateMetrics {
    /// The image.
    #[serde(default = "image")]
    pub image: Image,
    /// CPU and memory.
    pub resources: Resources,
    /// Where the pod may run.
    #[serde(default)]
    pub scheduling: Scheduling,
}

fn image() -> Image {
    constant("registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.14.0")
}

/// The objects that it reports, by API group.
const RESOURCES: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "endpoints",
            "limitranges",
            "namespaces",
            "nodes",
            "persistentvolumeclaims",
            "persistentvolumes",
            "pods",
            "replicationcontrollers",
            "resourcequotas",
            "services",
        ],
    ),
    ("apps", &["daemonsets", "deployments", "replicasets", "statefulsets"]),
    ("autoscaling", &["horizontalpodautoscalers"]),
    ("batch", &["cronjobs", "jobs"]),
    ("certificates.k8s.io", &["certificatesigningrequests"]),
    ("networking.k8s.io", &["ingresses", "networkpolicies"]),
    ("policy", &["poddisruptionbudgets"]),
    ("storage.k8s.io", &["storageclasses", "volumeattachments"]),
];

impl KubeStateMetrics {
    fn service(&self) -> Service {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let mut resources: Vec<&str> =
            RESOURCES.iter().flat_map(|(_, resources)| resources.iter().copied()).collect();
        resources.sort_unstable();
        let cluster_rules = RESOURCES
            .iter()
            .map(|(group, resources)| Permission {
                groups: texts(&[*group]),
                resources: texts(resources),
                names: Vec::new(),
                paths: Vec::new(),
                verbs: texts(&["list", "watch"]),
            })
            .collect();
        let probe = |path: &str, port: &str| Probe {
            path: Some(constant(path)),
            port: Some(constant(port)),
            delay: Some(constant("5s")),
            ..Probe::default()
        };
        Service::new(Workload {
            arguments: vec![
                "--port=8080".to_owned(),
                "--telemetry-port=8081".to_owned(),
                format!("--resources={}", resources.join(",")),
            ],
            ports: BTreeMap::from([
                (constant("http"), PortField::Number(constant("8080"))),
                (constant("telemetry"), PortField::Number(constant("8081"))),
            ]),
            probes: Probes {
                liveness: Some(probe("/livez", "http")),
                readiness: Some(probe("/readyz", "telemetry")),
                startup: None,
            },
            metrics: Some(Metrics { port: MetricsPort::Name(constant("http")), path: None, interval: None }),
            permissions: Some(Permissions { rules: Vec::new(), cluster_rules }),
            security: Security { user: Some(65534), ..Security::default() },
            scheduling: self.scheduling.clone(),
            ..Workload::new(self.image.clone(), self.resources.clone())
        })
    }
}

impl Component for KubeStateMetrics {
    const KIND: &'static str = "kube-state-metrics";

    fn offer(&self, site: &Site<'_>) -> Offer {
        Component::offer(&self.service(), site)
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let mut objects = Component::render(&self.service(), context)?;
        objects.iter_mut().filter(|object| object.kind() == "ServiceMonitor").for_each(honour_labels);
        Ok(objects)
    }
}

/// Keeps the labels of the metrics: `namespace` and `pod` refer to the reported object, not to the reporting pod.
fn honour_labels(monitor: &mut Object) {
    let spec = monitor.map.map_entry("spec");
    let mut endpoints = spec.get("endpoints").and_then(Value::as_list).cloned().unwrap_or_default();
    for endpoint in endpoints.make_mut().iter_mut().filter_map(Value::as_map_mut) {
        endpoint.insert("honorLabels", true);
    }
    spec.insert("endpoints", endpoints);
}
