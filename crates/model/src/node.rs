//! The tree of a TOML file in which every value remembers the layer, the file and the span that it came
//! from, and what it shadows.
//!
//! Layers are merged on this tree before anything is typed, so that a message about a merged value still
//! points at the line that wrote it.

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
    /// Where the value was written; for a merged table, where the highest layer wrote it.
    pub origin: Source,
    /// The key that the value stands under, in the same file; list elements and whole files have none.
    pub key: Option<Span>,
    /// The value of the next lower layer that this one took the place of.
    pub shadowed: Option<Box<Node>>,
}

/// What a [`Node`] holds: what TOML can say. Dates are text, as they are in a manifest.
#[derive(Clone, Debug)]
pub enum Content {
    /// Text.
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
    /// Where in its file.
    pub place: Place,
}

/// The layers of a component, lowest first; a higher one wins.
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
    /// Returns how messages call the layer.
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
    /// Returns an empty table that was written nowhere but in the given file as a whole.
    pub fn empty_table(layer: Layer, file: impl Into<Arc<str>>) -> Self {
        let origin = Source { layer, place: Place::whole(file) };
        Self { content: Content::Table(Table::default()), origin, key: None, shadowed: None }
    }

    /// Returns a table in the place of this one that holds one key only.
    pub(crate) fn with_only(&self, key: &'static str, node: Node) -> Self {
        let content = Content::Table([(SmolStr::new_static(key), node)].into_iter().collect());
        Self { content, origin: self.origin.clone(), key: self.key, shadowed: None }
    }

    /// Returns the node under a key, if this is a table that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_table()?.get(key)
    }

    /// Returns the node at a path of keys; a number is also the position in a list.
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

    /// Returns the text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.content {
            Content::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.content {
            Content::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the word that messages use for what this holds.
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

    /// Returns what lower layers say, the highest of them first.
    pub fn shadowed(&self) -> Vec<Shadowed> {
        let lower = std::iter::successors(self.shadowed.as_deref(), |node| node.shadowed.as_deref());
        lower.map(|node| Shadowed { value: node.to_value(), source: node.origin.clone() }).collect()
    }

    /// Returns the value without where it came from.
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

    /// Returns an error that points at this value.
    pub fn diagnostic(&self, code: &'static str, message: impl Into<String>) -> Diagnostic {
        self.label(Diagnostic::error(code, message), "")
    }

    /// Returns an error that points at the key of this value.
    pub fn key_diagnostic(&self, code: &'static str, message: impl Into<String>) -> Diagnostic {
        let Place { file, span } = self.origin.place.clone();
        Diagnostic::error(code, message).at(file, self.key.or(span), "")
    }

    /// Adds the place of this value to a diagnostic.
    pub fn label(&self, diagnostic: Diagnostic, text: impl Into<String>) -> Diagnostic {
        diagnostic.label(self.origin.place.clone(), text)
    }

    /// Returns the node under a key for changing, if this is a table that has it.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.as_table_mut()?.get_mut(key)
    }

    /// Returns the entries for changing, if this is a table.
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

    /// Says of everything in this node that it is of another layer.
    pub(crate) fn set_layer(&mut self, layer: Layer) {
        self.origin.layer = layer;
        match &mut self.content {
            Content::List(list) => list.iter_mut().for_each(|node| node.set_layer(layer)),
            Content::Table(table) => table.values_mut().for_each(|node| node.set_layer(layer)),
            _ => {}
        }
    }

    /// Returns the tables under the keys of this table; anything else is passed over.
    pub(crate) fn shared_tables(&self) -> BTreeMap<SmolStr, Arc<Node>> {
        let entries = self.as_table().into_iter().flatten();
        entries
            .filter(|(_, node)| node.as_table().is_some())
            .map(|(key, node)| (key.clone(), Arc::new(node.clone())))
            .collect()
    }

    /// Lays a higher layer over this one: tables merge, everything else is replaced.
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
