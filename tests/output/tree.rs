//! The committed output as Argo CD reads it: files, and the objects in them.

use std::fs;
use std::path::{Path, PathBuf};

use aqueduct_manifest::{Map, Object, Value, yaml};

/// The environments of the repository's platform.
pub(crate) const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "prod"];

/// One file of the output.
pub(crate) struct Stored {
    /// The path below the environment.
    pub(crate) path: String,
    /// The object in it.
    pub(crate) object: Object,
}

/// The repository's own folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads the objects of an environment, in the order of their paths.
pub(crate) fn read(environment: &str) -> Vec<Stored> {
    let folder = root().join("output").join(environment);
    let mut files = Vec::new();
    walk(&folder, &mut files);
    files.sort();
    let objects: Vec<Stored> = files
        .iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "yaml"))
        .map(|file| {
            let path = file.strip_prefix(&folder).expect("it lies in the folder").display().to_string();
            let text = fs::read_to_string(file).expect("the output is text");
            let Ok(Value::Map(map)) = yaml::read(&text) else { panic!("{path} holds no object") };
            Stored { path, object: Object::new(map) }
        })
        .collect();
    assert!(objects.len() > 100, "{environment} has next to nothing: {} objects", objects.len());
    objects
}

/// Lists all files below a folder.
pub(crate) fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}

impl Stored {
    /// Returns the tenant and the component: the first two folders.
    pub(crate) fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Returns the pod template and its labels, where the object has one.
    pub(crate) fn pod(&self) -> Option<(&Value, Option<&Map>)> {
        let template = match self.object.kind() {
            "CronJob" => self.object.at(&["spec", "jobTemplate", "spec", "template"])?,
            "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => self.object.at(&["spec", "template"])?,
            _ => return None,
        };
        Some((template.get("spec")?, template.at(&["metadata", "labels"]).and_then(Value::as_map)))
    }
}

/// Returns the elements of a list at a path; nothing where there is none.
pub(crate) fn list<'a>(value: &'a Value, path: &[&str]) -> impl Iterator<Item = &'a Value> {
    value.at(path).and_then(Value::as_list).into_iter().flat_map(|list| list.iter())
}

/// Returns the text at a path, or the empty one.
pub(crate) fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    value.at(path).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the containers of a pod, those that prepare it among them.
pub(crate) fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    list(pod, &["initContainers"]).chain(list(pod, &["containers"]))
}
