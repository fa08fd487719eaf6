//! A tenancy: the room that is a tenant's in one environment.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aqueduct_manifest::{Diagnostic, SmolStr};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::delivery::Delivery;
use crate::environment::Environment;
use crate::node::Node;
use crate::patch::Patch;
use crate::tenant::Tenant;
use crate::types::parsed::{Parsed, parsed};
use crate::types::{Cpu, Date, Invalid, LabelKey, LabelValue, Memory, Name, ScalarOrTable};

/// The namespaces that every cluster has.
const OF_THE_CLUSTER: [&str; 3] = ["kube-node-lease", "kube-public", "kube-system"];

/// A tenant in one environment, with the overrides for that environment merged.
#[derive(Clone, Debug)]
pub struct Tenancy {
    /// The tenant.
    pub tenant: Arc<Tenant>,
    /// The environment.
    pub environment: Arc<Environment>,
    /// The namespaces, the first one being that of components that name none.
    pub namespaces: Vec<Name>,
    /// What is to be known of each namespace.
    pub namespace_settings: BTreeMap<Name, NamespaceSettings>,
    /// What all pods of the tenant may use together.
    pub quota: Quota,
    /// What a container gets that does not say.
    pub limits: ContainerLimits,
    /// How far the tenant's pods are shut off.
    pub isolation: Isolation,
    /// How Argo CD delivers what the tenant gets beside its components.
    pub delivery: Arc<Delivery>,
    /// Changes to what the tenant gets in addition to its components.
    pub patches: Vec<Patch>,
    /// What the tenant allows that a rule would report.
    pub allow: Vec<Allowance>,
    /// The parameters of the blueprint, each with its value.
    pub parameters: BTreeMap<SmolStr, Arc<Node>>,
    /// Fields of components by their kind, below the component itself.
    pub defaults: BTreeMap<SmolStr, Arc<Node>>,
    /// `tenant.toml` with the overrides for the environment merged.
    pub node: Arc<Node>,
}

impl Tenancy {
    /// Returns the namespace of components that name none.
    pub fn namespace(&self) -> &Name {
        self.namespaces.first().unwrap_or(&self.tenant.name)
    }

    /// Returns the namespace of the tenant that a component means by a name: that with the suffix of the environment
    /// where there is one.
    pub(crate) fn meant(&self, name: Name) -> Name {
        let suffixed = self.environment.namespace_suffix.as_ref().map(|suffix| format!("{name}{suffix}"));
        let known = |text: &String| self.namespaces.iter().find(|known| known.as_str() == text);
        suffixed.as_ref().and_then(known).cloned().unwrap_or(name)
    }

    /// Tells whether somebody else made a namespace, so that nothing is rendered for it.
    pub fn is_existing(&self, namespace: &str) -> bool {
        self.namespace_settings.get(namespace).is_some_and(|settings| settings.existing)
    }

    /// Tells whether there is a namespace that nobody else made.
    pub fn has_own_namespaces(&self) -> bool {
        self.namespaces.iter().any(|namespace| !self.is_existing(namespace.as_str()))
    }

    /// Tells whether the pods of a namespace are shut off by network policies.
    pub fn has_policies(&self, namespace: &str) -> bool {
        self.isolation.level != IsolationLevel::None && !self.is_existing(namespace)
    }
}

/// What all pods of a tenant may use together, in each of its namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Quota {
    /// The CPU that containers may request.
    pub cpu: Option<Cpu>,
    /// The memory that containers may request.
    pub memory: Option<Memory>,
    /// The number of pods.
    pub pods: Option<u32>,
    /// The storage that volumes may request.
    pub storage: Option<Memory>,
}

/// The defaults of containers that set no resources, and the bounds of those that do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ContainerLimits {
    /// The requests of a container that has none.
    #[serde(default)]
    pub default_request: CpuAndMemory,
    /// The limits of a container that has none.
    #[serde(default)]
    pub default: CpuAndMemory,
    /// The most that a container may ask for.
    #[serde(default)]
    pub max: CpuAndMemory,
    /// The least that a container may ask for.
    #[serde(default)]
    pub min: CpuAndMemory,
}

impl ContainerLimits {
    /// Returns what the API server would refuse, given the node that was read: what is less must not be more.
    pub(crate) fn check(&self, node: &Node) -> Vec<Diagnostic> {
        let steps = [
            ("min", &self.min),
            ("default-request", &self.default_request),
            ("default", &self.default),
            ("max", &self.max),
        ];
        let cpu = steps.map(|(name, amounts)| (name, amounts.cpu.as_ref()));
        let memory = steps.map(|(name, amounts)| (name, amounts.memory.as_ref()));
        let mut found = above("cpu", &cpu, node);
        found.append(&mut above("memory", &memory, node));
        found
    }
}

/// Reports each amount that is more than one that comes after it.
fn above<T: Ord + fmt::Display>(
    resource: &str,
    steps: &[(&str, Option<&T>)],
    node: &Node,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let given = steps.iter().filter_map(|(name, amount)| Some((name, (*amount)?)));
    let given: Vec<(&&str, &T)> = given.collect();
    for (number, (name, amount)) in given.iter().enumerate() {
        let Some((upper, least)) = given[number + 1..].iter().find(|(_, later)| later < amount) else {
            continue;
        };
        let message = format!(
            "`limits.{name}.{resource}` is {amount}, more than the {least} of `limits.{upper}.{resource}`"
        );
        let place = node.find(&["limits", name, resource]).unwrap_or(node);
        let hint =
            "what a container may ask for goes from `min` over `default-request` and `default` to `max`";
        found.push(place.diagnostic("invalid-value", message).hint(hint));
    }
    found
}

/// An amount of CPU and of memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CpuAndMemory {
    /// The CPU.
    pub cpu: Option<Cpu>,
    /// The memory.
    pub memory: Option<Memory>,
}

/// What is to be known of a namespace of a tenant, with the layers laid over each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamespaceSettings {
    /// Whether somebody else made it, so that nothing is rendered for it.
    pub existing: bool,
    /// The Pod Security Standard that pods are held to.
    pub pod_security: PodSecurity,
    /// Its labels on top of those of every namespace.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Its annotations on top of those of every namespace.
    pub annotations: BTreeMap<LabelKey, SmolStr>,
}

/// One of the `namespaces` of a tenant.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(from = "ScalarOrTable<Name, NamespaceTable>")]
#[schemars(untagged)]
pub(crate) enum NamespaceField {
    /// The name of a namespace of the tenant's own.
    Name(Name),
    /// A namespace with what is special about it.
    Table(NamespaceTable),
}

impl From<ScalarOrTable<Name, NamespaceTable>> for NamespaceField {
    fn from(field: ScalarOrTable<Name, NamespaceTable>) -> Self {
        match field {
            ScalarOrTable::Scalar(name) => Self::Name(name),
            ScalarOrTable::Table(table) => Self::Table(table),
        }
    }
}

/// A namespace with what is special about it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Namespace")]
pub(crate) struct NamespaceTable {
    /// The name.
    pub(crate) name: Name,
    /// Whether somebody else made it, such as the cluster: nothing is then rendered for it, no Namespace, quota,
    /// limits, roles and network policies. What lies in `kube-system` and its like is always so.
    #[serde(default)]
    pub(crate) existing: bool,
    /// The Pod Security Standard that its pods are held to; default: the tenant's.
    pub(crate) pod_security: Option<PodSecurity>,
    /// Its labels on top of the tenant's.
    #[serde(default)]
    pub(crate) labels: BTreeMap<LabelKey, LabelValue>,
    /// Its annotations on top of the tenant's.
    #[serde(default)]
    #[schemars(with = "BTreeMap<LabelKey, String>")]
    pub(crate) annotations: BTreeMap<LabelKey, SmolStr>,
}

impl NamespaceField {
    /// Returns the name, and what the table says.
    pub(crate) fn into_parts(self) -> NamespaceTable {
        match self {
            Self::Table(table) => table,
            Self::Name(name) => NamespaceTable {
                name,
                existing: false,
                pod_security: None,
                labels: BTreeMap::new(),
                annotations: BTreeMap::new(),
            },
        }
    }
}

impl NamespaceTable {
    /// Tells whether nothing is to be rendered for the namespace.
    pub(crate) fn is_existing(&self) -> bool {
        self.existing || OF_THE_CLUSTER.contains(&self.name.as_str())
    }
}

/// How far a tenant's pods are shut off, and which other tenants its components may be linked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Isolation {
    /// How far the pods are shut off.
    pub level: IsolationLevel,
    /// The tenants whose components may link to components of this tenant.
    pub allow_from: Vec<Peer>,
    /// The tenants whose components those of this tenant may link to.
    pub allow_to: Vec<Peer>,
}

/// How far pods are shut off by network policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IsolationLevel {
    /// Every connection is refused except DNS and those that links and fields of components open, also between pods of
    /// the same tenant.
    #[default]
    Strict,
    /// Pods in the namespaces of the tenant reach one another; every other connection is refused except DNS and those
    /// that links and fields of components open.
    Namespace,
    /// There are no network policies.
    None,
}

/// `isolation` of a tenant.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(from = "ScalarOrTable<IsolationLevel, IsolationTable>")]
#[schemars(untagged)]
pub(crate) enum IsolationField {
    /// How far the pods are shut off.
    Level(IsolationLevel),
    /// How far the pods are shut off, and which links there may be.
    Table(IsolationTable),
}

/// How far a tenant's pods are shut off, and which other tenants its components may be linked with.
///
/// Each link opens the way from the pods of the one component to the port of the other, and nothing else does.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Isolation")]
pub(crate) struct IsolationTable {
    /// How far the pods are shut off (default: what the environment or the platform says).
    pub(crate) level: Option<IsolationLevel>,
    /// The tenants whose components may link to components of this tenant; `*` is every tenant. A name by itself opens
    /// no connection.
    #[serde(default)]
    pub(crate) allow_from: Vec<Peer>,
    /// The tenants whose components those of this tenant may link to; `*`, the default, is every tenant that allows it.
    /// Components of system tenants may always be linked to. A name by itself opens no connection.
    #[serde(default = "everyone")]
    pub(crate) allow_to: Vec<Peer>,
}

impl From<ScalarOrTable<IsolationLevel, IsolationTable>> for IsolationField {
    fn from(field: ScalarOrTable<IsolationLevel, IsolationTable>) -> Self {
        match field {
            ScalarOrTable::Scalar(level) => Self::Level(level),
            ScalarOrTable::Table(table) => Self::Table(table),
        }
    }
}

impl IsolationField {
    /// Returns the isolation, given the level of the layers below.
    pub(crate) fn into_isolation(self, below: IsolationLevel) -> Isolation {
        match self {
            Self::Level(level) => Isolation { level, allow_from: Vec::new(), allow_to: everyone() },
            Self::Table(table) => Isolation {
                level: table.level.unwrap_or(below),
                allow_from: table.allow_from,
                allow_to: table.allow_to,
            },
        }
    }
}

impl Default for IsolationField {
    fn default() -> Self {
        Self::Table(IsolationTable { level: None, allow_from: Vec::new(), allow_to: everyone() })
    }
}

/// What the findings of a rule are not reported for, and why.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Allowance {
    /// The name of the rule.
    pub rule: String,
    /// Why it does not hold here.
    #[serde(deserialize_with = "reason")]
    pub reason: String,
    /// The last day on which it holds. From the next one on `aqueduct check` reports the findings again; a render
    /// depends on no clock.
    pub until: Option<Date>,
}

impl Allowance {
    /// Tells whether it holds on a day.
    pub fn holds_on(&self, day: &Date) -> bool {
        self.until.as_ref().is_none_or(|until| day <= until)
    }
}

fn reason<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let reason = String::deserialize(deserializer)?;
    if reason.trim().is_empty() { Err(D::Error::custom("the reason must not be empty")) } else { Ok(reason) }
}

fn everyone() -> Vec<Peer> {
    vec![Peer::Any]
}

/// Who is at the other end of a link.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// Every tenant.
    Any,
    /// A tenant.
    Tenant(Name),
}

impl FromStr for Peer {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text == "*" { Ok(Self::Any) } else { Ok(Self::Tenant(text.parse()?)) }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => out.pad("*"),
            Self::Tenant(name) => name.fmt(out),
        }
    }
}

impl Parsed for Peer {
    const EXPECTED: &'static str = "a tenant or `\"*\"`";

    fn from_text(text: &str) -> Option<Result<Self, Invalid>> {
        Some(text.parse())
    }
}

parsed!(Peer, {
    "type": "string",
    "description": "A tenant, or `*` for every tenant.",
    "pattern": "^(\\*|[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)$"
});

/// A Pod Security Standard.
///
/// See <https://kubernetes.io/docs/concepts/security/pod-security-standards/>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PodSecurity {
    /// Hardened as today's practice asks for.
    #[default]
    Restricted,
    /// Without known ways to gain privileges.
    Baseline,
    /// Without any limit.
    Privileged,
}

impl PodSecurity {
    /// Returns the name as Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Restricted => "restricted",
            Self::Baseline => "baseline",
            Self::Privileged => "privileged",
        }
    }
}
