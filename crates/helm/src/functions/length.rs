//! The maximum length of a list.

use crate::template::FunctionError;

/// The most elements that a function puts into one list; Go would continue until memory runs out.
pub(super) const LENGTH_LIMIT: usize = 1_000_000;

/// Returns the error for a list that would be longer.
pub(super) fn too_long() -> FunctionError {
    FunctionError::new(format!("the list would have more than {LENGTH_LIMIT} elements"))
}
