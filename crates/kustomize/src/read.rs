//! Reads resources from YAML and JSON: several documents, lists of resources, and checks on them.

use std::collections::VecDeque;
use std::rc::Rc;

use aqueduct_manifest::yaml::{self, Marked, Marks};
use aqueduct_manifest::{Map, Value};

use crate::error::{Error, Result};
use crate::loader::Loader;
use crate::resource::Resource;
use crate::schemas::Schemas;
use crate::text;
use crate::trace::Section;

/// Reads the first document of a text with the rules of sigs.k8s.io/yaml.
pub(crate) fn value(text: &str) -> Result<Value> {
    yaml::read(text).map_err(|error| Error::malformed(error.converting()))
}

/// Reads the first document of a text with the rules of kyaml, where a text without documents is an error.
pub(crate) fn kyaml_value(text: &str) -> Result<Value> {
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Err(Error::new("there is no document in the file"));
    }
    Ok(documents(text, yaml::read_marked)?.into_iter().next().unwrap_or_default().value)
}

/// Reads the resources of a file that a kustomization refers to.
pub(crate) fn file(loader: &Loader<'_>, name: &str, schemas: &Rc<Schemas>) -> Result<Vec<Resource>> {
    let text = loader.load_text(name)?;
    let mut list = resources(&text, schemas).map_err(|error| {
        if error.is_malformed() {
            Error::malformed(format!("MalformedYAMLError: {error} in File: {name}"))
        } else {
            error
        }
    })?;
    let file: Rc<str> = loader.source(name).into();
    for resource in &mut list {
        resource.file = Some(Rc::clone(&file));
    }
    Ok(list)
}

/// Reads the resources of a text.
pub(crate) fn resources(text: &str, schemas: &Rc<Schemas>) -> Result<Vec<Resource>> {
    parsed(documents(text, yaml::read_marked)?, schemas)
}

/// Reads patches that are applied as written: if an annotation occurs twice, the first one counts.
pub(crate) fn patches(text: &str, schemas: &Rc<Schemas>) -> Result<Vec<Resource>> {
    parsed(documents(text, yaml::read_marked_first)?, schemas)
}

fn parsed(documents: Vec<Marked>, schemas: &Rc<Schemas>) -> Result<Vec<Resource>> {
    let is_alone = documents.len() == 1;
    let mut queue = VecDeque::new();
    for (document, marked) in documents.into_iter().enumerate() {
        let part = Section { document, item: None };
        queue.extend(checked(marked)?.map(|(map, marks)| (map, marks, part)));
    }
    let mut list = Vec::new();
    // The elements of a list come after everything else in the same text.
    while let Some((mut map, marks, part)) = queue.pop_front() {
        let kind = map.get("kind").map(text::of).unwrap_or_default();
        if !kind.ends_with("List") {
            list.push(Resource::marked(map, marks, part, schemas));
            continue;
        }
        match map.remove("items") {
            // Without items it is only called a list.
            None => list.push(Resource::marked(map, marks, part, schemas)),
            Some(Value::Null) => {}
            Some(Value::List(items)) => {
                let mut marks = marks.into_fields().remove("items").unwrap_or_default().into_elements();
                for (index, value) in items.into_vec().into_iter().enumerate() {
                    let mut item = Marked { value, marks: marks.remove(&index).unwrap_or_default() };
                    // Only such a list is split up as written; others are decoded first.
                    if !(is_alone && kind == "List") {
                        let decoded = item.marks.settle_decoded(&mut item.value);
                        decoded.map_err(|error| Error::new(error.to_string()))?;
                        item.marks = Marks::None;
                    }
                    let part = Section { item: part.item.or(Some(index)), ..part };
                    queue.extend(checked(item)?.map(|(map, marks)| (map, marks, part)));
                }
            }
            Some(other) => {
                return Err(Error::new(format!(
                    "expected array in {kind}/items, but found {}",
                    other.kind()
                )));
            }
        }
    }
    Ok(list)
}

fn documents(
    text: &str,
    read: fn(&str) -> std::result::Result<Vec<Marked>, yaml::Error>,
) -> Result<Vec<Marked>> {
    let unix;
    let text = if text.contains("\r\n") {
        unix = text.replace("\r\n", "\n");
        unix.as_str()
    } else {
        text
    };
    read(text).map_err(|error| Error::malformed(error.to_string()))
}

/// Returns the map of a resource; `None` for an empty document.
fn checked(document: Marked) -> Result<Option<(Map, Marks)>> {
    let map = match document.value {
        Value::Null => return Ok(None),
        Value::List(list) if list.is_empty() => return Ok(None),
        Value::Map(map) if map.is_empty() => return Ok(None),
        Value::Map(map) => map,
        other => {
            return Err(Error::new(format!(
                "missing Resource metadata: a resource must be a map, not a {}",
                other.kind()
            )));
        }
    };
    check_metadata(&map)?;
    Ok(Some((map, document.marks)))
}

/// Refuses a resource without a kind, or one without a name unless it is a list.
pub(crate) fn check_metadata(map: &Map) -> Result<()> {
    let kind = map.get("kind").map(text::of).unwrap_or_default();
    if kind.is_empty() {
        if map.get("metadata").is_none() && map.get("apiVersion").is_none() {
            return Err(Error::new(format!("missing Resource metadata in object {}", described(map))));
        }
        return Err(Error::new(format!("missing Kind in object {}", described(map))));
    }
    let name = map.get("metadata").and_then(|metadata| metadata.get("name")).map(text::of);
    if !kind.ends_with("List") && name.unwrap_or_default().is_empty() {
        return Err(Error::new(format!("missing metadata.name in object {}", described(map))));
    }
    Ok(())
}

fn described(map: &Map) -> String {
    serde_json::to_string(map).unwrap_or_default()
}
