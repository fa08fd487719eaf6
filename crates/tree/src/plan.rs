//! What a write will do to an environment, found out before anything is done.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use crate::emit::{Options, Report};
use crate::error::{Error, ErrorKind, Problem, ProblemKind};
use crate::hash::Hash;
use crate::path::folders_above;
use crate::stamp::Stamp;
use crate::sum::Sum;
use crate::survey::{Found, Obstacle, Survey, Verdict};
use crate::tree::{Scope, covers};

/// A file that was added.
pub(crate) struct Planned {
    /// The path below the environment's folder.
    pub(crate) path: Arc<str>,
    /// The hash of the wanted content.
    pub(crate) hash: Hash,
    /// The stamp of the file that holds it: the one in place, or the staged one.
    pub(crate) stamp: Option<Stamp>,
    /// What is to be done with it.
    pub(crate) action: Action,
}

/// What is to be done with an added file.
pub(crate) enum Action {
    /// Nothing.
    Keep,
    /// It is listed from now on.
    Adopt,
    /// It is written where nothing is.
    Create,
    /// It is written over another.
    Update,
    /// It is written where something else stands, which has to be stale for that.
    Displace(Obstruction),
    /// It cannot be written.
    Refuse(Problem),
}

/// What has to go to make room.
pub(crate) enum Obstruction {
    /// The file at this path below the output, on the way.
    File(String),
    /// The folder at the path of the file itself.
    Folder,
}

impl Action {
    /// Returns what is to be done with a file that has this hash and this path below the output.
    pub(crate) fn new(
        found: Found,
        recorded: Option<Hash>,
        wanted: Hash,
        relative: &str,
        options: Options,
    ) -> Self {
        let refuse = |path: &str, kind| Self::Refuse(Problem { path: path.to_owned(), kind });
        match found {
            Found::Absent => Self::Create,
            Found::File { hash, .. } => match Verdict::of(hash, recorded, wanted) {
                Verdict::Same => Self::Keep,
                Verdict::Adopted => Self::Adopt,
                Verdict::Stale => Self::Update,
                Verdict::Edited if options.overwrite_edited => Self::Update,
                Verdict::Edited => refuse(relative, ProblemKind::Edited),
                Verdict::Foreign => refuse(relative, ProblemKind::Foreign),
            },
            Found::Folder => Self::Displace(Obstruction::Folder),
            Found::Other(kind) => refuse(relative, kind),
            Found::Blocked(Obstacle { path, kind: ProblemKind::Foreign }) => {
                Self::Displace(Obstruction::File(path))
            }
            Found::Blocked(Obstacle { path, kind }) => refuse(&path, kind),
        }
    }

    /// Tells whether the content has to be staged.
    pub(crate) fn writes(&self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Displace(_))
    }
}

/// What a write does to one environment.
#[derive(Default)]
pub(crate) struct Plan {
    /// What is reported of it.
    pub(crate) report: Report,
    /// What keeps it from being done.
    pub(crate) problems: Vec<Problem>,
    /// The files to be removed, by their paths below the output; some may be gone already.
    pub(crate) removals: BTreeSet<String>,
    /// The new text of the list of hashes, where it changes; an empty one stands for none.
    pub(crate) sum: Option<Vec<u8>>,
}

/// Makes the plan of an environment; the files are sorted.
pub(crate) fn plan(
    survey: &Survey,
    environment: &str,
    files: &[Planned],
    scopes: &[Scope],
    options: Options,
) -> Result<Plan, Error> {
    find_clash(environment, files)?;
    let mut plan = Plan::default();
    let record = survey.record(environment)?;
    let mut sum = Sum { entries: files.iter().map(|file| (Arc::clone(&file.path), file.hash)).collect() };
    let gone: Vec<_> =
        record.sum.entries.iter().filter(|(path, _)| !sum.entries.contains_key(*path)).collect();
    let (stale, kept): (Vec<_>, Vec<_>) =
        gone.into_iter().partition(|(path, _)| covers(scopes, environment, path));
    sum.entries.extend(kept.into_iter().map(|(path, hash)| (Arc::clone(path), *hash)));
    let stale: Vec<_> = stale
        .into_par_iter()
        .map(|(path, hash)| Ok((path, *hash, survey.look(environment, path)?)))
        .collect::<Result<_, Error>>()?;
    for (path, hash, found) in stale {
        plan.remove(format!("{environment}/{path}"), hash, found, options);
    }
    for file in files {
        plan.place(survey, format!("{environment}/{}", file.path), &file.action)?;
    }
    let text = sum.text();
    let before = record.text.as_deref();
    // An empty list is no list: `sha256sum -c` refuses one.
    if before.unwrap_or_default() != text || (text.is_empty() && before.is_some()) {
        plan.sum = Some(text);
    }
    Ok(plan)
}

impl Plan {
    fn remove(&mut self, relative: String, recorded: Hash, found: Found, options: Options) {
        let problem = match found {
            Found::File { hash, .. } if hash == recorded || options.overwrite_edited => {
                self.report.removed.push(relative.clone());
                self.removals.insert(relative);
                return;
            }
            // It is gone; the folder that it leaves empty goes too.
            Found::Absent => {
                self.removals.insert(relative);
                return;
            }
            Found::File { .. } => Problem { path: relative, kind: ProblemKind::Edited },
            Found::Other(kind) => Problem { path: relative, kind },
            Found::Blocked(Obstacle { path, kind: kind @ ProblemKind::Link }) => Problem { path, kind },
            // What stands there instead is not the tool's own.
            Found::Folder | Found::Blocked(_) => return,
        };
        self.problems.push(problem);
    }

    fn place(&mut self, survey: &Survey, relative: String, action: &Action) -> Result<(), Error> {
        match action {
            Action::Keep => self.report.unchanged += 1,
            Action::Adopt => self.report.adopted.push(relative),
            Action::Create => self.report.created.push(relative),
            Action::Update => self.report.updated.push(relative),
            Action::Refuse(problem) => self.problems.push(problem.clone()),
            Action::Displace(Obstruction::File(path)) if !self.removals.contains(path) => {
                self.problems.push(Problem { path: path.clone(), kind: ProblemKind::Foreign });
            }
            Action::Displace(Obstruction::Folder) if !survey.vanishes(&relative, &self.removals)? => {
                self.problems.push(Problem { path: relative, kind: ProblemKind::Folder });
            }
            Action::Displace(_) => self.report.created.push(relative),
        }
        Ok(())
    }
}

/// Finds two files that cannot both be there.
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
