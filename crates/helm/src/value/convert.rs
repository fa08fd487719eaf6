//! Conversions between template values and the manifest model.
//!
//! Helm reads values, and `fromYaml` and `fromJson` read their input, through `encoding/json`, which has a single
//! kind of number: every number becomes a `float64`. The way back follows `encoding/json` too.

use aqueduct_manifest as manifest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::types::{DEPTH_LIMIT, NODE_LIMIT, NODE_TEXT};
use super::{List, Map, Text, Value};
use crate::stack::deepen;
use crate::template::FunctionError;

impl From<&manifest::Value> for Value {
    fn from(value: &manifest::Value) -> Self {
        match value {
            manifest::Value::Null => Self::Nil,
            manifest::Value::Bool(value) => Self::Bool(*value),
            manifest::Value::Int(value) => Self::Float(*value as f64),
            manifest::Value::Uint(value) => Self::Float(*value as f64),
            manifest::Value::Float(value) => Self::Float(*value),
            manifest::Value::String(text) => Self::String(text.clone().into()),
            manifest::Value::List(list) => {
                Self::List(List::new(deepen(|| list.iter().map(Self::from).collect())))
            }
            manifest::Value::Map(map) => Self::Map(deepen(|| map.into())),
        }
    }
}

impl From<&manifest::Map> for Map {
    fn from(map: &manifest::Map) -> Self {
        map.iter().map(|(key, value)| (key.clone(), Value::from(value))).collect()
    }
}

impl Value {
    /// Returns what `encoding/json` would encode: integers stay integers, floats stay floats, bytes become base64 and
    /// nil slices become `null`.
    ///
    /// # Errors
    /// Fails, in Go's wording, on `NaN`, infinities, complex numbers and values that contain themselves. Also fails
    /// if the value is too large once everything that it shares is written out.
    pub fn to_manifest(&self) -> Result<manifest::Value, FunctionError> {
        Encoder { nodes: NODE_LIMIT }.encode(self, DEPTH_LIMIT)
    }
}

/// A conversion in progress.
struct Encoder {
    /// How many more nodes are allowed.
    nodes: usize,
}

impl Encoder {
    fn encode(&mut self, value: &Value, depth: usize) -> Result<manifest::Value, FunctionError> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(FunctionError::new(format!(
                "json: unsupported value: encountered a cycle via {}",
                value.type_name()
            )));
        };
        let text = value.as_text().map_or(0, Text::len);
        self.nodes = match self.nodes.checked_sub(1 + text / NODE_TEXT) {
            Some(nodes) => nodes,
            None => return Err(FunctionError::new(format!("a value of more than {NODE_LIMIT} nodes"))),
        };
        Ok(match value {
            Value::Nil | Value::NilInterface => manifest::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(_, value) => (*value).into(),
            Value::Uint(_, value) => (*value).into(),
            Value::Float(value) if value.is_finite() => (*value).into(),
            Value::Float(value) => {
                let name = manifest::float::shortest(*value);
                return Err(FunctionError::new(format!("json: unsupported value: {name}")));
            }
            Value::Complex(..) => return Err(FunctionError::new("json: unsupported type: complex128")),
            Value::String(text) => manifest::Value::String(text.to_smol()),
            Value::Bytes(bytes) => STANDARD.encode(bytes).into(),
            Value::List(list) if list.is_nil() => manifest::Value::Null,
            Value::List(list) => {
                let values: Result<Vec<_>, _> =
                    deepen(|| list.items().iter().map(|value| self.encode(value, depth)).collect());
                values?.into()
            }
            Value::Map(map) if map.is_nil() => manifest::Value::Null,
            Value::Map(map) => {
                let encode = |(key, value): (Text, Value)| Ok((key.to_smol(), self.encode(&value, depth)?));
                let entries: Result<Vec<_>, FunctionError> =
                    deepen(|| map.entries().into_iter().map(encode).collect());
                manifest::Value::Map(entries?.into_iter().collect())
            }
            Value::Native(native) => self.encode(&native.to_json(), depth)?,
        })
    }
}
