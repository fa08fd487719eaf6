//! Components as written, before their layers are merged.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;
use schemars::JsonSchema;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::delivery::Delivery;
use crate::node::Node;
use crate::patch::Patch;
use crate::tenancy::Allowance;
use crate::types::{ComponentPeer, LabelKey, LabelValue, Name, Reference, Subdomain};

/// A component of a tenant, with the fields from its file and its blueprint.
#[derive(Clone, Debug)]
pub struct DeclaredComponent {
    /// The name.
    pub name: Name,
    /// The kind.
    pub kind: SmolStr,
    /// The main source file: the component's own, or else the blueprint.
    pub file: Arc<str>,
    /// The fields from the tenant's blueprint.
    pub blueprint: Option<Definition>,
    /// The fields from the component's own file.
    pub own: Option<Definition>,
}

/// The fields of a component in one file, with its overrides for environments.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The fields, without `environments`.
    pub node: Arc<Node>,
    /// The overrides, by environment.
    pub environments: Arc<BTreeMap<SmolStr, Arc<Node>>>,
}

/// The fields of a component that every kind has.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CommonFields {
    /// Whether the component exists.
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    /// What the component is.
    pub(crate) description: Option<String>,
    /// The namespace, one of the tenant's (default: the tenant's first).
    pub(crate) namespace: Option<Name>,
    /// Labels of all its objects.
    #[serde(default)]
    pub(crate) labels: BTreeMap<LabelKey, LabelValue>,
    /// Annotations of all its objects.
    #[serde(default)]
    #[schemars(with = "BTreeMap<LabelKey, String>")]
    pub(crate) annotations: BTreeMap<LabelKey, SmolStr>,
    /// Components that must be running before this one: `component` or `tenant/component`.
    #[serde(default)]
    pub(crate) depends_on: Vec<Reference>,
    /// The components that may link to this one, instead of the tenant's `isolation`: `component`,
    /// `tenant/component`, `tenant/*` or `*`. This field opens no connections; only links do.
    pub(crate) allow_from: Option<Vec<ComponentPeer>>,
    /// The components that this one may link to, instead of the tenant's `isolation`; those of system tenants are
    /// always permitted. This field opens no connections; only links do.
    pub(crate) allow_to: Option<Vec<ComponentPeer>>,
    /// How Argo CD delivers it; overrides the tenant's, environment's and platform's `delivery`.
    #[serde(default)]
    #[schemars(with = "Delivery")]
    #[expect(dead_code, reason = "it is read separately, so that a mistake in a lower layer is one message")]
    pub(crate) delivery: Fields,
    /// Check rules whose findings about its objects are not reported, each with a reason.
    #[serde(default)]
    pub(crate) allow: Vec<Allowance>,
    /// A running Deployment or DaemonSet that the component takes over instead of creating a new one.
    pub(crate) adopt: Option<Adopt>,
    /// Changes to the rendered objects that no field covers.
    #[serde(default)]
    pub(crate) patches: Vec<Patch>,
}

/// A running Deployment or DaemonSet that a component takes over. A rollout replaces its pods.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Adopt {
    /// Its name, in the component's namespace.
    pub name: Subdomain,
    /// All labels of its selector, which the API server does not allow to change.
    pub selector: BTreeMap<LabelKey, LabelValue>,
}

impl CommonFields {
    /// The keys in a file.
    pub(crate) const KEYS: &[&str] = &[
        "enabled",
        "description",
        "namespace",
        "labels",
        "annotations",
        "depends-on",
        "allow-from",
        "allow-to",
        "delivery",
        "allow",
        "adopt",
        "patches",
    ];
}

fn yes() -> bool {
    true
}

/// Fields of a component that are read only when its layers are merged.
#[derive(Debug, Default)]
pub(crate) struct Fields;

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Fields, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Fields)
    }
}
