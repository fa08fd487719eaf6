//! The platform: the content of `platform.toml`, `tenants/` and `blueprints/`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aqueduct_manifest::SmolStr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::blueprint::{Blueprint, ParameterFile};
use crate::component::Fields;
use crate::delivery::Delivery;
use crate::environment::{Environment, EnvironmentFile};
use crate::names::Names;
use crate::node::{Layer, Node};
use crate::patch::Patch;
use crate::review::ReviewSettings;
use crate::tenancy::{IsolationLevel, PodSecurity, Tenancy};
use crate::tenant::Tenant;
use crate::types::{Date, LabelKey, LabelValue, Name, OutputPath, Reference, Repository};

/// The whole platform.
#[derive(Clone, Debug)]
pub struct Platform {
    /// The name.
    pub name: Name,
    /// The git repository that Argo CD reads the rendered tree from.
    pub repository: Repository,
    /// The branch, tag or commit that Argo CD reads.
    pub revision: SmolStr,
    /// The folder of the platform in the repository, if not the root.
    pub path: Option<OutputPath>,
    /// The folder of the rendered tree.
    pub output: OutputPath,
    /// The Argo CD installation.
    pub argocd: ArgocdSettings,
    /// The components of system tenants that every tenant shares: `[services]` of `platform.toml`.
    pub services: Services,
    /// The environments.
    pub environments: BTreeMap<Name, Arc<Environment>>,
    /// The tenants.
    pub tenants: BTreeMap<Name, Arc<Tenant>>,
    /// The blueprints.
    pub blueprints: BTreeMap<Name, Arc<Blueprint>>,
    /// The levels of check rules, by rule name.
    pub checks: BTreeMap<SmolStr, CheckLevel>,
    /// How strictly pods of tenants are isolated, unless a tenant sets it.
    pub isolation: Option<IsolationLevel>,
    /// The Pod Security Standard for pods, unless a tenant sets one.
    pub pod_security: Option<PodSecurity>,
    /// How changes are reviewed.
    pub review: ReviewSettings,
    /// Changes to the objects that deliver all environments.
    pub patches: Vec<Patch>,
    /// Labels of the namespaces of tenants.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Annotations of the namespaces of tenants.
    pub annotations: BTreeMap<LabelKey, SmolStr>,
    /// Defaults of component fields by kind, overridden by everything else.
    pub defaults: BTreeMap<SmolStr, Arc<Node>>,
    /// The whole of `platform.toml`.
    pub node: Arc<Node>,
    /// The names of all environments, including invalid ones.
    pub(crate) declared_environments: BTreeSet<Name>,
    /// Every tenant in each of its environments, by environment and tenant.
    pub(crate) tenancies: BTreeMap<(Name, Name), Arc<Tenancy>>,
}

/// The components that every tenant shares, each as `tenant/component`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Services {
    /// The ingress controller, which connects to components that have an Ingress.
    pub ingress: Option<Reference>,
    /// The metrics server, which scrapes components that serve metrics.
    pub metrics: Option<Reference>,
    /// The log store that log agents send to.
    pub logs: Option<Reference>,
    /// The program that shows dashboards.
    pub dashboards: Option<Reference>,
}

impl Platform {
    /// Drops the exceptions of tenants that have expired on a day.
    pub fn end_allowances(&mut self, day: &Date) {
        for tenancy in self.tenancies.values_mut() {
            if !tenancy.allow.iter().all(|allowance| allowance.holds_on(day)) {
                Arc::make_mut(tenancy).allow.retain(|allowance| allowance.holds_on(day));
            }
        }
    }

    /// Keeps only some tenants.
    pub fn keep(&mut self, tenants: &BTreeSet<Name>) {
        self.tenants.retain(|name, _| tenants.contains(name));
        self.tenancies.retain(|(_, name), _| tenants.contains(name));
    }

    /// Returns an empty platform.
    pub(crate) fn empty() -> Self {
        Self {
            name: "platform".parse().expect("`platform` is a valid name"),
            repository: "https://example.org/platform".parse().expect("the URL is valid"),
            revision: main_branch().into(),
            path: None,
            output: output_folder(),
            argocd: ArgocdSettings::default(),
            services: Services::default(),
            environments: BTreeMap::new(),
            tenants: BTreeMap::new(),
            blueprints: BTreeMap::new(),
            checks: BTreeMap::new(),
            isolation: None,
            pod_security: None,
            review: ReviewSettings::default(),
            patches: Vec::new(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            defaults: BTreeMap::new(),
            node: Arc::new(Node::empty_table(Layer::Platform, "platform.toml")),
            declared_environments: BTreeSet::new(),
            tenancies: BTreeMap::new(),
        }
    }
}

/// The Argo CD installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ArgocdSettings {
    /// The namespace that Argo CD runs in.
    #[serde(default = "argocd_namespace")]
    pub namespace: Name,
    /// The names of the objects that deliver the tree.
    #[serde(default)]
    pub names: Names,
}

impl Default for ArgocdSettings {
    fn default() -> Self {
        Self { namespace: argocd_namespace(), names: Names::default() }
    }
}

fn argocd_namespace() -> Name {
    "argocd".parse().expect("`argocd` is a valid name")
}

/// The level of a rule's findings.
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

/// A part of a platform; an empty list selects all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The environments.
    pub environments: Vec<Name>,
    /// The tenants.
    pub tenants: Vec<Name>,
}

impl Selection {
    /// Tells whether an environment is selected.
    pub fn has_environment(&self, name: &Name) -> bool {
        self.environments.is_empty() || self.environments.contains(name)
    }

    /// Tells whether a tenant is selected.
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

/// `platform.toml`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PlatformFile {
    /// The name of the platform.
    pub(crate) name: Name,
    /// What the platform is.
    #[expect(dead_code, reason = "it is only for readers of the file")]
    pub(crate) description: Option<String>,
    /// The git repository that Argo CD reads the rendered tree from.
    pub(crate) repository: Repository,
    /// The branch, tag or commit that Argo CD reads.
    #[serde(default = "main_branch")]
    pub(crate) revision: String,
    /// The folder of the platform in the repository (default: its root).
    pub(crate) path: Option<OutputPath>,
    /// The folder of the rendered tree.
    #[serde(default = "output_folder")]
    pub(crate) output: OutputPath,
    /// The Argo CD installation.
    #[serde(default)]
    pub(crate) argocd: ArgocdSettings,
    /// How Argo CD delivers; environments, tenants and components can override it.
    #[serde(default)]
    #[schemars(with = "Delivery")]
    #[expect(dead_code, reason = "it is read after the layers are merged")]
    pub(crate) delivery: Fields,
    /// The components of system tenants that every tenant shares.
    #[serde(default)]
    pub(crate) services: Services,
    /// The level of each rule's findings, by rule name.
    #[serde(default)]
    pub(crate) checks: BTreeMap<String, CheckLevel>,
    /// How strictly pods of tenants are isolated, unless a tenant or environment sets it (default: `strict`).
    pub(crate) isolation: Option<IsolationLevel>,
    /// The Pod Security Standard for pods, unless a tenant or environment sets one (default: `restricted`).
    pub(crate) pod_security: Option<PodSecurity>,
    /// How changes are reviewed.
    #[serde(default)]
    pub(crate) review: ReviewSettings,
    /// Changes to the projects and Applications of every environment.
    #[serde(default)]
    pub(crate) patches: Vec<Patch>,
    /// Labels of the namespaces of tenants.
    #[serde(default)]
    pub(crate) labels: BTreeMap<LabelKey, LabelValue>,
    /// Annotations of the namespaces of tenants.
    #[serde(default)]
    #[schemars(with = "BTreeMap<LabelKey, String>")]
    pub(crate) annotations: BTreeMap<LabelKey, SmolStr>,
    /// The types of the values in `[environments.<name>.values]`. If any value is declared here, all must be.
    #[serde(default)]
    pub(crate) values: BTreeMap<Name, ParameterFile>,
    /// Defaults of component fields by kind, overridden by everything else.
    #[serde(default)]
    #[schemars(with = "crate::schema::Defaults")]
    #[expect(dead_code, reason = "the values are taken from the node, with their places")]
    pub(crate) defaults: BTreeMap<Name, Fields>,
    /// The environments.
    #[schemars(with = "BTreeMap<Name, EnvironmentFile>")]
    #[expect(
        dead_code,
        reason = "each environment is read separately, so that an invalid one does not hide the others"
    )]
    pub(crate) environments: BTreeMap<Name, Fields>,
}

fn main_branch() -> String {
    "main".into()
}

fn output_folder() -> OutputPath {
    "output".parse().expect("`output` is a valid path")
}
