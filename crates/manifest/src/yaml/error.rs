//! Why a YAML text was refused, in the words of go-yaml, with the place in the text.

use std::fmt;

use super::cursor::Mark;

/// Why a YAML text has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What go-yaml or sigs.k8s.io/yaml prints, its `yaml: ` prefix and line included. Programs that go
    /// through `YAMLToJSON` put `error converting YAML to JSON: ` in front of it, see [`Error::converting`].
    pub message: String,
    /// The line, counted from 1; 0 where it is not known. The message can name another line: go-yaml
    /// counts from 0 in some of them.
    pub line: u32,
    /// The column in characters, counted from 1; 0 where it is not known.
    pub column: u32,
}

impl Error {
    /// Returns the error of a text that has no meaning as a whole.
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
