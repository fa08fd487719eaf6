//! Field paths in the schema of a custom resource, such as `.spec.color` and `.spec['a b']`.

use aqueduct_manifest::Value;

/// Returns the names in a path and the schema that it leads to, if there is one.
pub(super) fn find<'s>(schema: &'s Value, path: &str) -> Option<(Vec<String>, &'s Value)> {
    let steps = steps(path)?;
    let mut here = schema;
    for step in &steps {
        let property = here.get("properties").and_then(|properties| properties.get(step));
        let entries = here.get("additionalProperties").filter(|entries| entries.as_map().is_some());
        here = property.or(entries)?;
    }
    (!steps.is_empty()).then_some((steps, here))
}

fn steps(path: &str) -> Option<Vec<String>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(name) = rest.strip_prefix('.') {
            let end = name.find(['.', '[']).unwrap_or(name.len());
            let (name, tail) = name.split_at(end);
            let is_name = name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !is_name {
                return None;
            }
            steps.push(name.to_owned());
            rest = tail;
        } else {
            let name = rest.strip_prefix("['")?;
            let (name, tail) = name.split_once("']")?;
            steps.push(name.replace("\\'", "'"));
            rest = tail;
        }
    }
    Some(steps)
}
