//! The templates that can name one another.

use std::collections::HashMap;
use std::sync::Arc;

use super::tree::Tree;
use crate::value::Text;

/// Templates by name. Later ones replace earlier ones, except that an empty one replaces none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Set {
    trees: HashMap<Text, Arc<Tree>>,
    /// The set that this one adds to.
    parent: Option<Arc<Set>>,
}

impl Set {
    /// Returns a set that adds to another without changing it.
    pub(crate) fn above(parent: Arc<Set>) -> Self {
        Self { trees: HashMap::new(), parent: Some(parent) }
    }

    /// Returns a template.
    pub(crate) fn get(&self, name: &[u8]) -> Option<&Arc<Tree>> {
        let mut set = self;
        loop {
            if let Some(tree) = set.trees.get(name) {
                return Some(tree);
            }
            set = set.parent.as_deref()?;
        }
    }

    /// Adds a template.
    pub(crate) fn add(&mut self, tree: Arc<Tree>) {
        if !tree.empty || self.get(tree.name.as_bytes()).is_none() {
            self.trees.insert(tree.name.clone(), tree);
        }
    }
}
