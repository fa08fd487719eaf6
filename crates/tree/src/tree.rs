//! The rendered files of all environments in memory, and the part of the output that they cover.

use std::collections::{BTreeMap, btree_map};
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, ErrorKind};
use crate::path;

/// The files of an environment by their path below its folder.
type Files = BTreeMap<Arc<str>, Arc<[u8]>>;

/// A part of the output that a tree covers: a file in it that is not in the tree is stale.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutputScope {
    /// Every environment, even one that is no longer rendered at all.
    Everything,
    /// One environment.
    Environment(String),
    /// One folder of an environment, such as a tenant's, or one file.
    Folder {
        /// The environment.
        environment: String,
        /// The path below the environment's folder, such as `shop` or `argocd/shop`.
        folder: String,
    },
}

impl OutputScope {
    fn covers(&self, environment: &str, path: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Environment(name) => name == environment,
            Self::Folder { environment: name, folder } => {
                name == environment
                    && path
                        .strip_prefix(folder.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
        }
    }
}

/// Tells whether a file is in any of the scopes.
pub(crate) fn covers(scopes: &[OutputScope], environment: &str, path: &str) -> bool {
    scopes.iter().any(|scope| scope.covers(environment, path))
}

/// The rendered files by environment and path.
#[derive(Clone, Debug)]
pub struct Tree {
    scopes: Vec<OutputScope>,
    environments: BTreeMap<String, Files>,
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

impl Tree {
    /// Returns an empty tree that covers the whole output.
    pub fn new() -> Self {
        Self::of([OutputScope::Everything])
    }

    /// Returns an empty tree that covers some parts of the output; the rest is left alone.
    pub fn of(scopes: impl IntoIterator<Item = OutputScope>) -> Self {
        Self { scopes: scopes.into_iter().collect(), environments: BTreeMap::new() }
    }

    /// Adds a file.
    ///
    /// # Errors
    /// A name that must not be in the tree, and a path that is already taken.
    pub fn insert(
        &mut self,
        environment: &str,
        path: impl Into<Arc<str>>,
        bytes: impl Into<Arc<[u8]>>,
    ) -> Result<(), Error> {
        let path = path.into();
        check(environment, &path)?;
        let files = self.environments.entry(environment.to_owned()).or_default();
        match files.entry(path) {
            btree_map::Entry::Vacant(place) => {
                place.insert(bytes.into());
                Ok(())
            }
            btree_map::Entry::Occupied(place) => {
                Err(Error::new(ErrorKind::Clash, PathBuf::from(environment).join(&**place.key())))
            }
        }
    }

    /// Returns the parts of the output that the tree covers.
    pub fn scopes(&self) -> &[OutputScope] {
        &self.scopes
    }

    /// Returns the environments that have files, by name.
    pub fn environments(&self) -> impl Iterator<Item = &str> {
        self.environments.keys().map(String::as_str)
    }

    /// Returns the files of an environment in the byte order of their paths.
    pub fn files(&self, environment: &str) -> impl Iterator<Item = (&Arc<str>, &Arc<[u8]>)> {
        self.environments.get(environment).into_iter().flatten()
    }

    /// Returns all files with their environments, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arc<str>, &Arc<[u8]>)> {
        self.environments
            .iter()
            .flat_map(|(name, files)| files.iter().map(move |(path, bytes)| (name.as_str(), path, bytes)))
    }

    /// Returns the bytes of a file.
    pub fn get(&self, environment: &str, path: &str) -> Option<&Arc<[u8]>> {
        self.environments.get(environment)?.get(path)
    }

    /// Returns the number of files.
    pub fn len(&self) -> usize {
        self.environments.values().map(BTreeMap::len).sum()
    }

    /// Tells whether there are no files.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Checks the names of a file.
pub(crate) fn check(environment: &str, path: &str) -> Result<(), Error> {
    if let Some(rule) = path::broken_environment(environment) {
        return Err(Error::new(ErrorKind::BadName { rule }, environment));
    }
    match path::broken_path(path) {
        Some(rule) => Err(Error::new(ErrorKind::BadName { rule }, format!("{environment}/{path}"))),
        None => Ok(()),
    }
}
