//! The Common Expression Language as Kubernetes speaks it.
//!
//! An expression is compiled against a [`ExpressionScope`], which says the variables and their [`Type`]s, and then evaluated with
//! [`Variables`]. The parser and the interpreter are those of the crate `cel`. What Kubernetes adds stands here: its
//! `library` of functions, a `check` of types before anything runs, and a limit (`rewrite`) to what an evaluation may
//! cost, so that no expression keeps a render busy.

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
pub use types::{Dialect, ExpressionScope, Fields, Type};
