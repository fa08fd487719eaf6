//! The objects of an Application, as Argo CD renders them.

use std::collections::BTreeSet;

use aqueduct_helm::Pattern;
use aqueduct_manifest::{Map, Object, Value, is_cluster_scoped, yaml};

use crate::tree::{Failure, Resource, Tree, only, text};
use crate::{chart, ignored, kustomization};

/// Returns the objects of an Application, in the namespaces that they get and without what is not compared.
pub(crate) fn render(tree: &Tree, application: &Resource) -> Result<Vec<Object>, Failure> {
    let mut objects = Vec::new();
    for source in application.sources() {
        objects.extend(of_source(tree, application, source)?);
    }
    // What each sync makes anew is not among the objects that are compared.
    objects.retain(|object| {
        ["argocd.argoproj.io/hook", "helm.sh/hook"].iter().all(|name| object.annotation(name).is_none())
    });
    settle(&mut objects, application.namespace());
    ignored::strip(&mut objects, application)?;
    Ok(objects)
}

/// Says what of a source is not in the tree.
pub(crate) fn outside(tree: &Tree, source: &Value) -> Option<String> {
    let address = text(source, &["repoURL"]);
    match text(source, &["chart"]) {
        "" if tree.is_own(address) => None,
        "" => Some(format!("the repository {address} is not there")),
        chart => Some(format!("the chart `{chart}` of {address} is not there")),
    }
}

fn of_source(tree: &Tree, application: &Resource, source: &Value) -> Result<Vec<Object>, Failure> {
    if let Some(reason) = outside(tree, source) {
        return Err(Failure::Outside(reason));
    }
    let path = match text(source, &["path"]).trim_matches('/') {
        // Others take values from it.
        "" if source.get("ref").is_some() => return Ok(Vec::new()),
        path => path,
    };
    if !tree.files.is_folder(path) {
        return Err(Failure::Wrong(format!("there is no folder {path}")));
    }
    let has = |name: &str| tree.files.get(&format!("{path}/{name}")).is_some();
    let is = |kind: &str| source.get(kind).is_some();
    if is("helm") || has("Chart.yaml") && !is("kustomize") && !is("directory") {
        chart::render(tree, application, source, path)
    } else if is("kustomize") || !is("directory") && kustomization::NAMES.iter().any(|name| has(name)) {
        kustomization::build(tree, source, path)
    } else {
        directory(tree, source, path)
    }
}

/// Returns the objects in the files of a folder.
fn directory(tree: &Tree, source: &Value, path: &str) -> Result<Vec<Object>, Failure> {
    let options = source.get("directory").unwrap_or(&Value::Null);
    only(options, "a directory", &["recurse", "include", "exclude", "jsonnet"])?;
    let pattern = |name: &str| match text(options, &[name]) {
        "" => Ok(None),
        pattern => {
            Pattern::glob(pattern).map(Some).map_err(|_| Failure::Wrong(format!("no pattern: {pattern}")))
        }
    };
    let (include, exclude) = (pattern("include")?, pattern("exclude")?);
    let is_deep = options.get("recurse").and_then(Value::as_bool) == Some(true);
    let mut objects = Vec::new();
    for (file, _) in tree.files.below(path) {
        let name = file.strip_prefix(path).unwrap_or(file).trim_start_matches('/');
        let is_manifest = [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending));
        let is_taken = (is_deep || !name.contains('/'))
            && include.as_ref().is_none_or(|pattern| pattern.matches(name))
            && !exclude.as_ref().is_some_and(|pattern| pattern.matches(name));
        if is_manifest && is_taken {
            let text = tree.files.text(file).unwrap_or_default();
            let documents = yaml::read_values(text, yaml::Dialect::Sigs)
                .map_err(|error| Failure::Wrong(format!("{file}: {error}")))?;
            let maps = documents.iter().filter_map(Value::as_map);
            objects.extend(maps.flat_map(|map| Object::new(map.clone()).into_items()));
        }
    }
    Ok(objects)
}

/// Puts objects into their namespaces: those that say none into that of the destination, and others into none.
fn settle(objects: &mut [Object], namespace: &str) {
    let definitions = objects.iter().filter(|object| object.kind() == "CustomResourceDefinition");
    let wide: BTreeSet<(String, String)> = definitions
        .filter_map(|object| object.map.get("spec"))
        .filter(|spec| text(spec, &["scope"]) == "Cluster")
        .map(|spec| (text(spec, &["group"]).to_owned(), text(spec, &["names", "kind"]).to_owned()))
        .collect();
    for object in objects {
        let kind = (object.group().to_owned(), object.kind().to_owned());
        let is_wide = is_cluster_scoped(&kind.0, &kind.1) || wide.contains(&kind);
        let metadata: &mut Map = object.metadata_mut();
        if is_wide {
            metadata.remove("namespace");
        } else if metadata.get("namespace").is_none() && !namespace.is_empty() {
            metadata.insert("namespace", namespace);
        }
    }
}
