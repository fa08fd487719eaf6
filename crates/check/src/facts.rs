//! What is checked: the rendered objects of an environment, and facts about them.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{Object, Place, Value};

/// What is known about one environment: its cluster, and everything rendered for it.
#[derive(Clone, Debug, Default)]
pub struct Facts<'a> {
    /// The name.
    pub name: &'a str,
    /// What the cluster provides.
    pub cluster: ClusterFacts,
    /// The tenants by name; a tenant that is missing owns no namespace.
    pub tenants: BTreeMap<String, Owner>,
    /// The rendered objects, in path order.
    pub entries: Vec<Entry<'a>>,
    /// The waves in which components start, by tenant and component.
    pub waves: BTreeMap<(&'a str, &'a str), usize>,
    /// Components that need each other, by tenant and name, each group with the place of a link between two of
    /// them.
    pub cycles: Vec<(Vec<(&'a str, &'a str)>, &'a Place)>,
    /// The links between components that lead to pods.
    pub links: Vec<LinkFacts<'a>>,
    /// The name of the component that contains what each tenant gets automatically. Its network policies implement
    /// the links and fields of components.
    pub tenancy: &'a str,
    /// Those of these policies that a tenant's patch changed or removed, by namespace and name, with the place of the
    /// patch.
    pub patched: BTreeMap<(&'a str, &'a str), &'a Place>,
    /// The CustomResourceDefinitions among the sources, rendered or not.
    pub definitions: &'a [Object],
}

/// One rendered object and its owner.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The component.
    pub component: &'a str,
    /// The path in the output tree.
    pub path: &'a str,
    /// The object.
    pub object: &'a Object,
    /// The object's API group; empty for the core group.
    pub group: &'a str,
    /// The kind of the object.
    pub kind: &'a str,
    /// The object's namespace; empty if it is cluster-scoped.
    pub namespace: &'a str,
    /// The name of the object.
    pub name: &'a str,
}

/// A link of a component that leads to pods.
#[derive(Clone, Debug)]
pub struct LinkFacts<'a> {
    /// The tenant and the component that declare it.
    pub from: (&'a str, &'a str),
    /// The tenant and the component that it leads to.
    pub to: (&'a str, &'a str),
    /// The target, as written.
    pub target: &'a str,
    /// The place where it is written.
    pub place: &'a Place,
    /// The name of the endpoint.
    pub endpoint: &'a str,
    /// The Service that callers use, by namespace and name, and its port.
    pub service: Option<(&'a str, &'a str)>,
    /// The port that callers use.
    pub port: u16,
    /// The namespace of the pods that the endpoint declares.
    pub namespace: &'a str,
    /// The labels of these pods.
    pub labels: &'a BTreeMap<String, String>,
    /// The port on which these pods listen.
    pub pod_port: u16,
}

impl<'a> Entry<'a> {
    /// Returns the entry of an object. Group, kind and names are read once, because every rule needs them.
    pub fn new(tenant: &'a str, component: &'a str, path: &'a str, object: &'a Object) -> Self {
        Self {
            tenant,
            component,
            path,
            object,
            group: object.group(),
            kind: object.kind(),
            namespace: object.namespace(),
            name: match object.name() {
                "" => object.at(&["metadata", "generateName"]).and_then(Value::as_str).unwrap_or_default(),
                name => name,
            },
        }
    }

    /// Returns kind, namespace and name as messages write them.
    pub fn title(&self) -> String {
        title(self.kind, self.namespace, self.name)
    }
}

/// Returns how messages name an object.
pub(crate) fn title(kind: &str, namespace: &str, name: &str) -> String {
    let slash = if namespace.is_empty() { "" } else { "/" };
    format!("`{kind} {namespace}{slash}{name}`")
}

/// A tenant in one environment.
#[derive(Clone, Debug, Default)]
pub struct Owner {
    /// The namespaces that belong to it.
    pub namespaces: BTreeSet<String>,
    /// Whether it serves the platform and may reach into every namespace.
    pub system: bool,
    /// Those of its namespaces that are isolated from other tenants.
    pub closed: BTreeSet<String>,
    /// The tenants that may connect to this tenant.
    pub allow_from: Peers,
    /// The tenants that this tenant may connect to.
    pub allow_to: Peers,
}

/// Tenants by their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peers {
    /// All of them.
    Any,
    /// These.
    Only(BTreeSet<String>),
}

impl Default for Peers {
    fn default() -> Self {
        Self::Only(BTreeSet::new())
    }
}

impl Peers {
    /// Tells whether a tenant is among them.
    pub(crate) fn include(&self, tenant: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(names) => names.contains(tenant),
        }
    }
}

/// What a cluster provides in addition to the rendered objects.
///
/// An empty set means that nobody listed these things. Rules that need the list then report nothing.
#[derive(Clone, Debug, Default)]
pub struct ClusterFacts {
    /// The Kubernetes version, such as `1.33`; empty if unknown.
    pub kubernetes: String,
    /// The APIs in addition to those of Kubernetes, as `group/version`.
    pub apis: BTreeSet<String>,
    /// The API groups of which the cluster has every version.
    pub api_groups: BTreeSet<String>,
    /// The namespaces that exist outside the platform, such as `kube-system`.
    pub namespaces: BTreeSet<String>,
    /// The StorageClasses.
    pub storage_classes: BTreeSet<String>,
    /// The IngressClasses.
    pub ingress_classes: BTreeSet<String>,
    /// The PriorityClasses in addition to the two built into Kubernetes.
    pub priority_classes: BTreeSet<String>,
    /// The ClusterIssuers.
    pub cluster_issuers: BTreeSet<String>,
    /// The ClusterSecretStores.
    pub secret_stores: BTreeSet<String>,
    /// The nodes.
    pub node_pools: Vec<PoolFacts>,
}

/// Nodes of one size.
#[derive(Clone, Debug, Default)]
pub struct PoolFacts {
    /// The name.
    pub name: String,
    /// The number of nodes.
    pub count: u32,
    /// The CPU of one node that pods can use, in thousandths of a core.
    pub cpu_millis: u64,
    /// The memory of one node that pods can use, in bytes.
    pub memory_bytes: u64,
    /// The labels of the nodes, as far as known.
    pub labels: BTreeMap<String, String>,
}
