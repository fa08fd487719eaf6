//! What is recorded for a repository: its files, its Applications and the objects of their sources.

use std::fs;
use std::path::Path;

use aqueduct_manifest::{Map, Object, Value, json};
use flate2::read::GzDecoder;

use crate::argocd::tree::{Resource, Settings, Tree, list, text};

pub(crate) struct Repository {
    pub(crate) name: String,
    pub(crate) tree: Tree,
    pub(crate) records: Vec<Record>,
}

/// An Application, or a set that generates none.
pub(crate) struct Record {
    /// The result, such as `rendered`, `remote`, `error` or `set-empty`.
    pub(crate) status: String,
    pub(crate) from: From,
    pub(crate) application: Resource,
    pub(crate) sources: Vec<RecordedSource>,
}

/// The origin of an Application.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct From {
    /// The file that contains it, or what generated it.
    pub(crate) file: String,
    /// The position in the file, starting at 0, if the Application or its set is there itself.
    pub(crate) document: Option<i64>,
    /// The Application that renders it, or its set.
    pub(crate) application: String,
    /// The set that makes it.
    pub(crate) set: String,
}

pub(crate) struct RecordedSource {
    pub(crate) source: Value,
    /// The result: `rendered`, `remote`, `error`, `ref`, `plugin`, `unstable`.
    pub(crate) status: String,
    pub(crate) objects: Vec<Value>,
    pub(crate) error: String,
}

impl Repository {
    pub(crate) fn read(folder: &Path) -> Self {
        let read = |name: &str| fs::read_to_string(folder.join(name)).expect("the data is readable");
        let value = |text: &str| json::read(text).expect("the data is JSON");
        let about = value(&read("about.json"));
        let texts =
            |name: &str| list(&about, &[name]).iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let clusters = folder.join("clusters.json").exists().then(|| value(&read("clusters.json")));
        let settings = Settings {
            repositories: texts("urls"),
            revision: text(&about, &["snapshot_commit"]).to_owned(),
            kube_version: Some(text(&about, &["kube_version"]).to_owned()),
            build_options: text(&about, &["kustomize_build_options"]).to_owned(),
            clusters: clusters.and_then(|value| Some(value.as_list()?.to_vec())).unwrap_or_default(),
        };
        let records = read("applications.jsonl").lines().map(|line| Record::read(&value(line))).collect();
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self { name, tree: unpack(&folder.join("repo.tar.gz"), settings), records }
    }
}

/// Reads the files of a packed repository. Links that are broken, circular or lead outside are left out.
fn unpack(path: &Path, settings: Settings) -> Tree {
    let folder = tempfile::tempdir().expect("there is a place for the files");
    let root = folder.path().canonicalize().expect("the place is there");
    let packed = fs::File::open(path).expect("the repository is there");
    let mut archive = tar::Archive::new(GzDecoder::new(packed));
    let mut links = Vec::new();
    for entry in archive.entries().expect("the repository can be unpacked") {
        let mut entry = entry.expect("the repository can be unpacked");
        if entry.header().entry_type().is_symlink() {
            links.push(root.join(entry.path().expect("the link has a name")));
        }
        entry.unpack_in(&root).expect("the repository can be unpacked");
    }
    for link in links {
        let target = link.canonicalize().ok();
        if target.is_none_or(|target| !target.starts_with(&root) || link.starts_with(&target)) {
            fs::remove_file(&link).expect("a link can be removed");
        }
    }
    Tree::read(&root, settings)
}

impl Record {
    fn read(line: &Value) -> Self {
        let from = line.get("from").unwrap_or(&Value::Null);
        let from = From {
            file: text(from, &["file"]).to_owned(),
            document: from.get("document").and_then(Value::as_i64),
            application: text(from, &["application"]).to_owned(),
            set: text(from, &["applicationSet"]).to_owned(),
        };
        let mut map = Map::from_iter([("apiVersion", "argoproj.io/v1alpha1"), ("kind", "Application")]);
        for name in ["metadata", "spec"] {
            map.insert(name, line.get(name).cloned().unwrap_or_else(|| Map::new().into()));
        }
        map.map_entry("metadata").insert("name", text(line, &["name"]));
        let sources = list(line, &["sources"]).iter().map(|source| RecordedSource {
            source: source.get("source").cloned().unwrap_or_default(),
            status: text(source, &["status"]).to_owned(),
            objects: list(source, &["objects"]).to_vec(),
            error: text(source, &["error"]).to_owned(),
        });
        Self {
            status: text(line, &["status"]).to_owned(),
            application: Resource { file: from.file.clone(), object: Object::new(map) },
            from,
            sources: sources.collect(),
        }
    }
}
