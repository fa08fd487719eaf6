//! Reads what a kustomization names: only from its own folder and below, and never in circles.

use std::rc::Rc;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::file_system::FileSystem;
use crate::path;
use crate::{LoadRestrictor, Options};

/// The files around one kustomization.
#[derive(Clone)]
pub(crate) struct Loader<'a> {
    files: &'a dyn FileSystem,
    options: &'a Options<'a>,
    root: Rc<str>,
    referrer: Option<Rc<Loader<'a>>>,
}

impl<'a> Loader<'a> {
    /// Starts at the folder that is to be built.
    pub(crate) fn new(files: &'a dyn FileSystem, folder: &str, options: &'a Options<'a>) -> Result<Self> {
        if options.remotes.is_none() && is_remote(folder) && !files.is_folder(folder) {
            return Err(no_remote(folder));
        }
        let folder = match options.remotes {
            Some(remotes) if is_remote(folder) => remotes.find(folder).ok_or_else(|| no_remote(folder))?,
            _ => folder.to_owned(),
        };
        let root = demand_folder(files, &folder)?;
        Ok(Self { files, options, root: root.into(), referrer: None })
    }

    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    pub(crate) fn options(&self) -> &'a Options<'a> {
        self.options
    }

    pub(crate) fn files(&self) -> &'a dyn FileSystem {
        self.files
    }

    /// Tells whether a name can only be meant as a kustomization of its own.
    pub(crate) fn is_folder(&self, name: &str) -> bool {
        let local = path::join(&self.root, name);
        self.files.is_folder(&local) || (is_remote(name) && !self.files.is_file(&local))
    }

    /// Returns the loader of another kustomization that this one names.
    pub(crate) fn enter(&self, name: &str) -> Result<Self> {
        if name.is_empty() {
            return Err(Error::new("new root cannot be empty"));
        }
        let local = path::join(&self.root, name);
        let root = if is_remote(name) && !self.files.is_folder(&local) {
            let found = self.options.remotes.and_then(|remotes| remotes.find(name));
            let folder = found.ok_or_else(|| no_remote(name))?;
            demand_folder(self.files, &folder)?
        } else {
            if name.starts_with('/') && self.options.load_restrictor == LoadRestrictor::RootOnly {
                return Err(Error::new(format!("new root '{name}' cannot be absolute")));
            }
            demand_folder(self.files, &local)?
        };
        let mut visited = Some(self);
        while let Some(loader) = visited {
            if path::is_within(&loader.root, &root) {
                return Err(Error::new(format!(
                    "cycle detected: candidate root '{root}' contains visited root '{}'",
                    loader.root
                )));
            }
            visited = loader.referrer.as_deref();
        }
        Ok(Self {
            files: self.files,
            options: self.options,
            root: root.into(),
            referrer: Some(Rc::new(self.clone())),
        })
    }

    /// Reads a file that the kustomization names.
    pub(crate) fn load(&self, name: &str) -> Result<Arc<[u8]>> {
        let local = path::join(&self.root, name);
        if is_url(name) {
            let found = self.options.remotes.and_then(|remotes| remotes.find(name));
            let file = found.ok_or_else(|| no_remote(name))?;
            return self.read(&file, name);
        }
        if self.files.is_folder(&local) {
            return Err(Error::new(format!("'{local}' must resolve to a file")));
        }
        let Some(resolved) = self.files.resolve(&local) else {
            return Err(Error::new(format!("'{local}' doesn't exist")));
        };
        if self.options.load_restrictor == LoadRestrictor::RootOnly
            && !path::is_within(&resolved, &self.real_root())
        {
            return Err(Error::new(format!("security; file '{local}' is not in or below '{}'", self.root))
                .with_hint("move the file below the kustomization, or build with `--load-restrictor LoadRestrictionsNone`"));
        }
        self.read(&resolved, name)
    }

    /// Reads a file that must be text.
    pub(crate) fn load_text(&self, name: &str) -> Result<String> {
        let bytes = self.load(name)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| Error::new(format!("file '{name}' is not UTF-8")))
    }

    fn real_root(&self) -> String {
        self.files.resolve(&self.root).unwrap_or_else(|| self.root.to_string())
    }

    fn read(&self, file: &str, name: &str) -> Result<Arc<[u8]>> {
        self.files.read(file).map_err(|error| Error::new(format!("unable to read '{name}': {error}")))
    }
}

fn demand_folder(files: &dyn FileSystem, folder: &str) -> Result<String> {
    let folder = path::clean(folder);
    if files.is_folder(&folder) {
        return Ok(files.resolve(&folder).unwrap_or(folder));
    }
    Err(Error::new(if files.is_file(&folder) {
        format!("must build at directory: '{folder}': file is not directory")
    } else {
        format!("must build at directory: not a valid directory: '{folder}' doesn't exist")
    }))
}

fn no_remote(name: &str) -> Error {
    Error::new(format!("remote `{name}` is not read from the network while building"))
        .with_hint("vendor it: put a copy into the repository and name its path instead")
}

fn is_url(name: &str) -> bool {
    let lower = name.get(..8).unwrap_or(name).to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}

/// Tells whether a name is a remote one: a web address or a git repository, by the rules of
/// Kustomize's `git.NewRepoSpecFromURL`.
pub(crate) fn is_remote(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    is_url(&lower)
        || ["ssh://", "git::", "file://", "oci://", "git@", "gh:", "github.com/", "github.com:"]
            .iter()
            .any(|start| lower.starts_with(start))
        || lower.split(['/', '?']).any(|part| part.ends_with(".git") && part.len() > 4)
            && !lower.starts_with('.')
            && !lower.starts_with('/')
}
