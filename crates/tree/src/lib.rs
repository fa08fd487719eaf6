//! The hydrated tree on disk: layout, hashes, atomic emit, prune, diff.
//!
//! The steps: [`file_names`] names the file of every object, a [`Tree`] collects the files of all environments,
//! [`emit`] makes the output folder equal to it, and [`status`] and [`diff`] show what that would change,
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
//! `.aqueduct/staged`. Nothing in the environments is touched before all of them are there. Then the
//! environments change one after the other, each in one step. A new one is renamed into place. In an existing
//! one, the smallest folder that contains all changes is built in the stage, with hard links to the files
//! that stay, and exchanged with the old one. A killed run leaves each environment either old or new.
//!
//! If the file system cannot exchange folders, stale files are removed and staged ones renamed into place one
//! by one. Meanwhile, or while a folder below the environment's own is exchanged, `aqueduct.sum` lists the old
//! and the new hashes, so that the next run recognises all files as its own, wherever this one stopped.
//! Nothing in `.aqueduct` is needed again, and nothing there decides what is written.
//!
//! # Changes made by others during a write
//! Every file is checked again right before it is replaced or removed, and in the old folder after an
//! exchange. Files that changed since the survey stay, or are moved back, and the run ends with
//! [`ErrorKind::Changed`].
//!
//! # Flushing to disk
//! Nothing is flushed. The order above protects against a killed process and a full disk, because the kernel
//! keeps what was written. After a power failure, the file system may have lost any of it. The hashes then show
//! which files are corrupt, and the tree can be restored from git or rendered again.

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
pub use name::{file_name, file_names};
pub use status::{FileChange, State, Status, status};
pub use sum::SUM;
pub use tree::{OutputScope, Tree};
