//! The objects of a source, as Argo CD's repository server renders them.

use aqueduct_manifest::{Object, Value, patch, yaml};

use super::environment::Environment;
use super::tree::{Failure, Resource, Tree, is_empty, text};
use super::{chart, directory, kustomization};

/// What renders a source.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tool {
    Helm,
    Kustomize,
    Directory,
}

/// Returns what a source needs that is not in the tree.
pub(crate) fn outside(tree: &Tree, source: &Value) -> Option<String> {
    let address = text(source, &["repoURL"]);
    match text(source, &["chart"]) {
        "" if tree.is_own(address) => None,
        "" => Some(format!("the repository {address} is not there")),
        chart => Some(format!("the chart `{chart}` of {address} is not there")),
    }
}

/// Returns the objects of an Application's source, including hooks.
pub(crate) fn render(tree: &Tree, application: &Resource, source: &Value) -> Result<Vec<Object>, Failure> {
    if let Some(reason) = outside(tree, source) {
        return Err(Failure::Outside(reason));
    }
    let path = match text(source, &["path"]).trim_matches('/') {
        // Other sources take values from it.
        "" if source.get("ref").is_some() => return Ok(Vec::new()),
        path => joined("", path),
    };
    if !tree.files.is_folder(&path) {
        return Err(Failure::Wrong(format!("there is no folder {path}")));
    }
    let source = overridden(tree, application, source, &path)?;
    let environment = Environment::of(tree, application, &source);
    let objects = match tool(tree, &source, &path)? {
        Tool::Helm => chart::render(tree, application, &source, &path, &environment),
        Tool::Kustomize => kustomization::build(tree, &source, &path, &environment),
        Tool::Directory => directory::read(tree, &source, &path),
    }?;
    if objects.iter().any(|object| object.kind().is_empty()) {
        return Err(Failure::Wrong("an object has no kind".to_owned()));
    }
    Ok(objects.into_iter().flat_map(items).collect())
}

/// Returns the tool that a source sets, or the one that fits its files.
fn tool(tree: &Tree, source: &Value, path: &str) -> Result<Tool, Failure> {
    let tools = [("helm", Tool::Helm), ("kustomize", Tool::Kustomize), ("directory", Tool::Directory)];
    // An empty option does not select its tool.
    let is_named = |name: &str| {
        let options = source.get(name).and_then(Value::as_map);
        options.is_some_and(|options| options.values().any(|value| !is_empty(value)))
    };
    let named: Vec<Tool> = tools.iter().filter(|(name, _)| is_named(name)).map(|(_, tool)| *tool).collect();
    let has = |name: &str| tree.files.get(&joined(path, name)).is_some();
    match named[..] {
        _ if source.get("plugin").is_some() => Err(Failure::Outside("a plugin renders it".to_owned())),
        [tool] => Ok(tool),
        [] if kustomization::NAMES.iter().any(|name| has(name)) => Ok(Tool::Kustomize),
        [] if has("Chart.yaml") => Ok(Tool::Helm),
        [] => Ok(Tool::Directory),
        _ => Err(Failure::Wrong("a source is for one tool".to_owned())),
    }
}

/// Returns a source with the overrides from files in its folder.
fn overridden(tree: &Tree, application: &Resource, source: &Value, path: &str) -> Result<Value, Failure> {
    let mut whole = source.clone();
    for name in [".argocd-source.yaml", &format!(".argocd-source-{}.yaml", application.object.name())] {
        if let Some(said) = tree.files.text(&joined(path, name)) {
            patch::merge(&mut whole, &yaml::read(said).map_err(Failure::of)?);
        }
    }
    let mut kept = source.as_map().cloned().unwrap_or_default();
    for tool in ["helm", "kustomize", "directory", "plugin"] {
        match whole.get(tool) {
            Some(options) => drop(kept.insert(tool, options.clone())),
            None => drop(kept.remove(tool)),
        }
    }
    Ok(Value::Map(kept))
}

/// Returns the items of a list, or any other object unchanged.
fn items(object: Object) -> Vec<Object> {
    match object.map.get("items") {
        Some(Value::List(items)) => {
            items.iter().filter_map(Value::as_map).map(|map| Object::new(map.clone())).collect()
        }
        Some(Value::Null) if ["spec", "status"].iter().all(|name| !object.map.contains_key(name)) => {
            Vec::new()
        }
        _ => vec![object],
    }
}

/// Returns a path relative to a folder, or relative to the root if it starts with a slash.
pub(crate) fn joined(folder: &str, path: &str) -> String {
    let from = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in from.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Returns the options of a tool; an empty map if the source has none.
pub(crate) fn options<'v>(source: &'v Value, tool: &str) -> &'v Value {
    source.get(tool).unwrap_or(&Value::Null)
}

/// Tells whether an option is set.
pub(crate) fn is_set(options: &Value, name: &str) -> bool {
    options.get(name).and_then(Value::as_bool) == Some(true)
}
