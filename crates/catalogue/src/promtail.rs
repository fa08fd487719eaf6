//! `promtail`: sends the logs of every pod to Loki.

use std::collections::BTreeMap;

use aqueduct_kinds::workload::{
    FileField, Metrics, MetricsPort, Permission, Permissions, PortField, Probe, Probes, Resources,
    Scheduling, Security, Variable, VariableSource, VolumeField, Workload,
};
use aqueduct_kinds::{Daemon, constant};
use aqueduct_manifest::Object;
use aqueduct_model::Services;
use aqueduct_model::types::{Image, Reference};
use aqueduct_render::{Component, Context, Error, Link, Offer, Site, Target};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::node_exporter::everywhere;

/// The agent that sends the logs of every pod to Loki, with the same labels as metrics: `namespace`, `pod`,
/// `container`, `tenant`, `component`, `node`.
///
/// It sends to the component in `logs` of `[services]` in `platform.toml`, unless `to` is set. Pods need no
/// configuration: everything that they print is sent.
///
/// Renders the same objects as `daemon`. It reads the node's log files as root and stores its read positions on the
/// node, so the tenant needs `pod-security = "privileged"`. It has no capabilities. It is meant for demos and small
/// clusters. For larger ones, use `kind = "chart"` with Promtail's successor, the chart `alloy` from
/// <https://grafana.github.io/helm-charts>.
///
/// ```toml
/// kind = "chart"
/// repository = "https://grafana.github.io/helm-charts"
/// name = "alloy"
/// version = "^0.9"
///
/// [values]
/// controller.type = "daemonset"
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Promtail {
    /// The image.
    #[serde(default = "image")]
    pub image: Image,
    /// CPU and memory on each node.
    pub resources: Resources,
    /// The component of kind `loki` that receives the logs (default: the platform's `logs` service).
    pub to: Option<Target>,
    /// Where the pods may run (default: on every node, whatever its taints).
    #[serde(default = "everywhere")]
    pub scheduling: Scheduling,
}

fn image() -> Image {
    constant("grafana/promtail:3.2.1")
}

const SETTINGS: &str = "\
server:
  http_listen_port: 3101
  grpc_listen_port: 0
  log_level: info

positions:
  filename: /var/lib/promtail/positions.yaml

clients:
  - url: {url}/loki/api/v1/push
    external_labels:
      environment: {environment}

scrape_configs:
  - job_name: pods
    kubernetes_sd_configs:
      - role: pod
        selectors:
          - role: pod
            field: spec.nodeName=${HOSTNAME}
    pipeline_stages:
      - cri: {}
    relabel_configs:
      - source_labels: [__meta_kubernetes_pod_phase]
        action: drop
        regex: Pending
      - source_labels: [__meta_kubernetes_pod_node_name]
        target_label: node
      - source_labels: [__meta_kubernetes_namespace]
        target_label: namespace
      - source_labels: [__meta_kubernetes_pod_name]
        target_label: pod
      - source_labels: [__meta_kubernetes_pod_container_name]
        target_label: container
      - source_labels: [__meta_kubernetes_pod_label_app_kubernetes_io_part_of]
        target_label: tenant
      - source_labels: [__meta_kubernetes_pod_label_app_kubernetes_io_name, __meta_kubernetes_pod_label_app, __meta_kubernetes_pod_label_k8s_app]
        regex: ;*([^;]+).*
        target_label: component
      - source_labels: [__meta_kubernetes_pod_uid, __meta_kubernetes_pod_container_name]
        separator: /
        replacement: /var/log/pods/*$1/*.log
        target_label: __path__
      # Pods from the node's own files are filed under a digest and not under their id.
      - source_labels: [__meta_kubernetes_pod_annotation_kubernetes_io_config_hash, __meta_kubernetes_pod_container_name]
        regex: (.+)/(.+)
        separator: /
        replacement: /var/log/pods/*$1/$2/*.log
        target_label: __path__
";

impl Promtail {
    fn daemon(&self, configuration: String) -> Daemon {
        let file = FileField {
            mount: "/etc/promtail".to_owned(),
            text: Some(configuration),
            content: None,
            source: None,
        };
        let positions = VolumeField {
            persistent: true,
            ..VolumeField::of_node("/var/lib/promtail", "/var/lib/promtail")
        };
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let watch = Permission {
            groups: Vec::new(),
            resources: texts(&["pods"]),
            names: Vec::new(),
            paths: Vec::new(),
            verbs: texts(&["get", "list", "watch"]),
        };
        Daemon::new(Workload {
            arguments: texts(&["-config.file=/etc/promtail/promtail.yaml", "-config.expand-env=true"]),
            ports: BTreeMap::from([(constant("http"), PortField::Number(constant("3101")))]),
            // Promtail only reads the files of the node in this variable.
            variables: BTreeMap::from([(
                "HOSTNAME".to_owned(),
                Variable::From(VariableSource::Field("spec.nodeName".to_owned())),
            )]),
            files: BTreeMap::from([("promtail.yaml".to_owned(), file)]),
            probes: Probes {
                liveness: None,
                readiness: Some(Probe {
                    path: Some(constant("/ready")),
                    delay: Some(constant("10s")),
                    ..Probe::default()
                }),
                startup: None,
            },
            volumes: BTreeMap::from([
                (constant("logs"), VolumeField::of_node("/var/log", "/var/log")),
                (constant("positions"), positions),
            ]),
            metrics: Some(Metrics { port: MetricsPort::Name(constant("http")), path: None, interval: None }),
            permissions: Some(Permissions { rules: Vec::new(), cluster_rules: vec![watch] }),
            // The files belong to root.
            security: Security { user: Some(0), ..Security::default() },
            scheduling: self.scheduling.clone(),
            ..Workload::new(self.image.clone(), self.resources.clone())
        })
    }
}

/// Returns a log agent's link to the receiver: the component that it sets, or else the platform's.
pub(crate) fn log_store(to: Option<&Target>, logs: Option<&Reference>) -> Vec<Link> {
    let shared = || logs.map(|reference| Target { reference: reference.clone(), endpoint: None });
    to.cloned().or_else(shared).iter().map(|target| Link::new("to", target)).collect()
}

impl Component for Promtail {
    const KIND: &'static str = "promtail";

    fn offer(&self, site: &Site<'_>) -> Offer {
        Component::offer(&self.daemon(String::new()), site)
    }

    fn shared(&self, services: &Services) -> Vec<Link> {
        log_store(self.to.as_ref(), services.logs.as_ref())
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        if self.to.is_none() && context.platform.services.logs.is_none() {
            return Err(Error::field("to", "there is no receiver for the logs")
                .hint("set a `loki` as `logs` in `[services]` of platform.toml, or as `to`"));
        }
        let Some(loki) = context.link("to") else { return Ok(Vec::new()) };
        if loki.site.instance.kind != "loki" {
            return Err(Error::field("to", format!("`{}` is not a Loki", loki.site.name()))
                .hint("refer to a component of kind `loki`"));
        }
        let url = loki.property("url").map_err(|message| Error::field("to", message))?;
        let configuration =
            SETTINGS.replace("{url}", &url).replace("{environment}", context.environment().name.as_str());
        Component::render(&self.daemon(configuration), context)
    }
}
