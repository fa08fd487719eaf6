//! The definitions of a JSON Schema: equal ones become one, and those that nothing refers to are left out.
//!
//! Every kind brings the definitions of all types that it is made of. An editor reads the schema each time a
//! file is opened, so it must not say the same thing once for every kind.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

const PREFIX: &str = "#/$defs/";

/// Returns the definitions that a schema needs, with equal ones shared, and points the schema at them.
pub(crate) fn share(
    root: &mut Map<String, Value>,
    mut definitions: Map<String, Value>,
) -> Map<String, Value> {
    // Two definitions that differ only in what they refer to become equal once that has become one.
    loop {
        let mut first: BTreeMap<String, String> = BTreeMap::new();
        let mut renamed: BTreeMap<String, String> = BTreeMap::new();
        for (name, definition) in &definitions {
            match first.get(&definition.to_string()) {
                Some(known) => drop(renamed.insert(name.clone(), known.clone())),
                None => drop(first.insert(definition.to_string(), name.clone())),
            }
        }
        if renamed.is_empty() {
            break;
        }
        definitions.retain(|name, _| !renamed.contains_key(name));
        root.values_mut().chain(definitions.values_mut()).for_each(|value| rename(value, &renamed));
    }
    let mut needed = BTreeSet::new();
    let mut open: Vec<String> = root.values().flat_map(references).collect();
    while let Some(name) = open.pop() {
        if let Some(definition) = definitions.get(&name)
            && needed.insert(name)
        {
            open.extend(references(definition));
        }
    }
    definitions.retain(|name, _| needed.contains(name));
    definitions
}

fn rename(schema: &mut Value, renamed: &BTreeMap<String, String>) {
    match schema {
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::String(reference) if key == "$ref" => {
                        if let Some(name) = reference.strip_prefix(PREFIX).and_then(|name| renamed.get(name))
                        {
                            *reference = format!("{PREFIX}{name}");
                        }
                    }
                    other => rename(other, renamed),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| rename(value, renamed)),
        _ => {}
    }
}

/// Returns the names of the definitions that a schema refers to.
fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(object) => object
            .iter()
            .flat_map(|(key, value)| match value {
                Value::String(reference) if key == "$ref" => {
                    reference.strip_prefix(PREFIX).map(str::to_owned).into_iter().collect()
                }
                other => references(other),
            })
            .collect(),
        Value::Array(list) => list.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_definitions_become_one_and_unused_ones_are_left_out() {
        let mut root = json!({ "a": { "$ref": "#/$defs/one.List" }, "b": { "$ref": "#/$defs/two.List" } });
        let definitions = json!({
            "one.Name": { "type": "string" },
            "one.List": { "items": { "$ref": "#/$defs/one.Name" } },
            "two.Name": { "type": "string" },
            "two.List": { "items": { "$ref": "#/$defs/two.Name" } },
            "unused": { "type": "integer" },
        });
        let (Value::Object(root), Value::Object(definitions)) = (&mut root, definitions) else {
            panic!("both are tables")
        };
        let shared = share(root, definitions);
        assert_eq!(root["a"], root["b"]);
        assert_eq!(shared.keys().collect::<Vec<_>>(), ["one.Name", "one.List"]);
    }

    #[test]
    fn a_definition_of_itself_is_kept() {
        let Value::Object(mut root) = json!({ "a": { "$ref": "#/$defs/Tree" } }) else {
            panic!("it is a table")
        };
        let Value::Object(definitions) = json!({ "Tree": { "items": { "$ref": "#/$defs/Tree" } } }) else {
            panic!("it is a table")
        };
        assert_eq!(share(&mut root, definitions).len(), 1);
    }
}
