//! Charts in the tree, rendered as Argo CD has Helm render them.

use std::sync::Arc;

use aqueduct_helm::hosts::Refusing;
use aqueduct_helm::{Capabilities, Chart, Engine, Notation, Prepared, Release, UserValues};
use aqueduct_manifest::{Object, Value};

use crate::source::outside;
use crate::tree::{Failure, Resource, Tree, list, only, text};

const KNOWN: [&str; 11] = [
    "releaseName",
    "namespace",
    "values",
    "valuesObject",
    "valueFiles",
    "ignoreMissingValueFiles",
    "parameters",
    "fileParameters",
    "skipCrds",
    "skipSchemaValidation",
    "skipTests",
];

/// Returns the objects of a chart. Its tests are hooks, which are not among them.
pub(crate) fn render(
    tree: &Tree,
    application: &Resource,
    source: &Value,
    path: &str,
) -> Result<Vec<Object>, Failure> {
    let helm = source.get("helm").unwrap_or(&Value::Null);
    only(helm, "helm", &KNOWN)?;
    let is = |name: &str| helm.get(name).and_then(Value::as_bool) == Some(true);
    let chart = Arc::new(Chart::from_files(&tree.files, path).map_err(Failure::of)?);
    let is_there = |name: &str| chart.subcharts.iter().any(|chart| chart.metadata.name == name);
    if let Some(absent) =
        chart.metadata.dependencies.iter().flatten().find(|dependency| !is_there(&dependency.name))
    {
        return Err(Failure::Outside(format!(
            "the chart `{}` of {} is not there",
            absent.name, absent.repository
        )));
    }
    let prepared =
        Prepared::new(&chart, &values(tree, application, helm, path)?.into_map()).map_err(Failure::of)?;
    if !is("skipSchemaValidation") {
        prepared.validate().map_err(Failure::of)?;
    }
    let or = |said: &str, other: &str| if said.is_empty() { other.to_owned() } else { said.to_owned() };
    let name = or(text(helm, &["releaseName"]), application.object.name());
    let release = Release::new(name, or(text(helm, &["namespace"]), application.namespace()));
    let mut rendered = prepared
        .render(&Engine::new(), &release, &Capabilities::default(), &mut Refusing)
        .map_err(|failure| Failure::of(failure.error))?;
    if is("skipCrds") {
        rendered.crds.clear();
    }
    let objects = rendered.objects().map_err(Failure::of)?;
    Ok(objects.into_iter().flat_map(Object::into_items).collect())
}

/// Returns the values: files, then what the Application says itself, then single settings.
fn values(tree: &Tree, application: &Resource, helm: &Value, path: &str) -> Result<UserValues, Failure> {
    let mut values = UserValues::new();
    let may_miss = helm.get("ignoreMissingValueFiles").and_then(Value::as_bool) == Some(true);
    for name in list(helm, &["valueFiles"]).iter().filter_map(Value::as_str) {
        let file = place(tree, application, path, name)?;
        match tree.files.get(&file) {
            Some(bytes) => values.add_file(bytes).map_err(Failure::of)?,
            None if may_miss => {}
            None => return Err(Failure::Wrong(format!("there is no {file}"))),
        }
    }
    match helm.get("valuesObject") {
        Some(Value::Map(map)) => values.add(map),
        _ => values.add_file(text(helm, &["values"]).as_bytes()).map_err(Failure::of)?,
    }
    for parameter in list(helm, &["parameters"]) {
        let value = text(parameter, &["value"]);
        // A comma would begin the next setting, but for those of a list.
        let value = if value.starts_with('{') { value.to_owned() } else { value.replace(',', "\\,") };
        let is_text = parameter.get("forceString").and_then(Value::as_bool) == Some(true);
        let notation = if is_text { Notation::Text } else { Notation::Typed };
        let setting = format!("{}={value}", text(parameter, &["name"]));
        values.set(&setting, &notation).map_err(Failure::of)?;
    }
    for parameter in list(helm, &["fileParameters"]) {
        let file = place(tree, application, path, text(parameter, &["path"]))?;
        let read = |_: &str| {
            tree.files.get(&file).map(|bytes| bytes.to_vec()).ok_or_else(|| format!("there is no {file}"))
        };
        let setting = format!("{}={file}", text(parameter, &["name"]));
        values.set(&setting, &Notation::File(&read)).map_err(Failure::of)?;
    }
    Ok(values)
}

/// Returns where a file of values lies: beside the chart, from the root on, or in another source by its `ref`.
fn place(tree: &Tree, application: &Resource, path: &str, name: &str) -> Result<String, Failure> {
    if name.contains("://") {
        return Err(Failure::Outside(format!("{name} is not there")));
    }
    if let Some(name) = name.strip_prefix('$') {
        let (reference, file) = name.split_once('/').unwrap_or((name, ""));
        let sources = application.sources();
        let source = sources.iter().find(|source| text(source, &["ref"]) == reference);
        let source = source.ok_or_else(|| Failure::Wrong(format!("no source is called `{reference}`")))?;
        return match outside(tree, source) {
            Some(reason) => Err(Failure::Outside(reason)),
            None => Ok(file.to_owned()),
        };
    }
    let from = if name.starts_with('/') { "" } else { path };
    let mut parts: Vec<&str> = Vec::new();
    for part in from.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}
