//! The files of a repository, and the fields of an Application or an ApplicationSet.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use aqueduct_manifest::{Files, Map, Object, Value};

/// A repository at a revision, and the settings of Argo CD.
pub(crate) struct Tree {
    /// All files.
    pub(crate) files: Files,
    /// Settings outside the files.
    pub(crate) settings: Settings,
}

/// What Argo CD knows in addition to the files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// The addresses of the repository.
    pub(crate) repositories: Vec<String>,
    /// The commit of the files.
    pub(crate) revision: String,
    /// The Kubernetes version; that of Helm itself if there is none.
    pub(crate) kube_version: Option<String>,
    /// `kustomize.buildOptions`.
    pub(crate) build_options: String,
    /// The clusters, each with its `name`, `server`, `labels` and `annotations`.
    pub(crate) clusters: Vec<Value>,
}

/// An Application or an ApplicationSet.
#[derive(Clone)]
pub(crate) struct Resource {
    /// The file that contains it, or what generated it.
    pub(crate) file: String,
    /// Its content.
    pub(crate) object: Object,
}

/// Why there are no objects.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It needs something outside the tree.
    Outside(String),
    /// It should have worked.
    Wrong(String),
}

impl Failure {
    /// Wraps an engine's error.
    pub(crate) fn of(cause: impl std::fmt::Display) -> Self {
        Self::Wrong(cause.to_string())
    }
}

impl Tree {
    pub(crate) fn read(root: &Path, settings: Settings) -> Self {
        let entries = fs::read_dir(root).expect("the tree can be listed");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("the tree can be listed").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let files = Files::read(root, &names).expect("the tree can be read");
        Self { files, settings }
    }

    /// Returns all folders.
    pub(crate) fn folders(&self) -> BTreeSet<&str> {
        let mut folders = BTreeSet::new();
        for (path, _) in self.files.iter() {
            let mut path: &str = path;
            while let Some((folder, _)) = path.rsplit_once('/') {
                folders.insert(folder);
                path = folder;
            }
        }
        folders
    }

    /// Tells whether an address is that of this repository.
    pub(crate) fn is_own(&self, address: &str) -> bool {
        let plain = |address: &str| address.trim_end_matches('/').trim_end_matches(".git").to_lowercase();
        self.settings.repositories.iter().any(|own| plain(own) == plain(address))
    }
}

impl Resource {
    /// Returns its spec; empty if there is none.
    pub(crate) fn spec(&self) -> &Value {
        self.object.map.get("spec").unwrap_or(&Value::Null)
    }

    /// Returns its sources: one, several, or the dry one of the hydrator.
    pub(crate) fn sources(&self) -> Vec<&Value> {
        if let Some(sources) = self.spec().get("sources").and_then(Value::as_list) {
            return sources.iter().collect();
        }
        let dry = self.spec().at(&["sourceHydrator", "drySource"]);
        dry.or_else(|| self.spec().get("source")).into_iter().collect()
    }

    /// Returns its namespace, or the default one.
    pub(crate) fn namespace(&self) -> &str {
        text(self.spec(), &["destination", "namespace"])
    }

    /// Tells whether an object is an Application or an ApplicationSet.
    pub(crate) fn is_one(object: &Object) -> bool {
        object.group() == "argoproj.io" && matches!(object.kind(), "Application" | "ApplicationSet")
    }

    /// Returns the name and the file, which are unique together: two sets in one repository can generate the same
    /// name.
    pub(crate) fn title(&self) -> String {
        format!("{} ({})", self.object.name(), self.file)
    }
}

/// Returns the string at a path; empty if there is none.
pub(crate) fn text<'v>(value: &'v Value, path: &[&str]) -> &'v str {
    value.at(path).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the entries of a list; empty if there is none.
pub(crate) fn list<'v>(value: &'v Value, path: &[&str]) -> &'v [Value] {
    value.at(path).and_then(Value::as_list).map_or(&[], |list| list)
}

/// Refuses fields that would be ignored silently.
pub(crate) fn only(value: &Value, what: &str, known: &[&str]) -> Result<(), Failure> {
    let fields = value.as_map().into_iter().flat_map(Map::keys);
    match fields.into_iter().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Failure::Wrong(format!("`{name}` of {what} is not read by this test"))),
        None => Ok(()),
    }
}

/// Tells whether a value is the zero value of its Go field.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Int(number) => *number == 0,
        Value::Uint(_) => false,
        Value::Float(number) => *number == 0.0,
        Value::String(text) => text.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Map(map) => map.is_empty(),
    }
}
