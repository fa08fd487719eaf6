//! The objects of an Application, as a preview compares them.

use std::collections::BTreeSet;

use aqueduct_manifest::{Map, Object, is_cluster_scoped};

use crate::argocd::source;
use crate::argocd::tree::{Failure, Resource, Tree, text};
use crate::ignored;

/// Returns the objects of an Application, in their final namespaces and without ignored fields.
pub(crate) fn render(tree: &Tree, application: &Resource) -> Result<Vec<Object>, Failure> {
    let mut objects = Vec::new();
    for source in application.sources() {
        objects.extend(source::render(tree, application, source)?);
    }
    // Hooks, which each sync recreates, are not compared.
    objects.retain(|object| {
        ["argocd.argoproj.io/hook", "helm.sh/hook"].iter().all(|name| object.annotation(name).is_none())
    });
    settle(&mut objects, application.namespace());
    ignored::strip(&mut objects, application)?;
    Ok(objects)
}

/// Sets the namespace of each object: the destination's for namespaced objects without one, and none for
/// cluster-scoped objects.
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
