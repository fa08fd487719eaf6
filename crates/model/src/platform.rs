//! The platform: everything that `platform.toml`, `tenants/` and `blueprints/` say.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::blueprint::Blueprint;
use crate::environment::Environment;
use crate::node::Node;
use crate::tenant::{Tenancy, Tenant};
use crate::types::{Name, OutputPath, Repository};

/// The whole platform.
#[derive(Clone, Debug)]
pub struct Platform {
    /// The name.
    pub name: Name,
    /// The git repository that Argo CD reads the rendered tree from.
    pub repository: Repository,
    /// The branch, tag or commit that Argo CD reads.
    pub revision: SmolStr,
    /// The folder of the rendered tree.
    pub output: OutputPath,
    /// How Argo CD is set up.
    pub argocd: Argocd,
    /// The environments.
    pub environments: BTreeMap<Name, Arc<Environment>>,
    /// The tenants.
    pub tenants: BTreeMap<Name, Arc<Tenant>>,
    /// The blueprints.
    pub blueprints: BTreeMap<Name, Arc<Blueprint>>,
    /// The weight of rules of the checks, by the name of the rule.
    pub checks: BTreeMap<SmolStr, CheckLevel>,
    /// Fields of components by their kind, below everything else.
    pub defaults: BTreeMap<SmolStr, Arc<Node>>,
    /// The whole of `platform.toml`.
    pub node: Arc<Node>,
    /// Every tenant in each of its environments, by environment and tenant.
    pub(crate) tenancies: BTreeMap<(Name, Name), Arc<Tenancy>>,
}

/// How Argo CD is set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Argocd {
    /// The namespace that Argo CD runs in.
    #[serde(default = "argocd_namespace")]
    pub namespace: Name,
    /// How Argo CD learns of the components.
    #[serde(default)]
    pub style: ArgocdStyle,
}

impl Default for Argocd {
    fn default() -> Self {
        Self { namespace: argocd_namespace(), style: ArgocdStyle::default() }
    }
}

fn argocd_namespace() -> Name {
    "argocd".parse().expect("`argocd` is a valid name")
}

/// How Argo CD learns of the components of an environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ArgocdStyle {
    /// One Application for each component, below a root Application.
    #[default]
    Applications,
    /// One ApplicationSet that makes the Applications.
    Applicationset,
}

/// How much the findings of a rule weigh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckLevel {
    /// They are not reported.
    Allow,
    /// They are reported, and the tree is written.
    Warn,
    /// They are reported, and nothing is written.
    Deny,
}

/// Which part of a platform is meant; an empty list is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The environments.
    pub environments: Vec<Name>,
    /// The tenants.
    pub tenants: Vec<Name>,
}

impl Selection {
    /// Tells whether an environment is meant.
    pub fn has_environment(&self, name: &Name) -> bool {
        self.environments.is_empty() || self.environments.contains(name)
    }

    /// Tells whether a tenant is meant.
    pub fn has_tenant(&self, name: &Name) -> bool {
        self.tenants.is_empty() || self.tenants.contains(name)
    }
}

/// Returns every selected tenant in each of its selected environments, in the order of environments and tenants.
pub fn tenancies(platform: &Platform, selection: &Selection) -> Vec<Arc<Tenancy>> {
    platform
        .tenancies
        .iter()
        .filter(|((environment, tenant), _)| {
            selection.has_environment(environment) && selection.has_tenant(tenant)
        })
        .map(|(_, tenancy)| tenancy.clone())
        .collect()
}
