//! The pod in an object: a Pod itself, or the template from which a controller creates its pods.

use aqueduct_manifest::{Map, Object, PodTemplate, Value};

/// A pod, or a pod template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pod<'a> {
    pub(crate) annotations: Option<&'a Map>,
    pub(crate) spec: &'a Value,
}

/// The lists of containers in a pod, in the order in which Kubernetes checks them.
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

impl<'a> Pod<'a> {
    /// Returns the pod of an object, and whether the object is a Pod itself.
    pub(crate) fn of(object: &'a Object) -> Option<(Self, bool)> {
        let is_judged = matches!(
            (object.group(), object.kind()),
            ("", "Pod" | "PodTemplate" | "ReplicationController")
                | ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
                | ("batch", "Job" | "CronJob")
        );
        let PodTemplate { path, metadata, spec } = object.pod_template().filter(|_| is_judged)?;
        let annotations = metadata.and_then(|metadata| metadata.get("annotations")?.as_map());
        Some((Self { annotations, spec }, path.is_empty()))
    }

    /// Returns the containers of all kinds.
    pub(crate) fn containers(self) -> impl Iterator<Item = &'a Value> {
        CONTAINERS.into_iter().flat_map(move |list| items(self.spec, list))
    }
}

/// Returns the items of a list; empty if it is absent.
pub(crate) fn items<'a>(value: &'a Value, list: &str) -> &'a [Value] {
    value.get(list).and_then(Value::as_list).map_or(&[], |list| list)
}

/// Returns the text at a path; empty if there is none.
pub(crate) fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    value.at(path).and_then(Value::as_str).unwrap_or("")
}

/// Tells whether the value at a path is `true`.
pub(crate) fn is_set(value: &Value, path: &[&str]) -> bool {
    value.at(path).and_then(Value::as_bool) == Some(true)
}

/// Returns the pod that a controller creates, and the path of its template; `None` for other objects.
pub fn pod_of(object: &Object) -> Option<(Object, String)> {
    // The pods of Deployments and CronJobs are created by the objects that these create.
    let owner = match (object.group(), object.kind()) {
        ("", "ReplicationController")
        | ("apps", "ReplicaSet" | "StatefulSet" | "DaemonSet")
        | ("batch", "Job") => object.kind(),
        ("apps", "Deployment") => "ReplicaSet",
        ("batch", "CronJob") => "Job",
        _ => return None,
    };
    let path = object.pod_template()?.path;
    let template = object.at(path)?.as_map()?;
    let mut pod = Object::new(template.clone());
    pod.map.insert("apiVersion", "v1");
    pod.map.insert("kind", "Pod");
    let version = match owner {
        "Job" => "batch/v1",
        "ReplicationController" => "v1",
        _ => "apps/v1",
    };
    let (name, namespace) = (object.name().to_owned(), object.namespace().to_owned());
    let owner = [
        ("apiVersion", Value::from(version)),
        ("kind", Value::from(owner)),
        ("name", Value::from(name.as_str())),
        ("uid", Value::from("00000000-0000-0000-0000-000000000000")),
        ("controller", Value::Bool(true)),
    ];
    let metadata = pod.metadata_mut();
    metadata.insert("name", format!("{name}-xxxxx"));
    metadata.insert("namespace", namespace);
    metadata.insert("ownerReferences", vec![Value::Map(owner.into_iter().collect())]);
    Some((pod, path.join(".")))
}
