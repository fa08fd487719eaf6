//! The folder in the output that contains the tool's own files.

use std::io;
use std::path::{Path, PathBuf};

use crate::disk::{Entry, FileSystem};
use crate::error::{Error, ErrorKind};
use crate::path::STATE;

/// The paths of the tool's own files.
pub(crate) struct StateFolder {
    root: PathBuf,
}

impl StateFolder {
    /// Returns the paths below an output folder.
    pub(crate) fn of(output: &Path) -> Self {
        Self { root: output.join(STATE) }
    }

    /// The folder itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The lock.
    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// The files of an unfinished run.
    pub(crate) fn staged(&self) -> PathBuf {
        self.root.join("staged")
    }

    /// The files that somebody changed while they were replaced, and that no longer have a place in the tree.
    pub(crate) fn kept(&self) -> PathBuf {
        self.root.join("kept")
    }

    /// The cache of hashes.
    pub(crate) fn index(&self) -> PathBuf {
        self.root.join("index")
    }

    /// The key of the tree's input.
    pub(crate) fn input(&self) -> PathBuf {
        self.root.join("input")
    }

    /// A file that is being written to replace another.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.root.join("scratch")
    }

    /// Creates the output folder and this one, and tells git to ignore the latter.
    pub(crate) fn make(&self, files: &dyn FileSystem, output: &Path) -> Result<(), Error> {
        for folder in [output, &self.root] {
            match look(files, folder)? {
                Some(Entry::Folder) => {}
                Some(Entry::Link) => return Err(Error::new(ErrorKind::Link, folder)),
                Some(_) => return Err(Error::write(folder, io::ErrorKind::NotADirectory.into())),
                None => make_with_parents(files, folder)?,
            }
        }
        for (path, text) in [(self.root.join(".gitignore"), "*\n"), (self.lock(), "")] {
            match look(files, &path)? {
                None => match files.create(&path, text.as_bytes()) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                        return Err(Error::write(path, error));
                    }
                    // Another run may have created it at this moment.
                    _ => {}
                },
                Some(Entry::Link) => return Err(Error::new(ErrorKind::Link, path)),
                Some(Entry::File(_)) => {}
                Some(_) => return Err(Error::new(ErrorKind::NoFile, path)),
            }
        }
        Ok(())
    }

    /// Returns what is in the folder and useless: the remains of a killed run, and what somebody put there.
    pub(crate) fn leftovers(&self, files: &dyn FileSystem) -> io::Result<Vec<PathBuf>> {
        let listed = match files.list(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listed => listed?,
        };
        let mut left = Vec::new();
        for entry in listed {
            let path = self.root.join(&entry.name);
            let is_used = match entry.name.as_str() {
                ".gitignore" | "lock" | "index" | "input" => {
                    matches!(files.entry(&path)?, Some(Entry::File(_)))
                }
                "kept" => entry.is_folder,
                _ => false,
            };
            if !is_used {
                left.push(path);
            }
        }
        Ok(left)
    }

    /// Removes the leftovers. The lock is held, so no other run needs them.
    pub(crate) fn tidy(&self, files: &dyn FileSystem) -> Result<(), Error> {
        let left = self.leftovers(files).map_err(|source| Error::read(&self.root, source))?;
        left.into_iter().try_for_each(|path| {
            let removed = match look(files, &path)? {
                None => Ok(()),
                Some(Entry::Folder) => files.remove_all(&path),
                Some(_) => files.remove(&path),
            };
            removed.map_err(|source| Error::write(path, source))
        })
    }
}

/// Creates a folder with its parents; it may exist already.
pub(crate) fn make_with_parents(files: &dyn FileSystem, folder: &Path) -> Result<(), Error> {
    let missing: Vec<&Path> = folder
        .ancestors()
        .skip(1)
        .take_while(|above| !above.as_os_str().is_empty() && !above.exists())
        .collect();
    missing.into_iter().rev().chain([folder]).try_for_each(|path| match files.create_folder(path) {
        // Another run may be creating it at this moment.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result.map_err(|source| Error::write(path, source)),
    })
}

/// Replaces a file as a whole, using a scratch file next to it.
pub(crate) fn replace(files: &dyn FileSystem, path: &Path, scratch: &Path, bytes: &[u8]) -> io::Result<()> {
    if files.entry(scratch)?.is_some() {
        files.remove(scratch)?;
    }
    let written = files.create(scratch, bytes).and_then(|_| files.rename(scratch, path));
    if written.is_err() {
        // The next run removes what cannot be removed now.
        let _left = files.remove(scratch);
    }
    written
}

fn look(files: &dyn FileSystem, path: &Path) -> Result<Option<Entry>, Error> {
    files.entry(path).map_err(|source| Error::read(path, source))
}
