//! Reading the disk: what lies in each folder is looked at once, however many links lead there.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::files::{FileError, Files};

/// How deep folders may be nested.
const DEPTH_LIMIT: usize = 64;

/// How many files and folders links may lead to, each counted as often as it has a name: with links that lead
/// to links, a few dozen of them have millions of names.
const LINKED_LIMIT: usize = 100_000;

/// How many links may lead to one another before the last one leads to a file or folder, as on Linux.
const CHAIN_LIMIT: usize = 40;

/// Reads files of a folder into memory.
pub(super) struct Reader<'a> {
    /// The folder, without links.
    root: PathBuf,
    files: &'a mut Files,
    /// What was found in folders, by their path without links.
    folders: BTreeMap<PathBuf, Rc<[Entry]>>,
    /// How many files and folders were reached by links.
    linked: usize,
}

/// What has a name in a folder.
struct Entry {
    name: String,
    target: Target,
    is_link: bool,
}

/// What a name leads to, links followed.
enum Target {
    File(Arc<[u8]>),
    /// The path without links.
    Folder(PathBuf),
}

/// How a file or folder was reached.
#[derive(Default)]
struct Way {
    /// The folders from the root on, each with the link that led into it where one did.
    folders: Vec<(PathBuf, Option<PathBuf>)>,
    /// How many of them were entered by a link.
    links: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(root: &Path, files: &'a mut Files) -> Result<Self, FileError> {
        let root =
            root.canonicalize().map_err(|source| FileError { path: root.display().to_string(), source })?;
        Ok(Self { root, files, folders: BTreeMap::new(), linked: 0 })
    }

    /// Reads a file or folder by its path below the root; an absent one is passed over.
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
        // There may be links before the last part.
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
                return Err(fail(format!("links give files and folders more than {LINKED_LIMIT} names")));
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

    /// Returns what lies in a folder, given without links.
    fn entries(&mut self, name: &str, folder: &Path) -> Result<Rc<[Entry]>, FileError> {
        if let Some(known) = self.folders.get(folder) {
            return Ok(Rc::clone(known));
        }
        let fail = |source| FileError { path: name.to_owned(), source };
        let mut found = folder.read_dir().and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(fail)?;
        // What is told first must not depend on the file system.
        found.sort_by_key(DirEntry::file_name);
        let mut entries = Vec::with_capacity(found.len());
        for entry in found {
            let part = entry.file_name();
            let part = part.to_str().ok_or_else(|| fail(io::Error::other("a name is not UTF-8")))?;
            let fail = |source| FileError { path: join(name, &part.escape_debug().to_string()), source };
            // It would stand for another name, or for more than one, in a list of files and in a message.
            if part.contains(char::is_control) {
                return Err(fail(io::Error::other("a name holds a control character")));
            }
            let is_link = entry.file_type().map_err(fail)?.is_symlink();
            let target = self.target(&entry.path(), is_link).map_err(fail)?;
            entries.push(Entry { name: part.to_owned(), target, is_link });
        }
        let entries: Rc<[Entry]> = entries.into();
        self.folders.insert(folder.to_path_buf(), Rc::clone(&entries));
        Ok(entries)
    }

    /// Returns what a path leads to whose folder is given without links.
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
            // A pipe would be waited for, and a device has no end.
            Err(io::Error::other("not a plain file: a pipe, a socket or a device"))
        }
    }

    /// Says more of a link that leads nowhere.
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
                io::Error::other(format!("the link leads to nothing: {}", shown(&self.root, last)))
            }
            _ => error,
        }
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Says which links lead in a circle.
fn circle<'p>(root: &Path, links: impl Iterator<Item = &'p PathBuf>) -> String {
    let links: Vec<String> = links.map(|link| format!("`{}`", shown(root, link))).collect();
    match links.as_slice() {
        [_] => "the link leads back to itself or to a folder that it lies in".to_owned(),
        _ => format!("the links {} lead in a circle", links.join(" and ")),
    }
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

/// Returns a path without `.` and `..`, as it reads.
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
