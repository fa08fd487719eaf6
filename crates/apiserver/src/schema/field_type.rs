//! The types of fields, for callers that walk through objects themselves.

use aqueduct_manifest::{Value, json};

use super::{Schemas, Shape};

/// The type of a field of a built-in kind.
#[derive(Clone, Copy, Debug)]
pub struct FieldType {
    pub(crate) schemas: &'static Schemas,
    pub(crate) shape: Shape,
}

impl FieldType {
    /// Returns the type of a struct field, or of a map entry.
    pub fn field(self, name: &str) -> Option<Self> {
        let shape = match self.shape {
            Shape::Struct(number) => self.schemas.structure(number)?.field(name)?,
            Shape::Map(inner) => self.schemas.entry(inner).shape,
            _ => return None,
        };
        Some(Self { shape, ..self })
    }

    /// Returns the type of the entries of a list.
    pub fn entry(self) -> Option<Self> {
        let Shape::List(inner) = self.shape else { return None };
        Some(Self { shape: self.schemas.entry(inner).shape, ..self })
    }

    /// Returns the key fields of a list's entries; empty if the entries themselves are the keys, `None` for an atomic
    /// list.
    pub fn keys(self) -> Option<impl Iterator<Item = &'static str>> {
        let Shape::List(inner) = self.shape else { return None };
        let keys = self.schemas.entry(inner).keys?;
        Some(keys.split(',').filter(|name| !name.is_empty()))
    }

    /// Returns the text that identifies an entry of such a list; the default protocol of ports is TCP.
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

    /// Tells whether this is a struct, not a map with arbitrary keys.
    pub fn is_struct(self) -> bool {
        matches!(self.shape, Shape::Struct(_))
    }

    /// Tells whether this is a quantity such as `500m`.
    pub fn is_quantity(self) -> bool {
        self.shape == Shape::Quantity
    }
}
