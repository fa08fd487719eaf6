//! What writing a tree would change, without touching anything.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aqueduct_manifest::Hash;
use rayon::prelude::*;

use crate::disk::{Disk, Entry};
use crate::error::{Error, ProblemKind};
use crate::sum::{SUM, Sum};
use crate::survey::{Found, Survey, Verdict};
use crate::tree::{OutputScope, Tree, covers};

/// The differences between the output folder and a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The files that differ, by environment and path.
    pub changes: Vec<FileChange>,
    /// The files in the tree's environments that the tool neither wrote nor would write, below the output.
    pub unowned: Vec<String>,
}

/// A file that differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileChange {
    /// The environment.
    pub environment: String,
    /// The path below the environment's folder.
    pub path: Arc<str>,
    /// How it differs.
    pub state: State,
}

/// How a file on disk differs from the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is rendered but not on disk.
    Missing,
    /// It is on disk in an older version.
    Stale,
    /// It has the right content with line endings that git converted.
    Converted,
    /// It is on disk but no longer rendered.
    Extra,
    /// It has the right content but is not in the list of hashes.
    Unlisted,
    /// The tool wrote it and somebody changed it.
    Edited,
    /// The tool did not write what is in its place.
    Foreign,
    /// A symbolic link, a folder or a device is in its place.
    Blocked,
}

impl fmt::Display for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::Converted => "CRLF line endings",
            Self::Extra => "extra",
            Self::Unlisted => "unlisted",
            Self::Edited => "edited by hand",
            Self::Foreign => "not written by aqueduct",
            Self::Blocked => "blocked",
        })
    }
}

impl fmt::Display for FileChange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}/{}", self.state, self.environment, self.path)
    }
}

impl Status {
    /// Tells whether the output matches the tree.
    pub fn is_clean(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Compares the output folder with a tree.
///
/// # Errors
/// Files that cannot be read, and lists of hashes that the tool did not write.
pub fn status(output: &Path, tree: &Tree) -> Result<Status, Error> {
    let survey = Survey::open(Arc::new(Disk), output)?;
    let mut names: Vec<String> = tree.environments().map(str::to_owned).collect();
    for scope in tree.scopes() {
        match scope {
            OutputScope::Everything => names.extend(survey.environments()?),
            OutputScope::Environment(name) | OutputScope::Folder { environment: name, .. } => {
                names.push(name.clone())
            }
        }
    }
    names.sort();
    names.dedup();
    let mut status = Status::default();
    for name in names {
        let environment = Comparison { survey: &survey, tree, environment: &name };
        status.changes.extend(environment.changes()?);
        status.unowned.extend(environment.unowned()?);
    }
    Ok(status)
}

/// One environment on disk and in the tree.
struct Comparison<'a> {
    survey: &'a Survey,
    tree: &'a Tree,
    environment: &'a str,
}

impl Comparison<'_> {
    fn changes(&self) -> Result<Vec<FileChange>, Error> {
        let record = self.survey.record(self.environment)?;
        let rendered: Vec<_> = self.tree.files(self.environment).collect();
        let rendered: Vec<(Arc<str>, Hash, Option<State>)> = rendered
            .into_par_iter()
            .map(|(path, bytes)| {
                let hash = Hash::of(bytes);
                let state = self.rendered(path, hash)?;
                Ok((Arc::clone(path), hash, state))
            })
            .collect::<Result<_, Error>>()?;
        let mut sum = Sum::default();
        sum.entries = rendered.iter().map(|(path, hash, _)| (Arc::clone(path), *hash)).collect();
        let mut changes: Vec<_> = rendered
            .into_iter()
            .filter_map(|(path, _, state)| state.map(|state| self.change(path, state)))
            .collect();
        let (gone, kept): (Vec<_>, Vec<_>) = record
            .sum
            .iter()
            .filter(|(path, _)| !sum.entries.contains_key(*path))
            .partition(|(path, _)| covers(self.tree.scopes(), self.environment, path));
        sum.extend(kept.into_iter().map(|(path, hash)| (Arc::clone(path), hash)));
        let mut gone: Vec<&Arc<str>> = gone.into_iter().map(|(path, _)| path).collect();
        gone.dedup();
        for path in gone {
            let state = match self.survey.look(self.environment, path)? {
                Found::File(seen) => match self.survey.judge(self.environment, path, seen.hash, None)? {
                    Verdict::Edited => Some(State::Edited),
                    _ => Some(State::Extra),
                },
                Found::Other(_) => Some(State::Blocked),
                Found::Absent | Found::Folder | Found::Blocked(_) => None,
            };
            changes.extend(state.map(|state| self.change(Arc::clone(path), state)));
        }
        changes.sort();
        let before = record.text.as_ref().map(|(text, _)| &**text).unwrap_or_default();
        if changes.is_empty() && before != sum.text() {
            let is_converted = before.contains(&b'\r');
            let state = if is_converted { State::Converted } else { State::Stale };
            changes.push(self.change(Arc::from(SUM), state));
        }
        Ok(changes)
    }

    fn rendered(&self, path: &str, wanted: Hash) -> Result<Option<State>, Error> {
        Ok(match self.survey.look(self.environment, path)? {
            Found::Absent => Some(State::Missing),
            Found::File(seen) => match self.survey.judge(self.environment, path, seen.hash, Some(wanted))? {
                Verdict::Same => None,
                Verdict::Adopted => Some(State::Unlisted),
                Verdict::Stale => Some(State::Stale),
                Verdict::Converted => Some(State::Converted),
                Verdict::Edited => Some(State::Edited),
                Verdict::Foreign => Some(State::Foreign),
            },
            Found::Blocked(obstacle) if obstacle.kind == ProblemKind::Foreign => Some(State::Missing),
            Found::Folder | Found::Other(_) | Found::Blocked(_) => Some(State::Blocked),
        })
    }

    fn change(&self, path: Arc<str>, state: State) -> FileChange {
        FileChange { environment: self.environment.to_owned(), path, state }
    }

    fn unowned(&self) -> Result<Vec<String>, Error> {
        if self.survey.entry(&self.survey.output.join(self.environment))? != Some(Entry::Folder) {
            return Ok(Vec::new());
        }
        let record = self.survey.record(self.environment)?;
        let leaves = self.survey.leaves(self.environment)?;
        Ok(leaves
            .into_iter()
            .filter(|leaf| !leaf.is_folder)
            .map(|leaf| leaf.path)
            .filter(|leaf| {
                leaf.split_once('/').is_some_and(|(_, path)| {
                    path != SUM
                        && !record.sum.entries.contains_key(path)
                        && self.tree.get(self.environment, path).is_none()
                })
            })
            .collect())
    }
}
