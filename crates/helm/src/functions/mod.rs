//! The functions of Helm's templates.

use crate::template::Function;

/// All functions.
pub const ALL: &[Function] = &[];
