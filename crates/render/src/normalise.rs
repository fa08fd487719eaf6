//! Normalises objects of any origin: adds a namespace and the tracking labels, and removes empty leftovers.

use aqueduct_manifest::{Map, Object, Value};

use crate::selected::SelectedLabels;
use crate::{Scopes, Site};

/// The label with the writer of an object.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// Adds the namespace, labels and annotations of a component to an object, and removes what a cluster would drop:
/// empty `status`, `creationTimestamp: null`, nulls in metadata.
///
/// A label that a selector requires keeps its value; ours then becomes an annotation.
pub fn normalise(site: &Site<'_>, object: &mut Object, scopes: &Scopes<'_>, selected: &SelectedLabels) {
    let cluster = scopes.is_cluster_scoped(object);
    let kind = object.kind().to_owned();
    if object.origin.is_none() {
        object.origin = Some(site.instance.spec.origin.place.clone());
    }
    let metadata = object.metadata_mut();
    if cluster {
        metadata.remove("namespace");
    } else if metadata.get("namespace").is_none_or(Value::is_null) {
        metadata.insert("namespace", site.namespace());
    }
    if metadata.get("creationTimestamp").is_some_and(Value::is_null) {
        metadata.remove("creationTimestamp");
    }
    let labels = metadata.map_entry("labels");
    for (key, value) in site.tracking_labels() {
        // A chart's own name and version labels are more specific than ours, and Argo CD finds its settings by one of
        // them.
        if !labels.contains_key(&key) {
            labels.insert(key, value);
        }
    }
    let is_selected = |labels: &Map, key: &str| {
        let value = labels.get(key).and_then(Value::as_str);
        value.is_some_and(|value| selected.contains(&kind, key, value))
    };
    let is_marked = !is_selected(labels, MANAGED_BY);
    if is_marked {
        labels.insert(MANAGED_BY, "aqueduct");
    }
    for (key, value) in &site.instance.labels {
        if !is_selected(labels, key.as_ref()) {
            labels.insert(key.to_string(), value.to_string());
        }
    }
    if !is_marked {
        metadata.map_entry("annotations").insert("aqueduct.dev/managed-by", "aqueduct");
    }
    if !site.instance.annotations.is_empty() {
        let annotations = metadata.map_entry("annotations");
        for (key, value) in &site.instance.annotations {
            annotations.insert(key.to_string(), value.to_string());
        }
    }
    if object.map.get("status").and_then(Value::as_map).is_some_and(Map::is_empty) {
        object.map.remove("status");
    }
}
