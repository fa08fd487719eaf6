//! A blueprint: a set of components with parameters that several tenants share.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::component::Definition;
use crate::node::Node;
use crate::types::Name;

/// A blueprint, as `blueprints/<name>.toml` declares it.
#[derive(Clone, Debug)]
pub struct Blueprint {
    /// The name, which is the name of the file.
    pub name: Name,
    /// What the blueprint is for.
    pub description: Option<String>,
    /// The parameters.
    pub parameters: BTreeMap<SmolStr, Parameter>,
    /// The components.
    pub components: BTreeMap<Name, Definition>,
    /// The path of the file.
    pub file: Arc<str>,
}

/// A parameter of a blueprint.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// What values it takes.
    pub kind: ParameterType,
    /// Its value where a tenant gives none; without one, every tenant must give a value.
    pub default: Option<Arc<Node>>,
    /// What it is for.
    pub description: Option<String>,
    /// The table that declares it.
    pub node: Arc<Node>,
}

/// What values a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A list.
    List,
}
