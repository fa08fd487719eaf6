//! Why a kustomization could not be built: one message that gains a prefix at every level it passes, so that it reads
//! from the outermost kustomization to the culprit.

use std::fmt;

use aqueduct_manifest::{Place, Position, Value};

/// A kustomization that cannot be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
    hint: Option<String>,
    malformed: bool,
    /// What is wrong and where, without the path that leads there.
    located: Option<Box<(String, Spot)>>,
}

/// Where a kustomization refers to something: the place, with line and column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) place: Place,
    pub(crate) position: Option<Position>,
}

impl fmt::Display for Spot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(Position { line, column }) => write!(out, "{}:{line}:{column}", self.place.file),
            None => out.write_str(&self.place.file),
        }
    }
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, malformed: false, located: None }
    }

    /// Returns an error about a text that is not valid YAML; such a text is certainly meant to be a file.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self { malformed: true, ..Self::new(message) }
    }

    /// Returns an error about a value of an unexpected kind, in the wording of Go's YAML library.
    pub(crate) fn wrong_kind(expected: &str, found: &Value) -> Self {
        let found = match found {
            Value::Map(_) => "MappingNode",
            Value::List(_) => "SequenceNode",
            _ => "ScalarNode",
        };
        Self::new(format!("wrong node kind: expected {expected} but got {found}"))
    }

    /// Adds a hint about what to do.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the place of the cause.
    #[must_use]
    pub(crate) fn at(mut self, spot: Spot) -> Self {
        self.located = Some(Box::new((self.message.clone(), spot)));
        self
    }

    /// Adds where it happened, as a prefix of the message.
    #[must_use]
    pub(crate) fn within(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    pub(crate) fn is_malformed(&self) -> bool {
        self.malformed
    }

    /// Returns what to do about it, if known.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the innermost message and the place of its cause, if known.
    pub fn located(&self) -> Option<(&str, &Place)> {
        self.located.as_deref().map(|(message, spot)| (message.as_str(), &spot.place))
    }

    /// Returns the place of the cause as `file:line:column`, if known.
    pub fn spot(&self) -> Option<String> {
        self.located.as_deref().map(|(_, spot)| spot.to_string())
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
