//! Reads resources out of YAML and JSON: several documents, lists of resources, and what must not be there.

use std::collections::VecDeque;
use std::rc::Rc;

use aqueduct_manifest::yaml::{self, Dialect, Step};
use aqueduct_manifest::{Map, Position, Value};

use crate::error::{Error, Result};
use crate::loader::Loader;
use crate::resource::Resource;
use crate::schemas::Schemas;
use crate::text;

/// Reads the first document of a text by the rules of sigs.k8s.io/yaml.
pub(crate) fn value(text: &str) -> Result<Value> {
    yaml::read(text).map_err(|error| Error::malformed(error.converting()))
}

/// Reads the first document of a text by the rules of kyaml, to which a text without one is an error.
pub(crate) fn kyaml_value(text: &str) -> Result<Value> {
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Err(Error::new("there is no document in the file"));
    }
    Ok(documents(text)?.into_iter().next().unwrap_or_default())
}

/// Reads the resources of a file that a kustomization names.
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
    let mut queue = VecDeque::new();
    for value in documents(text)? {
        if let Some(map) = checked(value)? {
            queue.push_back(map);
        }
    }
    let mut list = Vec::new();
    // The elements of a list come after everything else of the same text.
    while let Some(mut map) = queue.pop_front() {
        let kind = map.get("kind").map(text::of).unwrap_or_default();
        if !kind.ends_with("List") {
            list.push(Resource::new(map, schemas));
            continue;
        }
        match map.remove("items") {
            // Without items it is no list, only called so.
            None => list.push(Resource::new(map, schemas)),
            Some(Value::Null) => {}
            Some(Value::List(items)) => {
                for item in items.into_vec() {
                    if let Some(map) = checked(item)? {
                        queue.push_back(map);
                    }
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

fn documents(text: &str) -> Result<Vec<Value>> {
    let unix;
    let text = if text.contains("\r\n") {
        unix = text.replace("\r\n", "\n");
        unix.as_str()
    } else {
        text
    };
    let refuse = |error: yaml::Error| Error::malformed(error.to_string());
    let mut values = yaml::read_values(text, Dialect::Kyaml).map_err(refuse)?;
    if values.iter().any(|value| odd_annotations(value).next().is_some()) {
        let documents = yaml::read_documents(text, Dialect::Kyaml).map_err(refuse)?;
        values = documents.into_iter().map(|document| with_annotation_texts(document, text)).collect();
    }
    Ok(values)
}

/// Returns the annotations whose text is lost in their value, such as `1.10`.
fn odd_annotations(value: &Value) -> impl Iterator<Item = &str> {
    let annotations = value.at(&["metadata", "annotations"]).and_then(Value::as_map);
    annotations
        .into_iter()
        .flatten()
        .filter(|(_, value)| {
            matches!(value, Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_))
        })
        .map(|(key, _)| key.as_str())
}

/// Makes numbers and truth values among the annotations the texts that stand for them, since annotations
/// are printed as texts.
fn with_annotation_texts(document: yaml::Document, text: &str) -> Value {
    let mut changes = Vec::new();
    for key in odd_annotations(&document.value) {
        let path = [Step::Key("metadata"), Step::Key("annotations"), Step::Key(key)];
        if let Some(written) = document.spans.value(&path).and_then(|start| word_at(text, start)) {
            changes.push((key.to_owned(), written.to_owned()));
        }
    }
    let mut value = document.value;
    if let Some(Value::Map(metadata)) = value.as_map_mut().and_then(|map| map.get_mut("metadata"))
        && let Some(Value::Map(annotations)) = metadata.get_mut("annotations")
    {
        for (key, written) in changes {
            annotations.insert(key, written);
        }
    }
    value
}

/// Returns the plain scalar without spaces that starts at a place; a tag or an alias is none.
fn word_at(text: &str, start: Position) -> Option<&str> {
    let line = text.lines().nth(start.line.checked_sub(1)? as usize)?;
    let (at, _) = line.char_indices().nth(start.column.checked_sub(1)? as usize)?;
    let word = line.get(at..)?.split(|at: char| at.is_whitespace() || ",]}".contains(at)).next()?;
    (!word.starts_with(['!', '*', '&'])).then_some(word)
}

/// Returns the map of a resource, `None` for an empty document.
fn checked(value: Value) -> Result<Option<Map>> {
    let map = match value {
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
    let mut path = Vec::new();
    if map.iter().any(|(key, value)| holds_empty_item(key, value, &mut path)) {
        path.reverse();
        return Err(Error::new(format!("empty item at {} in object {}", path.join("."), described(&map))));
    }
    Ok(Some(map))
}

/// Refuses a resource without a kind, and one without a name that is no list.
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

/// Looks for a list with a `null` in it; leaves the way to it in `path`, the last step first.
fn holds_empty_item(key: &str, value: &Value, path: &mut Vec<String>) -> bool {
    let found = match value {
        Value::Map(map) => map.iter().any(|(key, value)| holds_empty_item(key, value, path)),
        Value::List(list) => list.iter().any(|value| value.is_null() || holds_empty_item("", value, path)),
        _ => false,
    };
    if found && !key.is_empty() {
        path.push(key.to_owned());
    }
    found
}
