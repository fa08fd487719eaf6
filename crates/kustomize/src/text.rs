//! Scalars as the text that represents them in YAML.

use aqueduct_manifest::{SmolStr, Value, yaml};

/// Returns a scalar as text; empty for lists, maps and `null`.
pub(crate) fn of(value: &Value) -> SmolStr {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => SmolStr::new_static("true"),
        Value::Bool(false) => SmolStr::new_static("false"),
        Value::Int(number) => aqueduct_manifest::format_smolstr!("{number}"),
        Value::Uint(number) => aqueduct_manifest::format_smolstr!("{number}"),
        Value::Float(_) => yaml::write(value).trim_end().into(),
        Value::Null | Value::List(_) | Value::Map(_) => SmolStr::default(),
    }
}

/// Returns whether a value is not a list, a map or `null`.
pub(crate) fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::List(_) | Value::Map(_))
}

/// Quotes a text like Go's `%q`, for messages.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
