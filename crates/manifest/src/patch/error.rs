//! Errors of patches that do not apply, in Kustomize's words.

use std::fmt;

use crate::{Value, yaml};

/// A strategic merge patch that does not match its target.
#[derive(Clone, Debug, PartialEq)]
pub enum MergeError {
    /// The patch has a different kind of value than the target at that place.
    WrongKind {
        /// The kind in the target.
        expected: &'static str,
        /// The value in the patch.
        found: Value,
    },
    /// A `$patch` directive other than `delete`, `replace` and `merge`.
    UnknownDirective(String),
    /// Elements with missing or duplicate merge keys, in a list that is too long to match them.
    UnclearKeys(Vec<String>),
    /// Values are nested more deeply than in any real object.
    TooDeep,
    /// An error in a field, with its path of field names and element keys, as in `containers[name=web].ports`.
    InField(String, Box<MergeError>),
}

impl MergeError {
    /// Returns the error for a value that should have been a map, a list or a scalar.
    pub(super) fn wrong_kind(expected: &'static str, found: &Value) -> Self {
        Self::WrongKind { expected, found: found.clone() }
    }

    /// Adds the field to the error.
    pub(super) fn in_field(self, name: &str) -> Self {
        match self {
            Self::InField(path, error) if path.starts_with('[') => {
                Self::InField(format!("{name}{path}"), error)
            }
            Self::InField(path, error) => Self::InField(format!("{name}.{path}"), error),
            Self::TooDeep => Self::TooDeep,
            error => Self::InField(name.to_owned(), Box::new(error)),
        }
    }
}

/// Returns the name that Go's YAML library gives to the kind of a value.
pub(super) fn node_kind(value: &Value) -> &'static str {
    match value {
        Value::Map(_) => "MappingNode",
        Value::List(_) => "SequenceNode",
        _ => "ScalarNode",
    }
}

impl fmt::Display for MergeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongKind { expected, found } => {
                let kind = node_kind(found);
                let contents = yaml::write(found);
                write!(out, "wrong node kind: expected {expected} but got {kind}: node contents:\n{contents}")
            }
            Self::UnknownDirective(directive) => write!(out, "unknown patch strategy '{directive}'"),
            Self::UnclearKeys(keys) => {
                write!(
                    out,
                    "a long list has elements with missing or duplicate keys: it merges by `{}`",
                    keys.join("`, `")
                )
            }
            Self::InField(path, error) => write!(out, "field `{path}`: {error}"),
            Self::TooDeep => out.write_str("values are nested too deeply to be merged"),
        }
    }
}

impl std::error::Error for MergeError {}

/// A JSON patch that is invalid or does not apply, with the message of the Go library that Kustomize uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationError(pub(super) String);

impl OperationError {
    /// Returns an error that ends in its cause, as Go's wrapped errors do.
    pub(super) fn caused(text: impl fmt::Display, cause: impl fmt::Display) -> Self {
        Self(format!("{text}: {cause}"))
    }

    /// Returns the error for a missing value.
    pub(super) fn missing(text: impl fmt::Display) -> Self {
        Self::caused(text, "missing value")
    }
}

impl fmt::Display for OperationError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for OperationError {}
