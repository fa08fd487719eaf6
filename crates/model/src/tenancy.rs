//! A tenancy: the room that is a tenant's in one environment.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::delivery::Delivery;
use crate::environment::Environment;
use crate::node::Node;
use crate::tenant::Tenant;
use crate::types::parsed::{Parsed, parsed};
use crate::types::{Cpu, Invalid, Memory, Name};

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
    /// How Argo CD delivers what the tenant gets beside its components.
    pub delivery: Arc<Delivery>,
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
    /// The tenants whose pods may connect to this tenant's pods; `*` is every namespace of the cluster.
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

impl Parsed for Peer {
    const EXPECTED: &'static str = "a tenant or `\"*\"`";

    fn from_text(text: &str) -> Option<Result<Self, Invalid>> {
        Some(text.parse())
    }
}

parsed!(Peer, {
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
