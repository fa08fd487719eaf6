//! The entries of a TOML table, as a sorted list: a `BTreeMap` node has room for eleven entries, but most tables have
//! two or three.

use aqueduct_manifest::SmolStr;

use crate::node::Node;

/// Nodes by key, in the byte order of their keys.
#[derive(Clone, Debug, Default)]
pub struct Table(Vec<(SmolStr, Node)>);

impl Table {
    /// Returns the node under a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.find(key).ok().map(|at| &self.0[at].1)
    }

    /// Tells whether the table has a key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.find(key).is_ok()
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether the table is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the entries in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&SmolStr, &Node)> + ExactSizeIterator {
        self.0.iter().map(|(key, node)| (key, node))
    }

    /// Returns the keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &SmolStr> {
        self.0.iter().map(|(key, _)| key)
    }

    /// Returns the nodes in the order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &Node> {
        self.0.iter().map(|(_, node)| node)
    }

    /// Returns mutable references to the nodes, in the order of their keys.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        self.0.iter_mut().map(|(_, node)| node)
    }

    /// Returns a mutable reference to the node under a key.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let at = self.find(key).ok()?;
        Some(&mut self.0[at].1)
    }

    /// Sets a key and returns its previous value.
    pub(crate) fn insert(&mut self, key: SmolStr, node: Node) -> Option<Node> {
        match self.find(&key) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, node)),
            Err(at) => {
                self.0.insert(at, (key, node));
                None
            }
        }
    }

    /// Removes a key and returns its value.
    pub(crate) fn remove(&mut self, key: &str) -> Option<Node> {
        let at = self.find(key).ok()?;
        Some(self.0.remove(at).1)
    }

    /// Returns an iterator over a single entry, counted from 0.
    pub(crate) fn only(&self, at: usize) -> <&Self as IntoIterator>::IntoIter {
        self.0.get(at..=at).unwrap_or_default().iter().map(|(key, node)| (key, node))
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_str().cmp(key))
    }
}

impl FromIterator<(SmolStr, Node)> for Table {
    /// Of several entries with the same key, keeps the last.
    fn from_iter<I: IntoIterator<Item = (SmolStr, Node)>>(entries: I) -> Self {
        let mut table = Self(Vec::new());
        let entries = entries.into_iter();
        table.0.reserve_exact(entries.size_hint().0);
        for (key, node) in entries {
            table.insert(key, node);
        }
        table
    }
}

impl<'a> IntoIterator for &'a Table {
    type Item = (&'a SmolStr, &'a Node);
    type IntoIter = std::iter::Map<
        std::slice::Iter<'a, (SmolStr, Node)>,
        fn(&'a (SmolStr, Node)) -> (&'a SmolStr, &'a Node),
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(key, node)| (key, node))
    }
}

impl IntoIterator for Table {
    type Item = (SmolStr, Node);
    type IntoIter = std::vec::IntoIter<(SmolStr, Node)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
