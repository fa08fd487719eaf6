//! Diagnostics: findings about the input, with a message, places and hints.
//!
//! Stages collect diagnostics and continue, so that one run reports every problem. The command line formats them for
//! a terminal; this type only contains the facts.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::{Place, Span};

/// The severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// An error, which keeps the tree from being written.
    Error,
    /// A warning, which does not.
    Warning,
}

/// A place that a diagnostic refers to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Label {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// A note about the place; can be empty.
    pub text: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Diagnostic {
    /// The severity.
    pub severity: Severity,
    /// The short, stable code of the rule, such as `unknown-key`.
    pub code: &'static str,
    /// The message: lower-case, no final period, literals in backticks.
    pub message: String,
    /// The places; the first is where to make a change.
    pub labels: Vec<Label>,
    /// What to do.
    pub hints: Vec<String>,
    /// The affected field of the rendered object, in the API server's notation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl Diagnostic {
    /// Returns an error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            labels: Vec::new(),
            hints: Vec::new(),
            field: None,
        }
    }

    /// Returns a warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Adds a place with a note.
    #[must_use]
    pub fn label(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label { place, text: text.into() });
        self
    }

    /// Adds a place by its parts.
    #[must_use]
    pub fn at(self, file: impl Into<Arc<str>>, span: Option<Span>, text: impl Into<String>) -> Self {
        self.label(Place { file: file.into(), span }, text)
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds the hint ``did you mean `…`?`` if a candidate is similar to what was written.
    #[must_use]
    pub fn did_you_mean<'a>(self, written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match closest(written, candidates) {
            Some(candidate) => {
                let hint = format!("did you mean `{candidate}`?");
                self.hint(hint)
            }
            None => self,
        }
    }

    /// Tells whether this is an error, which keeps the output from being written.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(out, "{severity}: {}", self.message)
    }
}

/// Returns the candidate that is most similar to what was written, if at most a third of the letters differ
/// (Damerau-Levenshtein distance, with adjacent swaps counted as one).
pub fn closest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit: usize = (written.chars().count().max(3)).div_ceil(3);
    candidates
        .into_iter()
        // The difference in length is a lower bound of the distance, and cheap to compute.
        .filter(|candidate| candidate.chars().count().abs_diff(written.chars().count()) <= limit)
        .map(|candidate| (strsim::osa_distance(written, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}
