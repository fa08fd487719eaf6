//! Where kustomizations are read from: the disk, or files in memory.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aqueduct_manifest::Files;

use crate::path;

/// Files and folders, addressed by paths with `/` between the parts.
pub trait FileSystem {
    /// Returns the bytes of a file, following links.
    ///
    /// # Errors
    /// Fails if the file is missing or unreadable.
    fn read(&self, path: &str) -> io::Result<Arc<[u8]>>;

    /// Returns whether a folder exists, following links.
    fn is_folder(&self, path: &str) -> bool;

    /// Returns whether a file exists, following links.
    fn is_file(&self, path: &str) -> bool;

    /// Returns the path with all links resolved; `None` if nothing is there.
    fn resolve(&self, path: &str) -> Option<String>;
}

impl FileSystem for Files {
    fn read(&self, path: &str) -> io::Result<Arc<[u8]>> {
        self.get(&path::clean(path)).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn is_folder(&self, path: &str) -> bool {
        match path::clean(path).as_str() {
            "." => true,
            "/" => self.iter().any(|(path, _)| path.starts_with('/')),
            path => Files::is_folder(self, path),
        }
    }

    fn is_file(&self, path: &str) -> bool {
        self.get(&path::clean(path)).is_some()
    }

    fn resolve(&self, path: &str) -> Option<String> {
        let path = path::clean(path);
        (self.is_file(&path) || FileSystem::is_folder(self, &path)).then_some(path)
    }
}

/// The disk of this machine; relative paths start at a folder.
#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// Returns the disk, resolving relative paths against a folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(Path::new(path))
    }
}

impl FileSystem for Disk {
    fn read(&self, path: &str) -> io::Result<Arc<[u8]>> {
        let path = self.at(path);
        // Reading a pipe would block, and a device never ends.
        if !std::fs::metadata(&path)?.is_file() {
            return Err(io::Error::other("not a plain file"));
        }
        std::fs::read(path).map(Arc::from)
    }

    fn is_folder(&self, path: &str) -> bool {
        self.at(path).is_dir()
    }

    fn is_file(&self, path: &str) -> bool {
        self.at(path).is_file()
    }

    fn resolve(&self, path: &str) -> Option<String> {
        self.at(path).canonicalize().ok()?.to_str().map(str::to_owned)
    }
}
