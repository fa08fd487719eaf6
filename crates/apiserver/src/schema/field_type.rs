//! What a field holds, for those that walk through objects themselves.

use aqueduct_manifest::{Value, json};

use super::{Schemas, Shape};

/// What a field of a built-in kind holds.
#[derive(Clone, Copy, Debug)]
pub struct FieldType {
    pub(crate) schemas: &'static Schemas,
    pub(crate) shape: Shape,
}

impl FieldType {
    /// Returns what a field of a struct, or an entry of a map, holds.
    pub fn field(self, name: &str) -> Option<Self> {
        let shape = match self.shape {
            Shape::Struct(number) => self.schemas.structure(number)?.field(name)?,
            Shape::Map(inner) => self.schemas.entry(inner).shape,
            _ => return None,
        };
        Some(Self { shape, ..self })
    }

    /// Returns what the entries of a list hold.
    pub fn entry(self) -> Option<Self> {
        let Shape::List(inner) = self.shape else { return None };
        Some(Self { shape: self.schemas.entry(inner).shape, ..self })
    }

    /// Returns the fields that tell the entries of a list apart. Where the entries themselves do, there are none; a list
    /// that is taken as a whole has no such fields.
    pub fn keys(self) -> Option<impl Iterator<Item = &'static str>> {
        let Shape::List(inner) = self.shape else { return None };
        let keys = self.schemas.entry(inner).keys?;
        Some(keys.split(',').filter(|name| !name.is_empty()))
    }

    /// Returns the text that tells an entry of such a list apart; ports without a protocol are of TCP.
    pub fn key_of(self, entry: &Value) -> Option<String> {
        let mut parts = Vec::new();
        for name in self.keys()? {
            let text = match entry.get(name) {
                None | Some(Value::Null) if name == "protocol" => "TCP".to_owned(),
                None => String::new(),
                Some(Value::String(text)) => text.to_string(),
                Some(value) => json::write_raw(value),
            };
            parts.push(format!("{name}={text}"));
        }
        Some(if parts.is_empty() { json::write_raw(entry) } else { parts.join(",") })
    }

    /// Tells whether this is a struct, not a map with keys of one's own.
    pub fn is_struct(self) -> bool {
        matches!(self.shape, Shape::Struct(_))
    }

    /// Tells whether this is an amount such as `500m`.
    pub fn is_quantity(self) -> bool {
        self.shape == Shape::Quantity
    }
}
