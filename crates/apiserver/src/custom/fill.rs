//! Defaults, nulls that a server drops, and unknown fields.

use aqueduct_manifest::{List, Map, Value};

use super::schema::{Additional, Schema};
use crate::Cause;

/// Fills in an object. The schema does not apply to its metadata.
pub(super) fn root(map: &mut Map, schema: &Schema) {
    map_of(map, schema);
}

fn map_of(map: &mut Map, schema: &Schema) {
    // A null in a field that is not nullable counts as absent.
    let nulls: Vec<_> = map
        .iter()
        .filter(|(key, value)| value.is_null() && schema.under(key).is_some_and(|one| !one.is_nullable))
        .map(|(key, _)| key.clone())
        .collect();
    for key in nulls {
        map.remove(&key);
    }
    for (name, property) in &schema.properties {
        if let Some(default) = property.default.as_ref().filter(|_| !map.contains_key(name)) {
            map.insert(name.clone(), default.clone());
        }
    }
    let keys: Vec<_> = map.keys().cloned().collect();
    for key in keys {
        if let (Some(value), Some(schema)) = (map.get_mut(&key), schema.under(&key)) {
            any(value, schema);
        }
    }
}

fn any(value: &mut Value, schema: &Schema) {
    match value {
        Value::Map(map) => map_of(map, schema),
        Value::List(list) => {
            if let Some(items) = &schema.items {
                List::make_mut(list).iter_mut().for_each(|item| any(item, items));
            }
        }
        _ => {}
    }
}

/// The fields of the metadata of every object.
const METADATA: [&str; 15] = [
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Returns the fields that the schema does not have.
pub(super) fn unknown_fields(map: &Map, schema: &Schema) -> Vec<Cause> {
    let mut causes = Vec::new();
    resource(map, schema, "", &mut causes);
    causes
}

/// In an embedded resource, the fields of every object are known.
fn resource(map: &Map, schema: &Schema, path: &str, causes: &mut Vec<Cause>) {
    for (key, value) in map {
        match key.as_str() {
            "apiVersion" | "kind" => {}
            "metadata" => {
                for (field, _) in value.as_map().into_iter().flatten() {
                    if !METADATA.contains(&field.as_str()) {
                        unknown(&join(path, &format!("metadata.{field}")), causes);
                    }
                }
            }
            _ => field(key, value, schema, path, causes),
        }
    }
}

fn field(key: &str, value: &Value, schema: &Schema, path: &str, causes: &mut Vec<Cause>) {
    let path = join(path, key);
    match schema.under(key) {
        Some(schema) => inside(value, schema, &path, causes),
        None if schema.preserves_unknown || matches!(schema.additional, Some(Additional::Anything)) => {}
        None => unknown(&path, causes),
    }
}

fn inside(value: &Value, schema: &Schema, path: &str, causes: &mut Vec<Cause>) {
    match value {
        Value::Map(map) if schema.is_embedded => resource(map, schema, path, causes),
        Value::Map(map) => map.iter().for_each(|(key, value)| field(key, value, schema, path, causes)),
        Value::List(list) => {
            if let Some(items) = &schema.items {
                for (place, item) in list.iter().enumerate() {
                    inside(item, items, &format!("{path}[{place}]"), causes);
                }
            }
        }
        _ => {}
    }
}

fn unknown(path: &str, causes: &mut Vec<Cause>) {
    let message = format!("strict decoding error: unknown field \"{path}\"");
    causes.push(Cause { field: path.to_owned(), reason: "BadRequest", message });
}

/// Returns the path of a field.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
