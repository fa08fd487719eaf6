//! Between template values and the manifest model.
//!
//! Helm reads values, and `fromYaml` and `fromJson` their input, through `encoding/json`, which knows one
//! kind of number: every number becomes a `float64`. The way back follows `encoding/json` too.

use aqueduct_manifest as manifest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::types::DEPTH_LIMIT;
use super::{List, Map, Value};
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
            manifest::Value::List(list) => Self::List(List::new(list.iter().map(Self::from).collect())),
            manifest::Value::Map(map) => Self::Map(map.into()),
        }
    }
}

impl From<&manifest::Map> for Map {
    fn from(map: &manifest::Map) -> Self {
        map.iter().map(|(key, value)| (key.clone(), Value::from(value))).collect()
    }
}

impl Value {
    /// Returns what `encoding/json` would encode: integers stay integers, floats floats, bytes become
    /// base64 and nil slices `null`.
    ///
    /// # Errors
    /// `NaN` and infinities, complex numbers, and values that hold themselves, in Go's words.
    pub fn to_manifest(&self) -> Result<manifest::Value, FunctionError> {
        self.to_manifest_within(DEPTH_LIMIT)
    }

    fn to_manifest_within(&self, depth: usize) -> Result<manifest::Value, FunctionError> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(FunctionError::new(format!(
                "json: unsupported value: encountered a cycle via {}",
                self.type_name()
            )));
        };
        Ok(match self {
            Self::Nil | Self::NilInterface => manifest::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(_, value) => (*value).into(),
            Self::Uint(_, value) => (*value).into(),
            Self::Float(value) if value.is_finite() => (*value).into(),
            Self::Float(value) => {
                let name = if value.is_nan() {
                    "NaN"
                } else if *value > 0.0 {
                    "+Inf"
                } else {
                    "-Inf"
                };
                return Err(FunctionError::new(format!("json: unsupported value: {name}")));
            }
            Self::Complex(..) => return Err(FunctionError::new("json: unsupported type: complex128")),
            Self::String(text) => manifest::Value::String(text.to_smol()),
            Self::Bytes(bytes) => STANDARD.encode(bytes).into(),
            Self::List(list) if list.is_nil() => manifest::Value::Null,
            Self::List(list) => {
                let values: Result<Vec<_>, _> =
                    list.items().iter().map(|value| value.to_manifest_within(depth)).collect();
                values?.into()
            }
            Self::Map(map) if map.is_nil() => manifest::Value::Null,
            Self::Map(map) => {
                let mut entries = manifest::Map::new();
                for (key, value) in map.entries() {
                    entries.insert(key.to_smol(), value.to_manifest_within(depth)?);
                }
                entries.into()
            }
            Self::Native(native) => native.to_json().to_manifest_within(depth)?,
        })
    }
}
