//! The tree of a TOML file, in which every value knows its layer, file and span, and the values that it shadows.
//!
//! Layers are merged on this tree before anything is typed, so that a message about a merged value still points to
//! the line that set it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use aqueduct_manifest::{Diagnostic, Place, SmolStr, Span, Value};

use crate::explain::Shadowed;
use crate::table::Table;

/// A value and where it was written.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub content: Content,
    /// Where the value was written; for a merged table, the place in the highest layer.
    pub origin: Source,
    /// The key of the value, in the same file; list elements and whole files have none.
    pub key: Option<Span>,
    /// The value of the next lower layer that this one overrides.
    pub shadowed: Option<Box<Node>>,
}

/// The content of a [`Node`]: any TOML value. Dates are strings, as in a manifest.
#[derive(Clone, Debug)]
pub enum Content {
    /// A string.
    String(SmolStr),
    /// An integer.
    Integer(i64),
    /// A finite number.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// An array.
    List(Vec<Node>),
    /// A table.
    Table(Table),
}

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// The layer of the file or of the table in it.
    pub layer: Layer,
    /// The place in its file.
    pub place: Place,
}

/// The layers of a component, lowest first; higher layers override lower ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// `[defaults.<kind>]` of the platform, and everything else in `platform.toml`.
    Platform,
    /// `[environments.<environment>.defaults.<kind>]` of the platform.
    Environment,
    /// The component in the blueprint of the tenant.
    Blueprint,
    /// `[components.<component>.environments.<environment>]` of the blueprint.
    BlueprintEnvironment,
    /// `[defaults.<kind>]` of the tenant.
    Tenant,
    /// `[environments.<environment>.defaults.<kind>]` of the tenant.
    TenantEnvironment,
    /// The file of the component.
    Component,
    /// `[environments.<environment>]` in the file of the component.
    ComponentEnvironment,
}

impl Layer {
    /// Returns the layer's name in messages.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Environment => "environment",
            Self::Blueprint => "blueprint",
            Self::BlueprintEnvironment => "blueprint in the environment",
            Self::Tenant => "tenant",
            Self::TenantEnvironment => "tenant in the environment",
            Self::Component => "component",
            Self::ComponentEnvironment => "component in the environment",
        }
    }

    /// Returns the layer of the overrides for one environment in the same file.
    pub(crate) fn in_environment(self) -> Self {
        match self {
            Self::Platform => Self::Environment,
            Self::Blueprint => Self::BlueprintEnvironment,
            Self::Tenant => Self::TenantEnvironment,
            Self::Component => Self::ComponentEnvironment,
            other => other,
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.describe())
    }
}

impl Node {
    /// Returns an empty table whose place is the given file as a whole.
    pub fn empty_table(layer: Layer, file: impl Into<Arc<str>>) -> Self {
        let origin = Source { layer, place: Place::whole(file) };
        Self { content: Content::Table(Table::default()), origin, key: None, shadowed: None }
    }

    /// Returns a table at the place of this one that contains only one key.
    pub(crate) fn with_only(&self, key: &'static str, node: Node) -> Self {
        let content = Content::Table([(SmolStr::new_static(key), node)].into_iter().collect());
        Self { content, origin: self.origin.clone(), key: self.key, shadowed: None }
    }

    /// Returns the node under a key, if this is a table that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_table()?.get(key)
    }

    /// Returns the node at a path of keys; a number can also be an index in a list.
    pub fn find(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| match &node.content {
            Content::Table(table) => table.get(key),
            Content::List(list) => list.get(key.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// Returns the entries, if this is a table.
    pub fn as_table(&self) -> Option<&Table> {
        match &self.content {
            Content::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Returns the elements, if this is a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.content {
            Content::List(list) => Some(list),
            _ => None,
        }
    }

    /// Returns the string, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.content {
            Content::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.content {
            Content::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the name of the content's type in messages.
    pub fn kind(&self) -> &'static str {
        match &self.content {
            Content::String(_) => "a string",
            Content::Integer(_) => "an integer",
            Content::Float(_) => "a number",
            Content::Boolean(_) => "a boolean",
            Content::List(_) => "a list",
            Content::Table(_) => "a table",
        }
    }

    /// Returns the values of lower layers, highest first.
    pub fn shadowed(&self) -> Vec<Shadowed> {
        let lower = std::iter::successors(self.shadowed.as_deref(), |node| node.shadowed.as_deref());
        lower.map(|node| Shadowed { value: node.to_value(), source: node.origin.clone() }).collect()
    }

    /// Returns the value without its origin.
    pub fn to_value(&self) -> Value {
        match &self.content {
            Content::String(text) => Value::String(text.clone()),
            Content::Integer(value) => Value::Int(*value),
            Content::Float(value) => Value::Float(*value),
            Content::Boolean(value) => Value::Bool(*value),
            Content::List(list) => Value::List(list.iter().map(Self::to_value).collect()),
            Content::Table(table) => {
                Value::Map(table.iter().map(|(key, node)| (key.clone(), node.to_value())).collect())
            }
        }
    }

    /// Returns an error that points to this value.
    pub fn diagnostic(&self, code: &'static str, message: impl Into<String>) -> Diagnostic {
        self.label(Diagnostic::error(code, message), "")
    }

    /// Returns an error that points to the key of this value.
    pub fn key_diagnostic(&self, code: &'static str, message: impl Into<String>) -> Diagnostic {
        let Place { file, span } = self.origin.place.clone();
        Diagnostic::error(code, message).at(file, self.key.or(span), "")
    }

    /// Adds the place of this value to a diagnostic.
    pub fn label(&self, diagnostic: Diagnostic, text: impl Into<String>) -> Diagnostic {
        diagnostic.label(self.origin.place.clone(), text)
    }

    /// Returns a mutable reference to the node under a key, if this is a table that has it.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.as_table_mut()?.get_mut(key)
    }

    /// Returns a mutable reference to the entries, if this is a table.
    pub(crate) fn as_table_mut(&mut self) -> Option<&mut Table> {
        match &mut self.content {
            Content::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Removes and returns the node under a key, if this is a table that has it.
    pub(crate) fn take(&mut self, key: &str) -> Option<Node> {
        match &mut self.content {
            Content::Table(table) => table.remove(key),
            _ => None,
        }
    }

    /// Assigns everything in this node to another layer.
    pub(crate) fn set_layer(&mut self, layer: Layer) {
        self.origin.layer = layer;
        match &mut self.content {
            Content::List(list) => list.iter_mut().for_each(|node| node.set_layer(layer)),
            Content::Table(table) => table.values_mut().for_each(|node| node.set_layer(layer)),
            _ => {}
        }
    }

    /// Returns the tables under the keys of this table, and skips anything else.
    pub(crate) fn shared_tables(&self) -> BTreeMap<SmolStr, Arc<Node>> {
        let entries = self.as_table().into_iter().flatten();
        entries
            .filter(|(_, node)| node.as_table().is_some())
            .map(|(key, node)| (key.clone(), Arc::new(node.clone())))
            .collect()
    }

    /// Merges a higher layer into this one: tables are merged, everything else is replaced.
    pub fn merge(&mut self, higher: &Node) {
        match (&mut self.content, &higher.content) {
            (Content::Table(lower), Content::Table(entries)) => {
                for (key, node) in entries {
                    match lower.get_mut(key) {
                        Some(known) => known.merge(node),
                        None => {
                            lower.insert(key.clone(), node.clone());
                        }
                    }
                }
                self.origin = higher.origin.clone();
                self.key = higher.key;
            }
            _ => {
                let lower = std::mem::replace(self, higher.clone());
                self.shadowed = Some(Box::new(lower));
            }
        }
    }
}
