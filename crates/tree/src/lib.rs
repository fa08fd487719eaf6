//! The hydrated tree on disk: layout, hashes, atomic emit, prune, diff.
//!
//! The steps: [`layout`] names the file of every object, a [`Tree`] gathers the files of all environments,
//! [`emit`] makes the output folder equal to it, and [`status`] and [`diff`] tell what that would change
//! without touching anything.
//!
//! ```text
//! <output>/<environment>/<path>          the rendered files
//! <output>/<environment>/aqueduct.sum    what this tool owns, in the format of `sha256sum -c`
//! <output>/.aqueduct/                    lock, staged files, cache; ignored by git, safe to delete at rest
//! ```
//!
//! # How a write stays whole
//! New and changed files, and the new `aqueduct.sum` of every environment, are first written to
//! `.aqueduct/staged`; before all of them lie there nothing in the environments was touched. Then every
//! environment changes, one after the other and each by one step: a new one is renamed into its place, and of
//! another the smallest folder that has all the changes is made anew in the stage, with hard links of the files
//! that stay, and exchanged with the old one. A run that is killed leaves each environment old or new.
//!
//! Where the file system cannot exchange folders, stale files are removed and staged ones renamed into their
//! places one by one. While that is done, or a folder below the environment's own is exchanged, `aqueduct.sum`
//! lists the old and the new hashes, so that the next run knows all files for the tool's own, wherever this one
//! stopped. So nothing in `.aqueduct` is ever needed again, and nothing there decides what is written.
//!
//! # What somebody changes meanwhile
//! Every file is looked at again right before it is replaced or removed, and in the old folder after an
//! exchange. What changed since the survey stays or goes back to its place, and the run ends with
//! [`ErrorKind::Changed`].
//!
//! # What is flushed to the disk
//! Nothing is: the order above holds against a killed process and a full disk, because the kernel keeps
//! what was written. After a power cut the file system may have lost any of it; the hashes then show which
//! files are torn, and the tree can be restored from git or rendered again.

mod apply;
mod diff;
mod disguise;
mod disk;
mod emission;
mod emit;
mod error;
mod index;
mod input;
mod lock;
mod mirror;
mod name;
mod path;
mod plan;
mod stage;
mod stamp;
mod state;
mod status;
mod sum;
mod survey;
mod tree;

#[cfg(test)]
mod faults;

pub use diff::{Counts, FileDiff, Summary, compare, diff, summary, unified};
pub use emission::Emission;
pub use emit::{EmitOptions, EmitReport, emit};
pub use error::{Error, ErrorKind, ProblemKind, RefusedPath};
pub use input::{InputKey, made_from};
pub use name::{file_name, file_names, layout};
pub use status::{FileChange, State, Status, status};
pub use sum::SUM;
pub use tree::{OutputScope, Tree};
