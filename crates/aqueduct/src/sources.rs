//! Which files of a platform's folder are read: its own folders, and whatever its files refer to elsewhere.
//!
//! A platform can be at the root of a large repository, the rest of which is not read.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use aqueduct_acquire::neighbours;
use aqueduct_kustomize::{FileSystem, inventory};
use aqueduct_manifest::{FileError, Files};
use aqueduct_model::{Content, Node, Selection};
use aqueduct_render::{Inputs, Registry, Site, SourceName, not_a_source, path_of_platform};

use crate::compiler::{SOURCES, load};

/// Reads the sources of a platform: [`SOURCES`], and the files and folders elsewhere that its components refer to.
///
/// # Errors
/// Returns an error for a file that exists but cannot be read.
pub fn read_sources(directory: &Path, registry: &Registry) -> Result<Files, FileError> {
    let mut files = Files::read(directory, SOURCES)?;
    let climbs = climbs(&files);
    if !climbs && !may_name(&others(directory), &files) {
        return Ok(files);
    }
    // Errors are reported when the platform is compiled.
    let loaded = load(&files, registry, &Selection::default());
    let inputs = Inputs::new(&files);
    let (mut named, mut kustomizations, mut charts) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for instance in loaded.instances.iter().filter(|instance| climbs || has_path(&instance.spec)) {
        let site = Site { platform: &loaded.platform, instance, inputs: &inputs, part: None };
        let (component, _) = registry.read(instance);
        for name in component.iter().flat_map(|component| component.sources()) {
            let (paths, path) = match name {
                SourceName::Files(path) => (&mut named, path),
                SourceName::Kustomization(path) => (&mut kustomizations, path),
                SourceName::Chart(path) => (&mut charts, path),
            };
            paths.extend(site.source_path("", path).ok());
        }
    }
    let sources = loaded.platform.environments.values().flat_map(|environment| &environment.api_sources);
    named.extend(sources.filter_map(|source| path_of_platform(&source.name)));
    let tree = Folder::new(directory, loaded.platform.output.as_str(), &files);
    for folder in kustomizations {
        match inventory(&tree, &folder) {
            Ok(found) => named.extend(found.files.into_iter().chain(found.charts)),
            // The build reports errors, once it has the files.
            Err(_) => drop(named.insert(folder)),
        }
    }
    named.extend(tree.read.into_inner());
    named.extend(charts.iter().cloned());
    // The build rejects paths out of the platform, since it knows where they are written.
    let is_inside =
        |path: &str| Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let is_read = |path: &str| {
        is_inside(path) && !is_standing(path) && not_a_source(path, loaded.platform.output.as_str()).is_none()
    };
    named.retain(|path| is_read(path));
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    files.read_more(directory, &named)?;
    // The dependencies of a chart are known once it is read.
    let mut open: Vec<String> = charts.iter().cloned().collect();
    while let Some(chart) = open.pop() {
        for near in neighbours(&files, &chart) {
            if charts.insert(near.clone()) {
                if is_read(&near) {
                    files.read_more(directory, &[&near])?;
                }
                open.push(near);
            }
        }
    }
    Ok(files)
}

/// Returns the names of the other files and folders at the root.
pub(crate) fn others(directory: &Path) -> BTreeSet<String> {
    let entries = directory.read_dir().into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| !is_standing(name)).collect()
}

/// Tells whether a path belongs to the files that are always read.
pub(crate) fn is_standing(path: &str) -> bool {
    SOURCES.contains(&path.split('/').next().unwrap_or_default())
}

/// Tells whether files may refer to any of the other files and folders at the root.
pub(crate) fn need_more(files: &Files, others: &BTreeSet<String>) -> bool {
    climbs(files) || may_name(others, files)
}

fn climbs(files: &Files) -> bool {
    files.iter().any(|(path, bytes)| may_climb_out(path, bytes))
}

/// Tells whether any TOML file may refer to files elsewhere. Most platforms do not, and this finds out without
/// loading them.
fn may_name(others: &BTreeSet<String>, files: &Files) -> bool {
    let names_one = |text: &str| {
        // The schema comment contains a path too.
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.flat_map(|line| line.match_indices('/').map(move |(at, _)| line.split_at(at))).any(
            |(before, rest)| {
                let rest = rest.get(1..).unwrap_or_default();
                let (name, after) = rest.split_at(rest.find(['/', '"', '\'', '$']).unwrap_or(rest.len()));
                // A path that begins with a parameter can be anything, but a parameter within an address cannot.
                let is_first = before.ends_with(['"', '\'', '.']);
                others.contains(name) || is_first && after.starts_with("${")
            },
        )
    };
    let is_toml = |path: &str| path.ends_with(".toml");
    files.iter().any(|(path, bytes)| is_toml(path) && std::str::from_utf8(bytes).is_ok_and(names_one))
}

/// Tells whether a file belongs to a kustomization or chart that may refer to files outside its top-level folder.
fn may_climb_out(path: &str, bytes: &[u8]) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or_default();
    matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization" | "Chart.yaml")
        && std::str::from_utf8(bytes)
            .is_ok_and(|text| text.contains(&"../".repeat(folder.split('/').count())))
}

/// Tells whether any string in a node may be a path out of a tenant's folder.
fn has_path(node: &Node) -> bool {
    match &node.content {
        Content::String(text) => text.starts_with('/') || text.contains(".."),
        Content::List(list) => list.iter().any(has_path),
        Content::Table(table) => table.values().any(has_path),
        _ => false,
    }
}

/// The platform's folder as a kustomization may read it.
struct Folder<'a> {
    root: PathBuf,
    output: &'a str,
    files: &'a Files,
    /// The paths that were read from the disk.
    read: RefCell<BTreeSet<String>>,
}

impl<'a> Folder<'a> {
    fn new(root: &Path, output: &'a str, files: &'a Files) -> Self {
        let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
        Self { root, output, files, read: RefCell::default() }
    }

    /// Returns the real path on the disk, with links resolved; `None` if it is not a source.
    fn at(&self, path: &str) -> Option<PathBuf> {
        // An absolute path works on this machine only.
        let real = self.root.join(path).canonicalize().ok().filter(|_| !path.starts_with('/'))?;
        let inside = real.strip_prefix(&self.root).ok()?.to_str()?;
        (inside.is_empty() || not_a_source(inside, self.output).is_none()).then_some(real)
    }
}

impl FileSystem for Folder<'_> {
    fn read(&self, path: &str) -> io::Result<Arc<[u8]>> {
        if let Ok(bytes) = self.files.read(path) {
            return Ok(bytes);
        }
        let real = self.at(path).filter(|real| real.is_file()).ok_or(io::ErrorKind::NotFound)?;
        self.read.borrow_mut().insert(path.to_owned());
        std::fs::read(real).map(Arc::from)
    }

    fn is_folder(&self, path: &str) -> bool {
        self.at(path).is_some_and(|path| path.is_dir())
    }

    fn is_file(&self, path: &str) -> bool {
        self.at(path).is_some_and(|path| path.is_file())
    }

    /// Keeps the name of a link, as reading the files does.
    fn resolve(&self, path: &str) -> Option<String> {
        self.at(path).map(|_| path.to_owned())
    }
}
