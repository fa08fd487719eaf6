//! What Go's `encoding/json` calls values, and what it says of one of a wrong type.

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

/// Returns what `encoding/json` says of a document that is of another type than the variable that takes it.
pub fn mismatch(value: &Value, wanted: &str) -> String {
    format!("json: cannot unmarshal {} into Go value of type {wanted}", kind(value))
}
