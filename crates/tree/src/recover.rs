//! Finishes what an interrupted run began: it had committed a stage and did not get to the end of it.
//!
//! Between the two runs somebody may have touched the tree, with an editor or with git. So every file is
//! looked at again: what is neither the old nor the new content stays, and counts as edited by hand.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::apply::apply;
use crate::error::Error;
use crate::path::{broken_environment, folders_above};
use crate::state::{StateFolder, replace};
use crate::sum::{SUM, Sum};
use crate::survey::{Found, Survey, read_sum};

/// Finishes the committed stage.
pub(crate) fn recover(survey: &Survey, state: &StateFolder) -> Result<(), Error> {
    let committed = &state.committed();
    let recovery = Recovery { survey, committed, scratch: &state.scratch() };
    let mut removals = Vec::new();
    for entry in survey.files.list(committed).map_err(|source| Error::read(committed, source))? {
        if entry.is_folder && broken_environment(&entry.name).is_none() {
            removals.extend(recovery.environment(&entry.name)?);
        }
    }
    apply(&*survey.files, committed, &survey.output, &removals)?;
    Ok(())
}

struct Recovery<'a> {
    survey: &'a Survey,
    committed: &'a Path,
    scratch: &'a Path,
}

impl Recovery<'_> {
    /// Takes out of the stage what must not be moved, corrects the list of hashes, and returns the files to
    /// be removed.
    fn environment(&self, environment: &str) -> Result<Vec<String>, Error> {
        let record = self.survey.record(environment)?;
        let old = &record.sum;
        let sum_path = self.committed.join(environment).join(SUM);
        // Without a staged list the environment is done, or its list does not change.
        let text = match self.survey.entry(&sum_path)? {
            Some(_) => {
                Some(self.survey.files.read(&sum_path).map_err(|source| Error::read(&sum_path, source))?)
            }
            None => None,
        };
        let mut new = match &text {
            Some(text) => read_sum(&sum_path, text)?,
            None => old.clone(),
        };
        let mut removals = Vec::new();
        for (path, hash) in old.entries.iter().filter(|(path, _)| !new.entries.contains_key(*path)) {
            match self.survey.look(environment, path)? {
                Found::File { hash: found, .. } if found == *hash => {
                    removals.push(format!("{environment}/{path}"))
                }
                // Its folders may still have to go.
                Found::Absent => removals.push(format!("{environment}/{path}")),
                _ => {}
            }
        }
        let staged = self.staged(environment)?;
        let removed: BTreeSet<String> = removals.iter().cloned().collect();
        for path in &staged {
            if !self.may_move(environment, path, old, &new, &removed)? {
                self.discard(&format!("{environment}/{path}"))?;
            }
        }
        self.correct(environment, old, &mut new, &staged, &removed)?;
        if let Some(text) = text {
            let corrected = new.text();
            if corrected != text {
                replace(&*self.survey.files, &sum_path, self.scratch, &corrected)
                    .map_err(|source| Error::half_written(sum_path, source))?;
            }
        }
        Ok(removals)
    }

    /// Returns the staged files of an environment by their paths below it.
    fn staged(&self, environment: &str) -> Result<BTreeSet<String>, Error> {
        let mut staged = BTreeSet::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let full = self.committed.join(environment).join(&folder);
            for entry in self.survey.files.list(&full).map_err(|source| Error::read(&full, source))? {
                let child = if folder.is_empty() { entry.name } else { format!("{folder}/{}", entry.name) };
                if entry.is_folder {
                    folders.push(child);
                } else if child != SUM {
                    staged.insert(child);
                }
            }
        }
        Ok(staged)
    }

    fn may_move(
        &self,
        environment: &str,
        path: &str,
        old: &Sum,
        new: &Sum,
        removed: &BTreeSet<String>,
    ) -> Result<bool, Error> {
        Ok(match self.survey.look(environment, path)? {
            Found::Absent => true,
            Found::File { hash, .. } => {
                old.entries.get(path) == Some(&hash) || new.entries.get(path) == Some(&hash)
            }
            Found::Folder => self.survey.vanishes(&format!("{environment}/{path}"), removed)?,
            Found::Blocked(obstacle) => removed.contains(&obstacle.path),
            Found::Other(_) => false,
        })
    }

    /// Makes the new list say what the tree will be: a file that somebody set back to its old content is
    /// stale and not edited, and a file that was to be removed and is edited stays owned.
    fn correct(
        &self,
        environment: &str,
        old: &Sum,
        new: &mut Sum,
        staged: &BTreeSet<String>,
        removed: &BTreeSet<String>,
    ) -> Result<(), Error> {
        let doubtful: Vec<_> = old
            .entries
            .iter()
            .filter(|(path, hash)| new.entries.get(*path) != Some(*hash) && !staged.contains(&***path))
            .filter(|(path, _)| !removed.contains(&format!("{environment}/{path}")))
            .collect();
        let kept: Vec<_> = doubtful
            .par_iter()
            .map(|(path, hash)| {
                let keep = match self.survey.look(environment, path)? {
                    Found::File { hash: found, .. } => found == **hash || !new.entries.contains_key(*path),
                    _ => false,
                };
                Ok(keep.then(|| ((*path).clone(), **hash)))
            })
            .collect::<Result<_, Error>>()?;
        new.entries.extend(kept.into_iter().flatten());
        Ok(())
    }

    /// Takes a file out of the stage, with the folders that it leaves empty.
    fn discard(&self, relative: &str) -> Result<(), Error> {
        let fail = |path: PathBuf, source| Error::half_written(path, source);
        let full = self.committed.join(relative);
        self.survey.files.remove(&full).map_err(|source| fail(full, source))?;
        for folder in folders_above(relative) {
            let full = self.committed.join(folder);
            match self.survey.files.remove_folder(&full) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => break,
                Err(source) => return Err(fail(full, source)),
            }
        }
        Ok(())
    }
}
