//! Why something could not be fetched, or may not be rendered.

use std::fmt;

/// A failure, with a hint if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
    hint: Option<String>,
}

impl Error {
    /// Returns an error with a message: lower-case, without a final period.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// Adds a hint.
    #[must_use]
    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Adds what was attempted before the message.
    #[must_use]
    pub(crate) fn context(self, attempt: impl fmt::Display) -> Self {
        Self { message: format!("{attempt}: {}", self.message), ..self }
    }

    /// Appends to the message.
    #[must_use]
    pub(crate) fn and(self, more: impl fmt::Display) -> Self {
        Self { message: format!("{}{more}", self.message), ..self }
    }

    /// Returns the hint, if there is one.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
