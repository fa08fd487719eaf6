//! What a stage says about its input: a message, the places it speaks of, and what to do.
//!
//! Stages push diagnostics and go on, so that one run reports every problem. Rendering them for a
//! terminal is the command line's work; this type only carries the facts.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::{Place, Span};

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is written.
    Error,
    /// Reported, and the tree is written.
    Warning,
}

/// A place that a diagnostic speaks of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Label {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What is to be seen there; may be empty.
    pub text: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Diagnostic {
    /// How much it weighs.
    pub severity: Severity,
    /// The short stable name of the rule, such as `unknown-key`.
    pub code: &'static str,
    /// The message: lower-case, no final period, literals in backticks.
    pub message: String,
    /// The places, the first one being where to change something.
    pub labels: Vec<Label>,
    /// What to do.
    pub hints: Vec<String>,
    /// The field of the rendered object that this is about, as the API server writes it.
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

    /// Adds a place, and what is to be seen there.
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

    /// Adds the hint ``did you mean `…`?`` where a candidate is close to what was written.
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

    /// Tells whether this stops the output from being written.
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

/// Returns the candidate that is nearest to what was written, if it is near enough to be meant: at most
/// a third of the letters differ (Damerau-Levenshtein, adjacent swaps counted as one).
pub fn closest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit: usize = (written.chars().count().max(3)).div_ceil(3);
    candidates
        .into_iter()
        // As many letters differ at least as one of the two is longer, which is known at once.
        .filter(|candidate| candidate.chars().count().abs_diff(written.chars().count()) <= limit)
        .map(|candidate| (strsim::osa_distance(written, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}
