//! Go maps with string keys: shared and mutable, iterated in the byte order of their keys.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use super::{ANY_MAP, MapType, Text, Value, dismantle};

/// A map. Clones share the entries: a change through one is visible through all.
#[derive(Clone)]
pub struct Map {
    body: Rc<Body>,
    map_type: &'static MapType,
}

struct Body {
    entries: RefCell<BTreeMap<Text, Value>>,
    nil: bool,
}

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

impl Map {
    /// Returns an empty `map[string]interface {}`.
    pub fn new() -> Self {
        Self::typed(&ANY_MAP)
    }

    /// Returns an empty map of the given type; its elements must have that type.
    pub fn typed(map_type: &'static MapType) -> Self {
        Self { body: Rc::new(Body { entries: RefCell::default(), nil: false }), map_type }
    }

    /// Returns the nil map of a type: empty, but `null` in JSON.
    pub fn nil(map_type: &'static MapType) -> Self {
        Self { body: Rc::new(Body { entries: RefCell::default(), nil: true }), map_type }
    }

    /// Returns a map of the given type with entries.
    pub fn with_entries<K: Into<Text>>(
        map_type: &'static MapType,
        entries: impl IntoIterator<Item = (K, Value)>,
    ) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value)).collect();
        Self { body: Rc::new(Body { entries: RefCell::new(entries), nil: false }), map_type }
    }

    /// Returns the same map under another type, as a Go conversion does: the entries stay shared.
    pub fn converted(&self, map_type: &'static MapType) -> Self {
        Self { body: Rc::clone(&self.body), map_type }
    }

    /// Returns a copy that shares nothing with this map and has the plain type.
    pub fn deep_copy(&self) -> Self {
        fn copy(value: Value) -> Value {
            match value {
                Value::Map(map) => Value::Map(map.deep_copy()),
                Value::List(list) => Value::list(list.items().iter().cloned().map(copy).collect()),
                other => other,
            }
        }
        self.entries().into_iter().map(|(key, value)| (key, copy(value))).collect()
    }

    /// Returns the Go type.
    pub fn map_type(&self) -> &'static MapType {
        self.map_type
    }

    /// Returns the value under a key.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.body.entries.borrow().get(key.as_ref()).cloned()
    }

    /// Returns whether the key is present.
    pub fn contains_key(&self, key: impl AsRef<[u8]>) -> bool {
        self.body.entries.borrow().contains_key(key.as_ref())
    }

    /// Sets a key for every holder of the map and returns what it held before.
    pub fn insert(&self, key: impl Into<Text>, value: impl Into<Value>) -> Option<Value> {
        self.body.entries.borrow_mut().insert(key.into(), value.into())
    }

    /// Removes a key for every holder of the map and returns what it held.
    pub fn remove(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.body.entries.borrow_mut().remove(key.as_ref())
    }

    /// Returns the current entries in the byte order of their keys.
    pub fn entries(&self) -> Vec<(Text, Value)> {
        self.body.entries.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Returns the keys in byte order.
    pub fn keys(&self) -> Vec<Text> {
        self.body.entries.borrow().keys().cloned().collect()
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.body.entries.borrow().len()
    }

    /// Returns whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether this is Go's nil map.
    pub fn is_nil(&self) -> bool {
        self.body.nil
    }

    /// Returns whether both are the very same map.
    pub fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.body, &other.body)
    }

    pub(super) fn take_children(&mut self, into: &mut Vec<Value>) {
        if let Some(body) = Rc::get_mut(&mut self.body) {
            body.take_children(into);
        }
    }
}

impl Body {
    fn take_children(&mut self, into: &mut Vec<Value>) {
        into.extend(std::mem::take(self.entries.get_mut()).into_values());
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let mut children = Vec::new();
        self.take_children(&mut children);
        dismantle(children);
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}({})", self.map_type.name, self.len())
    }
}

impl<K: Into<Text>> FromIterator<(K, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        Self::with_entries(&ANY_MAP, entries)
    }
}
