//! Why a chart could not be loaded or rendered.

use std::fmt;

use crate::engine::RenderError;
use crate::template::TemplatePlace;

/// A failure, worded as Helm prints it after `Error: `.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
    places: Vec<TemplatePlace>,
}

impl Error {
    /// Returns an error with a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), places: Vec::new() }
    }

    /// Returns the places in the templates that led to the failure, the innermost last.
    pub fn places(&self) -> &[TemplatePlace] {
        &self.places
    }

    /// Appends a text to the message.
    #[must_use]
    pub fn followed_by(mut self, text: &str) -> Self {
        self.message.push_str(text);
        self
    }

    /// Prefixes the message with what was attempted, as Go's `fmt.Errorf("...: %w")` does.
    #[must_use]
    pub fn context(mut self, attempt: impl fmt::Display) -> Self {
        self.message = format!("{attempt}: {}", self.message);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<String> for Error {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

impl From<&str> for Error {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

impl From<RenderError> for Error {
    fn from(error: RenderError) -> Self {
        Self { message: error.to_string(), places: error.places }
    }
}
