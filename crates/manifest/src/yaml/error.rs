//! Errors for YAML texts, in go-yaml's words, with the place in the text.

use std::fmt;

use super::cursor::Mark;

/// Why a YAML text is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The message of go-yaml or sigs.k8s.io/yaml, including the `yaml: ` prefix and the line. Programs that use
    /// `YAMLToJSON` prefix it with `error converting YAML to JSON: `; see [`Error::converting`].
    pub message: String,
    /// The line, counted from 1; 0 if it is not known. The message can contain a different line, since go-yaml counts
    /// from 0 in some of them.
    pub line: u32,
    /// The column in characters, counted from 1; 0 if it is not known.
    pub column: u32,
}

impl Error {
    /// Returns an error about a text as a whole.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), line: 0, column: 0 }
    }

    /// Returns an error about the value at a place.
    pub(super) fn at(message: impl Into<String>, mark: Mark) -> Self {
        Self { message: message.into(), line: mark.line + 1, column: mark.column + 1 }
    }

    /// Returns the text that sigs.k8s.io/yaml shows: `error converting YAML to JSON: …`.
    pub fn converting(&self) -> String {
        format!("error converting YAML to JSON: {}", self.message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

pub(super) type Result<T, E = Error> = std::result::Result<T, E>;
