//! The input folder in memory: the disk is read once, and everything after that is a pure function of
//! this value.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

mod reader;

use reader::Reader;

/// The files of a folder, by their path relative to it, with `/` between the parts.
#[derive(Clone, Debug, Default)]
pub struct Files {
    files: BTreeMap<Arc<str>, Arc<[u8]>>,
}

/// A file that could not be read.
#[derive(Debug)]
pub struct FileError {
    /// The requested path.
    pub path: String,
    /// The reason.
    pub source: io::Error,
}

impl fmt::Display for FileError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "cannot read: {}", self.path)
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

impl Files {
    /// Returns an empty set of files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file, or replaces one.
    pub fn insert(&mut self, path: impl Into<Arc<str>>, bytes: impl Into<Arc<[u8]>>) {
        self.files.insert(path.into(), bytes.into());
    }

    /// Returns the bytes of a file.
    pub fn get(&self, path: &str) -> Option<&Arc<[u8]>> {
        self.files.get(path)
    }

    /// Returns the text of a file; `None` if it does not exist or is not UTF-8.
    pub fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(path)?).ok()
    }

    /// Returns all files in the byte order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<[u8]>)> {
        self.files.iter()
    }

    /// Returns the files in a folder, with their paths relative to the root of all files.
    ///
    /// The folder is given without a final `/`; the empty name is the root.
    pub fn below<'a>(&'a self, folder: &str) -> impl Iterator<Item = (&'a str, &'a Arc<[u8]>)> + use<'a> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        self.files
            .range(Arc::<str>::from(prefix.as_str())..)
            .take_while(move |(path, _)| path.starts_with(&prefix))
            .map(|(path, bytes)| (path.as_ref(), bytes))
    }

    /// Returns the files whose paths satisfy a condition.
    #[must_use]
    pub fn only(&self, is_wanted: impl Fn(&str) -> bool) -> Self {
        let wanted = self.files.iter().filter(|(path, _)| is_wanted(path));
        Self { files: wanted.map(|(path, bytes)| (path.clone(), bytes.clone())).collect() }
    }

    /// Tells whether a folder contains any file.
    pub fn is_folder(&self, folder: &str) -> bool {
        self.below(folder).next().is_some()
    }

    /// Reads some files and folders of a root into memory. Missing ones are skipped, and links must stay inside the
    /// root.
    ///
    /// # Errors
    /// Returns an error for the first file or folder that exists but cannot be read, for a link out of the root, and
    /// for links that form a cycle or lead to too many files.
    pub fn read(root: &Path, names: &[&str]) -> Result<Self, FileError> {
        let mut files = Self::new();
        files.read_more(root, names)?;
        Ok(files)
    }

    /// Reads additional files and folders of the same root.
    ///
    /// # Errors
    /// Returns the errors of [`Files::read`].
    pub fn read_more(&mut self, root: &Path, names: &[&str]) -> Result<(), FileError> {
        let mut reader = Reader::new(root, self)?;
        names.iter().try_for_each(|name| reader.read(name))
    }
}

impl<P: Into<Arc<str>>, B: Into<Arc<[u8]>>> FromIterator<(P, B)> for Files {
    fn from_iter<I: IntoIterator<Item = (P, B)>>(entries: I) -> Self {
        Self { files: entries.into_iter().map(|(path, bytes)| (path.into(), bytes.into())).collect() }
    }
}
