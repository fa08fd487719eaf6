//! One write of the tree, file by file: for callers that render more than they want to hold in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use crate::apply::apply;
use crate::disk::{Disk, Entry, FileSystem};
use crate::emit::{Options, Report};
use crate::error::{Error, ErrorKind};
use crate::hash::Hash;
use crate::index::IndexWriter;
use crate::input::{InputKey, remember};
use crate::lock::Lock;
use crate::plan::{Action, Planned, plan};
use crate::recover::recover;
use crate::stage::Stage;
use crate::stamp::Stamp;
use crate::state::{StateFolder, replace};
use crate::sum::SUM;
use crate::survey::{Found, Survey, plain};
use crate::tree::{Scope, check, covers};

/// A write of the tree that has begun; nothing in the environments changes before [`Emission::commit`], and
/// nothing stays behind where it is dropped.
pub struct Emission {
    scopes: Vec<Scope>,
    options: Options,
    /// The environments on disk that a scope speaks of.
    environments: BTreeSet<String>,
    state: StateFolder,
    survey: Survey,
    stage: Stage,
    planned: Mutex<BTreeMap<String, Vec<Planned>>>,
    finished: bool,
    // Dropped last, after the stage.
    _lock: Lock,
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
        let state = StateFolder::of(&output);
        state.make(&*files, &output)?;
        let lock = Lock::take(&state.lock(), options.wait)?;
        let (staged, committed) = (state.staged(), state.committed());
        let look = |path: &Path| files.entry(path).map_err(|source| Error::read(path, source));
        let finished = match look(&committed)? {
            Some(Entry::Folder) => {
                recover(&Survey::open(Arc::clone(&files), &output)?, &state)?;
                true
            }
            Some(_) => return Err(Error::new(ErrorKind::Link, committed)),
            None => false,
        };
        if look(&staged)?.is_some() {
            files.remove_all(&staged).map_err(|source| Error::write(&staged, source))?;
        }
        let scopes: Vec<Scope> = scopes.into_iter().collect();
        let survey = Survey::open(Arc::clone(&files), &output)?;
        let environments = scoped_environments(&survey, &scopes)?;
        environments.par_iter().try_for_each(|environment| survey.record(environment).map(drop))?;
        Ok(Self {
            scopes,
            options,
            environments,
            survey,
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
        let relative = format!("{environment}/{path}");
        let record = self.survey.record(environment)?;
        let hash = Hash::of(bytes);
        let recorded = record.sum.entries.get_key_value(path);
        let found = self.survey.look(environment, path)?;
        let stamp = match &found {
            Found::File { stamp, .. } => Some(*stamp),
            _ => None,
        };
        let action = Action::new(found, recorded.map(|(_, hash)| *hash), hash, &relative, self.options);
        let stamp = if action.writes() { Some(self.stage.write(&relative, bytes)?) } else { stamp };
        let path = recorded.map_or_else(|| Arc::from(path), |(path, _)| Arc::clone(path));
        let file = Planned { path, hash, stamp, action };
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        match planned.get_mut(environment) {
            Some(files) => files.push(file),
            None => {
                planned.insert(environment.to_owned(), vec![file]);
            }
        }
        Ok(())
    }

    /// Makes the output equal to what was added: the new tree as a whole, or an error and the old one.
    ///
    /// `input` is the key of what the whole tree was made from, for [`made_from`](crate::made_from); `None`
    /// for a part of a tree, and where it must be rendered again the next time.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] with all paths that hold what must not be overwritten; two files that claim one
    /// path; and whatever the file system refuses, where [`ErrorKind::HalfWritten`] means that the next run
    /// finishes the work.
    pub fn commit(self, input: Option<&InputKey>) -> Result<Report, Error> {
        let mut planned = std::mem::take(&mut *self.planned.lock().unwrap_or_else(PoisonError::into_inner));
        for environment in &self.environments {
            planned.entry(environment.clone()).or_default();
        }
        let plans: Vec<_> = planned
            .par_iter_mut()
            .map(|(environment, files)| {
                files.par_sort_unstable_by(|left, right| left.path.cmp(&right.path));
                plan(&self.survey, environment, files, &self.scopes, self.options)
            })
            .collect::<Result<_, Error>>()?;
        let mut report = Report { finished: self.finished, ..Report::default() };
        let (mut problems, mut removals, mut sums) = (Vec::new(), Vec::new(), Vec::new());
        for (environment, plan) in planned.keys().zip(plans) {
            report.extend(plan.report);
            problems.extend(plan.problems);
            removals.extend(plan.removals);
            sums.extend(plan.sum.map(|text| (format!("{environment}/{SUM}"), text)));
        }
        if !problems.is_empty() {
            problems.sort();
            problems.dedup();
            return Err(Error::new(ErrorKind::Refused(problems), &self.survey.output));
        }
        for (path, text) in &sums {
            self.stage.write(path, text)?;
        }
        let mut moved = Vec::new();
        if !self.stage.is_empty() {
            let committed = self.state.committed();
            self.stage.commit(&committed)?;
            moved = apply(&*self.survey.files, &committed, &self.survey.output, &removals)?;
        }
        if !self.stage.is_empty() || self.survey.read.load(Ordering::Relaxed) {
            // A cache that cannot be written costs time and nothing else.
            let _uncached = self.write_index(&planned, &moved);
        }
        if let Some(key) = input {
            let _unremembered = remember(Arc::clone(&self.survey.files), &self.survey.output, key);
        }
        Ok(report)
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
        let known = self.survey.index.environments();
        for environment in known.chain(planned.keys().map(String::as_str)).collect::<BTreeSet<&str>>() {
            let mut entries: BTreeMap<&str, (Stamp, Hash)> = self
                .survey
                .index
                .known(environment)
                .filter(|(path, _)| !covers(&self.scopes, environment, path))
                .map(|(path, known)| (path, *known))
                .collect();
            for file in planned.get(environment).into_iter().flatten() {
                let Some(stamp) = file.stamp else { continue };
                let stamp = match moved.get(format!("{environment}/{}", file.path).as_str()) {
                    Some(after) if after.same_content(&stamp) => *after,
                    // Somebody changed it at once; it has to be read again.
                    Some(_) => continue,
                    None => stamp,
                };
                entries.insert(&*file.path, (stamp, file.hash));
            }
            writer.environment(environment, &entries);
        }
        replace(files, &self.state.index(), &self.state.scratch(), &writer.finish())
    }
}

/// Returns the environments that the scopes speak of.
fn scoped_environments(survey: &Survey, scopes: &[Scope]) -> Result<BTreeSet<String>, Error> {
    let mut environments = BTreeSet::new();
    for scope in scopes {
        match scope {
            Scope::Everything => environments.extend(survey.environments()?),
            Scope::Environment(environment) | Scope::Folder { environment, .. } => {
                check(environment, "any")?;
                environments.insert(environment.clone());
            }
        }
    }
    Ok(environments)
}
