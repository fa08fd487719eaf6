//! Go's `text/template` as a library of its own: from text to tokens, to a tree, to output.
//!
//! A [`Function`] is something that a template can call, a [`Host`] provides what differs from run to run, and
//! [`Limits`] bound a render.

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
mod functions;
mod host;
mod include;
mod lexer;
mod limits;
mod number;
mod output;
mod parser;
mod quote;
mod rune;
mod set;
mod source;
mod token;
mod tree;
mod typed;
mod walk;

pub(crate) use builtin::BUILTINS;
pub(crate) use error::ExecutionError;
pub use error::{FunctionError, TemplatePlace};
pub(crate) use evaluate::Evaluator;
pub use format::{print, sprint, sprintf, sprintln};
pub(crate) use function::Special;
pub use function::{Answer, Asks, Call, Function};
pub(crate) use functions::{Functions, Table};
pub use host::{CallSite, Host, Lookup, Moment, Refusal};
pub use limits::Limits;
pub use output::Tracing;
pub(crate) use output::{NO_VALUE, Output, Piece, Traced, cut_no_value};
pub(crate) use parser::{ParseError, Spare, parse};
pub(crate) use quote::{Charset, can_backquote, quote, quote_rune};
pub(crate) use rune::{Runes, decode, decode_last, is_alphanumeric};
pub(crate) use set::Set;
pub(crate) use source::LineStarts;
pub use typed::{Argument, Returned, Typed};
