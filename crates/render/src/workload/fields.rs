//! The fields that every kind with pods has.

use std::collections::BTreeMap;

use aqueduct_manifest::Value;
use aqueduct_model::types::{Cidr, Cpu, Duration, Host, HttpPath, Memory, Name, Percentage, Port, Subdomain};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Target;

/// An environment variable: a plain value, or a table that says where the value comes from.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Variable {
    /// A switch; written as `true` or `false`.
    Switch(bool),
    /// A whole number.
    Integer(i64),
    /// Text; `${link.<name>.address}` and `$(OTHER_VARIABLE)` are expanded.
    Text(String),
    /// A value taken from elsewhere.
    From(VariableSource),
}

/// Where the value of an environment variable comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum VariableSource {
    /// A field of the pod, such as `metadata.name`.
    Field(String),
    /// A key of a Secret that exists already: `secret-name/key`.
    Secret(String),
    /// A key of a ConfigMap that exists already: `config-map-name/key`.
    ConfigMap(String),
}

/// CPU and memory that a container asks for and may not exceed.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// What the scheduler reserves.
    pub requests: Amounts,
    /// What the kernel enforces.
    pub limits: Amounts,
}

/// An amount of CPU and memory.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Amounts {
    /// CPU, such as `250m` or `2`.
    pub cpu: Cpu,
    /// Memory, such as `256Mi`.
    pub memory: Memory,
}

/// A port of the container.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PortField {
    /// The same number in the container and in the Service.
    Number(Port),
    /// Different numbers, or a scheme other than the port's name suggests.
    Table(PortTable),
}

/// A port whose Service has another number.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PortTable {
    /// The port that the container listens on.
    pub port: Port,
    /// The port of the Service; the container's where it is not given.
    pub service: Option<Port>,
    /// The network protocol; TCP where it is not given.
    #[serde(default)]
    pub protocol: Protocol,
}

/// A network protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

impl PortField {
    /// Returns the port that the container listens on.
    pub fn container(&self) -> u16 {
        match self {
            Self::Number(port) => port.get(),
            Self::Table(table) => table.port.get(),
        }
    }

    /// Returns the port of the Service.
    pub fn service(&self) -> u16 {
        match self {
            Self::Number(port) => port.get(),
            Self::Table(table) => table.service.as_ref().unwrap_or(&table.port).get(),
        }
    }

    /// Returns the protocol as Kubernetes writes it; `None` for TCP, its default.
    pub fn protocol(&self) -> Option<String> {
        match self {
            Self::Table(PortTable { protocol: Protocol::Udp, .. }) => Some("UDP".to_owned()),
            _ => None,
        }
    }
}

/// Secret values from the environment's secret store, or a Secret that exists already.
///
/// The values themselves never stand in the source: `remote` names an entry of the store, from which the
/// External Secrets operator makes the Secret; `existing` names a Secret that something else makes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretField {
    /// The entry in the environment's secret store.
    pub remote: Option<String>,
    /// The name of a Secret that exists already.
    pub existing: Option<Subdomain>,
    /// A `secret` component of this tenant.
    pub component: Option<Name>,
    /// The keys, each of which becomes an environment variable of that name unless `mount` is given.
    #[serde(default)]
    pub keys: Vec<String>,
    /// The folder in which the keys appear as files, instead of environment variables.
    pub mount: Option<String>,
}

/// The login for the registry that the image comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PullSecret {
    /// The entry in the environment's secret store that holds the Docker configuration.
    pub remote: Option<String>,
    /// The name of a Secret of type `kubernetes.io/dockerconfigjson` that exists already.
    pub existing: Option<Subdomain>,
}

/// A file of configuration, mounted into the container.
///
/// One of `text`, `content` and `source` says what is in it. The pods roll when it changes.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileField {
    /// The folder in which the file appears.
    pub mount: String,
    /// The text of the file; `${link.…}` is expanded.
    pub text: Option<String>,
    /// The content as a table, written as YAML or JSON by the ending of the file's name.
    pub content: Option<Table>,
    /// A file of the source, relative to the tenant's folder.
    pub source: Option<String>,
}

/// Any table, taken as it is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Table(#[schemars(with = "BTreeMap<String, serde_json::Value>")] pub aqueduct_manifest::Map);

/// Any value, taken as it is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Anything(#[schemars(with = "serde_json::Value")] pub Value);

/// A configuration of a `config` component, mounted into the container.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigMount {
    /// The `config` component.
    pub component: Target,
    /// The folder in which its files appear.
    pub mount: String,
}

/// A database that the component uses.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum DatabaseField {
    /// The component; its login arrives as `<KIND>_HOST`, `_PORT`, `_DB`, `_USER` and `_PASSWORD`.
    Component(Target),
    /// The component, and the names of the variables.
    Table(DatabaseTable),
}

/// A database and the names under which its login arrives.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatabaseTable {
    /// The component.
    pub component: Target,
    /// The variables, each with the property that it holds: `host`, `port`, `database`, `user`,
    /// `password`, `url`.
    pub variables: BTreeMap<String, String>,
}

impl DatabaseField {
    /// Returns the component.
    pub fn target(&self) -> &Target {
        match self {
            Self::Component(target) => target,
            Self::Table(table) => &table.component,
        }
    }
}

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
    /// The name of the port; the first port where it is not given.
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

/// How the container ends when its pod is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shutdown {
    /// A command that runs before the container is told to end, such as one that drains connections.
    #[serde(default)]
    pub command: Vec<String>,
    /// How long the container may take, the command included; 30 seconds where it is not given.
    pub grace: Option<Duration>,
}

/// A folder of the container that is not part of its image.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VolumeField {
    /// Where it appears in the container.
    pub mount: String,
    /// The size: of the claim where `persistent` is set, else the limit of the scratch space.
    pub size: Option<Memory>,
    /// Whether it outlives the pod; a folder of the node is then made and writable.
    #[serde(default)]
    pub persistent: bool,
    /// The StorageClass of a persistent volume; the environment's where it is not given.
    pub class: Option<Name>,
    /// Whether scratch space is kept in memory.
    #[serde(default)]
    pub memory: bool,
    /// A folder of the node, for agents that read its logs or its state; read-only unless `persistent`.
    pub node: Option<String>,
}

impl VolumeField {
    /// Tells whether the volume is claimed from the cluster's storage.
    pub fn is_claim(&self) -> bool {
        self.persistent && self.node.is_none()
    }

    /// Returns a folder of the node, which the pods may only read.
    pub fn of_node(folder: &str, mount: &str) -> Self {
        Self { node: Some(folder.to_owned()), ..Self::scratch(mount) }
    }

    /// Returns scratch space.
    pub fn scratch(mount: &str) -> Self {
        Self {
            mount: mount.to_owned(),
            size: None,
            persistent: false,
            class: None,
            memory: false,
            node: None,
        }
    }
}

/// Where metrics are served.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// The port: the name of one of `ports`, or a number of its own.
    pub port: MetricsPort,
    /// The HTTP path; `/metrics` where it is not given.
    pub path: Option<HttpPath>,
    /// How often they are collected; the server's default where it is not given.
    pub interval: Option<Duration>,
}

/// The port that serves metrics.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum MetricsPort {
    /// A port of its own, which becomes a port named `metrics`.
    Number(Port),
    /// The name of one of the component's ports.
    Name(Name),
}

/// What the component may do with the Kubernetes API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Permissions {
    /// Rules within the namespace.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// Rules over the whole cluster.
    #[serde(default)]
    pub cluster_rules: Vec<Rule>,
}

/// One permission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// The API groups; the core group where none is given.
    #[serde(default)]
    pub groups: Vec<String>,
    /// The resources, such as `pods`.
    #[serde(default)]
    pub resources: Vec<String>,
    /// The names, where only some objects are meant.
    #[serde(default)]
    pub names: Vec<String>,
    /// The paths, where no resource is meant.
    #[serde(default)]
    pub paths: Vec<String>,
    /// The verbs, such as `get`.
    pub verbs: Vec<String>,
}

/// Whom the container runs as, and what the kernel lets it do.
///
/// Without any field it runs as user 1000, without privileges, on a read-only root file system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Security {
    /// The user; 1000 where it is not given. 0 is root, which the namespace must allow.
    pub user: Option<i64>,
    /// The group; the user's number where it is not given.
    pub group: Option<i64>,
    /// Whether the container may write outside of its volumes.
    #[serde(default)]
    pub writable_root: bool,
    /// Linux capabilities to keep, such as `NET_BIND_SERVICE`.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// Whether the pod shares the node's network and process ids, for node agents.
    #[serde(default)]
    pub host: bool,
}

/// Where pods may run.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scheduling {
    /// The node pool of the environment.
    pub pool: Option<Name>,
    /// How replicas are kept apart.
    #[serde(default)]
    pub spread: Spread,
    /// Taints that the pods bear.
    #[serde(default)]
    pub tolerations: Vec<Toleration>,
    /// The PriorityClass.
    pub priority_class: Option<Name>,
}

/// How replicas are kept apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Spread {
    /// Evenly over zones and nodes, by topology spread constraints.
    #[default]
    Even,
    /// Away from one another, by a preferred anti-affinity over zones, then nodes.
    Apart,
    /// Wherever there is room.
    None,
}

/// A taint that pods bear.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Toleration {
    /// The key of the taint; every taint where it is not given.
    pub key: Option<String>,
    /// The value that the taint must have.
    pub value: Option<String>,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`; every effect where it is not given.
    pub effect: Option<String>,
    /// How long a `NoExecute` taint is borne.
    pub seconds: Option<i64>,
}

/// Addresses outside of the cluster that the component may reach.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Egress {
    /// The range; everywhere but the cluster's own private ranges where it is not given.
    pub cidr: Option<Cidr>,
    /// The TCP ports; every port where none is given.
    #[serde(default)]
    pub ports: Vec<Port>,
}

/// A certificate from cert-manager, mounted into the container.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CertificateField {
    /// The Issuer of the namespace; the environment's ClusterIssuer where it is not given.
    pub issuer: Option<Subdomain>,
    /// Names beside those of the component's Services.
    #[serde(default)]
    pub names: Vec<Host>,
    /// The folder in which `tls.crt`, `tls.key` and `ca.crt` appear.
    pub mount: String,
}

/// How many pods may be missing when nodes are drained.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Disruption {
    /// How many pods must stay.
    pub min_available: Option<u16>,
    /// How many pods may be missing; 1 where neither is given.
    pub max_unavailable: Option<u16>,
}

/// How an Ingress leads to the component.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IngressField {
    /// The host name.
    pub host: Host,
    /// The path prefix; `/` where it is not given.
    pub path: Option<HttpPath>,
    /// The name of the port; the first port where it is not given.
    pub port: Option<Name>,
    /// The protocol that the pods speak.
    #[serde(default)]
    pub protocol: IngressProtocol,
    /// Whether the host has a certificate; on by default, from the environment's ClusterIssuer.
    pub tls: Option<bool>,
    /// The IngressClass; the environment's where it is not given.
    pub class: Option<Name>,
    /// Annotations for the controller.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// The protocol between the ingress controller and the pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IngressProtocol {
    /// HTTP.
    #[default]
    Http,
    /// HTTPS.
    Https,
    /// gRPC.
    Grpc,
}

/// A load balancer of the cloud in front of this component alone.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LoadBalancer {
    /// The name of the port behind it; all ports where it is not given.
    pub port: Option<Name>,
    /// The port that it listens on; the Service's where it is not given.
    pub listen: Option<Port>,
    /// The protocol that it speaks: `tcp`, `http`, `https` or `http2`.
    pub protocol: Option<String>,
    /// The size in DigitalOcean units.
    pub size: Option<u16>,
    /// The name of a DigitalOcean certificate that ends TLS at the load balancer.
    pub certificate: Option<String>,
    /// Address ranges that may connect; everybody where none is given.
    #[serde(default)]
    pub allow: Vec<Cidr>,
    /// Further annotations.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// When the number of replicas follows the load.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Autoscaling {
    /// The fewest replicas.
    pub min: u16,
    /// The most replicas.
    pub max: u16,
    /// The CPU use to aim for, of what is requested.
    pub cpu: Option<Percentage>,
    /// The memory use to aim for, of what is requested.
    pub memory: Option<Percentage>,
}

/// How a new version replaces the old one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Rollout {
    /// Pod by pod, never fewer than before.
    #[default]
    Rolling,
    /// All old pods end before the first new one starts, for a single writer.
    Recreate,
}

/// A job that must succeed before a new version rolls out, such as a migration of the database.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BeforeRollout {
    /// The command, run in the component's own image with its variables.
    pub command: Vec<String>,
    /// How long it may take; ten minutes where it is not given.
    pub timeout: Option<Duration>,
}
