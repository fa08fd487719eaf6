//! Reads from a JSON Schema the keys of a node's tables and lists, the required keys, and examples for missing
//! values.

use serde_json::{Map, Value, json};

use crate::node::{Content, Node};

/// How deep to follow references and forms.
const DEPTH: usize = 32;

/// Returns the part of a schema that describes a node, following references and choosing the form that matches its
/// shape; `None` if the schema is not specific enough.
pub(super) fn form<'s>(root: &'s Value, schema: &'s Value, node: &Node) -> Option<&'s Value> {
    let forms = forms(root, schema, node, DEPTH);
    if let [form] = forms[..] {
        return Some(form);
    }
    // Of several tables, the one that has a key of the node.
    forms.into_iter().find(|form| known(form).any(|key| node.get(key).is_some()))
}

/// Returns the table forms that are allowed for a node, if there are several.
pub(super) fn tables<'s>(root: &'s Value, schema: &'s Value, node: &Node) -> Vec<&'s Value> {
    let forms = forms(root, schema, node, DEPTH);
    if forms.len() > 1 { forms } else { Vec::new() }
}

/// Returns the named keys of a table.
pub(super) fn known(form: &Value) -> impl Iterator<Item = &str> {
    form.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key.as_str())
}

fn forms<'s>(root: &'s Value, schema: &'s Value, node: &Node, depth: usize) -> Vec<&'s Value> {
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    if let Some(target) = target(root, schema) {
        return forms(root, target, node, depth);
    }
    let branches: Vec<&Value> = branches(schema).collect();
    if !branches.is_empty() {
        return branches.into_iter().flat_map(|branch| forms(root, branch, node, depth)).collect();
    }
    let shape = match &node.content {
        Content::Table(_) => "object",
        Content::List(_) => "array",
        _ => return Vec::new(),
    };
    if types(schema).any(|name| name == shape) { vec![schema] } else { Vec::new() }
}

/// Returns the schema of the value under a table's key, or of a list's elements.
pub(super) fn below<'s>(form: &'s Value, key: Option<&str>) -> Option<&'s Value> {
    let Some(key) = key else { return form.get("items") };
    let patterns = || form.get("patternProperties")?.as_object()?.values().next();
    let property = form.get("properties").and_then(|properties| properties.get(key));
    property.or_else(patterns).or_else(|| form.get("additionalProperties"))
}

/// Returns the required keys of a table.
pub(super) fn required(form: &Value) -> impl Iterator<Item = &str> {
    form.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Returns a value that matches a schema: its example, or a minimal value.
pub(super) fn example(root: &Value, schema: &Value) -> Option<Value> {
    example_at(root, schema, DEPTH)
}

fn example_at(root: &Value, schema: &Value, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    if let Some(target) = target(root, schema) {
        return example_at(root, target, depth);
    }
    let first = |key: &str| schema.get(key)?.as_array()?.first();
    if let Some(given) = first("examples").or_else(|| schema.get("const")).or_else(|| first("enum")) {
        return Some(given.clone());
    }
    if let Some(found) = branches(schema).find_map(|branch| example_at(root, branch, depth)) {
        return Some(found);
    }
    Some(match types(schema).next()? {
        "object" => {
            let entry =
                |key: &str| Some((key.to_owned(), example_at(root, below(schema, Some(key))?, depth)?));
            Value::Object(required(schema).map(entry).collect::<Option<Map<String, Value>>>()?)
        }
        "array" => json!([]),
        "boolean" => json!(false),
        "integer" | "number" => {
            let least = schema.get("minimum").and_then(Value::as_i64).unwrap_or_default();
            json!(least.max(1))
        }
        "string" => json!("a"),
        _ => return None,
    })
}

/// Returns the schema that a reference points to.
fn target<'s>(root: &'s Value, schema: &Value) -> Option<&'s Value> {
    root.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
}

fn branches(schema: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["anyOf", "oneOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
    lists.flatten()
}

fn types(schema: &Value) -> impl Iterator<Item = &str> {
    let (single, several) = match schema.get("type") {
        Some(Value::String(single)) => (Some(single.as_str()), None),
        Some(Value::Array(several)) => (None, Some(several)),
        _ => (None, None),
    };
    single.into_iter().chain(several.into_iter().flatten().filter_map(Value::as_str))
}
