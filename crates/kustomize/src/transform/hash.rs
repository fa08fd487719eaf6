//! Hashes of the contents of generated ConfigMaps and Secrets, used as name suffixes.

use aqueduct_manifest::{Hash, Map, Value};

use super::Transform;
use crate::error::Result;
use crate::resources::Resources;

/// Adds the hashes.
pub(crate) struct HashTransformer;

impl Transform for HashTransformer {
    fn transform(&self, resources: &mut Resources) -> Result<()> {
        for resource in resources.list_mut().iter_mut().filter(|resource| resource.needs_hash()) {
            let hash = hash(&resource.printed()?);
            resource.store_previous_id();
            let name = format!("{}-{hash}", resource.name());
            resource.set_name(&name);
        }
        Ok(())
    }
}

/// Returns ten characters that represent the content, like `api/hasher`. The name is meant to be included but is not,
/// because Kustomize looks for it under the wrong key.
fn hash(object: &Map) -> String {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or("");
    let field = |key: &str| object.get(key).cloned().unwrap_or_else(|| Value::from(""));
    let mut content = Map::new();
    content.insert("kind", kind);
    content.insert("name", "");
    content.insert("data", field("data"));
    let more = if kind == "Secret" {
        content.insert("type", field("type"));
        "stringData"
    } else {
        "binaryData"
    };
    if let Some(value @ Value::Map(_)) = object.get(more) {
        content.insert(more, value.clone());
    }
    let json = escaped_for_html(&serde_json::to_string(&content).unwrap_or_default());
    let hexadecimal = Hash::of(json.as_bytes()).to_string();
    hexadecimal
        .chars()
        .take(10)
        .map(|digit| match digit {
            '0' => 'g',
            '1' => 'h',
            '3' => 'k',
            'a' => 'm',
            'e' => 't',
            other => other,
        })
        .collect()
}

/// Applies the escapes that Go's JSON encoder adds to the standard ones.
fn escaped_for_html(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            other => escaped.push(other),
        }
    }
    escaped
}
