//! The values of a chart, as an Application combines them.

use std::collections::BTreeMap;

use aqueduct_helm::{Notation, Pattern, UserValues};
use aqueduct_manifest::{Value, yaml};

use super::environment::Environment;
use super::source::{is_set, joined, outside};
use super::tree::{Failure, Resource, Tree, list, text};

/// Returns the values: first the files, then the Application's own values, then single settings.
pub(crate) fn values(
    tree: &Tree,
    application: &Resource,
    helm: &Value,
    path: &str,
    environment: &Environment,
) -> Result<UserValues, Failure> {
    let mut values = UserValues::new();
    for file in files(tree, application, helm, path, environment)? {
        let bytes = tree.files.get(&file).ok_or_else(|| Failure::Wrong(format!("there is no {file}")))?;
        values.add_file(bytes).map_err(Failure::of)?;
    }
    let own = match helm.get("valuesObject") {
        Some(Value::Map(map)) => yaml::write(&Value::Map(map.clone())),
        _ => text(helm, &["values"]).to_owned(),
    };
    values.add_file(own.as_bytes()).map_err(Failure::of)?;
    // Settings with the same name are one setting: the last one counts, and strings come after typed values.
    let mut settings: [BTreeMap<&str, &str>; 2] = [BTreeMap::new(), BTreeMap::new()];
    for parameter in list(helm, &["parameters"]) {
        let kind = usize::from(is_set(parameter, "forceString"));
        settings[kind].insert(text(parameter, &["name"]), text(parameter, &["value"]));
    }
    for (settings, notation) in settings.iter().zip([Notation::Typed, Notation::Text]) {
        for (name, value) in settings {
            let setting = format!("{name}={}", without_commas(&environment.fill(value)));
            values.set(&setting, &notation).map_err(Failure::of)?;
        }
    }
    for parameter in list(helm, &["fileParameters"]) {
        let file = place(tree, application, path, text(parameter, &["path"]), environment)?;
        let read = |_: &str| {
            tree.files.get(&file).map(|bytes| bytes.to_vec()).ok_or_else(|| format!("there is no {file}"))
        };
        let setting = format!("{}={file}", text(parameter, &["name"]));
        values.set(&setting, &Notation::File(&read)).map_err(Failure::of)?;
    }
    Ok(values)
}

/// Returns the values files. A pattern matches the files that are not listed otherwise.
fn files(
    tree: &Tree,
    application: &Resource,
    helm: &Value,
    path: &str,
    environment: &Environment,
) -> Result<Vec<String>, Failure> {
    let may_miss = is_set(helm, "ignoreMissingValueFiles");
    let mut places = Vec::new();
    for name in list(helm, &["valueFiles"]).iter().filter_map(Value::as_str) {
        places.push(place(tree, application, path, name, environment)?);
    }
    let mut files: Vec<String> = Vec::new();
    for place in &places {
        let found: Vec<String> = match place.contains(['*', '?', '[']) {
            true => matches(tree, place)?.into_iter().filter(|file| !places.contains(file)).collect(),
            false => vec![place.clone()],
        };
        let is_missing = found.iter().all(|file| tree.files.get(file).is_none());
        if is_missing && !may_miss {
            return Err(Failure::Wrong(format!("there is no {place}")));
        }
        let more: Vec<String> = found.into_iter().filter(|file| !files.contains(file)).collect();
        files.extend(more.into_iter().filter(|_| !is_missing));
    }
    Ok(files)
}

/// Returns the files that match a pattern. Two asterisks match any number of folders.
fn matches(tree: &Tree, pattern: &str) -> Result<Vec<String>, Failure> {
    let bad = |_| Failure::Wrong(format!("no pattern: {pattern}"));
    let patterns = [pattern, &pattern.replace("/**/", "/")].map(Pattern::glob);
    let [deep, flat] = patterns;
    let (deep, flat) = (deep.map_err(bad)?, flat.map_err(bad)?);
    let paths = tree.files.iter().map(|(path, _)| path.to_string());
    Ok(paths.filter(|path| deep.matches(path) || flat.matches(path)).collect())
}

/// Escapes the commas of a value, which would start the next setting, except those in a list.
fn without_commas(value: &str) -> String {
    if value.starts_with('{') && value.ends_with('}') {
        return value.to_owned();
    }
    let mut marked = String::new();
    for letter in value.chars() {
        if letter == ',' && !marked.ends_with('\\') {
            marked.push('\\');
        }
        marked.push(letter);
    }
    marked
}

/// Returns the path of a values file: relative to the chart, to the root, or to another source by its `ref`.
fn place(
    tree: &Tree,
    application: &Resource,
    path: &str,
    name: &str,
    environment: &Environment,
) -> Result<String, Failure> {
    let (first, file) = name.split_once('/').unwrap_or((name, ""));
    let sources = application.sources();
    let referenced = first.strip_prefix('$').and_then(|reference| {
        sources.iter().find(|source| source.get("ref").and_then(Value::as_str) == Some(reference))
    });
    if let Some(source) = referenced {
        return match outside(tree, source) {
            Some(reason) => Err(Failure::Outside(reason)),
            None => Ok(joined("", &environment.fill(file))),
        };
    }
    let name = environment.fill(name);
    if name.contains("://") {
        return Err(Failure::Outside(format!("{name} is not there")));
    }
    Ok(joined(path, &name))
}
