//! The type names of Go's `encoding/json`, and its error for a value of the wrong type.

use crate::Value;

/// Returns the name of a value's type in the errors of `encoding/json`.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => "number",
        Value::String(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
    }
}

/// Returns the error of `encoding/json` for a document whose type does not match the target variable.
pub fn mismatch(value: &Value, wanted: &str) -> String {
    format!("json: cannot unmarshal {} into Go value of type {wanted}", kind(value))
}
