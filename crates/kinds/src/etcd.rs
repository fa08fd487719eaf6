//! `etcd`: a cluster of the key-value store, as a StatefulSet.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_model::types::{Image, Memory, Name};
use aqueduct_render::{Component, Context, Error, Horizon, Offer, Site};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::stateful::{headless, members};
use crate::workload::{
    Metrics, MetricsPort, PortField, Probe, Probes, Resources, Scheduling, Spread, Variable, VariableSource,
    VolumeField, Workload,
};
use crate::{Stateful, constant};

const CLIENT: u16 = 2379;
const PEER: u16 = 2380;

/// An etcd cluster: a StatefulSet whose member list follows from the number of replicas.
///
/// Renders the same objects as `stateful`. Clients link to it and use `${link.<name>.members}` for the addresses of
/// all members.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Etcd {
    /// The image.
    #[serde(default = "image")]
    pub image: Image,
    /// The number of members: 1, 3, 5 or 7.
    #[serde(default = "three")]
    pub replicas: u16,
    /// CPU and memory of each member.
    pub resources: Resources,
    /// The volume of each member.
    pub storage: Storage,
    /// Where the members may run.
    #[serde(default = "apart")]
    pub scheduling: Scheduling,
}

/// A volume for data.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// The size.
    pub size: Memory,
    /// The StorageClass (default: the environment's).
    pub class: Option<Name>,
}

impl Storage {
    /// Returns the persistent volume, mounted in a folder.
    pub fn volume(&self, mount: &str) -> VolumeField {
        VolumeField {
            size: Some(self.size.clone()),
            persistent: true,
            class: self.class.clone(),
            ..VolumeField::scratch(mount)
        }
    }
}

fn image() -> Image {
    constant("quay.io/coreos/etcd:v3.5.11")
}

fn three() -> u16 {
    3
}

fn apart() -> Scheduling {
    Scheduling { spread: Spread::Apart, ..Scheduling::default() }
}

impl Etcd {
    fn stateful(&self, site: &Site<'_>) -> Stateful {
        let text = |text: String| Variable::Text(text);
        let peers: Vec<String> = members(site, self.replicas)
            .iter()
            .enumerate()
            .map(|(ordinal, host)| format!("{}-{ordinal}=http://{host}:{PEER}", site.name()))
            .collect();
        let own = format!("$(ETCD_NAME).{}", site.host(&headless(site.name())));
        let health = |path: &str, period: &str, failures| Probe {
            path: Some(constant(path)),
            port: Some(constant("client")),
            period: Some(constant(period)),
            timeout: Some(constant("5s")),
            failures: Some(failures),
            ..Probe::default()
        };
        // A restart does not help a member that has lost the others or has no space left.
        let alive = "/health?exclude=NOSPACE&serializable=true";
        Stateful {
            replicas: Some(self.replicas),
            peers: true,
            // The members wait for each other, so starting them one by one would deadlock.
            parallel: true,
            ..Stateful::new(Workload {
                command: vec!["/usr/local/bin/etcd".to_owned()],
                ports: BTreeMap::from([
                    (constant("client"), PortField::Number(port(CLIENT))),
                    (constant("peer"), PortField::Number(port(PEER))),
                ]),
                variables: BTreeMap::from([
                    (
                        "ETCD_NAME".to_owned(),
                        Variable::From(VariableSource::Field("metadata.name".to_owned())),
                    ),
                    // Without compaction, every version of every key is kept until there is no space left.
                    ("ETCD_AUTO_COMPACTION_MODE".to_owned(), text("periodic".to_owned())),
                    ("ETCD_AUTO_COMPACTION_RETENTION".to_owned(), text("1h".to_owned())),
                    ("ETCD_DATA_DIR".to_owned(), text("/var/lib/etcd/data".to_owned())),
                    ("ETCD_INITIAL_CLUSTER".to_owned(), text(peers.join(","))),
                    ("ETCD_INITIAL_CLUSTER_STATE".to_owned(), text("new".to_owned())),
                    ("ETCD_INITIAL_CLUSTER_TOKEN".to_owned(), text(site.application())),
                    ("ETCD_LISTEN_CLIENT_URLS".to_owned(), text(format!("http://0.0.0.0:{CLIENT}"))),
                    ("ETCD_LISTEN_PEER_URLS".to_owned(), text(format!("http://0.0.0.0:{PEER}"))),
                    ("ETCD_ADVERTISE_CLIENT_URLS".to_owned(), text(format!("http://{own}:{CLIENT}"))),
                    ("ETCD_INITIAL_ADVERTISE_PEER_URLS".to_owned(), text(format!("http://{own}:{PEER}"))),
                ]),
                probes: Probes {
                    liveness: Some(health(alive, "10s", 6)),
                    readiness: Some(health("/health", "5s", 3)),
                    // Reading a large log again takes time.
                    startup: Some(health(alive, "5s", 60)),
                },
                volumes: BTreeMap::from([(constant("data"), self.storage.volume("/var/lib/etcd"))]),
                metrics: Some(Metrics {
                    port: MetricsPort::Name(constant("client")),
                    path: None,
                    interval: None,
                }),
                scheduling: self.scheduling.clone(),
                ..Workload::new(self.image.clone(), self.resources.clone())
            })
        }
    }
}

fn port(port: u16) -> aqueduct_model::types::Port {
    port.to_string().parse().expect("the ports of stock kinds are valid")
}

impl Component for Etcd {
    const KIND: &'static str = "etcd";
    const HORIZON: Horizon = Horizon::Links;

    fn offer(&self, site: &Site<'_>) -> Offer {
        Component::offer(&self.stateful(site), site)
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        if !matches!(self.replicas, 1 | 3 | 5 | 7) {
            return Err(Error::field(
                "replicas",
                format!("etcd needs 1, 3, 5 or 7 members: `{}`", self.replicas),
            )
            .hint("an even number tolerates no more failures than the odd number below it"));
        }
        Component::render(&self.stateful(&context.site), context)
    }
}
