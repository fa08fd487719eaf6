//! The value model: all JSON values, with Go's kinds of numbers kept apart.
//!
//! Clones are cheap: strings up to 23 bytes are inline; longer strings, lists and maps are shared, and only copied
//! when a shared one is changed. Maps are ordered by key bytes, so that no output depends on a hash order.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use smol_str::SmolStr;

/// Any value that a Kubernetes object can contain.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer that fits 64 signed bits.
    Int(i64),
    /// An integer above `i64::MAX`, never a smaller one.
    Uint(u64),
    /// A number with a fraction or an exponent, or an integer beyond `u64`.
    Float(f64),
    /// Text.
    String(SmolStr),
    /// A sequence.
    List(List),
    /// A mapping with text keys.
    Map(Map),
}

impl Value {
    /// Returns the string, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the integer, if this is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns any number as a float.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Uint(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the map, if this is one.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Returns a mutable reference to the map, if this is one.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Returns the list, if this is one.
    pub fn as_list(&self) -> Option<&List> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// Returns a mutable reference to the list, if this is one.
    pub fn as_list_mut(&mut self) -> Option<&mut List> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// Tells whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Returns the value under a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map()?.get(key)
    }

    /// Returns the value at a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// Returns approximately how many bytes the value takes if nothing is shared; `None` beyond a limit.
    pub fn weight(&self, limit: usize) -> Option<usize> {
        const NODE: usize = 16;
        let mut total = 0_usize;
        let mut pending = vec![self];
        while let Some(value) = pending.pop() {
            total = total.saturating_add(NODE);
            match value {
                Self::String(text) => total = total.saturating_add(text.len()),
                Self::List(list) => pending.extend(list.iter()),
                Self::Map(map) => {
                    for (key, value) in map {
                        total = total.saturating_add(key.len());
                        pending.push(value);
                    }
                }
                _ => {}
            }
            if total.saturating_add(pending.len().saturating_mul(NODE)) > limit {
                return None;
            }
        }
        Some(total)
    }

    /// Returns how many levels of lists and maps the value has.
    pub fn depth(&self) -> usize {
        let mut depth = 0;
        let mut level = vec![self];
        loop {
            let mut inner = Vec::new();
            let mut is_deeper = false;
            for value in level {
                match value {
                    Self::List(list) => inner.extend(list.iter()),
                    Self::Map(map) => inner.extend(map.iter().map(|(_, value)| value)),
                    _ => continue,
                }
                is_deeper = true;
            }
            if !is_deeper {
                return depth;
            }
            depth += 1;
            level = inner;
        }
    }

    /// Returns the name of this value's kind in messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Int(_) | Self::Uint(_) => "integer",
            Self::Float(_) => "number",
            Self::String(_) => "string",
            Self::List(_) => "list",
            Self::Map(_) => "map",
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::Uint(value), Self::Int)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value.into())
    }
}

impl From<SmolStr> for Value {
    fn from(value: SmolStr) -> Self {
        Self::String(value)
    }
}

impl From<Map> for Value {
    fn from(value: Map) -> Self {
        Self::Map(value)
    }
}

impl From<List> for Value {
    fn from(value: List) -> Self {
        Self::List(value)
    }
}

impl From<Vec<Value>> for Value {
    fn from(value: Vec<Value>) -> Self {
        Self::List(value.into())
    }
}

/// A shared sequence of values, copied when a shared one is changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List(Arc<Vec<Value>>);

impl List {
    /// Returns an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a mutable reference to the vector, which is copied first if it is shared.
    pub fn make_mut(&mut self) -> &mut Vec<Value> {
        Arc::make_mut(&mut self.0)
    }

    /// Appends a value.
    pub fn push(&mut self, value: impl Into<Value>) {
        self.make_mut().push(value.into());
    }

    /// Returns the values as a vector, which is only copied if the list is shared.
    pub fn into_vec(self) -> Vec<Value> {
        Arc::unwrap_or_clone(self.0)
    }

    /// Tells whether both are the very same allocation.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl std::ops::Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.0
    }
}

impl From<Vec<Value>> for List {
    fn from(values: Vec<Value>) -> Self {
        Self(Arc::new(values))
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        Self(Arc::new(values.into_iter().collect()))
    }
}

impl<'a> IntoIterator for &'a List {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// A shared mapping in the byte order of its keys, copied when a shared one is changed.
///
/// Manifests have many small maps, so the entries are in one sorted vector. It takes a third of the memory of a tree,
/// and is faster to build and to read. Build large maps at once from a tree or an iterator, since inserting an entry
/// moves all those after it.
#[derive(Clone, Default, PartialEq)]
pub struct Map(Arc<Vec<(SmolStr, Value)>>);

impl Map {
    /// Returns an empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the entries, which are only copied if the map is shared.
    pub fn into_entries(self) -> Vec<(SmolStr, Value)> {
        Arc::unwrap_or_clone(self.0)
    }

    /// Returns the value under a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.position(key).map(|at| &self.0[at].1)
    }

    /// Returns a mutable reference to the value under a key.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let at = self.position(key)?;
        Some(&mut self.make_mut()[at].1)
    }

    /// Tells whether the map has a key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// Sets a key and returns its previous value.
    pub fn insert(&mut self, key: impl Into<SmolStr>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        match self.find(&key) {
            Ok(at) => Some(std::mem::replace(&mut self.make_mut()[at].1, value)),
            Err(at) => {
                self.make_mut().insert(at, (key, value));
                None
            }
        }
    }

    /// Removes a key and returns its value.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.position(key)?;
        Some(self.make_mut().remove(at).1)
    }

    /// Returns the value under a key, which is set to `null` first if it is missing.
    pub fn entry(&mut self, key: &str) -> &mut Value {
        let at = match self.find(key) {
            Ok(at) => at,
            Err(at) => {
                self.make_mut().insert(at, (key.into(), Value::Null));
                at
            }
        };
        &mut self.make_mut()[at].1
    }

    /// Returns the map under a key, which is set to an empty one first if it is missing or not a map.
    pub fn map_entry(&mut self, key: &str) -> &mut Map {
        let value = self.entry(key);
        if !matches!(value, Value::Map(_)) {
            *value = Value::Map(Self::new());
        }
        match value {
            Value::Map(map) => map,
            _ => unreachable!("the value was made a map above"),
        }
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether the map is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the entries in the byte order of their keys.
    pub fn iter(&self) -> MapIter<'_> {
        MapIter(self.0.iter())
    }

    /// Returns the keys in byte order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &SmolStr> + ExactSizeIterator {
        self.0.iter().map(|(key, _)| key)
    }

    /// Returns the values in the byte order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator {
        self.0.iter().map(|(_, value)| value)
    }

    /// Returns mutable references to the values, in the byte order of their keys.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.make_mut().iter_mut().map(|(_, value)| value)
    }

    /// Tells whether both are the very same allocation.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Returns the index of a key. Keys of small maps mostly differ in length or in their first letter, so a linear
    /// search takes a third of the time of a binary search.
    fn position(&self, key: &str) -> Option<usize> {
        const SMALL: usize = 32;
        if self.0.len() > SMALL {
            return self.find(key).ok();
        }
        let wanted = key.as_bytes();
        self.0.iter().position(|(known, _)| {
            let known = known.as_bytes();
            known.len() == wanted.len() && known.first() == wanted.first() && known == wanted
        })
    }

    /// Returns the index of a key, or where it would be inserted.
    fn find(&self, key: &str) -> Result<usize, usize> {
        // Most maps are built in the order of their keys.
        match self.0.last() {
            Some((last, _)) if last.as_str() < key => Err(self.0.len()),
            _ => self.0.binary_search_by(|(known, _)| known.as_str().cmp(key)),
        }
    }

    fn make_mut(&mut self) -> &mut Vec<(SmolStr, Value)> {
        Arc::make_mut(&mut self.0)
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_map().entries(self).finish()
    }
}

impl From<BTreeMap<SmolStr, Value>> for Map {
    fn from(entries: BTreeMap<SmolStr, Value>) -> Self {
        Self(Arc::new(entries.into_iter().collect()))
    }
}

impl<K: Into<SmolStr>, V: Into<Value>> FromIterator<(K, V)> for Map {
    /// Of several entries with the same key, keeps the last.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut entries: Vec<(SmolStr, Value)> =
            entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        if !entries.is_sorted_by(|(left, _), (right, _)| left < right) {
            entries.sort_by(|(left, _), (right, _)| left.cmp(right));
            // The later of two neighbours replaces the earlier one.
            entries.dedup_by(|later, earlier| {
                let same = later.0 == earlier.0;
                if same {
                    std::mem::swap(later, earlier);
                }
                same
            });
        }
        Self(Arc::new(entries))
    }
}

/// The entries of a [`Map`] in the byte order of their keys.
#[derive(Clone, Debug)]
pub struct MapIter<'a>(std::slice::Iter<'a, (SmolStr, Value)>);

impl<'a> Iterator for MapIter<'a> {
    type Item = (&'a SmolStr, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for MapIter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(key, value)| (key, value))
    }
}

impl ExactSizeIterator for MapIter<'_> {}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a SmolStr, &'a Value);
    type IntoIter = MapIter<'a>;

    fn into_iter(self) -> MapIter<'a> {
        self.iter()
    }
}
