//! Puts a committed stage in its place: the only code that changes the environments' folders.
//!
//! Every step may be done twice, and the lists of hashes come last, so that after an interruption the same
//! steps finish the work.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::disk::{Entry, FileSystem};
use crate::error::Error;
use crate::path;
use crate::sum::SUM;

/// Removes files by their paths below the output, moves what is staged, and returns the paths of the files
/// that were moved one by one.
///
/// A staged list of hashes that is empty stands for none: the environment is gone.
pub(crate) fn apply(
    files: &dyn FileSystem,
    committed: &Path,
    output: &Path,
    removals: &[String],
) -> Result<Vec<String>, Error> {
    let applying = Applying { files, committed, output, moved: Mutex::default() };
    applying.remove(removals)?;
    applying.move_folder("")?;
    applying.replace_sums()?;
    files.remove_all(committed).map_err(|source| Error::half_written(committed, source))?;
    Ok(applying.moved.into_inner().unwrap_or_else(PoisonError::into_inner))
}

struct Applying<'a> {
    files: &'a dyn FileSystem,
    committed: &'a Path,
    output: &'a Path,
    moved: Mutex<Vec<String>>,
}

impl Applying<'_> {
    fn remove(&self, removals: &[String]) -> Result<(), Error> {
        removals.par_iter().try_for_each(|relative| {
            let full = self.output.join(relative);
            absent_is_fine(self.files.remove(&full)).map_err(|source| Error::half_written(full, source))
        })?;
        let emptied: BTreeSet<&str> = removals
            .iter()
            .flat_map(|relative| path::folders_above(relative))
            // The environment's own folder still holds its list of hashes.
            .filter(|folder| folder.contains('/'))
            .collect();
        // A folder sorts before what it holds, so that the reverse order empties it first.
        emptied.into_iter().rev().try_for_each(|folder| self.remove_if_empty(&self.output.join(folder)))
    }

    fn move_folder(&self, relative: &str) -> Result<(), Error> {
        let staged = join(self.committed, relative);
        let listed = self.files.list(&staged).map_err(|source| Error::half_written(&staged, source))?;
        let is_environment = !relative.is_empty() && !relative.contains('/');
        listed.par_iter().filter(|entry| !(is_environment && entry.name == SUM)).try_for_each(|entry| {
            let child =
                if relative.is_empty() { entry.name.clone() } else { format!("{relative}/{}", entry.name) };
            let from = self.committed.join(&child);
            let to = self.output.join(&child);
            if entry.is_folder && self.entry(&to)? == Some(Entry::Folder) {
                self.move_folder(&child)?;
                // An environment's folder keeps the list of hashes until the end.
                return self.remove_if_empty(&from);
            }
            self.files.rename(&from, &to).map_err(|source| Error::half_written(&to, source))?;
            if !entry.is_folder {
                self.moved.lock().unwrap_or_else(PoisonError::into_inner).push(child);
            }
            Ok(())
        })
    }

    fn replace_sums(&self) -> Result<(), Error> {
        let listed =
            self.files.list(self.committed).map_err(|source| Error::half_written(self.committed, source))?;
        for environment in listed.iter().filter(|entry| entry.is_folder) {
            let from = self.committed.join(&environment.name).join(SUM);
            let folder = self.output.join(&environment.name);
            let to = folder.join(SUM);
            match self.entry(&from)? {
                Some(Entry::File(stamp)) if stamp.size == 0 => {
                    absent_is_fine(self.files.remove(&to))
                        .map_err(|source| Error::half_written(to, source))?;
                    self.remove_if_empty(&folder)?;
                }
                Some(_) => {
                    self.files.rename(&from, &to).map_err(|source| Error::half_written(to, source))?;
                }
                None => {}
            }
        }
        Ok(())
    }

    fn entry(&self, path: &Path) -> Result<Option<Entry>, Error> {
        self.files.entry(path).map_err(|source| Error::half_written(path, source))
    }

    fn remove_if_empty(&self, folder: &Path) -> Result<(), Error> {
        match self.files.remove_folder(folder) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
            result => absent_is_fine(result).map_err(|source| Error::half_written(folder, source)),
        }
    }
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(())
        }
        result => result,
    }
}

fn join(root: &Path, relative: &str) -> PathBuf {
    if relative.is_empty() { root.to_owned() } else { root.join(relative) }
}
