//! The definitions of a JSON Schema: repeated parts become shared definitions, and unused definitions are dropped.
//!
//! Every kind brings the definitions of all its types, and all kinds share some fields. An editor reads the schema
//! each time a file is opened, and every platform keeps a copy, so it must not repeat the same parts for every kind.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use serde_json::{Map, Value, json};

const PREFIX: &str = "#/$defs/";

/// Returns the definitions that a schema needs, with equal ones merged, and updates the references to them.
pub(crate) fn share(
    root: &mut Map<String, Value>,
    mut definitions: Map<String, Value>,
) -> Map<String, Value> {
    // Two definitions that differ only in their references become equal once the referenced definitions are merged.
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
    share_parts(root, &mut definitions);
    definitions
}

/// Turns parts that occur several times into definitions. Their names begin with a dot, unlike those of types.
fn share_parts(root: &mut Map<String, Value>, definitions: &mut Map<String, Value>) {
    let mut parts = Parts::default();
    parts.count_below(root, "root");
    for (name, definition) in &*definitions {
        parts.count_inside(definition, name);
    }
    parts.replace_below(root);
    definitions.values_mut().for_each(|definition| parts.replace_inside(definition));
    definitions.append(&mut parts.definitions);
}

/// A shorter part is not worth a reference.
const SHORT: usize = 64;

/// The nested schemas, by their text.
#[derive(Default)]
struct Parts {
    seen: BTreeMap<String, Definition>,
    /// How many parts have become definitions.
    named: BTreeMap<String, usize>,
    definitions: Map<String, Value>,
}

struct Definition {
    times: usize,
    /// The key at which it was first seen.
    key: String,
    /// The reference to its definition, once it has one.
    reference: Option<Value>,
}

impl Parts {
    /// Counts a schema. The parts of a repeated schema are not counted again.
    fn count(&mut self, schema: &Value, key: &str) {
        let text = schema.to_string();
        if text.len() < SHORT {
            return;
        }
        match self.seen.entry(text) {
            Entry::Occupied(mut part) => part.get_mut().times += 1,
            Entry::Vacant(part) => {
                part.insert(Definition { times: 1, key: key.to_owned(), reference: None });
                self.count_inside(schema, key);
            }
        }
    }

    fn count_inside(&mut self, schema: &Value, key: &str) {
        if let Value::Object(object) = schema {
            self.count_below(object, key);
        }
    }

    fn count_below(&mut self, object: &Map<String, Value>, key: &str) {
        for (name, value) in object {
            match (name.as_str(), value) {
                ("properties", Value::Object(fields)) => {
                    fields.iter().for_each(|(field, schema)| self.count(schema, field));
                }
                ("patternProperties", Value::Object(fields)) => {
                    fields.values().for_each(|schema| self.count(schema, key));
                }
                ("items" | "additionalProperties" | "then", schema) => self.count(schema, key),
                ("anyOf" | "allOf" | "oneOf", Value::Array(branches)) => {
                    branches.iter().for_each(|schema| self.count(schema, key));
                }
                _ => {}
            }
        }
    }

    /// Replaces a schema that occurs several times by a reference.
    fn replace(&mut self, schema: &mut Value) {
        let text = schema.to_string();
        let Some(part) = self.seen.get_mut(&text).filter(|part| part.times > 1) else {
            return self.replace_inside(schema);
        };
        if let Some(reference) = &part.reference {
            reference.clone_into(schema);
            return;
        }
        let key: String = part
            .key
            .chars()
            .filter(|letter| letter.is_ascii_alphanumeric() || "-_".contains(*letter))
            .collect();
        let number = self.named.entry(key.clone()).or_default();
        *number += 1;
        let name = if *number == 1 { format!(".{key}") } else { format!(".{key}.{number}") };
        let reference = json!({ "$ref": format!("{PREFIX}{name}") });
        part.reference = Some(reference.clone());
        let mut definition = std::mem::replace(schema, reference);
        self.replace_inside(&mut definition);
        self.definitions.insert(name, definition);
    }

    fn replace_inside(&mut self, schema: &mut Value) {
        if let Value::Object(object) = schema {
            self.replace_below(object);
        }
    }

    fn replace_below(&mut self, object: &mut Map<String, Value>) {
        for (name, value) in object {
            match (name.as_str(), value) {
                ("properties" | "patternProperties", Value::Object(fields)) => {
                    fields.values_mut().for_each(|schema| self.replace(schema));
                }
                ("items" | "additionalProperties" | "then", schema) => self.replace(schema),
                ("anyOf" | "allOf" | "oneOf", Value::Array(branches)) => {
                    branches.iter_mut().for_each(|schema| self.replace(schema));
                }
                _ => {}
            }
        }
    }
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
    fn parts_that_occur_several_times_become_definitions() {
        let image =
            json!({ "description": "What runs, as a name and a tag.", "type": "string", "minLength": 1 });
        let pod = json!({ "description": "A pod.", "type": "object", "properties": { "image": image } });
        let other =
            json!({ "description": "What a sidecar runs, as a name.", "type": "string", "minLength": 1 });
        let root = json!({
            "properties": { "web": pod, "api": pod, "image": image, "sidecar": { "properties": { "image": other } } },
            "items": other,
        });
        let Value::Object(mut root) = root else { panic!("it is a table") };
        let definitions = share(&mut root, Map::new());
        assert_eq!(
            json!({ "root": root, "definitions": definitions }),
            json!({
                "root": {
                    "properties": {
                        "web": { "$ref": "#/$defs/.web" },
                        "api": { "$ref": "#/$defs/.web" },
                        "image": { "$ref": "#/$defs/.image" },
                        "sidecar": { "properties": { "image": { "$ref": "#/$defs/.image.2" } } },
                    },
                    "items": { "$ref": "#/$defs/.image.2" },
                },
                "definitions": {
                    ".image": image,
                    ".web": { "description": "A pod.", "type": "object", "properties": { "image": { "$ref": "#/$defs/.image" } } },
                    ".image.2": other,
                },
            })
        );
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
