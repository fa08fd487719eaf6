//! `node-exporter`: metrics of every node.

use std::collections::BTreeMap;

use aqueduct_kinds::workload::{
    Metrics, MetricsPort, PortField, Probe, Probes, Resources, Scheduling, Security, Toleration, VolumeField,
    Workload,
};
use aqueduct_kinds::{Daemon, constant};
use aqueduct_manifest::Object;
use aqueduct_model::types::Image;
use aqueduct_render::{Component, Context, Error, Offer, Site};
use schemars::JsonSchema;
use serde::Deserialize;

/// Metrics of every node: processors, memory, disks, file systems, network.
///
/// Renders the same objects as `daemon`. It reads the node's file system and uses its network and process ids, so the
/// tenant needs `pod-security = "privileged"`. It runs as the user `nobody` without capabilities. It is meant for
/// demos and small clusters. For larger ones, use `kind = "chart"` with the chart `prometheus-node-exporter` from
/// <https://prometheus-community.github.io/helm-charts>.
///
/// ```toml
/// kind = "chart"
/// repository = "https://prometheus-community.github.io/helm-charts"
/// name = "prometheus-node-exporter"
/// version = "^4.42"
///
/// [values]
/// tolerations = [{ operator = "Exists" }]
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NodeExporter {
    /// The image.
    #[serde(default = "image")]
    pub image: Image,
    /// CPU and memory on each node.
    pub resources: Resources,
    /// Where the pods may run (default: on every node, whatever its taints).
    #[serde(default = "everywhere")]
    pub scheduling: Scheduling,
}

fn image() -> Image {
    constant("quay.io/prometheus/node-exporter:v1.8.2")
}

/// Returns the scheduling of an agent that runs on every node.
pub(crate) fn everywhere() -> Scheduling {
    let all = Toleration::default();
    Scheduling { tolerations: vec![all], ..Scheduling::default() }
}

impl NodeExporter {
    fn daemon(&self) -> Daemon {
        let probe = Probe { path: Some(constant("/")), ..Probe::default() };
        Daemon::new(Workload { arguments: [
                "--path.procfs=/host/root/proc",
                "--path.sysfs=/host/root/sys",
                "--path.rootfs=/host/root",
                "--path.udev.data=/host/root/run/udev/data",
                "--web.listen-address=0.0.0.0:9100",
                "--collector.filesystem.mount-points-exclude=^/(dev|proc|run|sys|var/lib/containers/.+|var/lib/docker/.+|var/lib/kubelet/.+)($|/)",
                "--collector.netclass.ignored-devices=^(veth.*|cali.*|cilium.*|lxc.*|[a-f0-9]{15})$",
                "--collector.netdev.device-exclude=^(veth.*|cali.*|cilium.*|lxc.*|[a-f0-9]{15})$",
                "--no-collector.wifi",
            ]
            .map(str::to_owned)
            .to_vec(),
ports: BTreeMap::from([(constant("metrics"), PortField::Number(constant("9100")))]),
probes: Probes { liveness: Some(probe.clone()), readiness: Some(probe), startup: None },
volumes: BTreeMap::from([(constant("root"), VolumeField::of_node("/", "/host/root"))]),
metrics: Some(Metrics { port: MetricsPort::Name(constant("metrics")), path: None, interval: None }),
security: Security { user: Some(65534), host: true, ..Security::default() },
scheduling: self.scheduling.clone(),
..Workload::new(self.image.clone(), self.resources.clone()) })
    }
}

impl Component for NodeExporter {
    const KIND: &'static str = "node-exporter";

    fn offer(&self, site: &Site<'_>) -> Offer {
        Component::offer(&self.daemon(), site)
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        Component::render(&self.daemon(), context)
    }
}
