//! Errors as Helm reports them: it takes Go's messages apart and lays them out differently.

use std::fmt;

use memchr::memmem;

use crate::template::{ExecutionError, ParseError, TemplatePlace};
use crate::value::Text;

/// What surrounds the message of `fail` and `required`.
pub(super) const MARKS: [&[u8]; 2] = [b"HELM_ERR_START", b"HELM_ERR_END"];

/// Why a chart could not be rendered, in Helm's wording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderError {
    /// The message.
    pub message: Text,
    /// The places in the templates that led there, the innermost last.
    pub places: Vec<TemplatePlace>,
}

impl fmt::Display for RenderError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message.to_str())
    }
}

impl std::error::Error for RenderError {}

/// Reports a parse error: the place, and what follows the last colon.
pub(super) fn parse(path: &str, error: ParseError) -> RenderError {
    let tokens: Vec<&str> = error.0.split(": ").collect();
    let message = match tokens.as_slice() {
        [_, location, .., last] => format!("parse error at ({location}): {last}"),
        [_, location] => format!("parse error at ({location}): {location}"),
        _ => format!("parse error in ({path}): {}", error.0),
    };
    RenderError { message: message.into(), places: Vec::new() }
}

/// Reports why a template failed.
pub(super) fn execution(path: &str, error: &ExecutionError) -> RenderError {
    RenderError { message: message(path, error), places: error.places().cloned().collect() }
}

fn message(path: &str, error: &ExecutionError) -> Text {
    let whole = error.message();
    let bytes = whole.as_bytes();
    let split = memmem::find(bytes, b": ").and_then(|first| {
        let rest = bytes.get(first + 2..)?;
        let second = memmem::find(rest, b": ")?;
        Some((rest.get(..second)?, rest.get(second + 2..)?))
    });
    let Some((location, rest)) = split else {
        return [format!("execution error in ({path}): ").as_bytes(), bytes].concat().into();
    };
    if let Some(marked) = between_marks(rest) {
        return [b"execution error at (", location, b"): ", marked].concat().into();
    }
    // Every link of the chain must come from a template; otherwise the message stays as Go has it.
    if Trace::parse(error.message_from(1).as_bytes()).is_none() {
        return whole;
    }
    let mut traces: Vec<Trace> = Vec::new();
    for links in (1..=error.depth()).rev() {
        match Trace::parse(error.message_from(links).as_bytes()) {
            None => return whole,
            Some(trace) if traces.last() == Some(&trace) => {}
            Some(trace) => traces.push(trace),
        }
    }
    let mut out = Vec::new();
    for trace in &traces {
        trace.write(&mut out);
    }
    let out = out.trim_ascii();
    if out.is_empty() { whole } else { Text::from_bytes(out) }
}

/// Returns what is between the outermost marks.
fn between_marks(text: &[u8]) -> Option<&[u8]> {
    let [start, end] = MARKS;
    let from = memmem::find(text, start)? + start.len();
    let to = memmem::rfind(text, end)?;
    text.get(from..to)
}

/// One error of a chain, taken apart.
#[derive(PartialEq, Eq)]
struct Trace {
    location: Vec<u8>,
    executed: Vec<u8>,
    message: Vec<u8>,
}

impl Trace {
    fn parse(text: &[u8]) -> Option<Self> {
        let rest = text.strip_prefix(b"template: ")?;
        if rest.starts_with(b"no template ") {
            return Some(Self { location: Vec::new(), executed: Vec::new(), message: text.to_vec() });
        }
        Self::executing(rest).or_else(|| Self::simple(rest))
    }

    /// Parses `file:1:2: executing "name" at <…>: message`.
    fn executing(rest: &[u8]) -> Option<Self> {
        let (location, after) = split(rest, b": executing ")?;
        let after = after.strip_prefix(b"\"")?;
        let (name, after) = split(after, b"\"")?;
        let after = after.strip_prefix(b" at <")?;
        let (place, message) = split(after, b">: ")?;
        Some(Self {
            location: location.to_vec(),
            executed: [b"executing \"", name, b"\" at <", place, b">:"].concat(),
            message: before_next(message).to_vec(),
        })
    }

    /// Parses `file:1: message`.
    fn simple(rest: &[u8]) -> Option<Self> {
        let at = memmem::rfind(rest, b": ")?;
        let message = rest.get(at + 2..)?;
        Some(Self {
            location: rest.get(..at)?.to_vec(),
            executed: Vec::new(),
            message: before_next(message).to_vec(),
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        for (part, end) in [(&self.location, "\n  "), (&self.executed, "\n    "), (&self.message, "\n")] {
            if !part.is_empty() {
                out.extend_from_slice(part);
                out.extend_from_slice(end.as_bytes());
            }
        }
    }
}

fn split<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = memmem::find(text, separator)?;
    Some((text.get(..at)?, text.get(at + separator.len()..)?))
}

/// Cuts the next template's error off a message.
fn before_next(message: &[u8]) -> &[u8] {
    memmem::find(message, b" template:").and_then(|at| message.get(..at)).unwrap_or(message)
}
