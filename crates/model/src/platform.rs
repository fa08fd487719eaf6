//! The platform: everything that `platform.toml`, `tenants/` and `blueprints/` say.

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
    /// The folder of the repository that the platform lies in, where it is not the root.
    pub path: Option<OutputPath>,
    /// The folder of the rendered tree.
    pub output: OutputPath,
    /// How Argo CD is set up.
    pub argocd: ArgocdSettings,
    /// The components of system tenants that every tenant shares: `[services]` of `platform.toml`.
    pub services: Services,
    /// The environments.
    pub environments: BTreeMap<Name, Arc<Environment>>,
    /// The tenants.
    pub tenants: BTreeMap<Name, Arc<Tenant>>,
    /// The blueprints.
    pub blueprints: BTreeMap<Name, Arc<Blueprint>>,
    /// The weight of rules of the checks, by the name of the rule.
    pub checks: BTreeMap<SmolStr, CheckLevel>,
    /// How far the pods of tenants are shut off, where a tenant does not say.
    pub isolation: Option<IsolationLevel>,
    /// The Pod Security Standard that pods are held to, where a tenant does not say.
    pub pod_security: Option<PodSecurity>,
    /// How changes are reviewed.
    pub review: ReviewSettings,
    /// Changes to what delivers all environments.
    pub patches: Vec<Patch>,
    /// Labels of the namespaces of tenants.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Annotations of the namespaces of tenants.
    pub annotations: BTreeMap<LabelKey, SmolStr>,
    /// Fields of components by their kind, below everything else.
    pub defaults: BTreeMap<SmolStr, Arc<Node>>,
    /// The whole of `platform.toml`.
    pub node: Arc<Node>,
    /// The names of all environments, those that cannot be understood among them.
    pub(crate) declared_environments: BTreeSet<Name>,
    /// Every tenant in each of its environments, by environment and tenant.
    pub(crate) tenancies: BTreeMap<(Name, Name), Arc<Tenancy>>,
}

/// The components that every tenant shares, each as `tenant/component`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Services {
    /// The ingress controller: who connects to components that have an Ingress.
    pub ingress: Option<Reference>,
    /// The metrics server: who scrapes components that serve metrics.
    pub metrics: Option<Reference>,
    /// The log store that log agents send to.
    pub logs: Option<Reference>,
    /// The program that shows dashboards.
    pub dashboards: Option<Reference>,
}

impl Platform {
    /// Drops what tenants allow no longer on a day.
    pub fn end_allowances(&mut self, day: &Date) {
        for tenancy in self.tenancies.values_mut() {
            if !tenancy.allow.iter().all(|allowance| allowance.holds_on(day)) {
                Arc::make_mut(tenancy).allow.retain(|allowance| allowance.holds_on(day));
            }
        }
    }

    /// Drops all but some tenants.
    pub fn keep(&mut self, tenants: &BTreeSet<Name>) {
        self.tenants.retain(|name, _| tenants.contains(name));
        self.tenancies.retain(|(_, name), _| tenants.contains(name));
    }

    /// Returns a platform without anything in it.
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

/// How Argo CD is set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ArgocdSettings {
    /// The namespace that Argo CD runs in.
    #[serde(default = "argocd_namespace")]
    pub namespace: Name,
    /// How what delivers the tree is called.
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

/// `platform.toml`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PlatformFile {
    /// The name of the platform.
    pub(crate) name: Name,
    /// What the platform is.
    #[expect(dead_code, reason = "it is for the readers of the file")]
    pub(crate) description: Option<String>,
    /// The git repository that Argo CD reads the rendered tree from.
    pub(crate) repository: Repository,
    /// The branch, tag or commit that Argo CD reads.
    #[serde(default = "main_branch")]
    pub(crate) revision: String,
    /// The folder of the repository that the platform lies in (default: its root).
    pub(crate) path: Option<OutputPath>,
    /// The folder of the rendered tree.
    #[serde(default = "output_folder")]
    pub(crate) output: OutputPath,
    /// How Argo CD is set up.
    #[serde(default)]
    pub(crate) argocd: ArgocdSettings,
    /// How Argo CD delivers, below what environments, tenants and components say.
    #[serde(default)]
    #[schemars(with = "Delivery")]
    #[expect(dead_code, reason = "it is read once the layers are merged")]
    pub(crate) delivery: Fields,
    /// The components of system tenants that every tenant shares.
    #[serde(default)]
    pub(crate) services: Services,
    /// The weight of the findings of rules, by the name of the rule.
    #[serde(default)]
    pub(crate) checks: BTreeMap<String, CheckLevel>,
    /// How far the pods of tenants are shut off, where a tenant does not say; `strict` where nobody says.
    pub(crate) isolation: Option<IsolationLevel>,
    /// The Pod Security Standard that pods are held to, where a tenant does not say; `restricted` where nobody says.
    pub(crate) pod_security: Option<PodSecurity>,
    /// How changes are reviewed.
    #[serde(default)]
    pub(crate) review: ReviewSettings,
    /// Changes to what Argo CD gets in every environment: projects and Applications.
    #[serde(default)]
    pub(crate) patches: Vec<Patch>,
    /// Labels of the namespaces of tenants.
    #[serde(default)]
    pub(crate) labels: BTreeMap<LabelKey, LabelValue>,
    /// Annotations of the namespaces of tenants.
    #[serde(default)]
    #[schemars(with = "BTreeMap<LabelKey, String>")]
    pub(crate) annotations: BTreeMap<LabelKey, SmolStr>,
    /// The types of the values that environments give: `[environments.<name>.values]`. Where there is one, all are
    /// declared here.
    #[serde(default)]
    pub(crate) values: BTreeMap<Name, ParameterFile>,
    /// Fields of components by their kind, below everything else.
    #[serde(default)]
    #[schemars(with = "crate::schema::Defaults")]
    #[expect(dead_code, reason = "the values are taken from the node, with their places")]
    pub(crate) defaults: BTreeMap<Name, Fields>,
    /// The environments.
    #[schemars(with = "BTreeMap<Name, EnvironmentFile>")]
    #[expect(
        dead_code,
        reason = "each environment is read by itself, so that a bad one does not hide the others"
    )]
    pub(crate) environments: BTreeMap<Name, Fields>,
}

fn main_branch() -> String {
    "main".into()
}

fn output_folder() -> OutputPath {
    "output".parse().expect("`output` is a valid path")
}
