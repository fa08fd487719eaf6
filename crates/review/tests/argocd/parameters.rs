//! The parameters of an Application, with the names that templates use.
//!
//! Go templates see nested maps. The others see strings with long names such as `metadata.labels.tier`.

use aqueduct_manifest::{Map, Value};

use super::template::{Language, fill, normalized};
use super::tree::Failure;

/// Returns the parameters of a folder, or of a file in it, for a template language.
pub(crate) fn of_path(folder: &str, file: Option<&str>, prefix: &str, language: Language) -> Map {
    let segments: Vec<&str> = folder.split('/').collect();
    let basename = segments.last().copied().unwrap_or_default();
    let mut place = Map::new();
    place.insert("path", folder);
    place.insert("basename", basename);
    place.insert("basenameNormalized", normalized(basename));
    if let Some(file) = file {
        place.insert("filename", file);
        place.insert("filenameNormalized", normalized(file));
    }
    let mut parameters = Map::new();
    if language != Language::Names {
        place.insert("segments", segments.iter().map(|segment| Value::from(*segment)).collect::<Vec<_>>());
        let above = if prefix.is_empty() { &mut parameters } else { parameters.map_entry(prefix) };
        above.insert("path", place);
        return parameters;
    }
    let long = if prefix.is_empty() { "path".to_owned() } else { format!("{prefix}.path") };
    for (name, value) in place.into_entries() {
        let name = if name == "path" { long.clone() } else { format!("{long}.{name}") };
        parameters.insert(name, value);
    }
    for (place, segment) in segments.iter().enumerate() {
        parameters.insert(format!("{long}[{place}]"), *segment);
    }
    parameters
}

/// Returns the parameters of a cluster for a template language. The cluster of Argo CD itself has no labels.
pub(crate) fn of_cluster(cluster: &Value, language: Language) -> Map {
    let said = |name: &str| cluster.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut parameters = Map::from_iter([
        ("name", Value::from(said("name"))),
        ("nameNormalized", Value::from(normalized(said("name")))),
        ("server", Value::from(said("server"))),
        ("project", Value::from(said("project"))),
    ]);
    let mut metadata = Map::new();
    for name in ["labels", "annotations"] {
        if let Some(map) = cluster.get(name).and_then(Value::as_map).filter(|map| !map.is_empty()) {
            metadata.insert(name, map.clone());
        }
    }
    match language {
        Language::Go | Language::StrictGo if metadata.is_empty() => {}
        Language::Go | Language::StrictGo => drop(parameters.insert("metadata", metadata)),
        Language::Names => flatten(&Value::Map(metadata), "metadata", &mut parameters),
    }
    parameters
}

/// Writes the content of a value with long names.
pub(crate) fn flatten(value: &Value, name: &str, into: &mut Map) {
    let below = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Map(map) if !map.is_empty() => {
            map.iter().for_each(|(key, value)| flatten(value, &below(key), into));
        }
        Value::List(entries) if !entries.is_empty() => {
            let places = entries.iter().enumerate();
            places.for_each(|(place, entry)| flatten(entry, &below(&place.to_string()), into));
        }
        Value::Map(_) if name.is_empty() => {}
        Value::Map(_) => drop(into.insert(name, "map[]")),
        Value::List(_) => drop(into.insert(name, "[]")),
        Value::Null => drop(into.insert(name, "<nil>")),
        Value::String(text) => drop(into.insert(name, text.clone())),
        Value::Bool(value) => drop(into.insert(name, value.to_string())),
        other => drop(into.insert(name, aqueduct_manifest::json::write(other))),
    }
}

/// Adds the `values` of a generator, which can use the parameters before them.
pub(crate) fn add_values(
    parameters: &mut Map,
    values: Option<&Value>,
    language: Language,
) -> Result<(), Failure> {
    let Some(values) = values else { return Ok(()) };
    let values = fill(values, parameters, language)?;
    match language {
        Language::Go | Language::StrictGo => drop(parameters.insert("values", values)),
        Language::Names => flatten(&values, "values", parameters),
    }
    Ok(())
}
