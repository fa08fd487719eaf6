//! A place in an object: its value, and the path to it in the API server's notation.
//!
//! Places are on the stack while a rule walks down. They become text only if something is wrong there.

use aqueduct_manifest::{Quantity, Value};

static ABSENT: Value = Value::Null;

/// A value and its path. An absent value is `null`, as for the API server.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) value: &'a Value,
    parent: Option<&'a Field<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Name(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> Field<'a> {
    /// Returns the root of the object.
    pub(crate) fn root(value: &'a Value) -> Self {
        Self { value, parent: None, step: Step::Root }
    }

    /// Returns the field with a name.
    pub(crate) fn get<'b>(&'b self, name: &'b str) -> Field<'b> {
        let value = self.value.get(name).unwrap_or(&ABSENT);
        Field { value, parent: Some(self), step: Step::Name(name) }
    }

    /// Returns the same value under a different path, for fields whose name in the API server differs from the written
    /// one.
    pub(crate) fn with<'b>(&'b self, name: &'b str, value: &'b Value) -> Field<'b> {
        Field { value, parent: Some(self), step: Step::Name(name) }
    }

    /// Returns the entry with a key.
    pub(crate) fn key<'b>(&'b self, key: &'b str) -> Field<'b> {
        Field { value: self.value.get(key).unwrap_or(&ABSENT), parent: Some(self), step: Step::Key(key) }
    }

    /// Returns an entry of a list, or its place if there is none.
    pub(crate) fn index<'b>(&'b self, index: usize) -> Field<'b> {
        let value = self.value.as_list().and_then(|list| list.get(index)).unwrap_or(&ABSENT);
        Field { value, parent: Some(self), step: Step::Index(index) }
    }

    /// Returns the entries of a list.
    pub(crate) fn items<'b>(&'b self) -> impl DoubleEndedIterator<Item = Field<'b>> + ExactSizeIterator {
        let list = self.value.as_list().map_or(&[][..], |list| list);
        list.iter().enumerate().map(move |(index, value)| Field {
            value,
            parent: Some(self),
            step: Step::Index(index),
        })
    }

    /// Returns the entries of a map with their keys. Their paths have brackets.
    pub(crate) fn entries<'b>(&'b self) -> impl Iterator<Item = (&'b str, Field<'b>)> {
        self.value.as_map().into_iter().flatten().map(move |(key, value)| {
            (key.as_str(), Field { value, parent: Some(self), step: Step::Key(key) })
        })
    }

    /// Returns the fields of a struct with their names.
    pub(crate) fn fields<'b>(&'b self) -> impl Iterator<Item = (&'b str, Field<'b>)> {
        self.value.as_map().into_iter().flatten().map(move |(name, value)| {
            (name.as_str(), Field { value, parent: Some(self), step: Step::Name(name) })
        })
    }

    /// Returns the string; empty if it is not a string.
    pub(crate) fn text(&self) -> &'a str {
        self.value.as_str().unwrap_or_default()
    }

    /// Returns the integer, if there is one.
    pub(crate) fn integer(&self) -> Option<i64> {
        self.value.as_i64()
    }

    /// Tells whether this is true.
    pub(crate) fn is_true(&self) -> bool {
        self.value.as_bool() == Some(true)
    }

    /// Tells whether there is a value.
    pub(crate) fn is_set(&self) -> bool {
        !self.value.is_null()
    }

    /// Returns the quantity, if there is one. `null` in a map of quantities is none.
    pub(crate) fn quantity(&self) -> Option<Quantity> {
        Quantity::read(self.value)
    }

    /// Returns the number of entries of the list or map.
    pub(crate) fn len(&self) -> usize {
        match self.value {
            Value::List(list) => list.len(),
            Value::Map(map) => map.len(),
            Value::String(text) => text.len(),
            _ => 0,
        }
    }

    /// Tells whether a list, map or string is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Tells whether a list of strings contains one.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.items().any(|item| item.text() == text)
    }

    /// Returns the path in the API server's notation.
    pub(crate) fn path(&self) -> String {
        let mut steps = vec![self.step];
        let mut place = self.parent;
        while let Some(field) = place {
            steps.push(field.step);
            place = field.parent;
        }
        let mut path = String::new();
        for step in steps.into_iter().rev() {
            match step {
                Step::Root => {}
                Step::Name(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Step::Index(index) => path.push_str(&format!("[{index}]")),
                Step::Key(key) => path.push_str(&format!("[{key}]")),
            }
        }
        path
    }
}
