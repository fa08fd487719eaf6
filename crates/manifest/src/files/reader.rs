//! Reads the disk. Each folder is listed once, however many links lead to it.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::files::{FileError, Files};

/// The maximum depth of nested folders.
const DEPTH_LIMIT: usize = 64;

/// How many files and folders links may lead to, counting every path to each: with links to links, a few dozen can
/// have millions of paths.
const LINKED_LIMIT: usize = 100_000;

/// The maximum length of a chain of links, as on Linux.
const CHAIN_LIMIT: usize = 40;

/// Reads files of a folder into memory.
pub(super) struct Reader<'a> {
    /// The folder's path without links.
    root: PathBuf,
    files: &'a mut Files,
    /// The contents of folders, by their path without links.
    folders: BTreeMap<PathBuf, Rc<[Entry]>>,
    /// How many files and folders were reached through links.
    linked: usize,
}

/// An entry of a folder.
struct Entry {
    name: String,
    target: Target,
    is_link: bool,
}

/// The target of a name, with links resolved.
enum Target {
    File(Arc<[u8]>),
    /// The path without links.
    Folder(PathBuf),
}

/// How a file or folder was reached.
#[derive(Default)]
struct Way {
    /// The folders from the root on, each with the link that led into it, if any.
    folders: Vec<(PathBuf, Option<PathBuf>)>,
    /// How many of them were entered through a link.
    links: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(root: &Path, files: &'a mut Files) -> Result<Self, FileError> {
        let root =
            root.canonicalize().map_err(|source| FileError { path: root.display().to_string(), source })?;
        Ok(Self { root, files, folders: BTreeMap::new(), linked: 0 })
    }

    /// Reads a file or folder by its path relative to the root, and skips a missing one.
    pub(super) fn read(&mut self, name: &str) -> Result<(), FileError> {
        let fail = |source| FileError { path: name.to_owned(), source };
        let path = self.root.join(name);
        let is_link = match path.symlink_metadata() {
            Ok(metadata) => metadata.is_symlink(),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(());
            }
            Err(source) => return Err(fail(source)),
        };
        // Parts before the last one can be links too.
        let path = match (path.parent(), path.file_name()) {
            (Some(folder), Some(last)) => folder.canonicalize().map_err(fail)?.join(last),
            _ => path,
        };
        let target = self.target(&path, is_link).map_err(fail)?;
        self.add(name.to_owned(), &path, &target, is_link, &mut Way::default())
    }

    fn add(
        &mut self,
        name: String,
        path: &Path,
        target: &Target,
        is_link: bool,
        way: &mut Way,
    ) -> Result<(), FileError> {
        let fail = |cause: String| FileError { path: name.clone(), source: io::Error::other(cause) };
        if is_link || way.links > 0 {
            self.linked += 1;
            if self.linked > LINKED_LIMIT {
                return Err(fail(format!("links lead to more than {LINKED_LIMIT} files and folders")));
            }
        }
        let folder = match target {
            Target::File(bytes) => {
                self.files.insert(name, bytes.clone());
                return Ok(());
            }
            Target::Folder(folder) => folder,
        };
        if way.folders.len() >= DEPTH_LIMIT {
            return Err(fail(format!("folders are nested deeper than {DEPTH_LIMIT} levels")));
        }
        let link = is_link.then(|| path.to_path_buf());
        if let Some(at) = way.folders.iter().position(|(above, _)| above == folder) {
            let links = way.folders.iter().skip(at + 1).filter_map(|(_, link)| link.as_ref()).chain(&link);
            return Err(fail(circle(&self.root, links)));
        }
        way.folders.push((folder.clone(), link));
        way.links += usize::from(is_link);
        for entry in self.entries(&name, folder)?.iter() {
            self.add(join(&name, &entry.name), &folder.join(&entry.name), &entry.target, entry.is_link, way)?;
        }
        way.links -= usize::from(is_link);
        way.folders.pop();
        Ok(())
    }

    /// Returns the contents of a folder, given without links.
    fn entries(&mut self, name: &str, folder: &Path) -> Result<Rc<[Entry]>, FileError> {
        if let Some(known) = self.folders.get(folder) {
            return Ok(Rc::clone(known));
        }
        let fail = |source| FileError { path: name.to_owned(), source };
        let mut found = folder.read_dir().and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(fail)?;
        // Which error is first must not depend on the file system.
        found.sort_by_key(DirEntry::file_name);
        let mut entries = Vec::with_capacity(found.len());
        for entry in found {
            let part = entry.file_name();
            let part = part.to_str().ok_or_else(|| fail(io::Error::other("a name is not UTF-8")))?;
            let fail = |source| FileError { path: join(name, &part.escape_debug().to_string()), source };
            // In a list of files or a message, it could look like another name, or like several.
            if part.contains(char::is_control) {
                return Err(fail(io::Error::other("a name contains a control character")));
            }
            let is_link = entry.file_type().map_err(fail)?.is_symlink();
            let target = self.target(&entry.path(), is_link).map_err(fail)?;
            entries.push(Entry { name: part.to_owned(), target, is_link });
        }
        let entries: Rc<[Entry]> = entries.into();
        self.folders.insert(folder.to_path_buf(), Rc::clone(&entries));
        Ok(entries)
    }

    /// Returns the target of a path whose folder is given without links.
    fn target(&self, path: &Path, is_link: bool) -> io::Result<Target> {
        let real = if is_link {
            path.canonicalize().map_err(|error| self.broken(path, error))?
        } else {
            path.to_path_buf()
        };
        if !real.starts_with(&self.root) {
            return Err(io::Error::other("the link leads out of the platform's folder"));
        }
        let kind = real.metadata()?;
        if kind.is_dir() {
            Ok(Target::Folder(real))
        } else if kind.is_file() {
            Ok(Target::File(fs::read(&real)?.into()))
        } else {
            // Reading a pipe would block, and a device may never end.
            Err(io::Error::other("not a regular file: a pipe, a socket or a device"))
        }
    }

    /// Describes a broken link.
    fn broken(&self, path: &Path, error: io::Error) -> io::Error {
        let mut chain = vec![path.to_path_buf()];
        while let (Some(last), true) = (chain.last(), chain.len() <= CHAIN_LIMIT) {
            let Ok(target) = last.read_link() else { break };
            let next = clean(&last.parent().unwrap_or(&self.root).join(target));
            if let Some(at) = chain.iter().position(|known| *known == next) {
                return io::Error::other(circle(&self.root, chain.iter().skip(at)));
            }
            chain.push(next);
        }
        match chain.last() {
            Some(last) if chain.len() > 1 && error.kind() == io::ErrorKind::NotFound => {
                io::Error::other(format!("the link is broken: {}", shown(&self.root, last)))
            }
            _ => error,
        }
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Describes the links that form a cycle.
fn circle<'p>(root: &Path, links: impl Iterator<Item = &'p PathBuf>) -> String {
    let links: Vec<String> = links.map(|link| format!("`{}`", shown(root, link))).collect();
    match links.as_slice() {
        [_] => "the link points to itself or to a folder that contains it".to_owned(),
        _ => format!("the links {} form a cycle", links.join(" and ")),
    }
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

/// Returns a path without `.` and `..`, resolved as text.
fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}
