//! The functions of Helm's templates.

pub mod semver;

use crate::template::Function;

/// All functions.
pub const ALL: &[Function] = &[];
