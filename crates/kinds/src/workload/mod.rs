//! What all kinds with pods share: the fields, the pod template, and the objects beside it.

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
mod variables;
mod volumes;

use std::collections::BTreeMap;

use aqueduct_model::types::{Image, Name, Reference};
use aqueduct_render::{Link, SourceName, Target};

pub use certificate::CertificateField;
pub use companions::companions;
pub use files::{Anything, ConfigMount, FileField, Table, config_map, file_digest, file_texts};
pub use ingress::{IngressField, IngressProtocol, ingress};
pub use lifecycle::{BeforeRollout, Rollout, Shutdown};
pub use load_balancer::{LoadBalancer, load_balancer};
pub use metrics::{Metrics, MetricsPort};
pub use network::{Egress, PortField, PortTable, Protocol, endpoints, service, service_ports};
pub use permissions::{Permissions, Rule};
pub use pod::{PodOptions, Security, container, pod_template};
pub use probes::{Probe, Probes};
pub use resources::{Amounts, Resources, requirements};
pub use scale::{Autoscaling, Disruption, disruption_budget, scaler};
pub use scheduling::{Scheduling, Spread, Toleration};
pub use secrets::{PullSecret, SecretField, secret_store};
pub use variables::{DatabaseField, DatabaseTable, Variable, VariableSource};
pub use volumes::{VolumeField, claim_templates};

/// The shared fields of a kind with pods, borrowed from it.
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "the fields are documented where a kind declares them")]
pub struct Workload<'a> {
    pub image: &'a Image,
    pub command: &'a [String],
    pub arguments: &'a [String],
    pub prepare: &'a [String],
    pub shutdown: Option<&'a Shutdown>,
    pub ports: &'a BTreeMap<Name, PortField>,
    pub variables: &'a BTreeMap<String, Variable>,
    pub secrets: &'a BTreeMap<Name, SecretField>,
    pub pull_secret: Option<&'a PullSecret>,
    pub files: &'a BTreeMap<String, FileField>,
    pub config: Option<&'a ConfigMount>,
    pub links: &'a BTreeMap<Name, Target>,
    pub database: Option<&'a DatabaseField>,
    pub resources: &'a Resources,
    pub probes: &'a Probes,
    pub volumes: &'a BTreeMap<Name, VolumeField>,
    pub metrics: Option<&'a Metrics>,
    pub permissions: Option<&'a Permissions>,
    pub security: &'a Security,
    pub scheduling: &'a Scheduling,
    pub egress: &'a [Egress],
    pub certificate: Option<&'a CertificateField>,
}

impl<'a> Workload<'a> {
    /// Returns what the shared fields name of the platform's files.
    pub fn sources(&self) -> Vec<SourceName<'a>> {
        self.files.values().filter_map(|file| file.source.as_deref()).map(SourceName::Files).collect()
    }

    /// Returns the components that the shared fields name.
    pub fn needs(&self) -> Vec<Link> {
        let mut links: Vec<Link> = Link::table(self.links).collect();
        links.extend(self.database.map(|database| Link::new("database", database.target())));
        links.extend(self.config.map(|config| Link::new("config", &config.component)));
        for (name, secret) in self.secrets {
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

/// Declares a kind with pods: the shared fields and those of its own, in one flat table.
///
/// serde's `flatten` would lose the places of errors, so the shared fields are written into each type.
#[macro_export]
macro_rules! workload {
    (
        with new;
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$field_meta:meta])* pub $field:ident: $type:ty, )*
        }
    ) => {
        $crate::workload! {
            $(#[$meta])*
            pub struct $name {
                $( $(#[$field_meta])* pub $field: $type, )*
            }
        }

        impl $name {
            /// Returns the component with an image and resources, and the defaults for all other fields.
            pub fn new(image: aqueduct_model::types::Image, resources: $crate::workload::Resources) -> Self {
                Self {
                    image,
                    command: Vec::new(),
                    arguments: Vec::new(),
                    prepare: Vec::new(),
                    shutdown: None,
                    ports: Default::default(),
                    variables: Default::default(),
                    secrets: Default::default(),
                    pull_secret: None,
                    files: Default::default(),
                    config: None,
                    links: Default::default(),
                    database: None,
                    resources,
                    probes: Default::default(),
                    volumes: Default::default(),
                    metrics: None,
                    permissions: None,
                    security: Default::default(),
                    scheduling: Default::default(),
                    egress: Vec::new(),
                    certificate: None,
                    $( $field: Default::default(), )*
                }
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$field_meta:meta])* pub $field:ident: $type:ty, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $name {
            /// The image of the container.
            pub image: aqueduct_model::types::Image,
            /// The command; the image's own where it is not given.
            #[serde(default)]
            pub command: Vec<String>,
            /// The arguments of the command.
            #[serde(default)]
            pub arguments: Vec<String>,
            /// A command that runs to its end before the container starts, in the same image, with the same
            /// variables, files and volumes.
            #[serde(default)]
            pub prepare: Vec<String>,
            /// How the container ends; at once, after its SIGTERM, where it is not given.
            pub shutdown: Option<$crate::workload::Shutdown>,
            /// The ports that the container listens on, by name.
            #[serde(default)]
            pub ports: std::collections::BTreeMap<aqueduct_model::types::Name, $crate::workload::PortField>,
            /// Environment variables; never secrets.
            #[serde(default)]
            pub variables: std::collections::BTreeMap<String, $crate::workload::Variable>,
            /// Secret values by reference.
            #[serde(default)]
            pub secrets: std::collections::BTreeMap<aqueduct_model::types::Name, $crate::workload::SecretField>,
            /// The login for the image's registry.
            pub pull_secret: Option<$crate::workload::PullSecret>,
            /// Configuration files by name.
            #[serde(default)]
            pub files: std::collections::BTreeMap<String, $crate::workload::FileField>,
            /// A configuration shared with other components.
            pub config: Option<$crate::workload::ConfigMount>,
            /// Components that this one calls, by the name it gives them.
            #[serde(default)]
            pub links: std::collections::BTreeMap<aqueduct_model::types::Name, aqueduct_render::Target>,
            /// The database that this component uses.
            pub database: Option<$crate::workload::DatabaseField>,
            /// CPU and memory, required.
            pub resources: $crate::workload::Resources,
            /// Health checks; an open port is checked where none is given.
            #[serde(default)]
            pub probes: $crate::workload::Probes,
            /// Folders that are not part of the image, by name.
            #[serde(default)]
            pub volumes: std::collections::BTreeMap<aqueduct_model::types::Name, $crate::workload::VolumeField>,
            /// Where metrics are served.
            pub metrics: Option<$crate::workload::Metrics>,
            /// What the component may do with the Kubernetes API; nothing where it is not given.
            pub permissions: Option<$crate::workload::Permissions>,
            /// Whom the container runs as.
            #[serde(default)]
            pub security: $crate::workload::Security,
            /// Where the pods may run.
            #[serde(default)]
            pub scheduling: $crate::workload::Scheduling,
            /// Addresses outside of the cluster that the component may reach.
            #[serde(default)]
            pub egress: Vec<$crate::workload::Egress>,
            /// A certificate of the component's own.
            pub certificate: Option<$crate::workload::CertificateField>,
            $( $(#[$field_meta])* pub $field: $type, )*
        }

        impl $name {
            /// Returns the shared fields.
            pub fn workload(&self) -> $crate::workload::Workload<'_> {
                $crate::workload::Workload {
                    image: &self.image,
                    command: &self.command,
                    arguments: &self.arguments,
                    prepare: &self.prepare,
                    shutdown: self.shutdown.as_ref(),
                    ports: &self.ports,
                    variables: &self.variables,
                    secrets: &self.secrets,
                    pull_secret: self.pull_secret.as_ref(),
                    files: &self.files,
                    config: self.config.as_ref(),
                    links: &self.links,
                    database: self.database.as_ref(),
                    resources: &self.resources,
                    probes: &self.probes,
                    volumes: &self.volumes,
                    metrics: self.metrics.as_ref(),
                    permissions: self.permissions.as_ref(),
                    security: &self.security,
                    scheduling: &self.scheduling,
                    egress: &self.egress,
                    certificate: self.certificate.as_ref(),
                }
            }
        }
    };
}
