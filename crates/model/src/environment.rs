//! Environments: where the platform runs, and what the cluster provides.

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

/// An environment, declared in `[environments.<name>]` of `platform.toml`.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The name.
    pub name: Name,
    /// The environments that it extends, from the base down, ending with itself.
    pub lineage: Vec<Name>,
    /// The cluster, as Argo CD knows it.
    pub cluster: TargetCluster,
    /// The name of the Argo CD that delivers the environment, if set.
    pub argocd: Option<Name>,
    /// The suffix of namespace names.
    pub namespace_suffix: Option<NameSuffix>,
    /// The environment from which changes are promoted.
    pub promoted_from: Option<Name>,
    /// The git repository that Argo CD reads, if not the platform's.
    pub repository: Option<Repository>,
    /// The branch, tag or commit that Argo CD reads, if not the platform's.
    pub revision: Option<SmolStr>,
    /// The folder of the environment's tree in its repository, if not that of the output.
    pub path: Option<OutputPath>,
    /// How Argo CD delivers objects that belong to no tenant.
    pub delivery: Arc<Delivery>,
    /// The Kubernetes version, with the patch version if charts need it.
    pub kubernetes: KubernetesVersion,
    /// The domain of the environment's hosts.
    pub domain: Hostname,
    /// The APIs that the cluster provides beyond those of Kubernetes.
    pub apis: BTreeSet<ApiVersion>,
    /// The API groups that the cluster provides in every version, with their cluster-scoped kinds.
    pub api_groups: BTreeMap<SmolStr, BTreeSet<SmolStr>>,
    /// The places of definitions of additional APIs.
    pub api_sources: Vec<ApiSource>,
    /// The storage class of volumes that set none.
    pub storage_class: Option<Subdomain>,
    /// The storage classes of the cluster, including the default one; empty if not listed.
    pub storage_classes: BTreeSet<Subdomain>,
    /// The Ingress class.
    pub ingress_class: Option<Subdomain>,
    /// The ClusterIssuer for the certificates of hosts.
    pub cluster_issuer: Option<Subdomain>,
    /// The ClusterSecretStore that ExternalSecrets read from.
    pub secret_store: Option<Subdomain>,
    /// What the cloud adds to Kubernetes.
    pub cloud: Cloud,
    /// The nodes of the cluster.
    pub node_pools: BTreeMap<Name, NodePool>,
    /// The infrastructure of the environment other than its nodes.
    pub infrastructure: Option<Infrastructure>,
    /// How strictly pods of tenants are isolated, unless a tenant sets it.
    pub isolation: Option<IsolationLevel>,
    /// The Pod Security Standard for pods, unless a tenant sets one.
    pub pod_security: Option<PodSecurity>,
    /// Changes to the objects that deliver the environment.
    pub patches: Vec<Patch>,
    /// Labels of the namespaces of tenants.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Annotations of the namespaces of tenants.
    pub annotations: BTreeMap<LabelKey, SmolStr>,
    /// The environment's own values, by name.
    pub values: BTreeMap<SmolStr, Arc<Node>>,
    /// Defaults of component fields by kind, overridden by the blueprint, tenant and component.
    pub defaults: BTreeMap<SmolStr, Arc<Node>>,
    /// The table that declares the environment.
    pub node: Arc<Node>,
}

/// `[environments.<name>]` of `platform.toml`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct EnvironmentFile {
    /// The environment to inherit from: everything that is not set here is the same as there, including the
    /// `[environments]` tables of tenants, components and blueprints.
    #[expect(dead_code, reason = "it is read from the node before the layers are merged")]
    pub(crate) extends: Option<Name>,
    /// The cluster that objects are applied to, as Argo CD knows it: the URL of its API server, or its name (default:
    /// the cluster that Argo CD runs in). For any other cluster, the names of Applications and projects start with
    /// the environment's name.
    #[serde(default = "TargetCluster::local")]
    pub(crate) cluster: TargetCluster,
    /// The name of the Argo CD that delivers the environment. Environments with the same name share one. By default,
    /// each environment has its own, except those with `cluster` or `namespace-suffix`, which share one.
    pub(crate) argocd: Option<Name>,
    /// A suffix for all namespaces of tenants, so that several environments fit in one cluster.
    pub(crate) namespace_suffix: Option<NameSuffix>,
    /// The environment that changes must reach before this one; `aqueduct review` reports changes that skip it.
    pub(crate) promoted_from: Option<Name>,
    /// The git repository that Argo CD reads (default: the platform's).
    pub(crate) repository: Option<Repository>,
    /// The branch, tag or commit that Argo CD reads (default: the platform's).
    pub(crate) revision: Option<String>,
    /// The folder of the environment's tree in its repository (default: the platform's output folder, followed by the
    /// environment's name).
    pub(crate) path: Option<OutputPath>,
    /// How Argo CD delivers; overrides the platform's `delivery`.
    #[serde(default)]
    #[schemars(with = "Delivery")]
    #[expect(dead_code, reason = "it is read after the layers are merged")]
    pub(crate) delivery: Fields,
    /// The Kubernetes version, with the patch version if charts need it.
    #[serde(default = "latest_kubernetes")]
    pub(crate) kubernetes: KubernetesVersion,
    /// The domain of the environment's hosts, as `${environment.domain}`. Required unless the environment extends
    /// another one.
    pub(crate) domain: Hostname,
    /// Whether Argo CD applies changes automatically.
    #[serde(default)]
    #[expect(dead_code, reason = "it becomes a part of the delivery")]
    pub(crate) sync: SyncPolicy,
    /// The APIs that the cluster provides in addition to Kubernetes' own: a group and version, a group with its
    /// cluster-scoped kinds, or the place of its definitions.
    #[serde(default)]
    pub(crate) apis: Vec<Api>,
    /// The storage class of volumes that set none.
    pub(crate) storage_class: Option<Subdomain>,
    /// The storage classes of the cluster.
    #[serde(default)]
    pub(crate) storage_classes: BTreeSet<Subdomain>,
    /// The Ingress class.
    pub(crate) ingress_class: Option<Subdomain>,
    /// The ClusterIssuer for the certificates of hosts.
    pub(crate) cluster_issuer: Option<Subdomain>,
    /// The ClusterSecretStore that ExternalSecrets read from.
    pub(crate) secret_store: Option<Subdomain>,
    /// The cloud, which decides how pods select a node pool, how load balancers are configured and what nodes cost:
    /// `digitalocean`, `aws`, `google`, `azure` or `none`, or a table that overrides parts of one.
    #[serde(default)]
    pub(crate) cloud: CloudField,
    /// The nodes of the cluster.
    #[serde(default)]
    pub(crate) node_pools: BTreeMap<Name, NodePool>,
    /// The infrastructure of the environment other than its nodes.
    pub(crate) infrastructure: Option<Infrastructure>,
    /// How strictly pods of tenants are isolated, unless a tenant sets it; overrides the platform's.
    pub(crate) isolation: Option<IsolationLevel>,
    /// The Pod Security Standard for pods, unless a tenant sets one; overrides the platform's.
    pub(crate) pod_security: Option<PodSecurity>,
    /// Changes to the environment's projects and Applications.
    #[serde(default)]
    pub(crate) patches: Vec<Patch>,
    /// Labels of the namespaces of tenants, in addition to the platform's.
    #[serde(default)]
    pub(crate) labels: BTreeMap<LabelKey, LabelValue>,
    /// Annotations of the namespaces of tenants, in addition to the platform's.
    #[serde(default)]
    #[schemars(with = "BTreeMap<LabelKey, String>")]
    pub(crate) annotations: BTreeMap<LabelKey, SmolStr>,
    /// The environment's own values, as `${environment.values.<name>}`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<Name, crate::schema::ParameterValue>")]
    #[expect(dead_code, reason = "the values are taken from the node, with their places")]
    pub(crate) values: BTreeMap<Name, IgnoredAny>,
    /// Defaults of component fields by kind; override the platform's.
    #[serde(default)]
    #[schemars(with = "crate::schema::Defaults")]
    #[expect(dead_code, reason = "the values are taken from the node, with their places")]
    pub(crate) defaults: BTreeMap<Name, Fields>,
}

impl EnvironmentFile {
    /// Returns the environment that the table declares.
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
    /// Tells whether the same Argo CD may deliver other environments, so that names must contain the environment's.
    pub fn shares_argocd(&self) -> bool {
        self.argocd.is_some() || self.namespace_suffix.is_some() || !self.cluster.is_local()
    }

    /// Returns a key that identifies the environment's cluster. Every Argo CD reaches its own cluster by the same
    /// address, so for that address the key identifies the Argo CD.
    pub fn cluster_key(&self) -> SmolStr {
        if self.cluster.is_local() { self.deliverer().into() } else { self.cluster.to_string().into() }
    }

    /// Returns a key that identifies the Argo CD that delivers the environment.
    pub fn deliverer(&self) -> String {
        match &self.argocd {
            Some(argocd) => format!("shared: {argocd}"),
            None if self.shares_argocd() => "shared".to_owned(),
            None => format!("own: {}", self.name),
        }
    }

    /// Returns the labels by which pods select the nodes of a pool; empty if neither the cloud nor the pool has any,
    /// or the pool does not exist.
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

/// The place of API definitions that are not in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSource {
    /// The URL of a file, or a path in the platform's folder with a leading `/`.
    pub name: String,
    /// Where it is written.
    pub place: Place,
}

/// An API that a cluster provides.
#[derive(Deserialize, JsonSchema)]
#[serde(from = "ScalarOrTable<ApiVersion, ApiTable>")]
#[schemars(untagged)]
pub(crate) enum Api {
    /// A group and a version, such as `cert-manager.io/v1`.
    Version(ApiVersion),
    /// All versions of a group.
    Group(ApiGroup),
    /// The APIs in some definitions.
    Definitions(ApiDefinitions),
}

/// An API group that a cluster provides in every version.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ApiGroup {
    /// The group, such as `kyverno.io`.
    group: Subdomain,
    /// Its cluster-scoped kinds; all others are namespaced.
    cluster_scoped: BTreeSet<String>,
}

/// APIs of a cluster whose CustomResourceDefinitions are not in the tree.
///
/// Charts see their versions and kinds, objects are validated against their schemas, and they tell which kinds are
/// namespaced.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiDefinitions {
    /// Their place: the URL of a file (`https://…`), which `aqueduct vendor` fetches and locks, or a file or folder
    /// of the platform, with a leading `/`.
    definitions: String,
}

/// The two tables, distinguished by their keys.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum ApiTable {
    /// All versions of a group.
    Group(ApiGroup),
    /// The APIs in some definitions.
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
                Err(D::Error::custom("expected a table with `group` and `cluster-scoped`, or `definitions`"))
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

/// How Argo CD applies changes to the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SyncPolicy {
    /// Argo CD applies every change automatically.
    #[default]
    Automatic,
    /// A person applies changes.
    Manual,
}

/// Nodes of one size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NodePool {
    /// The provider's name for this node size.
    pub size: Option<String>,
    /// The number of nodes.
    pub count: u32,
    /// The CPU of one node that pods can use (allocatable).
    pub cpu: Cpu,
    /// The memory of one node that pods can use (allocatable).
    pub memory: Memory,
    /// The monthly price of one node (default: the price of its size, if the cloud lists it).
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
    /// Any other cost items, by name.
    #[serde(default)]
    pub items: BTreeMap<Name, PricedItem>,
}

/// A cost item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PricedItem {
    /// What it is.
    pub description: Option<String>,
    /// How many there are.
    #[serde(default = "one")]
    pub count: u32,
    /// The monthly price of one.
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
        return Err(D::Error::custom(format!("`{price}` is not a price: expected a number of at least 0")));
    }
    Ok(price)
}

fn optional_price<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    price(deserializer).map(Some)
}
