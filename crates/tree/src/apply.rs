//! Moves staged files into place: the only code that changes the environments' folders.
//!
//! If possible, an environment changes in one step. A new one is renamed into place. In an existing one, the
//! smallest folder that contains all changes is rebuilt in the stage, with hard links to the files that stay,
//! and exchanged with the old one. If the file system supports neither, or a folder cannot be rebuilt, the
//! files are moved into place one by one.
//!
//! Whatever is replaced or removed is checked again, right before it goes, and once more in the old folder
//! after an exchange. What somebody changed since the survey is moved back.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use crate::disk::{Entry, FileSystem};
use crate::error::{Error, ErrorKind, ProblemKind, RefusedPath};
use crate::mirror::{Linked, Mirror};
use crate::path::folders_above;
use crate::plan::{Before, Plan, PlannedChange};
use crate::stage::Stage;
use crate::state::{StateFolder, make_with_parents, replace};
use crate::sum::{SUM, Sum};
use crate::survey::Survey;

/// What was done in addition to the plan.
#[derive(Default)]
pub(crate) struct Applied {
    /// The files that were renamed or linked, by their paths below the output.
    pub(crate) touched: Vec<String>,
    /// The paths that changed meanwhile and were kept.
    pub(crate) kept: Vec<RefusedPath>,
}

/// Carries out the plans of the environments.
pub(crate) fn apply(
    survey: &Survey,
    stage: &Stage,
    state: &StateFolder,
    plans: &[(&str, &Plan)],
) -> Result<Applied, Error> {
    let can_exchange =
        plans.iter().any(|(_, plan)| plan.changes.len() > 1) && exchanges(&*survey.files, stage);
    let mut applying = Vec::new();
    for (environment, plan) in plans.iter().filter(|(_, plan)| plan.changes_anything()) {
        applying.push(Applying::prepare(survey, stage, state, environment, plan, can_exchange)?);
    }
    let mut changed =
        applying.iter().map(Applying::changed_meanwhile).collect::<Result<Vec<_>, _>>()?.concat();
    if !changed.is_empty() {
        changed.sort();
        return Err(Error::new(ErrorKind::Refused(changed), &survey.output));
    }
    stage.open_for_old_files();
    let changed = applying.iter_mut().try_for_each(Applying::change);
    // Even if a later one failed: somebody may have changed files in the old folders.
    let finished: Vec<Result<Applied, Error>> = applying.into_iter().map(Applying::finish).collect();
    changed?;
    let mut all = Applied::default();
    for applied in finished {
        let applied = applied?;
        all.touched.extend(applied.touched);
        all.kept.extend(applied.kept);
    }
    stage.remove();
    all.kept.sort();
    Ok(all)
}

/// Tells whether the file system can exchange folders.
fn exchanges(files: &dyn FileSystem, stage: &Stage) -> bool {
    const FOLDERS: [&str; 2] = [".exchange/left", ".exchange/right"];
    let [left, right] = FOLDERS.map(|folder| stage.place(folder));
    FOLDERS.iter().all(|folder| stage.make_folder(folder).is_ok()) && files.exchange(&left, &right).is_ok()
}

/// How an environment changes.
enum Way {
    /// It is new, and renamed into place.
    Rename,
    /// One of its folders, or its own, is exchanged with the old one.
    Exchange { folder: String, linked: Linked },
    /// File after file.
    OneByOne,
}

/// An environment that is being changed.
struct Applying<'a> {
    survey: &'a Survey,
    stage: &'a Stage,
    state: &'a StateFolder,
    environment: &'a str,
    plan: &'a Plan,
    way: Way,
    /// Whether the old folder is in the stage.
    exchanged: bool,
    applied: Mutex<Applied>,
}

impl<'a> Applying<'a> {
    /// Stages everything that the change needs.
    fn prepare(
        survey: &'a Survey,
        stage: &'a Stage,
        state: &'a StateFolder,
        environment: &'a str,
        plan: &'a Plan,
        can_exchange: bool,
    ) -> Result<Self, Error> {
        let mut applying = Self {
            survey,
            stage,
            state,
            environment,
            plan,
            way: Way::OneByOne,
            exchanged: false,
            applied: Mutex::default(),
        };
        if let Some(sum) = plan.sum.as_ref().filter(|sum| !sum.text.is_empty()) {
            stage.write(&applying.sum_path(), &sum.text)?;
        }
        if !plan.is_there {
            applying.way = Way::Rename;
            return Ok(applying);
        }
        let folder = common_folder(environment, plan.changes.keys());
        // One file changes in one step anyway.
        if can_exchange && plan.changes.len() > 1 && survey.has_folder(folder)? {
            // A file that cannot be linked, or another user's folder, is no reason to give up.
            if let Ok(linked) = Mirror::make(survey, stage, environment, plan, folder) {
                applying.way = Way::Exchange { folder: folder.to_owned(), linked };
            }
        }
        if !applying.exchanges_all() && !plan.changes.is_empty() {
            applying.stage_between()?;
        }
        Ok(applying)
    }

    /// Returns the paths of the plan that changed since the survey.
    fn changed_meanwhile(&self) -> Result<Vec<RefusedPath>, Error> {
        let sum = self.survey.output.join(self.sum_path());
        let list = match &self.survey.record(self.environment)?.text {
            Some((_, seen)) if self.plan.sum.is_some() => look_again(self.files(), &sum, Before::File(*seen)),
            _ => Ok(None),
        };
        let list = list.map_err(|source| Error::read(&sum, source))?;
        let mut changed: Vec<RefusedPath> = self
            .plan
            .changes
            .par_iter()
            .filter_map(|(relative, change)| self.problem(relative, change).transpose())
            .collect::<Result<_, _>>()
            .map_err(|source| Error::read(&self.survey.output, source))?;
        changed.extend(list.map(|kind| RefusedPath { path: self.sum_path(), kind }));
        Ok(changed)
    }

    fn change(&mut self) -> Result<(), Error> {
        let folder = match &self.way {
            Way::Rename => {
                return self.rename(&self.stage.place(self.environment), &self.output(self.environment));
            }
            Way::OneByOne => return self.one_by_one(),
            Way::Exchange { folder, .. } => folder,
        };
        if !self.exchanges_all() {
            self.list_between()?;
        }
        if !self.exchange(folder) {
            self.stage_between()?;
            return self.one_by_one();
        }
        self.exchanged = true;
        if !self.exchanges_all() {
            self.remove_emptied()?;
            self.list_new()
        } else if self.plan.sum.as_ref().is_some_and(|sum| sum.text.is_empty()) {
            self.remove_if_empty(&self.output(self.environment))
        } else {
            Ok(())
        }
    }

    /// Removes what was replaced.
    fn finish(self) -> Result<Applied, Error> {
        if let Way::Exchange { folder, linked } = &self.way {
            if self.exchanged {
                self.clear(folder, linked)?;
            }
            self.applied().touched.extend(linked.keys().cloned());
        }
        self.own_kept()?;
        Ok(self.applied.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Exchanges a folder, and tells whether the file system did it.
    fn exchange(&self, folder: &str) -> bool {
        let (staged, live) = (self.stage.place(folder), self.output(folder));
        let exchanged = if self.stage.has_folder(folder) {
            self.files().exchange(&staged, &live)
        } else {
            // No file stays in it, so the old one only moves away.
            self.files().rename(&live, &staged)
        };
        exchanged.is_ok()
    }

    fn one_by_one(&self) -> Result<(), Error> {
        if !self.plan.changes.is_empty() {
            self.list_between()?;
        }
        self.plan.changes.par_iter().filter(|(_, change)| change.after.is_none()).try_for_each(
            |(relative, change)| {
                let full = self.output(relative);
                if self.keeps(relative, change)? {
                    return Ok(());
                }
                absent_is_fine(self.files().remove(&full)).map_err(|source| Error::half_written(full, source))
            },
        )?;
        self.remove_emptied()?;
        if self.stage.has_folder(self.environment) {
            self.move_folder(self.environment)?;
        }
        self.list_new()
    }

    fn move_folder(&self, relative: &str) -> Result<(), Error> {
        let staged = self.stage.place(relative);
        let listed = self.files().list(&staged).map_err(|source| Error::half_written(&staged, source))?;
        listed.par_iter().try_for_each(|entry| {
            let child = format!("{relative}/{}", entry.name);
            let (from, to) = (self.stage.place(&child), self.output(&child));
            if entry.is_folder {
                let found = self.files().entry(&to).map_err(|source| Error::half_written(&to, source))?;
                return if found == Some(Entry::Folder) {
                    self.move_folder(&child)
                } else {
                    self.rename(&from, &to)
                };
            }
            // Anything that is not a change is a link to a file that stays.
            let Some(change) = self.plan.changes.get(&child) else { return Ok(()) };
            if !self.keeps(&child, change)? {
                self.rename(&from, &to)?;
                self.applied().touched.push(child);
            }
            Ok(())
        })
    }

    /// Removes the folders that removed files left empty.
    fn remove_emptied(&self) -> Result<(), Error> {
        // A folder sorts before its contents, so the reverse order empties it first.
        self.plan
            .emptied()
            .into_iter()
            .rev()
            .try_for_each(|folder| self.remove_if_empty(&self.output(folder)))
    }

    /// Removes an old folder. Anything that changed is moved back to its place.
    fn clear(&self, relative: &str, linked: &Linked) -> Result<(), Error> {
        let old = self.stage.place(relative);
        let fail = |source| Error::half_written(&old, source);
        self.files().list(&old).map_err(fail)?.par_iter().try_for_each(|entry| {
            let child = format!("{relative}/{}", entry.name);
            if entry.is_folder {
                return self.clear(&child, linked);
            }
            let path = self.stage.place(&child);
            let gone = match self.is_known(&child, linked).map_err(fail)? {
                true => self.files().remove(&path),
                false => self.put_back(&child, linked),
            };
            gone.map_err(|source| Error::half_written(path, source))
        })?;
        self.files().remove_folder(&old).map_err(fail)
    }

    /// Tells whether a file in an old folder is what the survey, or its link, found there.
    fn is_known(&self, relative: &str, linked: &Linked) -> io::Result<bool> {
        let path = self.stage.place(relative);
        match self.change_of(relative) {
            Some(Before::File(seen)) => return seen.is_still(self.files(), &path),
            Some(Before::Nothing | Before::Folder) => return Ok(false),
            None => {}
        }
        Ok(match (linked.get(relative), self.files().entry(&path)?) {
            // What was written to it since is also in the new folder.
            (Some(Entry::File(linked)), Some(Entry::File(found))) => linked.inode == found.inode,
            (Some(linked), Some(found)) => *linked == found,
            _ => false,
        })
    }

    /// Moves what somebody changed back to its place.
    fn put_back(&self, relative: &str, linked: &Linked) -> io::Result<()> {
        let (from, to) = (self.stage.place(relative), self.output(relative));
        let ours = match (self.plan.changes.get(relative), linked.get(relative)) {
            (Some(PlannedChange { after: Some(stamp), .. }), _) | (None, Some(Entry::File(stamp))) => {
                Some(*stamp)
            }
            _ => None,
        };
        let free = match self.files().entry(&to)? {
            None => to.parent().is_some_and(|folder| make_with_parents(self.files(), folder).is_ok()),
            Some(Entry::File(found)) => ours.is_some_and(|ours| ours.same_content(&found)),
            Some(_) => false,
        };
        let kind = match self.change_of(relative) {
            Some(Before::File(_)) => ProblemKind::Edited,
            _ => ProblemKind::Foreign,
        };
        let mut path = relative.to_owned();
        if free {
            self.files().rename(&from, &to)?;
        } else {
            // Something new is already there.
            let aside = self.state.kept().join(relative);
            let folder = aside.parent().unwrap_or(&aside);
            make_with_parents(self.files(), folder).map_err(io::Error::other)?;
            self.files().rename(&from, &aside)?;
            path = aside.strip_prefix(&self.survey.output).unwrap_or(&aside).display().to_string();
        }
        self.applied().kept.push(RefusedPath { path, kind });
        Ok(())
    }

    /// Lists the kept files that were to be removed, so that the tool still owns them.
    fn own_kept(&self) -> Result<(), Error> {
        let record = self.survey.record(self.environment)?;
        let kept: BTreeSet<String> = self.applied().kept.iter().map(|problem| problem.path.clone()).collect();
        let mut owned = record.sum.iter().filter(|(path, _)| {
            let relative = format!("{}/{path}", self.environment);
            kept.contains(&relative)
                && self.plan.changes.get(&relative).is_some_and(|change| change.after.is_none())
        });
        let Some(first) = owned.next() else { return Ok(()) };
        let path = self.output(&self.sum_path());
        let text = match &self.plan.sum {
            Some(sum) => &*sum.text,
            None => record.text.as_ref().map(|(text, _)| &**text).unwrap_or_default(),
        };
        let mut sum = Sum::parse(text).unwrap_or_default();
        sum.extend(std::iter::once(first).chain(owned).map(|(path, hash)| (path.clone(), hash)));
        replace(self.files(), &path, &self.state.scratch(), &sum.text())
            .map_err(|source| Error::half_written(path, source))
    }

    /// Stages the list for the time while some files are old and some new.
    fn stage_between(&self) -> Result<(), Error> {
        match &self.plan.sum {
            Some(sum) => self.stage.write(&self.between_path(), &sum.between).map(drop),
            None => Ok(()),
        }
    }

    fn list_between(&self) -> Result<(), Error> {
        match &self.plan.sum {
            Some(_) => self.rename(&self.stage.place(&self.between_path()), &self.output(&self.sum_path())),
            None => Ok(()),
        }
    }

    fn list_new(&self) -> Result<(), Error> {
        let path = self.sum_path();
        match &self.plan.sum {
            Some(sum) if sum.text.is_empty() => {
                let full = self.output(&path);
                absent_is_fine(self.files().remove(&full))
                    .map_err(|source| Error::half_written(full, source))?;
                self.remove_if_empty(&self.output(self.environment))
            }
            Some(_) => self.rename(&self.stage.place(&path), &self.output(&path)),
            None => Ok(()),
        }
    }

    /// Tells whether the environment's own folder is exchanged, with its list.
    fn exchanges_all(&self) -> bool {
        matches!(&self.way, Way::Exchange { folder, .. } if folder == self.environment)
    }

    /// Tells whether what is at the path of a change must stay, and records it.
    fn keeps(&self, relative: &str, change: &PlannedChange) -> Result<bool, Error> {
        let problem = self.problem(relative, change);
        let problem = problem.map_err(|source| Error::half_written(self.output(relative), source))?;
        let keeps = problem.is_some();
        self.applied().kept.extend(problem);
        Ok(keeps)
    }

    fn problem(&self, relative: &str, change: &PlannedChange) -> io::Result<Option<RefusedPath>> {
        let kind = look_again(self.files(), &self.output(relative), change.before)?;
        Ok(kind.map(|kind| RefusedPath { path: relative.to_owned(), kind }))
    }

    /// Returns what was found before at a path that changes.
    fn change_of(&self, relative: &str) -> Option<Before> {
        match self.plan.changes.get(relative) {
            Some(change) => Some(change.before),
            None if self.plan.sum.is_some() && relative == self.sum_path() => {
                let record = self.survey.record(self.environment).ok()?;
                Some(record.text.as_ref().map_or(Before::Nothing, |(_, seen)| Before::File(*seen)))
            }
            None => None,
        }
    }

    fn remove_if_empty(&self, folder: &Path) -> Result<(), Error> {
        match self.files().remove_folder(folder) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
            result => absent_is_fine(result).map_err(|source| Error::half_written(folder, source)),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        self.files().rename(from, to).map_err(|source| Error::half_written(to, source))
    }

    fn applied(&self) -> MutexGuard<'_, Applied> {
        self.applied.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn files(&self) -> &dyn FileSystem {
        &*self.survey.files
    }

    fn output(&self, relative: &str) -> PathBuf {
        self.survey.output.join(relative)
    }

    fn sum_path(&self) -> String {
        format!("{}/{SUM}", self.environment)
    }

    fn between_path(&self) -> String {
        // No environment starts with a dot.
        format!(".between/{}", self.environment)
    }
}

/// Returns what is in the way at a path where something else was found before.
fn look_again(files: &dyn FileSystem, path: &Path, before: Before) -> io::Result<Option<ProblemKind>> {
    Ok(match (files.entry(path)?, before) {
        (None, _) | (Some(Entry::Folder), Before::Folder) => None,
        (Some(Entry::Folder), _) => Some(ProblemKind::Folder),
        (Some(Entry::Link), _) => Some(ProblemKind::Link),
        (Some(Entry::Special), _) => Some(ProblemKind::Special),
        (Some(Entry::File(_)), Before::File(seen)) => {
            (!seen.is_still(files, path)?).then_some(ProblemKind::Edited)
        }
        (Some(Entry::File(_)), _) => Some(ProblemKind::Foreign),
    })
}

/// Returns the smallest folder that contains all paths.
fn common_folder<'a>(environment: &'a str, mut paths: impl Iterator<Item = &'a String>) -> &'a str {
    let first = paths.next().and_then(|path| folders_above(path).next()).unwrap_or(environment);
    paths.fold(first, |common, path| {
        let holds = |folder: &str| folders_above(path).any(|above| above == folder);
        std::iter::once(common)
            .chain(folders_above(common))
            .find(|folder| holds(folder))
            .unwrap_or(environment)
    })
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(())
        }
        result => result,
    }
}
