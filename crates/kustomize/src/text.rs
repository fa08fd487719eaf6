//! Scalars as the text that stands in YAML for them.

use aqueduct_manifest::{SmolStr, Value, yaml};

/// Returns a scalar as text; lists, maps and `null` are empty.
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

/// Tells whether a value is neither a list nor a map nor `null`.
pub(crate) fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::List(_) | Value::Map(_))
}

/// Quotes a text the way Go's `%q` does, for messages.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
