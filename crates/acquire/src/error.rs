//! Why something could not be fetched, or may not be rendered.

use std::fmt;

/// A failure, with what to do about it where there is something.
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

    /// Adds what to do.
    #[must_use]
    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Puts what was attempted before the message.
    #[must_use]
    pub(crate) fn context(self, attempt: impl fmt::Display) -> Self {
        Self { message: format!("{attempt}: {}", self.message), ..self }
    }

    /// Puts more behind the message.
    #[must_use]
    pub(crate) fn and(self, more: impl fmt::Display) -> Self {
        Self { message: format!("{}{more}", self.message), ..self }
    }

    /// Returns what to do, if there is something.
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
