//! A tenant: who owns components, and the room that is theirs in each environment.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;
use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::component::{Component, Fields};
use crate::environment::Environment;
use crate::node::Node;
use crate::types::{Cpu, Invalid, Memory, Name};

/// A tenant, as `tenants/<name>/` declares it.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// The name, which is the name of the folder.
    pub name: Name,
    /// What the tenant is.
    pub description: Option<String>,
    /// The groups and users that own it.
    pub owners: Vec<SmolStr>,
    /// The environments that it is in.
    pub environments: Vec<Name>,
    /// Whether every tenant may refer to its components.
    pub system: bool,
    /// The blueprint that it is made from.
    pub blueprint: Option<Name>,
    /// The components: those of its files, and those that only the blueprint has.
    pub components: BTreeMap<Name, Component>,
    /// The path of `tenant.toml`.
    pub file: Arc<str>,
    /// The whole of `tenant.toml`.
    pub node: Arc<Node>,
    /// The names of all component files, those that cannot be understood among them.
    pub(crate) declared: BTreeSet<Name>,
    /// Whether `tenant.toml` could be understood; if not, nothing is concluded from what is absent.
    pub(crate) sound: bool,
}

/// A tenant in one environment, with the overrides for that environment merged.
#[derive(Clone, Debug)]
pub struct Tenancy {
    /// The tenant.
    pub tenant: Arc<Tenant>,
    /// The environment.
    pub environment: Arc<Environment>,
    /// The namespaces, the first one being that of components that name none.
    pub namespaces: Vec<Name>,
    /// What all pods of the tenant may use together.
    pub quota: Quota,
    /// What a container gets that does not say.
    pub limits: Limits,
    /// Who may talk to the tenant's pods, and to whom they may talk.
    pub isolation: Isolation,
    /// The Pod Security Standard that pods are held to.
    pub pod_security: PodSecurity,
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

/// What a container gets that does not say, and the most that one may ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// The requests of a container that has none.
    #[serde(default)]
    pub default_request: Resources,
    /// The limits of a container that has none.
    #[serde(default)]
    pub default: Resources,
    /// The most that a container may ask for.
    #[serde(default)]
    pub max: Resources,
    /// The least that a container may ask for.
    #[serde(default)]
    pub min: Resources,
}

/// An amount of CPU and of memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Resources {
    /// The CPU.
    pub cpu: Option<Cpu>,
    /// The memory.
    pub memory: Option<Memory>,
}

/// Who may talk to a tenant's pods, and to whom they may talk; pods of one tenant may always talk to
/// one another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Isolation {
    /// The tenants whose pods may connect to this tenant's pods; `*` is everything, the world included.
    #[serde(default)]
    pub allow_from: Vec<Peer>,
    /// The tenants whose pods this tenant's pods may connect to; `*` is everything, the world included.
    #[serde(default = "everyone")]
    pub allow_to: Vec<Peer>,
}

impl Default for Isolation {
    fn default() -> Self {
        Self { allow_from: Vec::new(), allow_to: everyone() }
    }
}

fn everyone() -> Vec<Peer> {
    vec![Peer::Any]
}

/// Who is at the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// Everything.
    Any,
    /// The pods of a tenant.
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

impl crate::types::parsed::Parsed for Peer {
    const EXPECTED: &'static str = "a tenant or `\"*\"`";

    fn from_text(text: &str) -> Option<Result<Self, Invalid>> {
        Some(text.parse())
    }
}

crate::types::parsed::parsed!(Peer, {
    "type": "string",
    "description": "A tenant, or `*` for everything.",
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

/// `tenants/<name>/tenant.toml`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TenantFile {
    /// What the tenant is.
    pub(crate) description: Option<String>,
    /// The groups and users that own it.
    #[serde(default)]
    pub(crate) owners: Vec<String>,
    /// The environments that the tenant is in, a list; or what is different in environments, a table for each.
    pub(crate) environments: Option<TenantEnvironments>,
    /// Whether every tenant may refer to its components.
    #[serde(default)]
    pub(crate) system: bool,
    /// The blueprint that it is made from.
    pub(crate) blueprint: Option<Name>,
    /// Whether the tenant is there at all.
    pub(crate) enabled: Option<bool>,
    /// The namespace of its components; the name of the tenant where it is not given.
    pub(crate) namespace: Option<Name>,
    /// More namespaces that its components may be in.
    #[serde(default)]
    pub(crate) namespaces: Vec<Name>,
    /// What all pods of the tenant may use together, in each of its namespaces.
    #[serde(default)]
    pub(crate) quota: Quota,
    /// What a container gets that does not say.
    #[serde(default)]
    pub(crate) limits: Limits,
    /// Who may talk to the tenant's pods, and to whom they may talk.
    #[serde(default)]
    pub(crate) isolation: Isolation,
    /// The Pod Security Standard that pods are held to.
    #[serde(default)]
    pub(crate) pod_security: PodSecurity,
    /// The parameters of the blueprint.
    #[serde(default)]
    #[schemars(with = "BTreeMap<Name, crate::schema::ParameterValue>")]
    #[expect(dead_code, reason = "the values are taken from the node, with their places")]
    pub(crate) parameters: BTreeMap<Name, IgnoredAny>,
    /// Fields of the tenant's components by their kind.
    #[serde(default)]
    #[schemars(with = "crate::schema::Defaults")]
    #[expect(dead_code, reason = "the values are taken from the node, with their places")]
    pub(crate) defaults: BTreeMap<Name, Fields>,
}

/// `environments` of a tenant.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(crate) enum TenantEnvironments {
    /// The tenant is in these environments and in no other.
    Only(Vec<Name>),
    /// What is different in environments.
    Overrides(
        #[expect(dead_code, reason = "the values are taken from the merged node")]
        BTreeMap<Name, TenantOverrides>,
    ),
}

impl<'de> Deserialize<'de> for TenantEnvironments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TenantEnvironmentsVisitor)
    }
}

struct TenantEnvironmentsVisitor;

impl<'de> Visitor<'de> for TenantEnvironmentsVisitor {
    type Value = TenantEnvironments;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of environments or a table for each of them")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<TenantEnvironments, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(elements)).map(TenantEnvironments::Only)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<TenantEnvironments, A::Error> {
        BTreeMap::deserialize(MapAccessDeserializer::new(entries)).map(TenantEnvironments::Overrides)
    }
}

/// What is different in one environment.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(dead_code, reason = "the values are taken from the merged node")]
pub(crate) struct TenantOverrides {
    /// Whether the tenant is in the environment.
    enabled: Option<bool>,
    /// The namespace of its components.
    namespace: Option<Name>,
    /// More namespaces that its components may be in.
    namespaces: Option<Vec<Name>>,
    /// What all pods of the tenant may use together, in each of its namespaces.
    quota: Option<Quota>,
    /// What a container gets that does not say.
    limits: Option<Limits>,
    /// Who may talk to the tenant's pods, and to whom they may talk.
    isolation: Option<Isolation>,
    /// The Pod Security Standard that pods are held to.
    pod_security: Option<PodSecurity>,
    /// The parameters of the blueprint.
    #[schemars(with = "Option<BTreeMap<Name, crate::schema::ParameterValue>>")]
    parameters: Option<BTreeMap<Name, IgnoredAny>>,
    /// Fields of the tenant's components by their kind.
    #[schemars(with = "Option<crate::schema::Defaults>")]
    defaults: Option<BTreeMap<Name, Fields>>,
}
