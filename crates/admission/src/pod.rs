//! The pod in an object: a Pod itself, or the template that a controller makes its pods of.

use aqueduct_manifest::{Map, Object, Value};

/// A pod, or a template of pods.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pod<'a> {
    pub(crate) annotations: Option<&'a Map>,
    pub(crate) spec: &'a Value,
}

/// The lists of containers of a pod, in the order in which the checks of Kubernetes visit them.
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

impl<'a> Pod<'a> {
    /// Returns the pod of an object, and whether the object is a Pod itself.
    pub(crate) fn of(object: &'a Object) -> Option<(Self, bool)> {
        let path: &[&str] = match (object.group(), object.kind()) {
            ("", "Pod") => &[],
            ("", "PodTemplate") => &["template"],
            ("", "ReplicationController")
            | ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
            | ("batch", "Job") => &["spec", "template"],
            ("batch", "CronJob") => &["spec", "jobTemplate", "spec", "template"],
            _ => return None,
        };
        let at = |last: &[&str]| object.at(&[path, last].concat());
        let pod = Self {
            annotations: at(&["metadata", "annotations"]).and_then(Value::as_map),
            spec: at(&["spec"])?,
        };
        Some((pod, path.is_empty()))
    }

    /// Returns the containers of all kinds.
    pub(crate) fn containers(self) -> impl Iterator<Item = &'a Value> {
        CONTAINERS.into_iter().flat_map(move |list| items(self.spec, list))
    }
}

/// Returns the items of a list, none where it is absent.
pub(crate) fn items<'a>(value: &'a Value, list: &str) -> &'a [Value] {
    value.get(list).and_then(Value::as_list).map_or(&[], |list| list)
}

/// Returns the text at a path, empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    value.at(path).and_then(Value::as_str).unwrap_or("")
}

/// Tells whether the value at a path is `true`.
pub(crate) fn is_set(value: &Value, path: &[&str]) -> bool {
    value.at(path).and_then(Value::as_bool) == Some(true)
}
