//! Tenants, which own components.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;
use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::component::{DeclaredComponent, Fields};
use crate::delivery::Delivery;
use crate::node::Node;
use crate::patch::Patch;
use crate::tenancy::{Allowance, ContainerLimits, IsolationField, NamespaceField, PodSecurity, Quota};
use crate::types::{LabelKey, LabelValue, Name};

/// A tenant, declared in `tenants/<name>/`.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// The name, which is the folder name.
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
    /// The components: those in its files, and those that only the blueprint contains.
    pub components: BTreeMap<Name, DeclaredComponent>,
    /// The path of `tenant.toml`.
    pub file: Arc<str>,
    /// The whole of `tenant.toml`.
    pub node: Arc<Node>,
    /// The names of all component files, including invalid ones.
    pub(crate) declared: BTreeSet<Name>,
    /// Whether `tenant.toml` is valid; if not, missing parts are not reported.
    pub(crate) sound: bool,
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
    /// The environments that the tenant is in, as a list; or overrides, as a table for each environment.
    pub(crate) environments: Option<TenantEnvironments>,
    /// Whether every tenant may refer to its components.
    #[serde(default)]
    pub(crate) system: bool,
    /// The blueprint that it is made from.
    pub(crate) blueprint: Option<Name>,
    /// Whether the tenant exists.
    pub(crate) enabled: Option<bool>,
    /// The namespace of its components (default: the tenant's name, or the first of `namespaces` if all of these
    /// already exist).
    pub(crate) namespace: Option<Name>,
    /// Additional namespaces for its components: a name, or a table such as
    /// `{ name = "kube-system", existing = true }`.
    #[serde(default)]
    pub(crate) namespaces: Vec<NamespaceField>,
    /// Labels of its namespaces, in addition to the environment's.
    #[serde(default)]
    pub(crate) labels: BTreeMap<LabelKey, LabelValue>,
    /// Annotations of its namespaces, in addition to the environment's.
    #[serde(default)]
    #[schemars(with = "BTreeMap<LabelKey, String>")]
    pub(crate) annotations: BTreeMap<LabelKey, SmolStr>,
    /// What all pods of the tenant may use together, in each of its namespaces.
    #[serde(default)]
    pub(crate) quota: Quota,
    /// The defaults and bounds of container resources.
    #[serde(default)]
    pub(crate) limits: ContainerLimits,
    /// How strictly the tenant's pods are isolated, as a level or a table (default: the environment's or platform's).
    #[serde(default)]
    pub(crate) isolation: IsolationField,
    /// The Pod Security Standard for its pods (default: the environment's or platform's).
    pub(crate) pod_security: Option<PodSecurity>,
    /// Check rules whose findings about this tenant's objects are not reported, each with a reason.
    #[serde(default)]
    pub(crate) allow: Vec<Allowance>,
    /// Changes to the tenant's own objects: namespaces, policies, roles, and its Argo CD project and Applications.
    #[serde(default)]
    pub(crate) patches: Vec<Patch>,
    /// How Argo CD delivers its components; overrides the environment's and platform's `delivery`.
    #[serde(default)]
    #[schemars(with = "Delivery")]
    #[expect(dead_code, reason = "it is read after the layers are merged")]
    pub(crate) delivery: Fields,
    /// The parameters of the blueprint.
    #[serde(default)]
    #[schemars(with = "BTreeMap<Name, crate::schema::ParameterValue>")]
    #[expect(dead_code, reason = "the values are taken from the node, with their places")]
    pub(crate) parameters: BTreeMap<Name, IgnoredAny>,
    /// Defaults of fields of the tenant's components, by kind.
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
    /// Overrides for environments.
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
        out.write_str("a list of environments, or a table for each")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<TenantEnvironments, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(elements)).map(TenantEnvironments::Only)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<TenantEnvironments, A::Error> {
        BTreeMap::deserialize(MapAccessDeserializer::new(entries)).map(TenantEnvironments::Overrides)
    }
}

/// Overrides for one environment.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(dead_code, reason = "the values are taken from the merged node")]
pub(crate) struct TenantOverrides {
    /// Whether the tenant is in the environment.
    enabled: Option<bool>,
    /// The namespace of its components.
    namespace: Option<Name>,
    /// Additional namespaces for its components.
    namespaces: Option<Vec<NamespaceField>>,
    /// Labels of its namespaces.
    labels: Option<BTreeMap<LabelKey, LabelValue>>,
    /// Annotations of its namespaces.
    #[schemars(with = "Option<BTreeMap<LabelKey, String>>")]
    annotations: Option<BTreeMap<LabelKey, SmolStr>>,
    /// What all pods of the tenant may use together, in each of its namespaces.
    quota: Option<Quota>,
    /// The defaults and bounds of container resources.
    limits: Option<ContainerLimits>,
    /// How strictly the tenant's pods are isolated, as a level or a table.
    isolation: Option<IsolationField>,
    /// The Pod Security Standard for its pods.
    pod_security: Option<PodSecurity>,
    /// How Argo CD delivers its components.
    #[schemars(with = "Option<Delivery>")]
    delivery: Option<Fields>,
    /// Check rules whose findings about this tenant's objects are not reported, each with a reason.
    allow: Option<Vec<Allowance>>,
    /// Changes to the tenant's own objects.
    patches: Option<Vec<Patch>>,
    /// The parameters of the blueprint.
    #[schemars(with = "Option<BTreeMap<Name, crate::schema::ParameterValue>>")]
    parameters: Option<BTreeMap<Name, IgnoredAny>>,
    /// Defaults of fields of the tenant's components, by kind.
    #[schemars(with = "Option<crate::schema::Defaults>")]
    defaults: Option<BTreeMap<Name, Fields>>,
}
