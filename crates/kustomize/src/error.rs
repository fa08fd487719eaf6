//! Why a kustomization could not be built: one message that grows a prefix at every level it passes,
//! so that it reads from the outermost kustomization to the culprit.

use std::fmt;

/// A kustomization that cannot be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
    hint: Option<String>,
    malformed: bool,
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, malformed: false }
    }

    /// Returns an error about a text that is no YAML; such a text is certainly meant to be a file.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self { malformed: true, ..Self::new(message) }
    }

    /// Says what to do about it.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
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
