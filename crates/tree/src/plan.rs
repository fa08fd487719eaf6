//! What a write will do to an environment, determined before anything is done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aqueduct_manifest::Hash;
use rayon::prelude::*;

use crate::emit::{EmitOptions, EmitReport};
use crate::error::{Error, ErrorKind, ProblemKind, RefusedPath};
use crate::path::folders_above;
use crate::stamp::Stamp;
use crate::sum::Sum;
use crate::survey::{Found, Obstacle, Seen, Survey, Verdict};
use crate::tree::{OutputScope, covers};

/// A file that was added.
pub(crate) struct Planned {
    /// The path below the environment's folder.
    pub(crate) path: Arc<str>,
    /// The hash of the wanted content.
    pub(crate) hash: Hash,
    /// The stamp of the file with that content: the one in place, or the staged one.
    pub(crate) stamp: Option<Stamp>,
    /// What to do with it.
    pub(crate) action: Action,
}

/// What to do with an added file.
pub(crate) enum Action {
    /// Nothing.
    Keep,
    /// Add it to the list.
    Adopt,
    /// Write it where nothing is.
    Create,
    /// Write it over another.
    Update(Seen),
    /// Write it over one with line endings that git converted.
    Restore(Seen),
    /// Write it where something else is, which must be stale.
    Displace(Obstruction),
    /// It cannot be written.
    Refuse(RefusedPath),
}

/// What must be removed to make room.
pub(crate) enum Obstruction {
    /// The file at this path below the output, on the way.
    File(String),
    /// The folder at the path of the file itself.
    Folder,
}

impl Action {
    /// Returns what to do with a file, given what was found at its path.
    pub(crate) fn new(
        survey: &Survey,
        environment: &str,
        path: &str,
        found: Found,
        wanted: Hash,
        options: EmitOptions,
    ) -> Result<Self, Error> {
        let refuse = |path: String, kind| Self::Refuse(RefusedPath { path, kind });
        let relative = || format!("{environment}/{path}");
        Ok(match found {
            Found::Absent => Self::Create,
            Found::File(seen) => match survey.judge(environment, path, seen.hash, Some(wanted))? {
                Verdict::Same => Self::Keep,
                Verdict::Adopted => Self::Adopt,
                Verdict::Stale => Self::Update(seen),
                Verdict::Converted => Self::Restore(seen),
                Verdict::Edited if options.overwrite_edited => Self::Update(seen),
                Verdict::Edited => refuse(relative(), ProblemKind::Edited),
                Verdict::Foreign => refuse(relative(), ProblemKind::Foreign),
            },
            Found::Folder => Self::Displace(Obstruction::Folder),
            Found::Other(kind) => refuse(relative(), kind),
            Found::Blocked(Obstacle { path, kind: ProblemKind::Foreign }) => {
                Self::Displace(Obstruction::File(path))
            }
            Found::Blocked(Obstacle { path, kind }) => refuse(path, kind),
        })
    }

    /// Tells whether the content must be staged.
    pub(crate) fn writes(&self) -> bool {
        matches!(self, Self::Create | Self::Update(_) | Self::Restore(_) | Self::Displace(_))
    }
}

/// What a write does to one environment.
#[derive(Default)]
pub(crate) struct Plan {
    /// The report about it.
    pub(crate) report: EmitReport,
    /// The problems that prevent it.
    pub(crate) problems: Vec<RefusedPath>,
    /// Whether the environment's folder exists.
    pub(crate) is_there: bool,
    /// The files that change, by path below the output; empty if the folder does not exist yet. Some of those
    /// to be removed may be gone already.
    pub(crate) changes: BTreeMap<String, PlannedChange>,
    /// The new list of hashes, if it changes.
    pub(crate) sum: Option<NewSum>,
}

/// What changes at the path of a file.
#[derive(Clone, Copy)]
pub(crate) struct PlannedChange {
    /// What was found there.
    pub(crate) before: Before,
    /// The stamp of the staged file that goes there; `None` if there will be none.
    pub(crate) after: Option<Stamp>,
}

/// What was found at the path of a file that changes.
#[derive(Clone, Copy)]
pub(crate) enum Before {
    Nothing,
    File(Seen),
    /// A folder whose files are all removed.
    Folder,
}

/// A list of hashes that replaces another.
pub(crate) struct NewSum {
    /// The text; empty if there is no list.
    pub(crate) text: Vec<u8>,
    /// The text while some files are old and some new.
    pub(crate) between: Vec<u8>,
}

/// Returns the plan of an environment; the files are sorted.
pub(crate) fn plan(
    survey: &Survey,
    environment: &str,
    files: &[Planned],
    scopes: &[OutputScope],
    options: EmitOptions,
) -> Result<Plan, Error> {
    find_clash(environment, files)?;
    let mut plan = Plan { is_there: survey.has_folder(environment)?, ..Plan::default() };
    let record = survey.record(environment)?;
    let mut sum = Sum::default();
    sum.entries = files.iter().map(|file| (Arc::clone(&file.path), file.hash)).collect();
    let (stale, kept): (Vec<_>, Vec<_>) = record
        .sum
        .iter()
        .filter(|(path, _)| !sum.entries.contains_key(*path))
        .partition(|(path, _)| covers(scopes, environment, path));
    sum.extend(kept.into_iter().map(|(path, hash)| (Arc::clone(path), hash)));
    let mut stale: Vec<&Arc<str>> = stale.into_iter().map(|(path, _)| path).collect();
    stale.dedup();
    let stale: Vec<_> = stale
        .into_par_iter()
        .map(|path| Ok((path, survey.look(environment, path)?)))
        .collect::<Result<_, Error>>()?;
    for (path, found) in stale {
        plan.remove(survey, environment, path, found, options)?;
    }
    for file in files {
        plan.place(survey, format!("{environment}/{}", file.path), file)?;
    }
    let text = sum.text();
    let before = record.text.as_ref();
    // An empty list is omitted, because `sha256sum -c` refuses one.
    if before.is_none_or(|(before, _)| *before != text || text.is_empty())
        && (before.is_some() || !text.is_empty())
    {
        sum.extend(record.sum.iter().map(|(path, hash)| (Arc::clone(path), hash)));
        plan.sum = Some(NewSum { text, between: sum.text() });
    }
    Ok(plan)
}

impl Plan {
    /// Tells whether the environment needs a change.
    pub(crate) fn changes_anything(&self) -> bool {
        self.sum.is_some() || !self.changes.is_empty()
    }

    /// Returns the folders that become empty when files are removed; never the environment's own.
    pub(crate) fn emptied(&self) -> BTreeSet<&str> {
        self.changes
            .iter()
            .filter(|(_, change)| change.after.is_none())
            .flat_map(|(relative, _)| folders_above(relative))
            .filter(|folder| folder.contains('/'))
            .collect()
    }

    fn remove(
        &mut self,
        survey: &Survey,
        environment: &str,
        path: &str,
        found: Found,
        options: EmitOptions,
    ) -> Result<(), Error> {
        let relative = format!("{environment}/{path}");
        let problem = match found {
            Found::File(seen) => {
                let verdict = survey.judge(environment, path, seen.hash, None)?;
                if verdict != Verdict::Edited || options.overwrite_edited {
                    self.report.removed.push(relative.clone());
                    self.change(relative, Before::File(seen), None);
                    return Ok(());
                }
                RefusedPath { path: relative, kind: ProblemKind::Edited }
            }
            // It is gone; the folder that it leaves empty goes too.
            Found::Absent => {
                self.change(relative, Before::Nothing, None);
                return Ok(());
            }
            Found::Other(kind) => RefusedPath { path: relative, kind },
            Found::Blocked(Obstacle { path, kind: kind @ ProblemKind::Link }) => RefusedPath { path, kind },
            // What is there instead does not belong to the tool.
            Found::Folder | Found::Blocked(_) => return Ok(()),
        };
        self.problems.push(problem);
        Ok(())
    }

    fn place(&mut self, survey: &Survey, relative: String, file: &Planned) -> Result<(), Error> {
        let (list, before) = match &file.action {
            Action::Keep => {
                self.report.unchanged += 1;
                return Ok(());
            }
            Action::Adopt => {
                self.report.adopted.push(relative);
                return Ok(());
            }
            Action::Refuse(problem) => {
                self.problems.push(problem.clone());
                return Ok(());
            }
            Action::Displace(Obstruction::File(path)) if !self.changes.contains_key(path) => {
                self.problems.push(RefusedPath { path: path.clone(), kind: ProblemKind::Foreign });
                return Ok(());
            }
            Action::Displace(Obstruction::Folder) if !survey.vanishes(&relative, &self.changes)? => {
                self.problems.push(RefusedPath { path: relative, kind: ProblemKind::Folder });
                return Ok(());
            }
            Action::Create | Action::Displace(Obstruction::File(_)) => {
                (&mut self.report.created, Before::Nothing)
            }
            Action::Displace(Obstruction::Folder) => (&mut self.report.created, Before::Folder),
            Action::Update(seen) => (&mut self.report.updated, Before::File(*seen)),
            Action::Restore(seen) => {
                self.report.converted += 1;
                (&mut self.report.updated, Before::File(*seen))
            }
        };
        list.push(relative.clone());
        self.change(relative, before, file.stamp);
        Ok(())
    }

    fn change(&mut self, relative: String, before: Before, after: Option<Stamp>) {
        // A new folder is moved into place as a whole.
        if self.is_there {
            self.changes.insert(relative, PlannedChange { before, after });
        }
    }
}

/// Finds two files that cannot coexist.
fn find_clash(environment: &str, files: &[Planned]) -> Result<(), Error> {
    let mut folders: BTreeSet<&str> = BTreeSet::new();
    for file in files {
        for folder in folders_above(&file.path) {
            if !folders.insert(folder) {
                break;
            }
        }
    }
    let twice = files.windows(2).find_map(|pair| match pair {
        [left, right] if left.path == right.path => Some(left),
        _ => None,
    });
    match twice.or_else(|| files.iter().find(|file| folders.contains(&*file.path))) {
        Some(file) => Err(Error::new(ErrorKind::Clash, format!("{environment}/{}", file.path))),
        None => Ok(()),
    }
}
