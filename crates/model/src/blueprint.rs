//! Blueprints: sets of components with parameters, shared by several tenants.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;
use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::component::{Definition, Fields};
use crate::node::{Content, Node};
use crate::types::Name;

/// A blueprint, declared in `blueprints/<name>.toml`.
#[derive(Clone, Debug)]
pub struct Blueprint {
    /// The name, which is the file name.
    pub name: Name,
    /// What the blueprint is for.
    pub description: Option<String>,
    /// The parameters.
    pub parameters: BTreeMap<SmolStr, Parameter>,
    /// The components.
    pub components: BTreeMap<Name, Definition>,
    /// The path of the file.
    pub file: Arc<str>,
    /// Whether the file is valid; if not, missing parts are not reported.
    pub(crate) sound: bool,
}

/// A parameter of a blueprint.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The type of its values.
    pub kind: ParameterType,
    /// Its value if a tenant sets none; without a default, every tenant must set a value.
    pub default: Option<Arc<Node>>,
    /// What it is for.
    pub description: Option<String>,
    /// The table that declares it.
    pub node: Arc<Node>,
}

/// The type of a parameter's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterType {
    /// A string.
    String,
    /// An integer.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A list.
    List,
}

impl ParameterType {
    /// Tells whether a value is of the type.
    pub(crate) fn takes(self, node: &Node) -> bool {
        matches!(
            (self, &node.content),
            (Self::String, Content::String(_))
                | (Self::Integer, Content::Integer(_))
                | (Self::Boolean, Content::Boolean(_))
                | (Self::List, Content::List(_))
        )
    }

    /// Returns the name of the type in messages.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::Boolean => "a boolean",
            Self::List => "a list",
        }
    }
}

/// `blueprints/<name>.toml`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct BlueprintFile {
    /// What the blueprint is for.
    pub(crate) description: Option<String>,
    /// The parameters, which components use as `${parameter.<name>}`.
    #[serde(default)]
    pub(crate) parameters: BTreeMap<Name, ParameterFile>,
    /// The components by name, each like a component file.
    #[serde(default)]
    #[schemars(with = "crate::schema::Components")]
    pub(crate) components: BTreeMap<Name, Fields>,
}

/// `[parameters.<name>]` of a blueprint.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Parameter")]
pub(crate) struct ParameterFile {
    /// The type of its values.
    #[serde(rename = "type")]
    pub(crate) kind: ParameterType,
    /// Its value if a tenant sets none; without a default, every tenant must set a value.
    #[schemars(with = "Option<crate::schema::ParameterValue>")]
    #[expect(dead_code, reason = "the value is taken from the node, with its place")]
    pub(crate) default: Option<IgnoredAny>,
    /// What it is for.
    pub(crate) description: Option<String>,
}
