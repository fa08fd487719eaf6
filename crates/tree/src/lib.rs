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
//! `.aqueduct/staged`. Renaming that folder to `.aqueduct/committed` is the one moment at which the old tree
//! becomes the new one: before it nothing in the environments was touched, after it everything that is
//! needed to finish lies on the disk. Then stale files are removed, staged files and folders are renamed
//! into place, and each `aqueduct.sum` is replaced last. A run that finds `.aqueduct/committed` finishes that
//! work first; [`Status::interrupted`] tells readers of it, and until then `sha256sum -c` fails as well.
//!
//! # What is flushed to the disk
//! Nothing is: the order above holds against a killed process and a full disk, because the kernel keeps
//! what was written. After a power cut the file system may have lost any of it; the hashes then show which
//! files are torn, and the tree can be restored from git or rendered again.

mod apply;
mod diff;
mod disk;
mod emission;
mod emit;
mod error;
mod hash;
mod index;
mod input;
mod lock;
mod name;
mod path;
mod plan;
mod recover;
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
pub use emit::{Options, Report, emit};
pub use error::{Error, ErrorKind, Problem, ProblemKind};
pub use input::{InputKey, made_from};
pub use name::{file_name, file_names, layout};
pub use status::{Change, State, Status, is_interrupted, status};
pub use sum::SUM;
pub use tree::{Scope, Tree};
