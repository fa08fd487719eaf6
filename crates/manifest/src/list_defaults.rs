//! What the API server fills into lists of custom objects.

use std::collections::BTreeMap;

use crate::{Object, Pointer, Value};

/// Returns the fields inside list items that an object leaves out and its schema (`openAPIV3Schema` of the definition)
/// has defaults for, as messages write them, each with the first place that lacks it.
pub fn list_defaults(schema: &Value, object: &Object) -> BTreeMap<String, Pointer> {
    let mut found = BTreeMap::new();
    for (key, value) in &object.map {
        if let Some(schema) = schema.at(&["properties", key]) {
            walk(schema, value, (key, &Pointer::new([key.clone()])), false, &mut found);
        }
    }
    found
}

/// Adds what a value leaves out. Values are as deep as the reader lets them be, and schemas are followed no deeper.
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

/// Returns a default as messages write it.
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
