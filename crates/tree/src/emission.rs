//! One write of the tree, file by file, for callers that render more than they want to keep in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use aqueduct_manifest::Hash;
use rayon::prelude::*;

use crate::apply::{Applied, apply};
use crate::disk::{Disk, Entry, FileSystem};
use crate::emit::{EmitOptions, EmitReport};
use crate::error::{Error, ErrorKind};
use crate::index::IndexWriter;
use crate::input::{InputKey, remember};
use crate::lock::Lock;
use crate::plan::{Action, Plan, Planned, plan};
use crate::stage::Stage;
use crate::stamp::Stamp;
use crate::state::{StateFolder, replace};
use crate::survey::{Found, Survey, plain};
use crate::tree::{OutputScope, check, covers};

/// A write of the tree in progress. Nothing in the environments changes before [`Emission::commit`], and
/// nothing remains if it is dropped.
pub struct Emission {
    scopes: Vec<OutputScope>,
    options: EmitOptions,
    /// The environments on disk that a scope covers.
    environments: BTreeSet<String>,
    state: StateFolder,
    survey: Survey,
    stage: Stage,
    planned: Mutex<BTreeMap<String, Vec<Planned>>>,
    // Dropped last, after the stage.
    _lock: Lock,
}

impl Emission {
    /// Takes the lock of the output folder, removes what a killed run left in the tool's own folder, and starts
    /// a write that covers some parts of the output.
    ///
    /// # Errors
    /// Another run that holds the lock, symbolic links in place of the tool's own files, and whatever the
    /// file system refuses.
    pub fn begin(
        output: &Path,
        scopes: impl IntoIterator<Item = OutputScope>,
        options: EmitOptions,
    ) -> Result<Self, Error> {
        Self::begin_on(Arc::new(Disk), output, scopes, options)
    }

    pub(crate) fn begin_on(
        files: Arc<dyn FileSystem>,
        output: &Path,
        scopes: impl IntoIterator<Item = OutputScope>,
        options: EmitOptions,
    ) -> Result<Self, Error> {
        let output = plain(output);
        let state = StateFolder::of(&output);
        state.make(&*files, &output)?;
        let lock = Lock::take(&state.lock(), options.wait)?;
        state.tidy(&*files)?;
        let scopes: Vec<OutputScope> = scopes.into_iter().collect();
        let survey = Survey::open(Arc::clone(&files), &output)?;
        let environments = scoped_environments(&survey, &scopes)?;
        environments.par_iter().try_for_each(|environment| survey.record(environment).map(drop))?;
        Ok(Self {
            scopes,
            options,
            environments,
            survey,
            stage: Stage::new(files, state.staged()),
            state,
            planned: Mutex::default(),
            _lock: lock,
        })
    }

    /// Adds a rendered file, and stages it if the disk contains anything else. Many threads may add at once.
    ///
    /// # Errors
    /// A name that must not be in the tree, a path that is already taken, and whatever the file system
    /// refuses. What must not be overwritten is reported by [`Emission::commit`], all at once.
    pub fn add(&self, environment: &str, path: &str, bytes: &[u8]) -> Result<(), Error> {
        check(environment, path)?;
        let relative = format!("{environment}/{path}");
        let record = self.survey.record(environment)?;
        let hash = Hash::of(bytes);
        let known = record.sum.entries.get_key_value(path);
        let found = self.survey.look(environment, path)?;
        let stamp = match &found {
            Found::File(seen) => Some(seen.stamp),
            _ => None,
        };
        let action = Action::new(&self.survey, environment, path, found, hash, self.options)?;
        let stamp = if action.writes() { Some(self.stage.write(&relative, bytes)?) } else { stamp };
        let path = known.map_or_else(|| Arc::from(path), |(path, _)| Arc::clone(path));
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

    /// Makes the output equal to what was added. The result is the whole new tree, or an error and the old
    /// one.
    ///
    /// `input` is the key of the whole tree's input, for [`made_from`](crate::made_from); `None` for a part
    /// of a tree, or if it must be rendered again next time.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] with all paths that must not be overwritten; two files that claim one path;
    /// [`ErrorKind::Changed`] with the paths that somebody changed while they were written; and whatever the file
    /// system refuses, where [`ErrorKind::HalfWritten`] means that some files are new and some old.
    pub fn commit(self, input: Option<&InputKey>) -> Result<EmitReport, Error> {
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
        let plans: Vec<(&str, &Plan)> = planned.keys().map(String::as_str).zip(&plans).collect();
        let (mut report, mut problems) = (EmitReport::default(), Vec::new());
        for (_, plan) in &plans {
            report.extend(&plan.report);
            problems.extend(plan.problems.iter().cloned());
        }
        if !problems.is_empty() {
            problems.sort();
            problems.dedup();
            return Err(Error::new(ErrorKind::Refused(problems), &self.survey.output));
        }
        let changes = plans.iter().any(|(_, plan)| plan.changes_anything());
        let applied = match changes {
            true => apply(&self.survey, &self.stage, &self.state, &plans)?,
            false => Applied::default(),
        };
        if changes || self.survey.read.load(Ordering::Relaxed) {
            // Without a cache, the next run takes longer, and nothing else.
            let _uncached = self.write_index(&planned, &applied.touched);
        }
        if !applied.kept.is_empty() {
            return Err(Error::new(ErrorKind::Changed(applied.kept), &self.survey.output));
        }
        if let Some(key) = input {
            let _unremembered = remember(Arc::clone(&self.survey.files), &self.survey.output, key);
        }
        Ok(report)
    }

    fn write_index(&self, planned: &BTreeMap<String, Vec<Planned>>, touched: &[String]) -> io::Result<()> {
        let files = &*self.survey.files;
        // A file that was renamed or linked itself has a new time of change; a file in a renamed folder does
        // not.
        let touched: BTreeMap<&str, Option<Stamp>> = touched
            .par_iter()
            .map(|relative| match files.entry(&self.survey.output.join(relative)) {
                Ok(Some(Entry::File(stamp))) => (relative.as_str(), Some(stamp)),
                _ => (relative.as_str(), None),
            })
            .collect();
        let after = |environment: &str, path: &str, before: Stamp| {
            match touched.get(format!("{environment}/{path}").as_str()) {
                // If somebody changed it right away, it must be read again.
                Some(after) => after.filter(|after| after.same_content(&before)),
                None => Some(before),
            }
        };
        let mut writer = IndexWriter::default();
        let known = self.survey.index.environments();
        for environment in known.chain(planned.keys().map(String::as_str)).collect::<BTreeSet<&str>>() {
            let others = self
                .survey
                .index
                .known(environment)
                .filter(|(path, _)| !covers(&self.scopes, environment, path))
                .map(|(path, (stamp, hash))| (path, *stamp, *hash));
            let written = planned.get(environment).into_iter().flatten();
            let written = written.filter_map(|file| Some((&*file.path, file.stamp?, file.hash)));
            let entries = others
                .chain(written)
                .filter_map(|(path, stamp, hash)| Some((path, (after(environment, path, stamp)?, hash))))
                .collect();
            writer.environment(environment, &entries);
        }
        replace(files, &self.state.index(), &self.state.scratch(), &writer.finish())
    }
}

/// Returns the environments that the scopes cover.
fn scoped_environments(survey: &Survey, scopes: &[OutputScope]) -> Result<BTreeSet<String>, Error> {
    let mut environments = BTreeSet::new();
    for scope in scopes {
        match scope {
            OutputScope::Everything => environments.extend(survey.environments()?),
            OutputScope::Environment(environment) | OutputScope::Folder { environment, .. } => {
                check(environment, "any")?;
                environments.insert(environment.clone());
            }
        }
    }
    Ok(environments)
}
