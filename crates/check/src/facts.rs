//! What is checked: the rendered objects of an environment, and the facts around them.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{Object, Place, Value};

/// What is known of one environment: its cluster, and all that is rendered for it.
#[derive(Clone, Debug, Default)]
pub struct Facts<'a> {
    /// The name.
    pub name: &'a str,
    /// What the cluster provides.
    pub cluster: ClusterFacts,
    /// The tenants by name; a tenant that is missing owns no namespace.
    pub tenants: BTreeMap<String, Owner>,
    /// The rendered objects in the order of their paths.
    pub entries: Vec<Entry<'a>>,
    /// The waves in which components start, by tenant and component.
    pub waves: BTreeMap<(&'a str, &'a str), usize>,
    /// Components that need each other, by tenant and name, each time with the place of a link between two of them.
    pub cycles: Vec<(Vec<(&'a str, &'a str)>, &'a Place)>,
    /// The links between components that lead to pods.
    pub links: Vec<LinkFacts<'a>>,
    /// The name of the component that holds what a tenant itself gets; its network policies say what links and fields
    /// of components say.
    pub tenancy: &'a str,
    /// Those of these policies that a patch of a tenant has changed or taken away, by namespace and name, each with the
    /// place of the patch.
    pub patched: BTreeMap<(&'a str, &'a str), &'a Place>,
    /// The CustomResourceDefinitions that lie among the sources, rendered or not.
    pub definitions: &'a [Object],
}

/// One rendered object and who it belongs to.
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
    /// The API group of the object, empty for the core group.
    pub group: &'a str,
    /// The kind of the object.
    pub kind: &'a str,
    /// The namespace of the object, empty for cluster-scoped ones.
    pub namespace: &'a str,
    /// The name of the object.
    pub name: &'a str,
}

/// A link of a component that leads to pods.
#[derive(Clone, Debug)]
pub struct LinkFacts<'a> {
    /// The tenant and the component that have it.
    pub from: (&'a str, &'a str),
    /// The tenant and the component that it leads to.
    pub to: (&'a str, &'a str),
    /// What it leads to, as it is written.
    pub target: &'a str,
    /// Where it is written.
    pub place: &'a Place,
    /// The name of the endpoint.
    pub endpoint: &'a str,
    /// The Service that callers use, by namespace and name, and its port.
    pub service: Option<(&'a str, &'a str)>,
    /// The port that callers use.
    pub port: u16,
    /// The namespace of the pods that the endpoint says it leads to.
    pub namespace: &'a str,
    /// The labels of these pods.
    pub labels: &'a BTreeMap<String, String>,
    /// The port on which these pods listen.
    pub pod_port: u16,
}

impl<'a> Entry<'a> {
    /// Returns the entry of an object; what it is called is read once, since every rule asks for it.
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
    /// Those of its namespaces whose pods are shut off from strangers.
    pub closed: BTreeSet<String>,
    /// The tenants whose components may have business with those of this tenant.
    pub allow_from: Peers,
    /// The tenants with whose components those of this tenant may have business.
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

/// What a cluster provides beside the rendered objects.
///
/// An empty set means that nobody listed these things; the rules that need it then report nothing.
#[derive(Clone, Debug, Default)]
pub struct ClusterFacts {
    /// The version of Kubernetes, such as `1.33`; empty where it is not known.
    pub kubernetes: String,
    /// The APIs beyond those of Kubernetes, as `group/version`.
    pub apis: BTreeSet<String>,
    /// The groups of APIs of which the cluster has every version.
    pub api_groups: BTreeSet<String>,
    /// The namespaces that exist outside, such as `kube-system`.
    pub namespaces: BTreeSet<String>,
    /// The StorageClasses.
    pub storage_classes: BTreeSet<String>,
    /// The IngressClasses.
    pub ingress_classes: BTreeSet<String>,
    /// The PriorityClasses beside the two that Kubernetes has.
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
    /// The labels of the nodes, as far as they are known.
    pub labels: BTreeMap<String, String>,
}
