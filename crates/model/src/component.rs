//! A component as it was written, before its layers are merged.

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

/// A component of a tenant: what its file says, and what the blueprint says.
#[derive(Clone, Debug)]
pub struct DeclaredComponent {
    /// The name.
    pub name: Name,
    /// The kind.
    pub kind: SmolStr,
    /// The main source file: the component's own one, else the blueprint.
    pub file: Arc<str>,
    /// What the blueprint of the tenant says.
    pub blueprint: Option<Definition>,
    /// What the component's own file says.
    pub own: Option<Definition>,
}

/// One text about a component: the fields, and those that are different in an environment.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The fields, without `environments`.
    pub node: Arc<Node>,
    /// The fields that are different, by environment.
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
    /// The namespace, one of the tenant's (default: the tenant's first one).
    pub(crate) namespace: Option<Name>,
    /// Labels of all its objects.
    #[serde(default)]
    pub(crate) labels: BTreeMap<LabelKey, LabelValue>,
    /// Annotations of all its objects.
    #[serde(default)]
    #[schemars(with = "BTreeMap<LabelKey, String>")]
    pub(crate) annotations: BTreeMap<LabelKey, SmolStr>,
    /// Components that must run before this one: `component`, or `tenant/component`.
    #[serde(default)]
    pub(crate) depends_on: Vec<Reference>,
    /// The components that may link to this one, instead of what `isolation` of the tenant says: `component`,
    /// `tenant/component`, `tenant/*` or `*`. This field opens no connection; each link does.
    pub(crate) allow_from: Option<Vec<ComponentPeer>>,
    /// The components that this one may link to, instead of what `isolation` of the tenant says; those of system
    /// tenants may always be linked to. This field opens no connection; each link does.
    pub(crate) allow_to: Option<Vec<ComponentPeer>>,
    /// How Argo CD delivers it, above what the tenant, the environment and the platform say.
    #[serde(default)]
    #[schemars(with = "Delivery")]
    #[expect(dead_code, reason = "it is read by itself, so that a mistake in a lower layer is one message")]
    pub(crate) delivery: Fields,
    /// Rules of the checks whose findings about its objects are not reported, each with the reason.
    #[serde(default)]
    pub(crate) allow: Vec<Allowance>,
    /// A running Deployment or DaemonSet that the component takes over and does not make anew.
    pub(crate) adopt: Option<Adopt>,
    /// Changes to the rendered objects that no field says.
    #[serde(default)]
    pub(crate) patches: Vec<Patch>,
}

/// A running Deployment or DaemonSet that a component takes over: its pods are replaced by a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Adopt {
    /// Its name, in the component's namespace.
    pub name: Subdomain,
    /// The labels of its selector, all of them: the API server lets nobody change them.
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
