//! Objects as they were and as they are, held against each other.

use aqueduct_manifest::{Map, Object, Value, yaml};

/// The labels of an object that a move may add or change; those of pods and of selectors may not.
const LABELS: [&str; 5] = [
    "app.kubernetes.io/component",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/name",
    "app.kubernetes.io/part-of",
];

/// The annotation that an object gets which holds data, and what `data` makes it say.
const OF_DATA: (&str, [&str; 2]) =
    ("argocd.argoproj.io/sync-options", ["Prune=confirm,Delete=confirm", "Prune=false,Delete=false"]);

/// Reads the objects of a text.
pub(crate) fn read(text: &str) -> Vec<Object> {
    let values = yaml::read_values(text, yaml::Dialect::Sigs).expect("the text is YAML");
    let maps = values.into_iter().filter_map(|value| match value {
        Value::Map(map) => Some(map),
        _ => None,
    });
    maps.flat_map(|map| Object::new(map).into_items()).collect()
}

/// Prints the objects of both sides in the same order, without what a move may change.
pub(crate) fn prints(before: &[Object], after: &[Object], namespace: &str) -> (String, String) {
    let mut printed = [before, after].map(|objects| -> Vec<String> {
        objects.iter().map(|object| print(object.clone(), after, namespace)).collect()
    });
    printed.iter_mut().for_each(|objects| objects.sort());
    let [before, after] = printed.map(|objects| objects.join("---\n"));
    (before, after)
}

fn print(mut object: Object, after: &[Object], namespace: &str) -> String {
    let metadata = object.metadata_mut();
    // Where an object leaves it to Argo CD in which namespace it is, the platform says it.
    if !metadata.contains_key("namespace") {
        metadata.insert("namespace", namespace);
        let key = object.key();
        if !after.iter().any(|other| other.key() == key) {
            object.metadata_mut().remove("namespace");
        }
    }
    let metadata = object.metadata_mut();
    drop_from(metadata, "labels", |key, _| LABELS.contains(&key));
    drop_from(metadata, "annotations", |key, value| {
        key == OF_DATA.0 && value.as_str().is_some_and(|text| OF_DATA.1.contains(&text))
    });
    yaml::write(&Value::Map(object.map))
}

fn drop_from(metadata: &mut Map, field: &str, is_meant: impl Fn(&str, &Value) -> bool) {
    let Some(Value::Map(map)) = metadata.get(field) else { return };
    let left: Map = map
        .iter()
        .filter(|(key, value)| !is_meant(key, value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    metadata.remove(field);
    if !left.is_empty() {
        metadata.insert(field, left);
    }
}
