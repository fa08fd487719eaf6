//! The Common Expression Language as Kubernetes uses it.
//!
//! An expression is compiled against a [`ExpressionScope`], which lists the variables and their [`ExpressionType`]s, and then evaluated with
//! [`Variables`]. The parser and the interpreter come from the crate `cel`. This crate adds what Kubernetes adds: its
//! `library` of functions, a `check` of types before anything runs, and a limit (`rewrite`) on the cost of an evaluation,
//! so that no expression can keep a render busy.

mod check;
mod datum;
mod library;
mod program;
mod rewrite;
mod signature;
mod types;

pub use datum::{Datum, KEYWORDS, Unknown, Variables, selectors};
pub use library::format_faults;
pub use program::{CompileError, EvaluationError, Program};
pub use types::{CelDialect, ExpressionScope, ExpressionType, Fields};
