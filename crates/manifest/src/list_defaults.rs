//! The defaults that the API server adds to lists of custom objects.

use std::collections::BTreeMap;

use crate::{Object, Pointer, Value};

/// Returns the missing fields in an object's list items for which its schema (the definition's `openAPIV3Schema`) has
/// defaults, as shown in messages, each with the first place that lacks it.
pub fn list_defaults(schema: &Value, object: &Object) -> BTreeMap<String, Pointer> {
    let mut found = BTreeMap::new();
    for (key, value) in &object.map {
        if let Some(schema) = schema.at(&["properties", key]) {
            walk(schema, value, (key, &Pointer::new([key.clone()])), false, &mut found);
        }
    }
    found
}

/// Adds the missing fields of a value. The reader bounds the depth of values, which also bounds the depth in schemas.
fn walk(
    schema: &Value,
    value: &Value,
    (path, pointer): (&str, &Pointer),
    is_in_list: bool,
    found: &mut BTreeMap<String, Pointer>,
) {
    match value {
        Value::List(items) => {
            let Some(schema) = schema.get("items") else { return };
            for (number, item) in items.iter().enumerate() {
                let pointer = pointer.clone().join(number.to_string());
                walk(schema, item, (&format!("{path}[]"), &pointer), true, found);
            }
        }
        Value::Map(map) => {
            let properties = schema.get("properties").and_then(Value::as_map);
            for (key, property) in properties.into_iter().flatten() {
                let (path, pointer) = (format!("{path}.{key}"), pointer.clone().join(key.clone()));
                match (map.get(key), property.get("default")) {
                    (Some(value), _) => walk(property, value, (&path, &pointer), is_in_list, found),
                    (None, Some(default)) if is_in_list => {
                        found.entry(format!("`{path}: {}`", scalar(default))).or_insert(pointer);
                    }
                    (None, _) => {}
                }
            }
            if let Some(schema) = schema.get("additionalProperties") {
                let others =
                    map.iter().filter(|(key, _)| properties.is_none_or(|known| !known.contains_key(key)));
                others.for_each(|(key, value)| {
                    let pointer = pointer.clone().join(key.clone());
                    walk(schema, value, (&format!("{path}.{key}"), &pointer), is_in_list, found);
                });
            }
        }
        _ => {}
    }
}

/// Returns a default as shown in messages.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::List(_) => "[…]".to_owned(),
        Value::Map(_) => "{…}".to_owned(),
        other => other.kind().to_owned(),
    }
}
