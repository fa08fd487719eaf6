//! What is on the disk, file by file: the only place that distinguishes stale from edited and owned from
//! foreign.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use aqueduct_manifest::Hash;

use crate::disguise::{Disguise, disguise};
use crate::disk::{Entry, FileSystem};
use crate::error::{Error, ErrorKind, ProblemKind};
use crate::index::Index;
use crate::path;
use crate::stamp::Stamp;
use crate::state::StateFolder;
use crate::sum::{SUM, Sum};

/// Folders deeper than this are not visited; a path of the tree cannot be that deep.
pub(crate) const DEPTH_LIMIT: usize = 600;

/// The output folder as it is.
pub(crate) struct Survey {
    pub(crate) files: Arc<dyn FileSystem>,
    pub(crate) output: PathBuf,
    pub(crate) index: Index,
    /// Whether a file was hashed that is not yet in the index.
    pub(crate) read: AtomicBool,
    records: Mutex<BTreeMap<String, Arc<Record>>>,
    folders: RwLock<BTreeMap<String, Folder>>,
}

/// The content of an environment's list of hashes.
#[derive(Default)]
pub(crate) struct Record {
    /// The hashes.
    pub(crate) sum: Sum,
    /// The text of the list and the state of its file; `None` if there is none.
    pub(crate) text: Option<(Vec<u8>, Seen)>,
}

/// The state of a file when it was looked at.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) stamp: Stamp,
    pub(crate) hash: Hash,
}

impl Seen {
    /// Tells whether the file at a path is the same, even if its metadata changed.
    pub(crate) fn is_still(&self, files: &dyn FileSystem, path: &Path) -> io::Result<bool> {
        Ok(match files.entry(path)? {
            Some(Entry::File(stamp)) => stamp == self.stamp || Hash::of(&files.read(path)?) == self.hash,
            _ => false,
        })
    }
}

/// What is at the path of a folder.
#[derive(Clone)]
enum Folder {
    Present,
    Absent,
    Blocked(Obstacle),
}

/// What is in the place of a folder.
#[derive(Clone)]
pub(crate) struct Obstacle {
    /// Its path below the output.
    pub(crate) path: String,
    /// What it is. A plain file is foreign until it is known to be stale.
    pub(crate) kind: ProblemKind,
}

/// What is at the path of a file.
pub(crate) enum Found {
    /// Nothing.
    Absent,
    /// A file.
    File(Seen),
    /// A folder.
    Folder,
    /// Something that can be neither read nor replaced.
    Other(ProblemKind),
    /// Something other than a folder, on the way to the file.
    Blocked(Obstacle),
}

/// A leaf below a folder: a file or an empty folder.
pub(crate) struct Leaf {
    /// The path below the output.
    pub(crate) path: String,
    /// Whether it is an empty folder.
    pub(crate) is_folder: bool,
}

/// How a file on disk compares with what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is up to date.
    Same,
    /// It is up to date, although the tool did not write it.
    Adopted,
    /// It is unchanged since the tool wrote an older version.
    Stale,
    /// It is as the tool wrote it, except for the line endings.
    Converted,
    /// The tool wrote it and somebody changed it.
    Edited,
    /// The tool did not write it.
    Foreign,
}

impl Survey {
    /// Opens the output folder for reading; it may be absent.
    pub(crate) fn open(files: Arc<dyn FileSystem>, output: &Path) -> Result<Self, Error> {
        let output = plain(output);
        match files.entry(&output).map_err(|source| Error::read(&output, source))? {
            None | Some(Entry::Folder) => {}
            Some(Entry::Link) => return Err(Error::new(ErrorKind::Link, output)),
            Some(_) => return Err(Error::read(output, io::ErrorKind::NotADirectory.into())),
        }
        let state = StateFolder::of(&output);
        let root = state.root();
        if files.entry(root).map_err(|source| Error::read(root, source))? == Some(Entry::Link) {
            return Err(Error::new(ErrorKind::Link, root));
        }
        Ok(Self {
            index: Index::read(&*files, &state.index()),
            files,
            output,
            read: AtomicBool::new(false),
            records: Mutex::default(),
            folders: RwLock::default(),
        })
    }

    /// Returns the environments that have a list of hashes on disk.
    pub(crate) fn environments(&self) -> Result<BTreeSet<String>, Error> {
        let mut environments = BTreeSet::new();
        let listed = match self.files.list(&self.output) {
            Ok(listed) => listed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(environments),
            Err(source) => return Err(Error::read(&self.output, source)),
        };
        for entry in listed {
            if entry.is_folder && path::broken_environment(&entry.name).is_none() {
                let sum = self.output.join(&entry.name).join(SUM);
                if self.entry(&sum)?.is_some() {
                    environments.insert(entry.name);
                }
            }
        }
        Ok(environments)
    }

    /// Returns the content of an environment's list of hashes; empty if there is none.
    pub(crate) fn record(&self, environment: &str) -> Result<Arc<Record>, Error> {
        let records = || self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(record) = records().get(environment) {
            return Ok(Arc::clone(record));
        }
        // Not under the lock, so that other environments can be read meanwhile.
        let record = Arc::new(self.read_record(environment)?);
        Ok(Arc::clone(records().entry(environment.to_owned()).or_insert(record)))
    }

    fn read_record(&self, environment: &str) -> Result<Record, Error> {
        if !matches!(self.folder(environment)?, Folder::Present) {
            return Ok(Record::default());
        }
        let path = self.output.join(environment).join(SUM);
        match self.entry(&path)? {
            None => Ok(Record::default()),
            Some(Entry::Link) => Err(Error::new(ErrorKind::Link, path)),
            Some(Entry::Folder | Entry::Special) => Err(Error::new(ErrorKind::NoFile, path)),
            Some(Entry::File(stamp)) => {
                let text = self.files.read(&path).map_err(|source| Error::read(&path, source))?;
                let sum = Sum::parse(&text)
                    .map_err(|bad| Error::new(ErrorKind::BadSum { line: bad.line, what: bad.what }, path))?;
                let seen = Seen { stamp, hash: Hash::of(&text) };
                Ok(Record { sum, text: Some((text, seen)) })
            }
        }
    }

    /// Compares a file that was found with what it should be; `None` if it should not exist.
    pub(crate) fn judge(
        &self,
        environment: &str,
        path: &str,
        found: Hash,
        wanted: Option<Hash>,
    ) -> Result<Verdict, Error> {
        let record = self.record(environment)?;
        if record.sum.wrote(path, found) {
            return Ok(if wanted == Some(found) { Verdict::Same } else { Verdict::Stale });
        }
        // Either somebody made the same change by hand, or a merge took the file from one side and the list
        // from the other. The content is right; the record is not.
        if wanted == Some(found) {
            return Ok(Verdict::Adopted);
        }
        let full = self.output.join(environment).join(path);
        let bytes = self.files.read(&full).map_err(|source| Error::read(full, source))?;
        let wrote = |hash| record.sum.wrote(path, hash) || wanted == Some(hash);
        Ok(match disguise(&bytes, wrote) {
            Some(Disguise::Converted) => Verdict::Converted,
            Some(Disguise::Conflict) => Verdict::Stale,
            None if record.sum.entries.contains_key(path) => Verdict::Edited,
            None => Verdict::Foreign,
        })
    }

    /// Looks at the path of a file.
    pub(crate) fn look(&self, environment: &str, path: &str) -> Result<Found, Error> {
        let relative = format!("{environment}/{path}");
        if let Some(parent) = path::folders_above(&relative).next() {
            match self.folder(parent)? {
                Folder::Present => {}
                Folder::Absent => return Ok(Found::Absent),
                Folder::Blocked(obstacle) => return Ok(Found::Blocked(obstacle)),
            }
        }
        let full = self.output.join(&relative);
        Ok(match self.entry(&full)? {
            None => Found::Absent,
            Some(Entry::Folder) => Found::Folder,
            Some(Entry::Link) => Found::Other(ProblemKind::Link),
            Some(Entry::Special) => Found::Other(ProblemKind::Special),
            Some(Entry::File(stamp)) => match self.index.hash(environment, path, &stamp) {
                Some(hash) => Found::File(Seen { stamp, hash }),
                None => {
                    self.read.store(true, Ordering::Relaxed);
                    let bytes = self.files.read(&full).map_err(|source| Error::read(&full, source))?;
                    Found::File(Seen { stamp, hash: Hash::of(&bytes) })
                }
            },
        })
    }

    /// Returns all files and empty folders below a folder of the output; links are listed, never followed.
    pub(crate) fn leaves(&self, folder: &str) -> Result<Vec<Leaf>, Error> {
        let mut leaves = Vec::new();
        self.collect_leaves(folder, 0, &mut leaves)?;
        Ok(leaves)
    }

    /// Tells whether a folder disappears when some files are removed, together with the folders that become
    /// empty.
    pub(crate) fn vanishes<T>(&self, folder: &str, removed: &BTreeMap<String, T>) -> Result<bool, Error> {
        Ok(self.leaves(folder)?.iter().all(|leaf| {
            if leaf.is_folder {
                removed.keys().any(|path| path::folders_above(path).any(|above| above == leaf.path))
            } else {
                removed.contains_key(&leaf.path)
            }
        }))
    }

    /// Tells whether a folder exists.
    pub(crate) fn has_folder(&self, relative: &str) -> Result<bool, Error> {
        Ok(matches!(self.folder(relative)?, Folder::Present))
    }

    fn collect_leaves(&self, folder: &str, depth: usize, leaves: &mut Vec<Leaf>) -> Result<(), Error> {
        let full = self.output.join(folder);
        let listed = self.files.list(&full).map_err(|source| Error::read(&full, source))?;
        if listed.is_empty() || depth > DEPTH_LIMIT {
            leaves.push(Leaf { path: folder.to_owned(), is_folder: true });
        } else {
            for entry in listed {
                let child = format!("{folder}/{}", entry.name);
                if entry.is_folder {
                    self.collect_leaves(&child, depth + 1, leaves)?;
                } else {
                    leaves.push(Leaf { path: child, is_folder: false });
                }
            }
        }
        Ok(())
    }

    fn folder(&self, relative: &str) -> Result<Folder, Error> {
        if let Some(folder) = self.folders.read().unwrap_or_else(PoisonError::into_inner).get(relative) {
            return Ok(folder.clone());
        }
        let above = match path::folders_above(relative).next() {
            Some(parent) => self.folder(parent)?,
            None => Folder::Present,
        };
        let folder = match above {
            Folder::Present => {
                let blocked = |kind| Folder::Blocked(Obstacle { path: relative.to_owned(), kind });
                match self.entry(&self.output.join(relative))? {
                    None => Folder::Absent,
                    Some(Entry::Folder) => Folder::Present,
                    Some(Entry::Link) => blocked(ProblemKind::Link),
                    Some(Entry::File(_)) => blocked(ProblemKind::Foreign),
                    Some(Entry::Special) => blocked(ProblemKind::Special),
                }
            }
            other => other,
        };
        let mut folders = self.folders.write().unwrap_or_else(PoisonError::into_inner);
        folders.insert(relative.to_owned(), folder.clone());
        Ok(folder)
    }

    pub(crate) fn entry(&self, path: &Path) -> Result<Option<Entry>, Error> {
        self.files.entry(path).map_err(|source| Error::read(path, source))
    }
}

/// Returns the path without a final `/` or `.`, which would follow a link.
pub(crate) fn plain(path: &Path) -> PathBuf {
    let plain: PathBuf = path.components().collect();
    if plain.as_os_str().is_empty() { PathBuf::from(".") } else { plain }
}
