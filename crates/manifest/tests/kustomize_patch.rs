//! Every line in the table of patches must give the same result as Kustomize.
//!
//! Each line is a complete build of one resource file and one patch file. Everything around the patch (reading,
//! selecting targets, keeping names) is done here in its simplest form.

#![expect(
    clippy::disallowed_methods,
    reason = "the folder of the corpus is named by an environment variable"
)]

use std::path::PathBuf;

use aqueduct_manifest::patch::{self, MergeContext, Outcome};
use aqueduct_manifest::yaml::{self, Dialect};
use aqueduct_manifest::{Map, Value};
use regex::Regex;
use serde_json::Value as Json;

#[test]
fn kustomize_patch() {
    let folder = std::env::var_os("AQUEDUCT_CORPUS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus")),
        PathBuf::from,
    );
    let Ok(table) = std::fs::read_to_string(folder.join("truth/kustomize_patch.jsonl")) else {
        eprintln!("kustomize_patch: skipped, the table is absent");
        return;
    };
    let mut passed = 0;
    let mut failures = Vec::new();
    for line in table.lines() {
        let line: Json = serde_json::from_str(line).expect("a line of the table is JSON");
        match difference(&line) {
            None => passed += 1,
            Some(difference) => failures.push(format!("{}: {difference}", text(&line, "name"))),
        }
    }
    println!("kustomize_patch: {passed} of {} lines", passed + failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn text<'a>(line: &'a Json, key: &str) -> &'a str {
    line.get(key).and_then(Json::as_str).unwrap_or("")
}

fn difference(line: &Json) -> Option<String> {
    let result = build(line);
    match (result, line.get("error").and_then(Json::as_str)) {
        (Ok(objects), None) => {
            let (expected, got) = (text(line, "output"), write(&objects));
            (got != expected).then(|| format!("expected\n{expected}got\n{got}"))
        }
        (Ok(objects), Some(error)) => Some(format!("expected the error {error}, got {objects:?}")),
        (Err(error), None) => Some(format!("unexpected error: {error}")),
        (Err(BuildError::Around), Some(_)) => None,
        (Err(BuildError::Patch(error)), Some(expected)) => {
            // The contents are quoted in the style of the file, which values do not preserve.
            let head = |text: &str| text.split_inclusive("node contents:").next().unwrap_or("").to_owned();
            // The message starts with the field, which Kustomize's does not contain.
            let in_field = error.strip_prefix("field `").and_then(|rest| rest.split_once("`: "));
            let error = in_field.map_or(error.as_str(), |(_, error)| error);
            (head(error) != head(expected)).then(|| format!("expected the error {expected}, got {error}"))
        }
    }
}

#[derive(Debug)]
enum BuildError {
    /// The patch itself says so.
    Patch(String),
    /// Errors in reading, selecting targets or checking the result have the build's own texts.
    Around,
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{self:?}")
    }
}

fn read(text: &str) -> Result<Vec<Value>, BuildError> {
    let values = yaml::read_values(text, Dialect::Kyaml).map_err(|_| BuildError::Around)?;
    Ok(values.into_iter().filter(|value| !value.is_null()).collect())
}

fn write(objects: &[Value]) -> String {
    let documents: Vec<String> = objects.iter().map(yaml::write).collect();
    documents.join("---\n")
}

fn build(line: &Json) -> Result<Vec<Value>, BuildError> {
    let mut objects = read(text(line, "resource"))?;
    let patch_text = text(line, "patch");
    let documents = read(patch_text)?;
    let target = line.get("target");
    if let [Value::List(_)] = &documents[..] {
        let operations = patch::read_operations(patch_text).map_err(|_| BuildError::Around)?;
        for object in &mut objects {
            if selects(target.ok_or(BuildError::Around)?, object) {
                operate(object, &operations)?;
            }
        }
        return Ok(objects);
    }
    for document in documents {
        if top(&document, "kind").is_empty() || name(&document, "name").is_empty() {
            return Err(BuildError::Around);
        }
        let mut patched = Vec::new();
        let mut found = target.is_some();
        for object in objects {
            let is_target = match target {
                Some(target) => selects(target, &object),
                None => identity(&document) == identity(&object),
            };
            found |= is_target;
            if is_target {
                patched.extend(merge(line, &object, &document)?);
            } else {
                patched.push(object);
            }
        }
        if !found {
            return Err(BuildError::Around);
        }
        objects = patched;
    }
    Ok(objects)
}

/// Applies operations as a build does, which temporarily adds its own annotations.
fn operate(object: &mut Value, operations: &[patch::Operation]) -> Result<(), BuildError> {
    const NOTE: &str = "internal.config.kubernetes.io/previousNames";
    let map = object.as_map_mut().expect("an object is a map");
    map.map_entry("metadata").map_entry("annotations").insert(NOTE, "");
    patch::json6902(object, operations).map_err(|error| BuildError::Patch(error.to_string()))?;
    if name(object, "name").is_empty() || top(object, "kind").is_empty() {
        return Err(BuildError::Around);
    }
    let metadata = object.as_map_mut().expect("an object is a map").map_entry("metadata");
    let annotations = metadata.map_entry("annotations");
    annotations.remove(NOTE);
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
    Ok(())
}

/// Merges as a build does: a patch keeps the name, the kind and the namespace unless told otherwise.
fn merge(line: &Json, object: &Value, document: &Value) -> Result<Option<Value>, BuildError> {
    let mut document = document.clone();
    if let Some(map) = document.as_map_mut() {
        map.insert("apiVersion", top(object, "apiVersion"));
    }
    let outcome = patch::strategic_merge(object, &document, &MergeContext::kubernetes())
        .map_err(|error| BuildError::Patch(error.to_string()))?;
    let Outcome::Changed(mut value) = outcome else { return Ok(None) };
    let allows = |option: &str| line.pointer(&format!("/options/{option}")) == Some(&Json::Bool(true));
    let map = value.as_map_mut().expect("an object is a map");
    if !allows("allowKindChange") {
        map.insert("kind", top(object, "kind"));
    }
    let metadata: &mut Map = map.map_entry("metadata");
    if !allows("allowNameChange") {
        metadata.insert("name", name(object, "name"));
    }
    match name(object, "namespace") {
        "" => metadata.remove("namespace"),
        namespace => metadata.insert("namespace", namespace),
    };
    Ok(Some(value))
}

fn top<'a>(object: &'a Value, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or("")
}

fn name<'a>(object: &'a Value, key: &str) -> &'a str {
    object.at(&["metadata", key]).and_then(Value::as_str).unwrap_or("")
}

fn identity(object: &Value) -> [&str; 4] {
    let namespace =
        Some(name(object, "namespace")).filter(|namespace| !namespace.is_empty()).unwrap_or("default");
    [top(object, "apiVersion"), top(object, "kind"), name(object, "name"), namespace]
}

fn selects(target: &Json, object: &Value) -> bool {
    let (group, version) =
        top(object, "apiVersion").rsplit_once('/').unwrap_or(("", top(object, "apiVersion")));
    let exact = |key: &str, value: &str| text(target, key).is_empty() || text(target, key) == value;
    let pattern = |key: &str, value: &str| {
        let pattern =
            Regex::new(&format!("^(?:{})$", text(target, key))).expect("the table's patterns are valid");
        text(target, key).is_empty() || pattern.is_match(value)
    };
    let labelled = |key: &str, field: &str| {
        text(target, key).split_once('=').is_none_or(|(label, value)| {
            object.at(&["metadata", field, label]).and_then(Value::as_str) == Some(value)
        })
    };
    exact("group", group)
        && exact("version", version)
        && exact("kind", top(object, "kind"))
        && pattern("name", name(object, "name"))
        && pattern("namespace", name(object, "namespace"))
        && labelled("labelSelector", "labels")
        && labelled("annotationSelector", "annotations")
}
