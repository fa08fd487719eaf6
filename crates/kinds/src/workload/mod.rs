//! The shared parts of all kinds with pods: the fields, the pod template, and the companion objects.

mod certificate;
mod companions;
mod files;
mod ingress;
mod lifecycle;
mod load_balancer;
mod metrics;
mod network;
mod permissions;
mod pod;
mod probes;
mod resources;
mod scale;
mod scheduling;
mod secrets;
mod sidecars;
mod variables;
mod volumes;

use std::collections::BTreeMap;

use aqueduct_model::types::{Image, Name, Reference};
use aqueduct_render::{Link, SourceName, Target};
use schemars::JsonSchema;
use serde::Deserialize;

pub use certificate::CertificateField;
pub use companions::companions;
pub use files::{Anything, ConfigMount, FileField, FreeTable, config_map, file_digest, file_texts};
pub use ingress::{IngressField, IngressProtocol, ingress};
pub use lifecycle::{BeforeRollout, Rollout, Shutdown};
pub use load_balancer::{LoadBalancer, load_balancer};
pub use metrics::{Metrics, MetricsPort};
pub use network::{Egress, PortField, PortProtocol, PortTable, endpoints, service, service_ports};
pub use permissions::{Permission, Permissions};
pub use pod::{PodOptions, Security, container, pod_template};
pub use probes::{Probe, Probes};
pub use resources::{Amounts, Resources, requirements};
pub use scale::{Autoscaling, Disruption, disruption_budget, scaler};
pub use scheduling::{Scheduling, Spread, Toleration};
pub use secrets::{PullSecret, SecretField, secret_store};
pub use sidecars::{PodField, Sidecar, SidecarAmounts, SidecarResources};
pub use variables::{DatabaseField, DatabaseTable, Variable, VariableSource};
pub use volumes::{VolumeField, claim_templates};

/// The fields that all kinds with pods share.
///
/// A kind adds them to its own fields, in the same table, with a field of this type, as `service` does:
///
/// ```
/// # use aqueduct_kinds::workload::Workload;
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// #[serde(deny_unknown_fields, rename_all = "kebab-case")]
/// struct Page {
///     #[serde(rename = "..")]
///     #[schemars(flatten)]
///     workload: Workload,
///     /// What it says.
///     text: String,
/// }
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Workload {
    /// The image of the container.
    pub image: Image,
    /// The command (default: the image's own).
    #[serde(default)]
    pub command: Vec<String>,
    /// The arguments of the command.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// A command that runs to completion before the container starts, with the same image, variables, files and
    /// volumes.
    #[serde(default)]
    pub prepare: Vec<String>,
    /// Containers with their own images that run to completion, one after the other, before the container starts.
    #[serde(default)]
    pub init_containers: Vec<Sidecar>,
    /// Containers that run alongside the main one; in a pod that runs to completion, they end with it.
    #[serde(default)]
    pub sidecars: Vec<Sidecar>,
    /// How the container ends (default: SIGTERM without a delay).
    pub shutdown: Option<Shutdown>,
    /// The ports that the container listens on, by name.
    #[serde(default)]
    pub ports: BTreeMap<Name, PortField>,
    /// Environment variables; never secrets.
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    /// Secret values by reference.
    #[serde(default)]
    pub secrets: BTreeMap<Name, SecretField>,
    /// The login for the image's registry.
    pub pull_secret: Option<PullSecret>,
    /// Configuration files by name.
    #[serde(default)]
    pub files: BTreeMap<String, FileField>,
    /// A configuration shared with other components.
    pub config: Option<ConfigMount>,
    /// Components that this one connects to, by a name of its choice.
    #[serde(default)]
    pub links: BTreeMap<Name, Target>,
    /// The database that this component uses.
    pub database: Option<DatabaseField>,
    /// CPU and memory, required.
    pub resources: Resources,
    /// Health checks (default: whether the first port is open).
    #[serde(default)]
    pub probes: Probes,
    /// Folders that are not part of the image, by name.
    #[serde(default)]
    pub volumes: BTreeMap<Name, VolumeField>,
    /// Where metrics are served.
    pub metrics: Option<Metrics>,
    /// What the component may do with the Kubernetes API (default: nothing).
    pub permissions: Option<Permissions>,
    /// The user and privileges of the container.
    #[serde(default)]
    pub security: Security,
    /// The pod's `securityContext` in Kubernetes' notation, on top of the one from `security`.
    pub security_context: Option<FreeTable>,
    /// Additional labels, annotations and settings of the pods.
    #[serde(default)]
    pub pod: PodField,
    /// Where the pods may run.
    #[serde(default)]
    pub scheduling: Scheduling,
    /// Taints that the pods tolerate, in addition to those of `scheduling`.
    #[serde(default)]
    pub tolerations: Vec<Toleration>,
    /// The affinity of the pods to nodes and other pods, in Kubernetes' notation.
    pub affinity: Option<FreeTable>,
    /// The RuntimeClass.
    pub runtime_class: Option<Name>,
    /// Addresses outside the cluster that the component may reach.
    #[serde(default)]
    pub egress: Vec<Egress>,
    /// A certificate for the component.
    pub certificate: Option<CertificateField>,
}

impl Workload {
    /// Returns the fields with an image and resources, and defaults for all others.
    pub fn new(image: Image, resources: Resources) -> Self {
        Self {
            image,
            command: Vec::new(),
            arguments: Vec::new(),
            prepare: Vec::new(),
            init_containers: Vec::new(),
            sidecars: Vec::new(),
            shutdown: None,
            ports: BTreeMap::new(),
            variables: BTreeMap::new(),
            secrets: BTreeMap::new(),
            pull_secret: None,
            files: BTreeMap::new(),
            config: None,
            links: BTreeMap::new(),
            database: None,
            resources,
            probes: Probes::default(),
            volumes: BTreeMap::new(),
            metrics: None,
            permissions: None,
            security: Security::default(),
            security_context: None,
            pod: PodField::default(),
            scheduling: Scheduling::default(),
            tolerations: Vec::new(),
            affinity: None,
            runtime_class: None,
            egress: Vec::new(),
            certificate: None,
        }
    }

    /// Returns the platform's files that the shared fields refer to.
    pub fn sources(&self) -> Vec<SourceName<'_>> {
        self.files.values().filter_map(|file| file.source.as_deref()).map(SourceName::Files).collect()
    }

    /// Returns the components that the shared fields refer to.
    pub fn needs(&self) -> Vec<Link> {
        let mut links: Vec<Link> = Link::table(&self.links).collect();
        links.extend(self.database.as_ref().map(|database| Link::new("database", database.target())));
        links.extend(self.config.as_ref().map(|config| Link::new("config", &config.component)));
        for (name, secret) in &self.secrets {
            if let Some(component) = &secret.component {
                let target = Target {
                    reference: Reference { tenant: None, component: component.clone() },
                    endpoint: None,
                };
                links.push(Link {
                    field: vec!["secrets".to_owned(), name.to_string(), "component".to_owned()],
                    ..Link::new(&format!("secrets.{name}"), &target)
                });
            }
        }
        links
    }
}
