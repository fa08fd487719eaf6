//! The folder to which new files are written before any of them is moved into place, and which receives the
//! files that they replace.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::disk::FileSystem;
use crate::error::{Error, ErrorKind};
use crate::path;
use crate::stamp::Stamp;

/// The staged files of a run; nothing remains when it is dropped.
pub(crate) struct Stage {
    files: Arc<dyn FileSystem>,
    root: PathBuf,
    /// The created folders, by path below the root; the root is the empty path.
    folders: RwLock<BTreeSet<String>>,
    /// Whether it contains files of the old tree, or may do so.
    in_use: AtomicBool,
}

impl Stage {
    /// Returns an empty stage. Nothing is created on disk before the first file.
    pub(crate) fn new(files: Arc<dyn FileSystem>, root: PathBuf) -> Self {
        Self { files, root, folders: RwLock::default(), in_use: AtomicBool::new(false) }
    }

    /// Writes a file, by path below the output.
    pub(crate) fn write(&self, relative: &str, bytes: &[u8]) -> Result<Stamp, Error> {
        if let Some(folder) = path::folders_above(relative).next() {
            self.make_folder(folder)?;
        }
        let full = self.root.join(relative);
        self.files.create(&full, bytes).map_err(|source| clash_or_write(relative, full, source))
    }

    /// Tells whether nothing was written.
    pub(crate) fn is_empty(&self) -> bool {
        self.folders.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Returns the path of a file or folder, given its path below the output.
    pub(crate) fn place(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Tells whether a folder was created.
    pub(crate) fn has_folder(&self, folder: &str) -> bool {
        self.folders.read().unwrap_or_else(PoisonError::into_inner).contains(folder)
    }

    /// Protects its contents from being removed with it, because files of the old tree are about to be moved
    /// in.
    pub(crate) fn open_for_old_files(&self) {
        self.in_use.store(true, Ordering::Relaxed);
    }

    /// Removes what is left in it.
    pub(crate) fn remove(&self) {
        if !self.is_empty() {
            // The next run removes what cannot be removed now.
            let _left = self.files.remove_all(&self.root);
        }
    }

    /// Creates a folder with its parents.
    pub(crate) fn make_folder(&self, folder: &str) -> Result<(), Error> {
        if self.has_folder(folder) {
            return Ok(());
        }
        let mut missing: Vec<&str> = {
            let known = self.folders.read().unwrap_or_else(PoisonError::into_inner);
            let above = path::folders_above(folder).chain(std::iter::once(""));
            std::iter::once(folder).chain(above).take_while(|folder| !known.contains(*folder)).collect()
        };
        while let Some(folder) = missing.pop() {
            let full = if folder.is_empty() { self.root.clone() } else { self.root.join(folder) };
            match self.files.create_folder(&full) {
                // Another thread created it at this moment, or a file is in its place. Then writing into the
                // folder fails.
                Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {}
                made => made.map_err(|source| clash_or_write(folder, full, source))?,
            }
            self.folders.write().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned());
        }
        Ok(())
    }
}

/// The stage was empty at first, so an existing file came from the same tree.
fn clash_or_write(relative: &str, full: PathBuf, source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => Error::new(ErrorKind::Clash, relative),
        _ => Error::write(full, source),
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !*self.in_use.get_mut() {
            self.remove();
        }
    }
}
