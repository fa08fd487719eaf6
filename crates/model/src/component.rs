//! A component as it was written, before its layers are merged.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;

use crate::node::Node;
use crate::types::Name;

/// A component of a tenant: what its file says, and what the blueprint says.
#[derive(Clone, Debug)]
pub struct Component {
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

impl Component {
    /// Returns where the kind is written.
    pub fn kind_node(&self) -> Option<&Node> {
        [&self.own, &self.blueprint].into_iter().flatten().find_map(|definition| definition.node.get("kind"))
    }
}
