//! One write of the tree, file by file: for callers that render more than they want to hold in memory.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use crate::apply::apply;
use crate::disk::{Disk, Entry, FileSystem};
use crate::emit::{Options, Report};
use crate::error::{Error, ErrorKind, Problem, ProblemKind};
use crate::hash::Hash;
use crate::index::IndexWriter;
use crate::lock::Lock;
use crate::path::{STATE, folders_above};
use crate::recover::recover;
use crate::stage::Stage;
use crate::stamp::Stamp;
use crate::sum::{SUM, Sum};
use crate::survey::{Found, Obstacle, Survey, Verdict, plain};
use crate::tree::{Scope, check, covers};

/// A write of the tree that has begun; nothing in the environments changes before [`Emission::commit`], and
/// nothing stays behind where it is dropped.
pub struct Emission {
    scopes: Vec<Scope>,
    options: Options,
    state: PathBuf,
    survey: Survey,
    stage: Stage,
    planned: Mutex<BTreeMap<String, Vec<Planned>>>,
    finished: bool,
    // Dropped last, after the stage.
    _lock: Lock,
}

/// A file that was added.
struct Planned {
    path: Arc<str>,
    hash: Hash,
    /// Of the file that holds the content: the one in place, or the staged one.
    stamp: Option<Stamp>,
    action: Action,
}

/// What is to be done with an added file.
enum Action {
    Keep,
    Adopt,
    Create,
    Update,
    /// Written where something else stands that has to be stale for it.
    Displace(Obstruction),
    Refuse(Problem),
}

/// What has to be removed to make room.
enum Obstruction {
    /// The file at this path below the output, on the way.
    File(String),
    /// The folder at the path of the file itself.
    Folder,
}

/// What a commit does to the environments.
#[derive(Default)]
struct Plan {
    report: Report,
    problems: Vec<Problem>,
    removals: Vec<String>,
    sums: Vec<(String, Vec<u8>)>,
}

impl Emission {
    /// Takes the lock of the output folder, finishes what an interrupted run left, and starts a write that
    /// stands for some parts of the output.
    ///
    /// # Errors
    /// Another run that holds the lock, symbolic links at the places that are the tool's own, and whatever
    /// the file system refuses.
    pub fn begin(
        output: &Path,
        scopes: impl IntoIterator<Item = Scope>,
        options: Options,
    ) -> Result<Self, Error> {
        Self::begin_on(Arc::new(Disk), output, scopes, options)
    }

    pub(crate) fn begin_on(
        files: Arc<dyn FileSystem>,
        output: &Path,
        scopes: impl IntoIterator<Item = Scope>,
        options: Options,
    ) -> Result<Self, Error> {
        let output = plain(output);
        let state = output.join(STATE);
        make_state(&*files, &output, &state)?;
        let lock = Lock::take(&state.join("lock"), options.wait)?;
        let (staged, committed, scratch) =
            (state.join("staged"), state.join("committed"), state.join("sum.new"));
        let stand = |path: &Path| files.entry(path).map_err(|source| Error::read(path, source));
        let finished = match stand(&committed)? {
            Some(Entry::Folder) => {
                recover(&Survey::open(Arc::clone(&files), &output)?, &committed, &scratch)?;
                true
            }
            Some(_) => return Err(Error::new(ErrorKind::Link, committed)),
            None => false,
        };
        if stand(&staged)?.is_some() {
            files.remove_all(&staged).map_err(|source| Error::write(&staged, source))?;
        }
        Ok(Self {
            scopes: scopes.into_iter().collect(),
            options,
            survey: Survey::open(Arc::clone(&files), &output)?,
            stage: Stage::new(files, staged),
            state,
            planned: Mutex::default(),
            finished,
            _lock: lock,
        })
    }

    /// Adds a rendered file; where the disk holds anything else, it is staged. Many threads may add at once.
    ///
    /// # Errors
    /// A name that must not be in the tree, a path that is taken already, and whatever the file system
    /// refuses. What must not be overwritten is reported by [`Emission::commit`], all at once.
    pub fn add(&self, environment: &str, path: &str, bytes: &[u8]) -> Result<(), Error> {
        check(environment, path)?;
        let record = self.survey.record(environment)?;
        let hash = Hash::of(bytes);
        let recorded = record.sum.entries.get_key_value(path);
        let refuse = |kind| Action::Refuse(Problem { path: format!("{environment}/{path}"), kind });
        let (mut stamp, action) = match self.survey.look(environment, path)? {
            Found::Absent => (None, Action::Create),
            Found::File { hash: found, stamp } => {
                let verdict = Verdict::of(found, recorded.map(|(_, hash)| *hash), Some(hash));
                (
                    Some(stamp),
                    match verdict {
                        Verdict::Same => Action::Keep,
                        Verdict::Adopted => Action::Adopt,
                        Verdict::Stale => Action::Update,
                        Verdict::Edited if self.options.overwrite_edited => Action::Update,
                        Verdict::Edited => refuse(ProblemKind::Edited),
                        Verdict::Foreign => refuse(ProblemKind::Foreign),
                    },
                )
            }
            Found::Folder => (None, Action::Displace(Obstruction::Folder)),
            Found::Other(kind) => (None, refuse(kind)),
            Found::Blocked(obstacle) => match obstacle.kind {
                ProblemKind::Foreign => (None, Action::Displace(Obstruction::File(obstacle.path))),
                kind => (None, Action::Refuse(Problem { path: obstacle.path, kind })),
            },
        };
        if matches!(action, Action::Create | Action::Update | Action::Displace(_)) {
            stamp = Some(self.stage.write(&format!("{environment}/{path}"), bytes)?);
        }
        let path = recorded.map_or_else(|| Arc::from(path), |(path, _)| Arc::clone(path));
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        match planned.get_mut(environment) {
            Some(files) => files.push(Planned { path, hash, stamp, action }),
            None => {
                planned.insert(environment.to_owned(), vec![Planned { path, hash, stamp, action }]);
            }
        }
        Ok(())
    }

    /// Makes the output equal to what was added: the new tree as a whole, or an error and the old one.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] with all paths that hold what must not be overwritten; two files that claim one
    /// path; and whatever the file system refuses, where [`ErrorKind::HalfWritten`] means that the next run
    /// finishes the work.
    pub fn commit(self) -> Result<Report, Error> {
        let planned = std::mem::take(&mut *self.planned.lock().unwrap_or_else(PoisonError::into_inner));
        let mut planned: BTreeMap<String, Vec<Planned>> = planned
            .into_par_iter()
            .map(|(environment, mut files)| {
                files.par_sort_unstable_by(|left, right| left.path.cmp(&right.path));
                find_clash(&environment, &files)?;
                Ok((environment, files))
            })
            .collect::<Result<_, Error>>()?;
        for environment in self.scoped_environments()? {
            planned.entry(environment).or_default();
        }
        let mut plan =
            Plan { report: Report { finished: self.finished, ..Report::default() }, ..Plan::default() };
        for (environment, files) in &planned {
            self.plan(environment, files, &mut plan)?;
        }
        if !plan.problems.is_empty() {
            plan.problems.sort();
            plan.problems.dedup();
            return Err(Error::new(ErrorKind::Refused(plan.problems), &self.survey.output));
        }
        for (environment, text) in &plan.sums {
            self.stage.write(&format!("{environment}/{SUM}"), text)?;
        }
        let mut moved = Vec::new();
        if !self.stage.is_empty() {
            let committed = self.state.join("committed");
            self.stage.commit(&committed)?;
            moved = apply(&*self.survey.files, &committed, &self.survey.output, &plan.removals)?;
        }
        if !self.stage.is_empty() || self.survey.read.load(Ordering::Relaxed) {
            // A cache that cannot be written costs time and nothing else.
            let _uncached = self.write_index(&planned, &moved);
        }
        Ok(plan.report)
    }

    /// Returns the environments on disk that a scope speaks of.
    fn scoped_environments(&self) -> Result<BTreeSet<String>, Error> {
        let mut environments = BTreeSet::new();
        for scope in &self.scopes {
            match scope {
                Scope::Everything => environments.extend(self.survey.environments()?),
                Scope::Environment(environment) | Scope::Folder { environment, .. } => {
                    check(environment, "any")?;
                    environments.insert(environment.clone());
                }
            }
        }
        Ok(environments)
    }

    fn plan(&self, environment: &str, files: &[Planned], plan: &mut Plan) -> Result<(), Error> {
        let record = self.survey.record(environment)?;
        let mut sum = Sum { entries: files.iter().map(|file| (Arc::clone(&file.path), file.hash)).collect() };
        let mut removed = HashSet::new();
        let gone: Vec<_> =
            record.sum.entries.iter().filter(|(path, _)| !sum.entries.contains_key(*path)).collect();
        let (stale, kept): (Vec<_>, Vec<_>) =
            gone.into_iter().partition(|(path, _)| covers(&self.scopes, environment, path));
        sum.entries.extend(kept.into_iter().map(|(path, hash)| (Arc::clone(path), *hash)));
        let found: Vec<_> = stale
            .into_par_iter()
            .map(|(path, hash)| Ok((path, hash, self.survey.look(environment, path)?)))
            .collect::<Result<_, Error>>()?;
        for (path, hash, found) in found {
            let relative = format!("{environment}/{path}");
            match found {
                Found::File { hash: found, .. } if found == *hash || self.options.overwrite_edited => {
                    plan.report.removed.push(relative.clone());
                    removed.insert(relative);
                }
                Found::File { .. } => {
                    plan.problems.push(Problem { path: relative, kind: ProblemKind::Edited });
                }
                Found::Other(kind) => plan.problems.push(Problem { path: relative, kind }),
                Found::Blocked(Obstacle { path, kind: kind @ ProblemKind::Link }) => {
                    plan.problems.push(Problem { path, kind });
                }
                // It is gone; the folder that it leaves empty goes too.
                Found::Absent => {
                    removed.insert(relative);
                }
                // What stands there instead is not the tool's own.
                Found::Folder | Found::Blocked(_) => {}
            }
        }
        for file in files {
            let relative = || format!("{environment}/{}", file.path);
            match &file.action {
                Action::Keep => plan.report.unchanged += 1,
                Action::Adopt => plan.report.adopted.push(relative()),
                Action::Create => plan.report.created.push(relative()),
                Action::Update => plan.report.updated.push(relative()),
                Action::Refuse(problem) => plan.problems.push(problem.clone()),
                Action::Displace(obstruction) => match self.obstructed(&relative(), obstruction, &removed)? {
                    Some(problem) => plan.problems.push(problem),
                    None => plan.report.created.push(relative()),
                },
            }
        }
        plan.removals.extend(removed);
        let text = sum.text();
        if record.text.as_deref().unwrap_or_default() != text || (text.is_empty() && record.text.is_some()) {
            plan.sums.push((environment.to_owned(), text));
        }
        Ok(())
    }

    /// Returns what keeps a file from its place, after the stale files are removed.
    fn obstructed(
        &self,
        relative: &str,
        obstruction: &Obstruction,
        removed: &HashSet<String>,
    ) -> Result<Option<Problem>, Error> {
        Ok(match obstruction {
            Obstruction::File(path) => {
                (!removed.contains(path)).then(|| Problem { path: path.clone(), kind: ProblemKind::Foreign })
            }
            Obstruction::Folder => (!self.survey.vanishes(relative, removed)?)
                .then(|| Problem { path: relative.to_owned(), kind: ProblemKind::Folder }),
        })
    }

    fn write_index(&self, planned: &BTreeMap<String, Vec<Planned>>, moved: &[String]) -> io::Result<()> {
        let files = &*self.survey.files;
        // A file that was moved by itself has a new time of change; a file in a moved folder has not.
        let moved: BTreeMap<&str, Stamp> = moved
            .par_iter()
            .filter_map(|relative| match files.entry(&self.survey.output.join(relative)) {
                Ok(Some(Entry::File(stamp))) => Some((relative.as_str(), stamp)),
                _ => None,
            })
            .collect();
        let mut writer = IndexWriter::default();
        let names: BTreeSet<&str> =
            self.survey.index.environments().chain(planned.keys().map(String::as_str)).collect();
        for environment in names {
            let added = planned.get(environment).map(Vec::as_slice).unwrap_or_default();
            let mut entries = BTreeMap::new();
            let record = self.survey.record(environment).ok();
            for (path, known) in self.survey.index.known(environment) {
                let kept = record.as_ref().is_some_and(|record| record.sum.entries.contains_key(path));
                if kept && !covers(&self.scopes, environment, path) {
                    entries.insert(path, *known);
                }
            }
            for file in added {
                let Some(stamp) = file.stamp else { continue };
                let stamp = match moved.get(format!("{environment}/{}", file.path).as_str()) {
                    Some(after) if after.same_content(&stamp) => *after,
                    // Somebody changed it at once; it has to be read again.
                    Some(_) => continue,
                    None => stamp,
                };
                entries.insert(&*file.path, (stamp, file.hash));
            }
            if !entries.is_empty() {
                writer.environment(environment, &entries);
            }
        }
        let (new, index) = (self.state.join("index.new"), self.state.join("index"));
        if files.entry(&new)?.is_some() {
            files.remove(&new)?;
        }
        let written = files.create(&new, &writer.finish()).and_then(|_| files.rename(&new, &index));
        if written.is_err() {
            let _left = files.remove(&new);
        }
        written
    }
}

/// Makes the folder for the tool's own files, and tells git to ignore it.
fn make_state(files: &dyn FileSystem, output: &Path, state: &Path) -> Result<(), Error> {
    let stand = |path: &Path| files.entry(path).map_err(|source| Error::read(path, source));
    let make = |path: &Path| match files.create_folder(path) {
        // Another run may be making it at this moment.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result.map_err(|source| Error::write(path, source)),
    };
    for folder in [output, state] {
        match stand(folder)? {
            Some(Entry::Folder) => {}
            Some(Entry::Link) => return Err(Error::new(ErrorKind::Link, folder)),
            Some(_) => return Err(Error::write(folder, io::ErrorKind::NotADirectory.into())),
            None => {
                let missing: Vec<&Path> = folder
                    .ancestors()
                    .skip(1)
                    .take_while(|above| !above.as_os_str().is_empty() && !above.exists())
                    .collect();
                missing.into_iter().rev().try_for_each(make)?;
                make(folder)?;
            }
        }
    }
    for (name, text) in [(".gitignore", "*\n"), ("lock", "")] {
        let path = state.join(name);
        match stand(&path)? {
            None => match files.create(&path, text.as_bytes()) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(Error::write(path, error));
                }
                _ => {}
            },
            Some(Entry::Link) => return Err(Error::new(ErrorKind::Link, path)),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Finds two files that cannot both be there; the files are sorted.
fn find_clash(environment: &str, files: &[Planned]) -> Result<(), Error> {
    let clash = |path: &str| Err(Error::new(ErrorKind::Clash, format!("{environment}/{path}")));
    let mut folders: HashSet<&str> = HashSet::new();
    let mut last = None;
    for file in files {
        if last == Some(&file.path) {
            return clash(&file.path);
        }
        last = Some(&file.path);
        for folder in folders_above(&file.path) {
            if !folders.insert(folder) {
                break;
            }
        }
    }
    match files.iter().find(|file| folders.contains(&*file.path)) {
        Some(file) => clash(&file.path),
        None => Ok(()),
    }
}
