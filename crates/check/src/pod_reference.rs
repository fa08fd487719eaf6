//! What pods need of ConfigMaps and Secrets.

use aqueduct_manifest::Value;

use crate::pod::{Pod, list_at, text};

/// The kind of a referenced object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    ConfigMap,
    Secret,
    /// A Secret with the credentials of a registry; pods start without it if the image needs none.
    PullSecret,
}

/// One need of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PodReference<'a> {
    /// What kind is needed.
    pub(crate) source: Source,
    /// The name.
    pub(crate) name: &'a str,
    /// The key that has to be there; `None` where the whole object is used.
    pub(crate) key: Option<&'a str>,
    /// Where the pod says so.
    pub(crate) place: String,
}

/// Returns what a pod cannot start without; what it calls optional is left out.
pub(crate) fn references<'a>(pod: &Pod<'a>) -> Vec<PodReference<'a>> {
    let mut found = Vec::new();
    for volume in pod.volumes() {
        let place = format!("volume `{}`", text(volume, "name"));
        add_volume(&mut found, Source::ConfigMap, volume.get("configMap"), "name", &place);
        add_volume(&mut found, Source::Secret, volume.get("secret"), "secretName", &place);
        for source in volume.get("projected").map_or(&[][..], |projected| list_at(projected, "sources")) {
            add_volume(&mut found, Source::ConfigMap, source.get("configMap"), "name", &place);
            add_volume(&mut found, Source::Secret, source.get("secret"), "name", &place);
        }
    }
    for container in pod.containers() {
        for variable in list_at(container.value, "env") {
            let place = format!("variable `{}` of container `{}`", text(variable, "name"), container.name);
            for (source, field) in [(Source::ConfigMap, "configMapKeyRef"), (Source::Secret, "secretKeyRef")]
            {
                if let Some(reference) = variable.at(&["valueFrom", field]) {
                    let key = Some(text(reference, "key"));
                    add(&mut found, source, reference, "name", key, &place);
                }
            }
        }
        for group in list_at(container.value, "envFrom") {
            let place = format!("environment of container `{}`", container.name);
            for (source, field) in [(Source::ConfigMap, "configMapRef"), (Source::Secret, "secretRef")] {
                if let Some(reference) = group.get(field) {
                    add(&mut found, source, reference, "name", None, &place);
                }
            }
        }
    }
    for reference in list_at(pod.spec, "imagePullSecrets") {
        add(&mut found, Source::PullSecret, reference, "name", None, "image pull secrets");
    }
    found
}

fn add_volume<'a>(
    found: &mut Vec<PodReference<'a>>,
    source: Source,
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
        add(found, source, reference, name_field, Some(text(item, "key")), place);
    }
}

fn add<'a>(
    found: &mut Vec<PodReference<'a>>,
    source: Source,
    reference: &'a Value,
    name_field: &str,
    key: Option<&'a str>,
    place: &str,
) {
    let is_optional = reference.get("optional").and_then(Value::as_bool) == Some(true);
    let name = text(reference, name_field);
    if !is_optional && !name.is_empty() {
        found.push(PodReference {
            source,
            name,
            key: key.filter(|key| !key.is_empty()),
            place: place.to_owned(),
        });
    }
}
