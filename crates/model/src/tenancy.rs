//! Tenancies: a tenant's share of an environment.

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

/// The namespaces that exist in every cluster.
const OF_THE_CLUSTER: [&str; 3] = ["kube-node-lease", "kube-public", "kube-system"];

/// A tenant in one environment, with the overrides for that environment merged.
#[derive(Clone, Debug)]
pub struct Tenancy {
    /// The tenant.
    pub tenant: Arc<Tenant>,
    /// The environment.
    pub environment: Arc<Environment>,
    /// The namespaces; the first is for components that set none.
    pub namespaces: Vec<Name>,
    /// The settings of each namespace.
    pub namespace_settings: BTreeMap<Name, NamespaceSettings>,
    /// What all pods of the tenant may use together.
    pub quota: Quota,
    /// The defaults and bounds of container resources.
    pub limits: ContainerLimits,
    /// How strictly the tenant's pods are isolated.
    pub isolation: Isolation,
    /// How Argo CD delivers the tenant's own objects.
    pub delivery: Arc<Delivery>,
    /// Changes to the tenant's own objects.
    pub patches: Vec<Patch>,
    /// The tenant's exceptions from rules.
    pub allow: Vec<Allowance>,
    /// The parameters of the blueprint, each with its value.
    pub parameters: BTreeMap<SmolStr, Arc<Node>>,
    /// Defaults of component fields by kind, overridden by the component itself.
    pub defaults: BTreeMap<SmolStr, Arc<Node>>,
    /// `tenant.toml` with the overrides for the environment merged.
    pub node: Arc<Node>,
}

impl Tenancy {
    /// Returns the namespace of components that set none.
    pub fn namespace(&self) -> &Name {
        self.namespaces.first().unwrap_or(&self.tenant.name)
    }

    /// Returns the tenant's namespace that a component refers to by name: preferably the one with the environment's
    /// suffix.
    pub(crate) fn meant(&self, name: Name) -> Name {
        let suffixed = self.environment.namespace_suffix.as_ref().map(|suffix| format!("{name}{suffix}"));
        let known = |text: &String| self.namespaces.iter().find(|known| known.as_str() == text);
        suffixed.as_ref().and_then(known).cloned().unwrap_or(name)
    }

    /// Tells whether a namespace already exists, so that nothing is rendered for it.
    pub fn is_existing(&self, namespace: &str) -> bool {
        self.namespace_settings.get(namespace).is_some_and(|settings| settings.existing)
    }

    /// Tells whether the tenant has a namespace that does not exist yet.
    pub fn has_own_namespaces(&self) -> bool {
        self.namespaces.iter().any(|namespace| !self.is_existing(namespace.as_str()))
    }

    /// Tells whether network policies isolate the pods of a namespace.
    pub fn has_policies(&self, namespace: &str) -> bool {
        self.isolation.level != IsolationLevel::None && !self.is_existing(namespace)
    }
}

/// What all pods of a tenant may use together, in each of its namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Quota {
    /// The total CPU that containers may request.
    pub cpu: Option<Cpu>,
    /// The total memory that containers may request.
    pub memory: Option<Memory>,
    /// The maximum number of pods.
    pub pods: Option<u32>,
    /// The total storage that volumes may request.
    pub storage: Option<Memory>,
}

/// The defaults for containers that set no resources, and the bounds for those that do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ContainerLimits {
    /// The requests of a container that sets none.
    #[serde(default)]
    pub default_request: CpuAndMemory,
    /// The limits of a container that sets none.
    #[serde(default)]
    pub default: CpuAndMemory,
    /// The maximum for a container.
    #[serde(default)]
    pub max: CpuAndMemory,
    /// The minimum for a container.
    #[serde(default)]
    pub min: CpuAndMemory,
}

impl ContainerLimits {
    /// Returns the errors that the API server would report, given the node that was read: a lower bound must not
    /// exceed a higher one.
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

/// Reports each amount that exceeds a later one.
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
            "`limits.{name}.{resource}` is {amount}, which exceeds `limits.{upper}.{resource}`: {least}"
        );
        let place = node.find(&["limits", name, resource]).unwrap_or(node);
        let hint = "the amounts must not decrease in the order `min`, `default-request`, `default`, `max`";
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

/// The settings of a tenant's namespace, with all layers merged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamespaceSettings {
    /// Whether it already exists, so that nothing is rendered for it.
    pub existing: bool,
    /// The Pod Security Standard for its pods.
    pub pod_security: PodSecurity,
    /// Its labels, in addition to those of every namespace.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Its annotations, in addition to those of every namespace.
    pub annotations: BTreeMap<LabelKey, SmolStr>,
}

/// One of the `namespaces` of a tenant.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(from = "ScalarOrTable<Name, NamespaceTable>")]
#[schemars(untagged)]
pub(crate) enum NamespaceField {
    /// The name of a namespace that is the tenant's own.
    Name(Name),
    /// A namespace with its settings.
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

/// A namespace with its settings.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Namespace")]
pub(crate) struct NamespaceTable {
    /// The name.
    pub(crate) name: Name,
    /// Whether the namespace exists already, for example as part of the cluster. Then nothing is rendered for it: no
    /// Namespace, quota, limits, roles or network policies. `kube-system` and the like always exist.
    #[serde(default)]
    pub(crate) existing: bool,
    /// The Pod Security Standard for its pods (default: the tenant's).
    pub(crate) pod_security: Option<PodSecurity>,
    /// Its labels, in addition to the tenant's.
    #[serde(default)]
    pub(crate) labels: BTreeMap<LabelKey, LabelValue>,
    /// Its annotations, in addition to the tenant's.
    #[serde(default)]
    #[schemars(with = "BTreeMap<LabelKey, String>")]
    pub(crate) annotations: BTreeMap<LabelKey, SmolStr>,
}

impl NamespaceField {
    /// Returns the name and the table's settings.
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

/// How strictly a tenant's pods are isolated, and which other tenants its components may be linked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Isolation {
    /// How strictly the pods are isolated.
    pub level: IsolationLevel,
    /// The tenants whose components may link to components of this tenant.
    pub allow_from: Vec<Peer>,
    /// The tenants whose components those of this tenant may link to.
    pub allow_to: Vec<Peer>,
}

/// How strictly network policies isolate pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IsolationLevel {
    /// All connections are blocked, even between pods of the same tenant, except DNS and those that links and fields
    /// of components open.
    #[default]
    Strict,
    /// Pods in the tenant's namespaces can reach each other. All other connections are blocked, except DNS and those
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
    /// How strictly the pods are isolated.
    Level(IsolationLevel),
    /// How strictly the pods are isolated, and which links are permitted.
    Table(IsolationTable),
}

/// How strictly a tenant's pods are isolated, and which other tenants its components may be linked with.
///
/// Only a link opens a connection, from the pods of one component to the port of the other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Isolation")]
pub(crate) struct IsolationTable {
    /// How strictly the pods are isolated (default: the environment's or platform's).
    pub(crate) level: Option<IsolationLevel>,
    /// The tenants whose components may link to components of this tenant; `*` for every tenant. This alone opens no
    /// connections.
    #[serde(default)]
    pub(crate) allow_from: Vec<Peer>,
    /// The tenants to whose components this tenant's components may link; `*` for every tenant that permits it
    /// (default: `*`). Links to components of system tenants are always permitted. This alone opens no connections.
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
    /// Returns the isolation, given the level from the lower layers.
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

/// An exception from a rule, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Allowance {
    /// The name of the rule.
    pub rule: String,
    /// Why the rule does not apply here.
    #[serde(deserialize_with = "reason")]
    pub reason: String,
    /// The last day of the exception. From the next day, `aqueduct check` reports the findings again;
    /// `aqueduct render` does not depend on the date.
    pub until: Option<Date>,
}

impl Allowance {
    /// Tells whether it applies on a day.
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

/// The tenants at the other end of a link.
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
    /// Hardened according to current best practices.
    #[default]
    Restricted,
    /// Prevents known privilege escalations.
    Baseline,
    /// Unrestricted.
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
