//! Why a kustomization could not be built: one message that grows a prefix at every level it passes,
//! so that it reads from the outermost kustomization to the culprit.

use std::fmt;

use aqueduct_manifest::{Position, Span, Value};

/// A kustomization that cannot be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
    hint: Option<String>,
    malformed: bool,
    /// What is wrong and where, without the way there.
    located: Option<Box<(String, Place)>>,
}

/// Where a kustomization names something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file of the kustomization.
    pub file: String,
    /// The name in the text of the file, where it is found there.
    pub span: Option<Span>,
    /// Line and column of the same.
    pub position: Option<Position>,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(Position { line, column }) => write!(out, "{}:{line}:{column}", self.file),
            None => out.write_str(&self.file),
        }
    }
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, malformed: false, located: None }
    }

    /// Returns an error about a text that is no YAML; such a text is certainly meant to be a file.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self { malformed: true, ..Self::new(message) }
    }

    /// Returns an error about a value of another kind than is expected, in the words of Go's YAML library.
    pub(crate) fn wrong_kind(expected: &str, found: &Value) -> Self {
        let found = match found {
            Value::Map(_) => "MappingNode",
            Value::List(_) => "SequenceNode",
            _ => "ScalarNode",
        };
        Self::new(format!("wrong node kind: expected {expected} but got {found}"))
    }

    /// Says what to do about it.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says where the cause is written.
    #[must_use]
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.located = Some(Box::new((self.message.clone(), place)));
        self
    }

    /// Says where it happened, in front of the message.
    #[must_use]
    pub(crate) fn within(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    pub(crate) fn is_malformed(&self) -> bool {
        self.malformed
    }

    /// Returns what to do about it, where that is known.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the innermost message and where its cause is written, where that is known.
    pub fn located(&self) -> Option<(&str, &Place)> {
        self.located.as_deref().map(|(message, place)| (message.as_str(), place))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Adds the place to the error of a result.
pub(crate) trait Within<T> {
    fn within(self, place: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Within<T> for Result<T> {
    fn within(self, place: impl FnOnce() -> String) -> Self {
        self.map_err(|error| error.within(place()))
    }
}
