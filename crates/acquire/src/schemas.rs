//! The web files that the schemas of charts' values refer to, and how they are merged in.
//!
//! Helm fetches such a file at every render. Here it is fetched once, locked, and inserted below `definitions` of the schema
//! that refers to it. All references are redirected there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aqueduct_manifest::{Files, Place};
use serde_json::{Map, Value};

use crate::address::Address;

/// The name of the file in a chart.
const FILE: &str = "values.schema.json";

/// How many web files one schema may need.
const LIMIT: usize = 100;

/// The keywords whose value is a map of schemas.
const NAMED: [&str; 6] =
    ["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];

/// The address of a chart's own schema without an address: nothing on the web is relative to it.
const NOWHERE: &str = "";

/// Returns the addresses of the files that a schema refers to; `address` is its own if it was fetched.
pub(crate) fn references(schema: &[u8], address: Option<&str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let Some(mut schema) = read(schema) {
        let base = own_address(&schema, address);
        change(&mut schema, &mut |reference| {
            if let (Target::File(file), _) = split(reference, &base) {
                found.insert(file);
            }
            None
        });
    }
    found
}

/// Returns the addresses that the schemas among a chart's files refer to, each with the schema. Paths are relative to the
/// platform or to the folder.
pub(crate) fn named_by_chart<'a>(
    folder: &str,
    files: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> BTreeMap<String, Place> {
    let schemas = files.filter(|(path, _)| path.rsplit('/').next() == Some(FILE));
    let named = schemas.flat_map(|(path, bytes)| {
        let full = if path.starts_with(folder) { path.to_owned() } else { format!("{folder}/{path}") };
        let place = Place::whole(Arc::from(full));
        references(bytes, None).into_iter().map(move |address| (address, place.clone()))
    });
    named.collect()
}

/// Returns the files of a platform folder.
pub(crate) fn contents<'a>(files: &'a Files, folder: &str) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    files.below(folder).map(|(path, bytes)| (path, &**bytes))
}

/// Returns a schema with everything that it refers to; `find` returns the content fetched from an address. Returns `None`
/// if it refers to nothing, or to too much.
///
/// # Errors
/// The error of `find` for the first address that was not fetched.
pub fn bundled<E>(
    schema: &[u8],
    mut find: impl FnMut(&str) -> Result<Arc<[u8]>, E>,
) -> Result<Option<Vec<u8>>, E> {
    let mut open: BTreeSet<String> = references(schema, None);
    if open.is_empty() {
        return Ok(None);
    }
    let mut texts: BTreeMap<String, Arc<[u8]>> = BTreeMap::new();
    while let Some(address) = open.pop_first() {
        let text = find(&address)?;
        let further = references(&text, Some(&address));
        texts.insert(address, text);
        open.extend(further.into_iter().filter(|one| !texts.contains_key(one)));
        if texts.len() > LIMIT {
            return Ok(None);
        }
    }
    let names: BTreeMap<&str, String> = texts
        .keys()
        .enumerate()
        .map(|(number, address)| (address.as_str(), format!("web-{number}")))
        .collect();
    let Some(mut whole) = read(schema) else { return Ok(None) };
    let base = own_address(&whole, None);
    lead(&mut whole, &base, "", &names);
    let mut parts = Map::new();
    for (address, text) in &texts {
        let Some(mut part) = read(text) else { return Ok(None) };
        let base = own_address(&part, Some(address));
        let inside = format!("/definitions/{}", names[address.as_str()]);
        lead(&mut part, &base, &inside, &names);
        // Its references point to its new place, and one draft applies to all.
        if let Some(part) = part.as_object_mut() {
            ["$id", "id", "$schema"].iter().for_each(|key| drop(part.remove(*key)));
        }
        parts.insert(names[address.as_str()].clone(), part);
    }
    if let Some(whole) = whole.as_object_mut()
        && let Some(definitions) =
            whole.entry("definitions").or_insert_with(|| Value::Object(Map::new())).as_object_mut()
    {
        definitions.extend(parts);
    }
    Ok(serde_json::to_vec(&whole).ok())
}

/// Redirects the references of a schema at a pointer to the files beside it.
fn lead(schema: &mut Value, base: &str, inside: &str, names: &BTreeMap<&str, String>) {
    change(schema, &mut |reference| {
        let (target, fragment) = split(reference, base);
        // An anchor works from anywhere.
        let is_pointer = fragment.is_empty() || fragment.starts_with('/');
        let target = match target {
            Target::Same => inside.to_owned(),
            Target::File(file) => format!("/definitions/{}", names.get(file.as_str())?),
            Target::Other => return None,
        };
        is_pointer.then(|| format!("#{target}{fragment}"))
    });
}

/// The target of a reference.
enum Target {
    /// The same schema.
    Same,
    /// A file on the web.
    File(String),
    /// Something that is known everywhere, or a file of the chart.
    Other,
}

/// Returns the target of a reference, and its fragment.
fn split<'r>(reference: &'r str, base: &str) -> (Target, &'r str) {
    let (file, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    if file.is_empty() {
        return (Target::Same, fragment);
    }
    let joined = match Address::parse(base) {
        _ if is_web(file) => file.to_owned(),
        Ok(base) => base.join(file),
        Err(_) => return (Target::Other, fragment),
    };
    let target = match joined {
        joined if joined == base => Target::Same,
        // The meta-schemas.
        joined if !is_web(&joined) || joined.contains("://json-schema.org/") => Target::Other,
        joined => Target::File(joined),
    };
    (target, fragment)
}

fn is_web(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// Returns the base address for the references of a schema.
fn own_address(schema: &Value, address: Option<&str>) -> String {
    let said = ["$id", "id"].iter().find_map(|key| schema.get(*key)?.as_str()).filter(|said| is_web(said));
    let said = said.map(|said| said.split('#').next().unwrap_or_default());
    // A fetched schema is identified by its address, whatever its `$id` is.
    address.or(said).unwrap_or(NOWHERE).to_owned()
}

fn read(schema: &[u8]) -> Option<Value> {
    serde_json::from_slice(schema.strip_prefix(b"\xef\xbb\xbf").unwrap_or(schema)).ok()
}

/// Replaces every reference of a schema for which `new` returns another one.
fn change(schema: &mut Value, new: &mut dyn FnMut(&str) -> Option<String>) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match value {
                    Value::String(reference) if key == "$ref" => {
                        if let Some(new) = new(reference) {
                            *reference = new;
                        }
                    }
                    // Example values are not schemas.
                    _ if matches!(key.as_str(), "const" | "default" | "enum" | "examples") => {}
                    // Their keys are names, even if they look like keywords.
                    Value::Object(named) if NAMED.contains(&key.as_str()) => {
                        named.values_mut().for_each(|value| change(value, new));
                    }
                    value => change(value, new),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| change(value, new)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::{bundled, references};

    const ROOT: &str = r##"{
      "$schema": "http://json-schema.org/draft-07/schema#",
      "properties": {
        "a": {"$ref": "https://schemas.example.com/v1/common.json#/definitions/port"},
        "b": {"$ref": "#/definitions/own"},
        "c": {"$ref": "http://json-schema.org/draft-07/schema#"},
        "d": {"enum": [{"$ref": "https://schemas.example.com/no"}]},
        "e": {"$ref": "near.json"},
        "default": {"$ref": "https://schemas.example.com/types.json"}
      },
      "definitions": {"own": {"type": "string"}}
    }"##;
    const COMMON: &str = r##"{
      "$id": "https://elsewhere.example.com/common.json",
      "definitions": {"port": {"allOf": [{"$ref": "#/definitions/number"}, {"$ref": "../types.json"}]}, "number": {"type": "integer"}}
    }"##;
    const TYPES: &str = r##"{"maximum": 9, "not": {"$ref": "v1/common.json#/definitions/none"}}"##;

    fn files() -> BTreeMap<&'static str, &'static str> {
        BTreeMap::from([
            ("https://schemas.example.com/v1/common.json", COMMON),
            ("https://schemas.example.com/types.json", TYPES),
        ])
    }

    #[test]
    fn what_is_referred_to() {
        let seen = |text: &str, address| {
            references(text.as_bytes(), address).into_iter().collect::<Vec<_>>().join(" ")
        };
        insta::assert_snapshot!(
            [
                seen(ROOT, None),
                seen(COMMON, Some("https://schemas.example.com/v1/common.json")),
                seen(TYPES, Some("https://schemas.example.com/types.json")),
                seen("{", None),
            ]
            .join("\n"),
            @r"
        https://schemas.example.com/types.json https://schemas.example.com/v1/common.json
        https://schemas.example.com/types.json
        https://schemas.example.com/v1/common.json
        "
        );
    }

    #[test]
    fn what_is_laid_together() {
        let files = files();
        let find = |address: &str| {
            files.get(address).map(|text| Arc::from(text.as_bytes())).ok_or(address.to_owned())
        };
        let whole = bundled(ROOT.as_bytes(), find).expect("all of it is there").expect("it refers to others");
        let whole: serde_json::Value = serde_json::from_slice(&whole).expect("it is JSON");
        insta::assert_snapshot!(serde_json::to_string_pretty(&whole).expect("it can be written"));
        assert_eq!(bundled(b"{}", find), Ok(None));
        let gone = bundled(br#"{"$ref": "https://schemas.example.com/gone.json"}"#, find);
        assert_eq!(gone, Err("https://schemas.example.com/gone.json".to_owned()));
    }
}
