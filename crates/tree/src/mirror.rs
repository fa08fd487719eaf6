//! A folder as it is going to be, built in the stage beside the new files that are already there.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::disk::Entry;
use crate::error::Error;
use crate::plan::{Before, Plan};
use crate::stage::Stage;
use crate::sum::SUM;
use crate::survey::{DEPTH_LIMIT, Survey};

/// What stays as it is, by path below the output, as found after it was linked.
pub(crate) type Linked = BTreeMap<String, Entry>;

/// A folder that is being built.
pub(crate) struct Mirror<'a> {
    survey: &'a Survey,
    stage: &'a Stage,
    plan: &'a Plan,
    /// The path of the list, if it changes.
    sum: Option<String>,
    emptied: BTreeSet<&'a str>,
    linked: Mutex<Vec<(String, Entry)>>,
}

impl<'a> Mirror<'a> {
    /// Adds to the staged folder everything that stays in it: unchanged files, other people's files, and the
    /// folders with their modes.
    ///
    /// # Errors
    /// Anything that cannot be linked or given the same mode. Then the folder cannot be exchanged as a whole.
    pub(crate) fn make(
        survey: &'a Survey,
        stage: &'a Stage,
        environment: &str,
        plan: &'a Plan,
        folder: &str,
    ) -> Result<Linked, Error> {
        let sum = plan.sum.is_some().then(|| format!("{environment}/{SUM}"));
        let mirror = Self { survey, stage, plan, sum, emptied: plan.emptied(), linked: Mutex::default() };
        mirror.folder(folder, 0)?;
        let linked = mirror.linked.into_inner().unwrap_or_else(PoisonError::into_inner);
        if !stage.has_folder(folder)
            && let Some((above, _)) = folder.rsplit_once('/')
        {
            // The old folder goes there.
            stage.make_folder(above)?;
        }
        Ok(linked.into_iter().collect())
    }

    fn folder(&self, folder: &str, depth: usize) -> Result<(), Error> {
        let files = &*self.survey.files;
        let (live, staged) = (self.survey.output.join(folder), self.stage.place(folder));
        if depth > DEPTH_LIMIT {
            return Err(Error::write(staged, io::ErrorKind::Unsupported.into()));
        }
        let listed = files.list(&live).map_err(|source| Error::read(&live, source))?;
        listed.par_iter().try_for_each(|entry| {
            let child = format!("{folder}/{}", entry.name);
            let change = self.plan.changes.get(&child);
            if entry.is_folder {
                // A file may replace it.
                let gives_way = change.is_some_and(|change| matches!(change.before, Before::Folder));
                return if gives_way { Ok(()) } else { self.folder(&child, depth + 1) };
            }
            if change.is_some() || self.sum.as_ref() == Some(&child) {
                return Ok(());
            }
            self.stage.make_folder(folder)?;
            let (from, to) = (live.join(&entry.name), staged.join(&entry.name));
            let linked = files.link(&from, &to).and_then(|()| files.entry(&to));
            let linked = linked.map_err(|source| Error::write(to, source))?;
            self.linked
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(linked.map(|entry| (child, entry)));
            Ok(())
        })?;
        if !self.stage.has_folder(folder) {
            if self.emptied.contains(folder) {
                return Ok(());
            }
            self.stage.make_folder(folder)?;
        }
        files.liken(&staged, &live).map_err(|source| Error::write(staged, source))
    }
}
