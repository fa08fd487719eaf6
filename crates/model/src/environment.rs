//! An environment: where the platform runs, and what its cluster provides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aqueduct_manifest::{Place, SmolStr};
use schemars::JsonSchema;
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};

use crate::cloud::{Cloud, CloudField};
use crate::component::Fields;
use crate::delivery::Delivery;
use crate::node::Node;
use crate::patch::Patch;
use crate::tenancy::{IsolationLevel, PodSecurity};
use crate::types::{
    ApiVersion, Cidr, Cpu, Hostname, KubernetesVersion, LabelKey, LabelValue, Memory, Name, NameSuffix,
    OutputPath, Repository, ScalarOrTable, Subdomain, TargetCluster,
};

/// An environment, as `[environments.<name>]` of `platform.toml` declares it.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The name.
    pub name: Name,
    /// The environments that it extends, the first one of them first, and itself as the last one.
    pub lineage: Vec<Name>,
    /// The cluster, as Argo CD knows it.
    pub cluster: TargetCluster,
    /// The Argo CD that delivers the environment, where it is named.
    pub argocd: Option<Name>,
    /// What is put behind the names of namespaces.
    pub namespace_suffix: Option<NameSuffix>,
    /// The environment that changes come from.
    pub promoted_from: Option<Name>,
    /// The git repository that Argo CD reads, where it is not the platform's.
    pub repository: Option<Repository>,
    /// The branch, tag or commit that Argo CD reads, where it is not the platform's.
    pub revision: Option<SmolStr>,
    /// The folder of the environment's tree in its repository, where it is not that of the output.
    pub path: Option<OutputPath>,
    /// How Argo CD delivers what belongs to no tenant.
    pub delivery: Arc<Delivery>,
    /// The version of Kubernetes, with its patch level where charts ask for it.
    pub kubernetes: KubernetesVersion,
    /// The domain below which hosts are made.
    pub domain: Hostname,
    /// The APIs that the cluster provides beyond those of Kubernetes.
    pub apis: BTreeSet<ApiVersion>,
    /// The groups of APIs that the cluster provides in every version, with their kinds outside of namespaces.
    pub api_groups: BTreeMap<SmolStr, BTreeSet<SmolStr>>,
    /// Where definitions of further APIs lie.
    pub api_sources: Vec<ApiSource>,
    /// The storage class of volumes that name none.
    pub storage_class: Option<Subdomain>,
    /// The storage classes that the cluster has, the default one among them; empty where they are not listed.
    pub storage_classes: BTreeSet<Subdomain>,
    /// The class of Ingresses.
    pub ingress_class: Option<Subdomain>,
    /// The ClusterIssuer that signs the certificates of hosts.
    pub cluster_issuer: Option<Subdomain>,
    /// The ClusterSecretStore that ExternalSecrets read from.
    pub secret_store: Option<Subdomain>,
    /// What the cloud adds to Kubernetes.
    pub cloud: Cloud,
    /// The nodes of the cluster.
    pub node_pools: BTreeMap<Name, NodePool>,
    /// The infrastructure of the environment besides its nodes.
    pub infrastructure: Option<Infrastructure>,
    /// How far the pods of tenants are shut off, where a tenant does not say.
    pub isolation: Option<IsolationLevel>,
    /// The Pod Security Standard that pods are held to, where a tenant does not say.
    pub pod_security: Option<PodSecurity>,
    /// Changes to what delivers the environment.
    pub patches: Vec<Patch>,
    /// Labels of the namespaces of tenants.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Annotations of the namespaces of tenants.
    pub annotations: BTreeMap<LabelKey, SmolStr>,
    /// Values of the environment's own, by name.
    pub values: BTreeMap<SmolStr, Arc<Node>>,
    /// Fields of components by their kind, below the blueprint, tenant and component.
    pub defaults: BTreeMap<SmolStr, Arc<Node>>,
    /// The table that declares the environment.
    pub node: Arc<Node>,
}

/// `[environments.<name>]` of `platform.toml`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct EnvironmentFile {
    /// The environment that this one is like: all that is not said here is as there, the tables `[environments]` of
    /// tenants, components and blueprints among it.
    #[expect(dead_code, reason = "it is taken from the node before the layers are merged")]
    pub(crate) extends: Option<Name>,
    /// The cluster that objects are applied to, as Argo CD knows it: the address of its API server, or its name.
    /// Where it is not the one that Argo CD runs in, the names of Applications and projects have that of the
    /// environment in front.
    #[serde(default = "TargetCluster::local")]
    pub(crate) cluster: TargetCluster,
    /// The Argo CD that delivers the environment. Environments that say the same share one; by default each has its
    /// own, but those with another `cluster` or with a `namespace-suffix`, which share one.
    pub(crate) argocd: Option<Name>,
    /// What is put behind the names of all namespaces of tenants, so that several environments fit one cluster.
    pub(crate) namespace_suffix: Option<NameSuffix>,
    /// The environment that changes go through before this one; `aqueduct review` lists changes that skip it.
    pub(crate) promoted_from: Option<Name>,
    /// The git repository that Argo CD reads (default: the platform's).
    pub(crate) repository: Option<Repository>,
    /// The branch, tag or commit that Argo CD reads (default: the platform's).
    pub(crate) revision: Option<String>,
    /// The folder of the environment's tree in its repository; by default that of the platform's output with the name
    /// of the environment.
    pub(crate) path: Option<OutputPath>,
    /// How Argo CD delivers, above the platform's.
    #[serde(default)]
    #[schemars(with = "Delivery")]
    #[expect(dead_code, reason = "it is read once the layers are merged")]
    pub(crate) delivery: Fields,
    /// The version of Kubernetes, with its patch level where charts ask for it.
    #[serde(default = "latest_kubernetes")]
    pub(crate) kubernetes: KubernetesVersion,
    /// The domain below which hosts are made: `${environment.domain}`. Only an environment that extends another one
    /// need not say it.
    pub(crate) domain: Hostname,
    /// Whether Argo CD applies changes by itself.
    #[serde(default)]
    #[expect(dead_code, reason = "it becomes a part of the delivery")]
    pub(crate) sync: SyncPolicy,
    /// The APIs that the cluster provides beyond those of Kubernetes: a group and a version, a group with its kinds
    /// that live outside of namespaces, or where their definitions lie.
    #[serde(default)]
    pub(crate) apis: Vec<Api>,
    /// The storage class of volumes that name none.
    pub(crate) storage_class: Option<Subdomain>,
    /// The storage classes that the cluster has.
    #[serde(default)]
    pub(crate) storage_classes: BTreeSet<Subdomain>,
    /// The class of Ingresses.
    pub(crate) ingress_class: Option<Subdomain>,
    /// The ClusterIssuer that signs the certificates of hosts.
    pub(crate) cluster_issuer: Option<Subdomain>,
    /// The ClusterSecretStore that ExternalSecrets read from.
    pub(crate) secret_store: Option<Subdomain>,
    /// The cloud, which decides how pods choose a node pool, what load balancers are told and what nodes cost:
    /// `digitalocean`, `aws`, `google`, `azure` or `none`, or a table with what differs.
    #[serde(default)]
    pub(crate) cloud: CloudField,
    /// The nodes of the cluster.
    #[serde(default)]
    pub(crate) node_pools: BTreeMap<Name, NodePool>,
    /// The infrastructure of the environment besides its nodes.
    pub(crate) infrastructure: Option<Infrastructure>,
    /// How far the pods of tenants are shut off, where a tenant does not say, above the platform's.
    pub(crate) isolation: Option<IsolationLevel>,
    /// The Pod Security Standard that pods are held to, where a tenant does not say, above the platform's.
    pub(crate) pod_security: Option<PodSecurity>,
    /// Changes to what Argo CD gets in the environment: projects and Applications.
    #[serde(default)]
    pub(crate) patches: Vec<Patch>,
    /// Labels of the namespaces of tenants, above the platform's.
    #[serde(default)]
    pub(crate) labels: BTreeMap<LabelKey, LabelValue>,
    /// Annotations of the namespaces of tenants, above the platform's.
    #[serde(default)]
    #[schemars(with = "BTreeMap<LabelKey, String>")]
    pub(crate) annotations: BTreeMap<LabelKey, SmolStr>,
    /// Values of the environment's own: `${environment.values.<name>}`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<Name, crate::schema::ParameterValue>")]
    #[expect(dead_code, reason = "the values are taken from the node, with their places")]
    pub(crate) values: BTreeMap<Name, IgnoredAny>,
    /// Fields of components by their kind, above the platform's defaults.
    #[serde(default)]
    #[schemars(with = "crate::schema::Defaults")]
    #[expect(dead_code, reason = "the values are taken from the node, with their places")]
    pub(crate) defaults: BTreeMap<Name, Fields>,
}

impl EnvironmentFile {
    /// Returns the environment that the file declares.
    pub(crate) fn into_environment(
        self,
        lineage: Vec<Name>,
        name: Name,
        values: BTreeMap<SmolStr, Arc<Node>>,
        node: Arc<Node>,
    ) -> Environment {
        let mut storage_classes = self.storage_classes;
        if !storage_classes.is_empty() {
            storage_classes.extend(self.storage_class.clone());
        }
        let mut apis = BTreeSet::new();
        let mut api_groups: BTreeMap<SmolStr, BTreeSet<SmolStr>> = BTreeMap::new();
        let mut api_sources = Vec::new();
        let entries = node.get("apis").and_then(Node::as_list).unwrap_or_default();
        for (number, api) in self.apis.into_iter().enumerate() {
            match api {
                Api::Version(version) => {
                    apis.insert(version);
                }
                Api::Definitions(ApiDefinitions { definitions: name }) => {
                    let written = entries.get(number).unwrap_or(&node);
                    api_sources.push(ApiSource { name, place: written.origin.place.clone() });
                }
                Api::Group(ApiGroup { group, cluster_scoped }) => {
                    let kinds = cluster_scoped.into_iter().map(SmolStr::from);
                    api_groups.entry(group.to_string().into()).or_default().extend(kinds);
                }
            }
        }
        let cloud = Cloud::from(self.cloud);
        let mut node_pools = self.node_pools;
        for pool in node_pools.values_mut().filter(|pool| pool.monthly_price.is_none()) {
            pool.monthly_price = pool.size.as_ref().and_then(|size| cloud.node_prices.get(size)).copied();
        }
        Environment {
            name,
            lineage,
            cluster: self.cluster,
            argocd: self.argocd,
            namespace_suffix: self.namespace_suffix,
            promoted_from: self.promoted_from,
            repository: self.repository,
            revision: self.revision.map(SmolStr::from),
            path: self.path,
            delivery: Arc::default(),
            kubernetes: self.kubernetes,
            domain: self.domain,
            apis,
            api_groups,
            api_sources,
            storage_class: self.storage_class,
            storage_classes,
            ingress_class: self.ingress_class,
            cluster_issuer: self.cluster_issuer,
            secret_store: self.secret_store,
            cloud,
            node_pools,
            infrastructure: self.infrastructure,
            isolation: self.isolation,
            pod_security: self.pod_security,
            patches: self.patches,
            labels: self.labels,
            annotations: self.annotations,
            values,
            defaults: node.get("defaults").map(Node::shared_tables).unwrap_or_default(),
            node,
        }
    }
}

impl Environment {
    /// Tells whether other environments may be delivered by the same Argo CD, so that names need that of the
    /// environment in them.
    pub fn shares_argocd(&self) -> bool {
        self.argocd.is_some() || self.namespace_suffix.is_some() || !self.cluster.is_local()
    }

    /// Returns what tells the cluster of the environment from others. Each Argo CD reaches its own cluster by the same
    /// address, so that it is that of whoever is delivered by the same one.
    pub fn cluster_key(&self) -> SmolStr {
        if self.cluster.is_local() { self.deliverer().into() } else { self.cluster.to_string().into() }
    }

    /// Returns what tells the Argo CD that delivers the environment from others.
    pub fn deliverer(&self) -> String {
        match &self.argocd {
            Some(argocd) => format!("shared: {argocd}"),
            None if self.shares_argocd() => "shared".to_owned(),
            None => format!("own: {}", self.name),
        }
    }

    /// Returns the labels by which pods choose the nodes of a pool; none where neither the cloud nor the pool has
    /// any, or there is no such pool.
    pub fn pool_selector(&self, pool: &Name) -> BTreeMap<String, String> {
        let Some(nodes) = self.node_pools.get(pool) else { return BTreeMap::new() };
        match &self.cloud.node_pool_label {
            Some(label) => BTreeMap::from([(label.to_string(), pool.to_string())]),
            None => nodes.labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        }
    }
}

fn latest_kubernetes() -> KubernetesVersion {
    KubernetesVersion { major: 1, minor: 33, patch: None }
}

/// Where definitions of APIs lie that the tree does not carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSource {
    /// The address of a file, or a path of the platform's folder with a leading `/`.
    pub name: String,
    /// Where it is written.
    pub place: Place,
}

/// One of the APIs that a cluster provides.
#[derive(Deserialize, JsonSchema)]
#[serde(from = "ScalarOrTable<ApiVersion, ApiTable>")]
#[schemars(untagged)]
pub(crate) enum Api {
    /// A group and a version, such as `cert-manager.io/v1`.
    Version(ApiVersion),
    /// All versions of a group.
    Group(ApiGroup),
    /// What definitions say.
    Definitions(ApiDefinitions),
}

/// A group of APIs that a cluster provides in every version.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ApiGroup {
    /// The group, such as `kyverno.io`.
    group: Subdomain,
    /// Its kinds that live outside of namespaces; all others live in namespaces.
    cluster_scoped: BTreeSet<String>,
}

/// APIs that a cluster provides as CustomResourceDefinitions say that the tree does not carry.
///
/// Charts see the versions and kinds that they serve, objects are held against their schemas, and they say what lives
/// in namespaces.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiDefinitions {
    /// Where they lie: the address of a file (`https://…`), which `aqueduct vendor` fetches and locks, or with a
    /// leading `/` a file or folder of the platform's.
    definitions: String,
}

/// The two tables, told apart by their keys.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum ApiTable {
    /// All versions of a group.
    Group(ApiGroup),
    /// What definitions say.
    Definitions(ApiDefinitions),
}

impl<'de> Deserialize<'de> for ApiTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        struct Both {
            group: Option<Subdomain>,
            cluster_scoped: Option<BTreeSet<String>>,
            definitions: Option<String>,
        }
        match Both::deserialize(deserializer)? {
            Both { group: None, cluster_scoped: None, definitions: Some(definitions) } => {
                Ok(Self::Definitions(ApiDefinitions { definitions }))
            }
            Both { group: Some(group), cluster_scoped: Some(cluster_scoped), definitions: None } => {
                Ok(Self::Group(ApiGroup { group, cluster_scoped }))
            }
            Both { definitions: None, group: Some(_), .. } => Err(D::Error::missing_field("cluster-scoped")),
            Both { definitions: None, cluster_scoped: Some(_), .. } => Err(D::Error::missing_field("group")),
            Both { .. } => {
                Err(D::Error::custom("it is a table with `group` and `cluster-scoped`, or `definitions`"))
            }
        }
    }
}

impl From<ScalarOrTable<ApiVersion, ApiTable>> for Api {
    fn from(api: ScalarOrTable<ApiVersion, ApiTable>) -> Self {
        match api {
            ScalarOrTable::Scalar(version) => Self::Version(version),
            ScalarOrTable::Table(ApiTable::Group(group)) => Self::Group(group),
            ScalarOrTable::Table(ApiTable::Definitions(definitions)) => Self::Definitions(definitions),
        }
    }
}

/// How Argo CD brings changes into the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SyncPolicy {
    /// Argo CD applies every change by itself.
    #[default]
    Automatic,
    /// A person applies changes.
    Manual,
}

/// Nodes of one size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NodePool {
    /// What the provider calls a node of this size.
    pub size: Option<String>,
    /// The number of nodes.
    pub count: u32,
    /// The CPU of one node that pods can use.
    pub cpu: Cpu,
    /// The memory of one node that pods can use.
    pub memory: Memory,
    /// The price of one node for a month; by default that of its size, where the cloud lists it.
    #[serde(default, deserialize_with = "optional_price")]
    #[schemars(range(min = 0))]
    pub monthly_price: Option<f64>,
    /// The labels of the nodes.
    #[serde(default)]
    pub labels: BTreeMap<LabelKey, LabelValue>,
}

/// The infrastructure of an environment besides its nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Infrastructure {
    /// The region of the provider.
    pub region: Option<String>,
    /// The address range of the private network.
    pub vpc: Option<Cidr>,
    /// Load balancers by name.
    #[serde(default)]
    pub load_balancers: BTreeMap<Name, PricedItem>,
    /// Anything else that costs money, by name.
    #[serde(default)]
    pub items: BTreeMap<Name, PricedItem>,
}

/// Something that is paid for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PricedItem {
    /// What it is.
    pub description: Option<String>,
    /// How many there are.
    #[serde(default = "one")]
    pub count: u32,
    /// The price of one for a month.
    #[serde(deserialize_with = "price")]
    #[schemars(range(min = 0))]
    pub monthly_price: f64,
}

fn one() -> u32 {
    1
}

pub(crate) fn price<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let price = f64::deserialize(deserializer)?;
    if price < 0.0 {
        return Err(D::Error::custom(format!("`{price}` is not a price: wanted is a number from 0 on")));
    }
    Ok(price)
}

fn optional_price<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    price(deserializer).map(Some)
}
