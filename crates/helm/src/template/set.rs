//! Templates that can call one another.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::tree::Tree;
use crate::value::Text;

/// Templates by name. Later ones replace earlier ones, unless they are empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Set {
    trees: BTreeMap<Text, Arc<Tree>>,
    /// The set that this one adds to, which has no base itself.
    base: Option<Arc<Set>>,
}

impl Set {
    /// Returns a set that adds to another without changing it.
    pub(crate) fn above(parent: &Arc<Set>) -> Self {
        match &parent.base {
            None => Self { trees: BTreeMap::new(), base: Some(Arc::clone(parent)) },
            Some(_) => Self::clone(parent),
        }
    }

    /// Returns a template.
    pub(crate) fn get(&self, name: &[u8]) -> Option<&Arc<Tree>> {
        self.trees.get(name).or_else(|| self.base.as_ref()?.trees.get(name))
    }

    /// Adds a template.
    pub(crate) fn add(&mut self, tree: Arc<Tree>) {
        if !tree.empty || self.get(tree.name.as_bytes()).is_none() {
            self.trees.insert(tree.name.clone(), tree);
        }
    }
}
