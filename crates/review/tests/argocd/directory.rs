//! Folders of plain manifests.

use aqueduct_helm::{BadPattern, Pattern};
use aqueduct_manifest::{Object, Value, json, yaml};

use super::pattern::of_manifests;
use super::tree::{Failure, Tree, only, text};

/// The marker of a file that contains no manifests, whatever else is in it.
const SKIPPED: &str = "+argocd:skip-file-rendering";

/// Returns the objects in the files of a folder.
pub(crate) fn read(tree: &Tree, source: &Value, path: &str) -> Result<Vec<Object>, Failure> {
    let options = source.get("directory").unwrap_or(&Value::Null);
    only(options, "a directory", &["recurse", "include", "exclude", "jsonnet"])?;
    // An invalid pattern matches nothing.
    let pattern = |name: &str| Some(text(options, &[name])).filter(|said| !said.is_empty()).map(of_manifests);
    let (include, exclude) = (pattern("include"), pattern("exclude"));
    let matches = |pattern: &Option<Result<Pattern, BadPattern>>, name: &str| {
        pattern.as_ref().map(|pattern| pattern.as_ref().is_ok_and(|pattern| pattern.matches(name)))
    };
    let is_deep = options.get("recurse").and_then(Value::as_bool) == Some(true);
    let mut files: Vec<(&str, &str)> = Vec::new();
    for (file, _) in tree.files.below(path) {
        let name = file.strip_prefix(path).unwrap_or(file).trim_start_matches('/');
        let is_taken = (is_deep || !name.contains('/'))
            && matches(&include, name) != Some(false)
            && matches(&exclude, name) != Some(true);
        if is_taken {
            files.push((file, name));
        }
    }
    // In the order of a walk, folder by folder.
    files.sort_by(|(_, one), (_, other)| one.split('/').cmp(other.split('/')));
    let mut objects = Vec::new();
    for (file, name) in files {
        let text = tree.files.text(file).unwrap_or_default();
        if name.ends_with(".jsonnet") {
            return Err(Failure::Outside(format!("{file} is a program of Jsonnet")));
        } else if text.contains(SKIPPED) {
            continue;
        } else if name.ends_with(".json") {
            let value = json::read(text).map_err(|error| Failure::Wrong(format!("{file}: {error}")))?;
            objects.push(object(value).ok_or_else(|| Failure::Wrong(format!("{file} has no object")))?);
        } else if name.ends_with(".yaml") || name.ends_with(".yml") {
            objects.extend(documents(text).map_err(|message| Failure::Wrong(format!("{file}: {message}")))?);
        }
    }
    Ok(objects)
}

/// Returns the objects of a file. A document that does not look like a manifest is skipped.
fn documents(text: &str) -> Result<Vec<Object>, String> {
    let is_manifest = ["apiVersion:", "kind:", "metadata:"].iter().all(|field| text.contains(field));
    // A block string at the end of the file ends like one anywhere else.
    let whole = if text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") };
    let values = match yaml::read_values(&whole, yaml::Dialect::Sigs) {
        Ok(values) => values,
        Err(_) if !is_manifest => return Ok(Vec::new()),
        Err(error) => return Err(error.to_string()),
    };
    let mut objects = Vec::new();
    for value in values.into_iter().filter(|value| !value.is_null()) {
        match object(value) {
            Some(object) => objects.push(object),
            None if is_manifest || !objects.is_empty() => return Err("a document is no object".to_owned()),
            None => break,
        }
    }
    Ok(objects)
}

fn object(value: Value) -> Option<Object> {
    match value {
        Value::Map(map) => Some(Object::new(map)).filter(|object| !object.kind().is_empty()),
        _ => None,
    }
}
