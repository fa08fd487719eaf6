//! A patch: a change to rendered objects that no field says.

use std::collections::BTreeMap;

use aqueduct_manifest::{Map, Object, Value};
use schemars::JsonSchema;
use serde::Deserialize;

/// A change to rendered objects: to all that the target names.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Patch {
    /// Which objects are meant.
    pub target: PatchTarget,
    /// A strategic merge: fields to set, with `null` for those to remove.
    #[schemars(with = "Option<BTreeMap<String, serde_json::Value>>")]
    pub merge: Option<Map>,
    /// A list of JSON patch operations (RFC 6902).
    #[serde(default)]
    #[schemars(with = "Vec<serde_json::Value>")]
    pub operations: Vec<Value>,
    /// A strategic merge or a list of JSON patch operations, as the text of a YAML document.
    pub patch: Option<String>,
    /// Whether the objects are removed.
    #[serde(default)]
    pub delete: bool,
}

/// The objects that a patch changes: those that match every given field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchTarget {
    /// The API group.
    pub group: Option<String>,
    /// The kind.
    pub kind: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// Labels that the object must have.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

impl PatchTarget {
    /// Tells whether an object is meant.
    pub fn matches(&self, object: &Object) -> bool {
        let agrees =
            |wanted: &Option<String>, text: &str| wanted.as_ref().is_none_or(|wanted| wanted == text);
        let label = |key: &str| object.labels().and_then(|labels| labels.get(key)).and_then(Value::as_str);
        agrees(&self.group, object.group())
            && agrees(&self.kind, object.kind())
            && agrees(&self.name, object.name())
            && agrees(&self.namespace, object.namespace())
            && self.labels.iter().all(|(key, value)| label(key) == Some(value))
    }
}
