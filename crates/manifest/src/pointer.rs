//! The path from an object to one of its fields, in the notations of JSON pointers and Kubernetes.

use std::fmt;

use serde::{Serialize, Serializer};
use smol_str::{SmolStr, format_smolstr};

use crate::{Map, Value};

/// The keys and indices that lead to a field; empty for the object itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(Vec<SmolStr>);

impl Pointer {
    /// Returns a pointer of some keys and indices.
    pub fn new(steps: impl IntoIterator<Item = impl Into<SmolStr>>) -> Self {
        Self(steps.into_iter().map(Into::into).collect())
    }

    /// Parses a field as people write it: as a JSON pointer, or as `spec.ports[0].port`, where a key that contains
    /// dots is in brackets.
    pub fn read(text: &str) -> Self {
        if let Some(rest) = text.strip_prefix('/') {
            return Self::new(rest.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")));
        }
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (step, after) = match rest.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
                Some((step, after)) => (step, after),
                None => {
                    let mut letters = rest.char_indices().skip(1);
                    let end = letters.find(|(_, letter)| matches!(letter, '.' | '['));
                    rest.split_at(end.map_or(rest.len(), |(at, _)| at))
                }
            };
            steps.push(SmolStr::from(step));
            rest = after.strip_prefix('.').unwrap_or(after);
        }
        Self(steps)
    }

    /// Returns the keys and indices.
    pub fn steps(&self) -> &[SmolStr] {
        &self.0
    }

    /// Tells whether this is the object itself.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the pointer to the parent.
    pub fn parent(&self) -> Option<Self> {
        let (_, steps) = self.0.split_last()?;
        Some(Self(steps.to_vec()))
    }

    /// Returns the pointer to a child.
    #[must_use]
    pub fn join(mut self, step: impl Into<SmolStr>) -> Self {
        self.0.push(step.into());
        self
    }

    /// Tells whether this is the same as another pointer or below it.
    pub fn is_below(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// Returns the value that this points to.
    pub fn find<'a>(&self, object: &'a Map) -> Option<&'a Value> {
        let (first, rest) = self.0.split_first()?;
        rest.iter().try_fold(object.get(first)?, |value, step| match value {
            Value::Map(map) => map.get(step),
            Value::List(list) => list.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// Returns the pointer to a value inside an object, which is identified by its address in memory.
    pub fn to(object: &Map, value: &Value) -> Option<Self> {
        let mut steps = Vec::new();
        object.iter().any(|(key, inner)| search(key.clone(), inner, value, &mut steps)).then(|| {
            steps.reverse();
            Self(steps)
        })
    }

    /// Returns the field in the API server's notation: `spec.ports[0].port`.
    pub fn field(&self) -> String {
        let mut text = String::new();
        for step in &self.0 {
            let is_number = step.bytes().all(|byte| byte.is_ascii_digit());
            if is_number || step.contains(['.', '/', '[']) {
                text.push_str(&format!("[{step}]"));
            } else {
                let dot = if text.is_empty() { "" } else { "." };
                text.push_str(&format!("{dot}{step}"));
            }
        }
        text
    }
}

/// Searches for a value, and records the steps to it on the way back.
fn search(step: SmolStr, value: &Value, wanted: &Value, steps: &mut Vec<SmolStr>) -> bool {
    let is_found = std::ptr::eq(value, wanted)
        || match value {
            Value::Map(map) => map.iter().any(|(key, value)| search(key.clone(), value, wanted, steps)),
            Value::List(list) => list
                .iter()
                .enumerate()
                .any(|(number, value)| search(format_smolstr!("{number}"), value, wanted, steps)),
            _ => false,
        };
    if is_found {
        steps.push(step);
    }
    is_found
}

impl fmt::Display for Pointer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| write!(out, "/{}", step.replace('~', "~0").replace('/', "~1")))
    }
}

impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Pointer;
    use crate::yaml;

    #[test]
    fn both_ways_to_write_one() {
        for (pointer, field) in [
            ("", ""),
            ("/spec/ports/0/port", "spec.ports[0].port"),
            ("/metadata/annotations/a.b~1c", "metadata.annotations[a.b/c]"),
            ("/data/x~0y", "data.x~y"),
        ] {
            let read = Pointer::read(field);
            assert_eq!((read.to_string(), read.field()), (pointer.to_owned(), field.to_owned()));
            assert_eq!(Pointer::read(pointer), read);
        }
        assert_eq!(Pointer::read("ä.x").steps(), ["ä", "x"]);
    }

    #[test]
    fn there_and_back() {
        let value = yaml::read("{a: {b: [{c: 1}, {c: 1}]}, d: 1}").expect("the example is YAML");
        let object = value.as_map().expect("the example is a map");
        for text in ["/a", "/a/b/1/c", "/d"] {
            let pointer = Pointer::read(text);
            let found = pointer.find(object).expect("it is there");
            assert_eq!(Pointer::to(object, found), Some(pointer));
        }
        assert_eq!(Pointer::to(object, &value), None);
        assert_eq!(Pointer::read("/a/b/2").find(object), None);
    }
}
