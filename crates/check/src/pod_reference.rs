//! The ConfigMaps and Secrets that pods need.

use aqueduct_manifest::Value;

use crate::pod::{Pod, list_at, text};
use crate::report::Field;

/// The kind of a referenced object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needed {
    ConfigMap,
    Secret,
    /// A Secret with registry credentials. Pods start without it if the image needs none.
    PullSecret,
}

/// One reference of a pod.
#[derive(Clone, Debug)]
pub(crate) struct PodReference<'a> {
    /// What is needed.
    pub(crate) source: Needed,
    /// The name.
    pub(crate) name: &'a str,
    /// The required key; `None` if the whole object is used.
    pub(crate) key: Option<&'a str>,
    /// Where the pod refers to it, in words.
    pub(crate) place: String,
    /// The field with the name.
    pub(crate) name_field: Field<'a>,
    /// The field with the key, or the field with the name if the whole object is used.
    pub(crate) key_field: Field<'a>,
}

/// Returns what a pod cannot start without, excluding optional references.
pub(crate) fn references<'a>(pod: &Pod<'a>) -> Vec<PodReference<'a>> {
    let mut found = Vec::new();
    for volume in pod.volumes() {
        let place = format!("volume `{}`", text(volume, "name"));
        add_volume(&mut found, Needed::ConfigMap, volume.get("configMap"), "name", &place);
        add_volume(&mut found, Needed::Secret, volume.get("secret"), "secretName", &place);
        for source in volume.get("projected").map_or(&[][..], |projected| list_at(projected, "sources")) {
            add_volume(&mut found, Needed::ConfigMap, source.get("configMap"), "name", &place);
            add_volume(&mut found, Needed::Secret, source.get("secret"), "name", &place);
        }
    }
    for container in pod.containers() {
        for variable in list_at(container.value, "env") {
            let place = format!("variable `{}` of container `{}`", text(variable, "name"), container.name);
            for (source, field) in [(Needed::ConfigMap, "configMapKeyRef"), (Needed::Secret, "secretKeyRef")]
            {
                if let Some(reference) = variable.at(&["valueFrom", field]) {
                    add(&mut found, source, reference, "name", Some(reference), &place);
                }
            }
        }
        for group in list_at(container.value, "envFrom") {
            let place = format!("environment of container `{}`", container.name);
            for (source, field) in [(Needed::ConfigMap, "configMapRef"), (Needed::Secret, "secretRef")] {
                if let Some(reference) = group.get(field) {
                    add(&mut found, source, reference, "name", None, &place);
                }
            }
        }
    }
    for reference in list_at(pod.spec, "imagePullSecrets") {
        add(&mut found, Needed::PullSecret, reference, "name", None, "image pull secrets");
    }
    found
}

fn add_volume<'a>(
    found: &mut Vec<PodReference<'a>>,
    source: Needed,
    reference: Option<&'a Value>,
    name_field: &str,
    place: &str,
) {
    let Some(reference) = reference else { return };
    let items = list_at(reference, "items");
    if items.is_empty() {
        add(found, source, reference, name_field, None, place);
    }
    for item in items {
        add(found, source, reference, name_field, Some(item), place);
    }
}

fn add<'a>(
    found: &mut Vec<PodReference<'a>>,
    source: Needed,
    reference: &'a Value,
    name_field: &str,
    keyed: Option<&'a Value>,
    place: &str,
) {
    let is_optional = reference.get("optional").and_then(Value::as_bool) == Some(true);
    let name = text(reference, name_field);
    if !is_optional && !name.is_empty() {
        found.push(PodReference {
            source,
            name,
            key: keyed.map(|keyed| text(keyed, "key")).filter(|key| !key.is_empty()),
            place: place.to_owned(),
            name_field: (reference, [name_field]).into(),
            key_field: keyed.map_or((reference, [name_field]).into(), |keyed| (keyed, ["key"]).into()),
        });
    }
}
