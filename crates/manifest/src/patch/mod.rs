//! Changes to objects: strategic merge, JSON patch (RFC 6902), JSON merge patch (RFC 7386).
//!
//! The first two behave like Kustomize 5.8, including its surprises and error messages, because existing patches were
//! written for it. The last one follows the plain standard.

mod context;
mod error;
mod json6902;
mod keyed_list;
mod merge;
mod pointer;
pub(crate) mod scalar;
mod strategic;
mod types;

pub use context::{Builtin, MergeContext};
pub use error::{MergeError, OperationError};
pub use json6902::{Operation, json6902, read_operations};
pub use merge::merge;
pub use scalar::is_surely_quoted;
pub use strategic::{Outcome, strategic_merge, strategic_merge_marked};
