//! Why a template failed, with the chain of templates that led there.

use std::fmt;
use std::sync::Arc;

use crate::value::Text;

/// A place in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplatePlace {
    /// The file as messages refer to it; `gotpl` for a string that `tpl` ran.
    pub template: Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column in bytes, from 0 as in Go.
    pub column: u32,
}

/// Why a function failed: what Go's function returns as `error` or panics with.
///
/// An error that wraps another keeps it, so that a report can take the chain apart. Go prints each link before the
/// one that it wraps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// The innermost first.
    links: Vec<Link>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Link {
    text: Text,
    place: Option<TemplatePlace>,
}

/// Why a template failed.
pub(crate) type ExecutionError = FunctionError;

impl FunctionError {
    /// Returns an error with a message.
    pub fn new(message: impl Into<Text>) -> Self {
        Self { links: vec![Link { text: message.into(), place: None }] }
    }

    /// Returns an error at a place in a template.
    pub(crate) fn at(place: TemplatePlace, message: impl Into<Text>) -> Self {
        Self { links: vec![Link { text: message.into(), place: Some(place) }] }
    }

    /// Wraps the error; the prefix is printed before it.
    #[must_use]
    pub fn wrap(mut self, prefix: impl Into<Text>) -> Self {
        self.links.push(Link { text: prefix.into(), place: None });
        self
    }

    /// Wraps the error at a place in a template.
    #[must_use]
    pub(crate) fn wrap_at(mut self, place: TemplatePlace, prefix: impl Into<Text>) -> Self {
        self.links.push(Link { text: prefix.into(), place: Some(place) });
        self
    }

    /// Returns the whole message.
    pub fn message(&self) -> Text {
        self.message_from(self.links.len())
    }

    /// Returns the number of errors in the chain.
    pub(crate) fn depth(&self) -> usize {
        self.links.len()
    }

    /// Returns the message of the innermost links of the chain.
    pub(crate) fn message_from(&self, links: usize) -> Text {
        let links = self.links.get(..links).unwrap_or(&self.links);
        if let [link] = links {
            return link.text.clone();
        }
        let bytes: Vec<u8> = links.iter().rev().flat_map(|link| link.text.as_bytes()).copied().collect();
        bytes.into()
    }

    /// Returns the places that the error passed through, the innermost last.
    pub fn places(&self) -> impl Iterator<Item = &TemplatePlace> {
        self.links.iter().rev().filter_map(|link| link.place.as_ref())
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message().to_str())
    }
}

impl std::error::Error for FunctionError {}

impl From<String> for FunctionError {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

impl From<&str> for FunctionError {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}
