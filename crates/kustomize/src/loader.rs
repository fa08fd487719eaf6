//! Reads what a kustomization refers to: only from its own folder and below, and never in cycles.

use std::rc::Rc;
use std::sync::Arc;

use aqueduct_manifest::{Place, Span};

use crate::error::{Error, Result, Spot};
use crate::file_system::FileSystem;
use crate::options::{LoadRestrictor, Options};
use crate::path;
use crate::remote::{MissingCopy, RemoteCopy};
use crate::repository::{RemoteFolder, is_web};

/// The names that a kustomization file may have.
pub(crate) const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// How deep kustomizations may nest; no real repository comes close.
const MAX_DEPTH: usize = 100;

/// The files around one kustomization.
#[derive(Clone)]
pub(crate) struct Loader<'a> {
    files: &'a dyn FileSystem,
    options: &'a Options<'a>,
    root: Rc<str>,
    /// The remote repository that contains the folder.
    repository: Option<Rc<Remote>>,
    referrer: Option<Rc<Loader<'a>>>,
}

/// A remote repository: the name that led to it, and the folder of its copy.
struct Remote {
    name: String,
    root: String,
}

impl<'a> Loader<'a> {
    /// Starts at the folder to build.
    pub(crate) fn new(files: &'a dyn FileSystem, folder: &str, options: &'a Options<'a>) -> Result<Self> {
        if RemoteFolder::parse(folder).is_some() {
            let start = Self { files, options, root: ".".into(), repository: None, referrer: None };
            return Ok(Self { referrer: None, ..start.enter_repository(folder)? });
        }
        Self::local(files, folder, options)
    }

    /// Starts at a folder that is local, whatever its name looks like.
    pub(crate) fn local(files: &'a dyn FileSystem, folder: &str, options: &'a Options<'a>) -> Result<Self> {
        let root = demand_folder(files, folder)?.into();
        Ok(Self { files, options, root, repository: None, referrer: None })
    }

    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    pub(crate) fn shared_root(&self) -> Rc<str> {
        Rc::clone(&self.root)
    }

    pub(crate) fn options(&self) -> &'a Options<'a> {
        self.options
    }

    pub(crate) fn files(&self) -> &'a dyn FileSystem {
        self.files
    }

    /// Returns whether a name can only refer to another kustomization.
    pub(crate) fn is_folder(&self, name: &str) -> bool {
        if is_web(name) {
            let copy = self.find(name);
            return copy.is_ok_and(|copy| self.files.is_folder(&copy.path));
        }
        RemoteFolder::parse(name).is_some() || self.files.is_folder(&path::join(&self.root, name))
    }

    /// Returns the loader of another kustomization that this one refers to.
    pub(crate) fn enter(&self, name: &str) -> Result<Self> {
        if name.is_empty() {
            return Err(Error::new("new root cannot be empty"));
        }
        if RemoteFolder::parse(name).is_some() {
            return self.enter_repository(name).map_err(|error| error.at(self.spot(name)));
        }
        if name.starts_with('/') && self.restrictor() == LoadRestrictor::RootOnly {
            return Err(Error::new(format!("new root '{name}' cannot be absolute")));
        }
        let root = demand_folder(self.files, &path::join(&self.root, name))?;
        if let Some(repository) = &self.repository
            && !path::is_within(&root, &repository.root)
        {
            return Err(Error::new(format!(
                "security; bases in kustomizations found in cloned git repos must be within the repo, but base '{root}' is outside '{}'",
                repository.root
            )));
        }
        self.below(root, self.repository.clone())
    }

    fn enter_repository(&self, name: &str) -> Result<Self> {
        for visited in self.line() {
            // Kustomize compares the names as written.
            if let Some(repository) = &visited.repository
                && repository.name.starts_with(name)
            {
                return Err(Error::new(format!(
                    "cycle detected: URI '{name}' referenced by previous URI '{}'",
                    repository.name
                )));
            }
        }
        let copy = self.find(name)?;
        let root = demand_folder(self.files, &copy.path)?;
        let copy = demand_folder(self.files, &copy.root)?;
        self.below(root, Some(Rc::new(Remote { name: name.to_owned(), root: copy })))
    }

    fn below(&self, root: String, repository: Option<Rc<Remote>>) -> Result<Self> {
        if let Some(visited) = self.line().find(|visited| path::is_within(&visited.root, &root)) {
            return Err(Error::new(format!(
                "cycle detected: candidate root '{root}' contains visited root '{}'",
                visited.root
            )));
        }
        if self.line().count() > MAX_DEPTH {
            return Err(Error::new(format!("kustomizations are nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(Self { root: root.into(), repository, referrer: Some(Rc::new(self.clone())), ..*self })
    }

    /// Returns this loader and those that led to it.
    fn line(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |loader| loader.referrer.as_deref())
    }

    /// Returns which files may be referenced; a repository can never refer to files outside itself.
    fn restrictor(&self) -> LoadRestrictor {
        if self.repository.is_some() { LoadRestrictor::RootOnly } else { self.options.load_restrictor }
    }

    /// Returns the location of a remote's copy.
    fn find(&self, name: &str) -> Result<RemoteCopy> {
        let found = match self.options.remotes {
            Some(remotes) => remotes.find(name),
            None => Err(MissingCopy {
                message: format!("remote `{name}` is not read from the network while building"),
                hint: Some("add a copy to the repository and use its path instead".to_owned()),
            }),
        };
        found.map_err(|missing| match missing.hint {
            Some(hint) => Error::new(missing.message).with_hint(hint),
            None => Error::new(missing.message),
        })
    }

    /// Returns where the kustomization refers to something, as far as its text shows.
    pub(crate) fn spot(&self, name: &str) -> Spot {
        let text = |file: &str| String::from_utf8(self.files.read(file).ok()?.to_vec()).ok();
        let mut files = FILE_NAMES.iter().map(|file| path::join(&self.root, file));
        match files.find_map(|file| Some((text(&file)?, file))) {
            Some((text, file)) => {
                let span = span_of(&text, name);
                let position = span.map(|span| span.position(&text));
                Spot { place: Place { file: file.into(), span }, position }
            }
            None => Spot { place: Place::whole(&*self.root), position: None },
        }
    }

    /// Reads a file that the kustomization refers to.
    pub(crate) fn load(&self, name: &str) -> Result<Arc<[u8]>> {
        if is_web(name) {
            let copy = self.find(name).map_err(|error| error.at(self.spot(name)))?;
            if self.files.is_folder(&copy.path) {
                return Err(Error::new("URL is a git repository"));
            }
            return self.read(&copy.path, name);
        }
        let resolved = self.resolve(name)?;
        self.read(&resolved, name)
    }

    /// Returns the path that a file is read from.
    pub(crate) fn source(&self, name: &str) -> String {
        let copy = if is_web(name) { self.find(name).ok() } else { None };
        copy.map_or_else(|| path::join(&self.root, name), |copy| copy.path)
    }

    /// Returns the path of a local file that the kustomization refers to, following links.
    pub(crate) fn resolve(&self, name: &str) -> Result<String> {
        let local = path::join(&self.root, name);
        if self.files.is_folder(&local) {
            return Err(Error::new(format!("'{local}' must resolve to a file")));
        }
        let Some(resolved) = self.files.resolve(&local) else {
            return Err(Error::new(format!("'{local}' doesn't exist")));
        };
        if self.restrictor() == LoadRestrictor::RootOnly && !path::is_within(&resolved, &self.real_root()) {
            let error = Error::new(format!("security; file '{local}' is not in or below '{}'", self.root));
            if self.repository.is_some() {
                return Err(error);
            }
            return Err(error.with_hint("move the file below the kustomization, or build with `--load-restrictor LoadRestrictionsNone`"));
        }
        Ok(resolved)
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

/// Finds a name in a text, outside comments and not as part of a longer name.
fn span_of(text: &str, name: &str) -> Option<Span> {
    let ends = |letter: Option<char>| letter.is_none_or(|at| at.is_whitespace() || "\"'[]{},=".contains(at));
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim_start().starts_with('#') {
            let found = line.match_indices(name).map(|(at, _)| (at, at + name.len())).find(|(start, end)| {
                let before = line.get(..*start).and_then(|before| before.chars().next_back());
                ends(before) && ends(line.get(*end..).and_then(|after| after.chars().next()))
            });
            if let Some((start, end)) = found {
                return Some(Span::from(offset + start..offset + end));
            }
        }
        offset += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::span_of;

    #[test]
    fn places_of_names() {
        let text = "# https://a/b\nresources:\n- https://a/bc\n- 'https://a/b'\n";
        let span = span_of(text, "https://a/b").expect("it is there");
        let position = span.position(text);
        assert_eq!((position.line, position.column), (4, 4));
        assert_eq!(text.get(span.start as usize..span.end as usize), Some("https://a/b"));
        assert_eq!(span_of(text, "https://a"), None);
    }
}
