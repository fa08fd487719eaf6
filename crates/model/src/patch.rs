//! Patches: changes to rendered objects that no field covers.

use std::collections::BTreeMap;

use aqueduct_manifest::patch::{Operation, read_operations};
use aqueduct_manifest::{Diagnostic, Map, Object, Value, yaml};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::node::Node;

/// A change to all rendered objects that match the target.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Patch {
    /// Which objects to change.
    pub target: PatchTarget,
    /// A strategic merge patch: the fields to set, with `null` for fields to remove.
    #[schemars(with = "Option<BTreeMap<String, serde_json::Value>>")]
    pub merge: Option<Map>,
    /// A list of JSON Patch operations (RFC 6902).
    #[serde(default)]
    #[schemars(with = "Vec<serde_json::Value>")]
    pub operations: Vec<Value>,
    /// A strategic merge patch or a list of JSON Patch operations, as YAML text.
    pub patch: Option<String>,
    /// Whether to remove the objects.
    #[serde(default)]
    pub delete: bool,
}

/// What a patch does to each matching object.
#[derive(Clone, Debug)]
pub enum PatchAction {
    /// It is removed.
    Remove,
    /// It is changed.
    Edit {
        /// A strategic merge patch.
        merge: Option<Value>,
        /// JSON Patch operations, applied after the merge.
        operations: Vec<Operation>,
    },
}

impl Patch {
    /// Returns the patch's effect, given the node that it was read from.
    ///
    /// # Errors
    /// Returns all errors that do not depend on the objects.
    pub fn change(&self, node: &Node) -> Result<PatchAction, Vec<Diagnostic>> {
        let mut wrong = Vec::new();
        let at =
            |path: &[&str], message: String| node.find(path).unwrap_or(node).diagnostic("patch", message);
        let mut merge = self.merge.clone().map(Value::Map);
        let mut operations = Vec::new();
        for (number, operation) in self.operations.iter().enumerate() {
            let place = node.get("operations").and_then(Node::as_list).and_then(|list| list.get(number));
            match Operation::from_value(operation) {
                Ok(operation) => operations.push(operation),
                Err(error) => wrong.push(place.unwrap_or(node).diagnostic("patch", error.to_string())),
            }
        }
        if let Some(text) = &self.patch {
            match yaml::read(text) {
                Ok(map @ Value::Map(_)) if merge.is_none() => merge = Some(map),
                Ok(Value::Map(_)) => {
                    wrong.push(at(
                        &["patch"],
                        "`patch` and `merge` are both strategic merges: set only one".to_owned(),
                    ));
                }
                Ok(Value::List(_)) => match read_operations(text) {
                    Ok(more) => operations.extend(more),
                    Err(error) => wrong.push(at(&["patch"], format!("`patch` cannot be read: {error}"))),
                },
                Ok(_) => wrong.push(at(&["patch"], "`patch` must be a map or a list".to_owned())),
                Err(error) => wrong.push(at(&["patch"], format!("`patch` cannot be read: {error}"))),
            }
        }
        let given: Vec<&str> =
            ["merge", "operations", "patch"].into_iter().filter(|key| node.get(key).is_some()).collect();
        if self.delete && !given.is_empty() {
            let message = format!("`delete` removes the objects that `{}` changes", given.join("` and `"));
            wrong.push(
                at(&["delete"], message).hint("use separate patches to remove objects and to change others"),
            );
        }
        if !self.delete && merge.is_none() && operations.is_empty() && wrong.is_empty() {
            let message = "the patch sets none of `merge`, `operations`, `patch` and `delete`".to_owned();
            wrong.push(at(&[], message));
        }
        match self.delete {
            _ if !wrong.is_empty() => Err(wrong),
            true => Ok(PatchAction::Remove),
            false => Ok(PatchAction::Edit { merge, operations }),
        }
    }
}

/// Returns the errors in a table's patches that do not depend on the objects.
pub(crate) fn check(patches: &[Patch], holder: &Node) -> Vec<Diagnostic> {
    let list = holder.get("patches").and_then(Node::as_list).unwrap_or_default();
    let wrong = patches.iter().zip(list).filter_map(|(patch, node)| patch.change(node).err());
    wrong.flatten().collect()
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
    /// Tells whether an object matches.
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
