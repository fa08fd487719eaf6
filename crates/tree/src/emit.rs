//! Makes the output folder equal to a tree.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rayon::prelude::*;

use crate::disk::{Disk, FileSystem};
use crate::emission::Emission;
use crate::error::Error;
use crate::tree::Tree;

/// How a tree is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmitOptions {
    /// Whether files that somebody edited are overwritten, or removed if they are no longer rendered.
    pub overwrite_edited: bool,
    /// How long to wait for another run that is writing the same output.
    pub wait: Duration,
}

impl Default for EmitOptions {
    fn default() -> Self {
        Self { overwrite_edited: false, wait: Duration::from_secs(10) }
    }
}

/// What a write did. The paths are below the output folder, in order, such as `dev/shop/web/service-web.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmitReport {
    /// The files that did not exist.
    pub created: Vec<String>,
    /// The files with changed bytes.
    pub updated: Vec<String>,
    /// The files that are no longer rendered.
    pub removed: Vec<String>,
    /// The files that had the right bytes although the tool did not write them. The tool owns them from now
    /// on.
    pub adopted: Vec<String>,
    /// The number of files that were left alone.
    pub unchanged: usize,
    /// The number of updated files that had the right content with line endings that git had converted.
    pub converted: usize,
}

impl EmitReport {
    /// Tells whether nothing was written.
    pub fn is_unchanged(&self) -> bool {
        self.created.is_empty()
            && self.updated.is_empty()
            && self.removed.is_empty()
            && self.adopted.is_empty()
    }
}

impl EmitReport {
    /// Adds the report of another environment.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.created.extend_from_slice(&other.created);
        self.updated.extend_from_slice(&other.updated);
        self.removed.extend_from_slice(&other.removed);
        self.adopted.extend_from_slice(&other.adopted);
        self.unchanged += other.unchanged;
        self.converted += other.converted;
    }
}

/// Makes the output folder equal to the tree. The result is the whole new tree, or an error and the old one.
///
/// # Errors
/// Everything that [`Emission::begin`], [`Emission::add`] and [`Emission::commit`] refuse.
pub fn emit(output: &Path, tree: &Tree, options: EmitOptions) -> Result<EmitReport, Error> {
    emit_on(Arc::new(Disk), output, tree, options)
}

pub(crate) fn emit_on(
    files: Arc<dyn FileSystem>,
    output: &Path,
    tree: &Tree,
    options: EmitOptions,
) -> Result<EmitReport, Error> {
    let emission = Emission::begin_on(files, output, tree.scopes().iter().cloned(), options)?;
    let all: Vec<_> = tree.iter().collect();
    all.par_iter().try_for_each(|(environment, path, bytes)| emission.add(environment, path, bytes))?;
    emission.commit(None)
}
