//! Go's `text/template` as a library of its own: from text to tokens, to a tree, to output.

mod argument;
mod builtin;
mod call;
mod comparison;
mod describe;
mod error;
mod escape;
mod evaluate;
mod field;
mod format;
mod function;
mod lexer;
mod number;
mod parser;
mod quote;
mod registry;
mod rune;
mod set;
mod token;
mod tree;
mod walk;

pub(crate) use error::ExecutionError;
pub use error::{FunctionError, Place};
pub use evaluate::Limits;
pub(crate) use evaluate::{Evaluator, Origin};
pub use format::{format_float, print, sprint, sprintf, sprintln};
pub use function::{Call, CallSite, Function, Host, Lookup, Moment, Refusal};
pub(crate) use parser::{ParseError, parse};
pub(crate) use quote::{Charset, can_backquote, quote, quote_rune};
pub(crate) use rune::{Runes, decode, decode_last, is_alphanumeric};
pub(crate) use set::Set;
pub(crate) use tree::{LineStarts, Tree};
pub(crate) use walk::Trace;

/// Runs something that may nest deeply on a stack that grows.
pub(crate) fn deepen<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(512 * 1024, 4 * 1024 * 1024, work)
}
