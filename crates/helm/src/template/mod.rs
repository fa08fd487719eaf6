//! Go's `text/template` as a library of its own: from text to tokens, to a tree, to output.

mod evaluate;
mod function;

pub use evaluate::ExecutionError;
pub use function::{Call, CallSite, Function, FunctionError, Host, Lookup, Moment, Refusal};
