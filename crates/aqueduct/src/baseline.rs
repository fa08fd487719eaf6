//! `aqueduct.baseline`: the findings that a platform had when it adopted the checks, which are not reported again.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use aqueduct_manifest::{Diagnostic, Files, Place};
use serde::Deserialize;

/// The file, beside `platform.toml`.
pub(crate) const FILE: &str = "aqueduct.baseline";

/// The format of the file.
const VERSION: u32 = 1;

/// The identity of a finding, which does not depend on line numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    /// The rule.
    pub(crate) rule: String,
    /// The source file that the finding is in.
    #[serde(default)]
    file: String,
    /// The field of the object.
    #[serde(default)]
    field: String,
    /// The message, which contains the object's name.
    pub(crate) message: String,
}

impl Known {
    pub(crate) fn of(finding: &Diagnostic) -> Self {
        let file = finding.labels.first().map(|label| label.place.file.to_string());
        Self {
            rule: finding.code.to_owned(),
            file: file.unwrap_or_default(),
            field: finding.field.clone().unwrap_or_default(),
            message: finding.message.clone(),
        }
    }
}

/// The known findings, and which of them still occur.
#[derive(Clone, Debug, Default)]
pub(crate) struct Baseline {
    known: BTreeSet<Known>,
    met: RefCell<BTreeSet<Known>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    #[serde(default)]
    finding: Vec<Known>,
}

impl Baseline {
    /// Reads the baseline from a platform's files; without the file, no finding is known.
    pub(crate) fn of(files: &Files) -> Result<Self, Diagnostic> {
        let Some(text) = files.text(FILE) else { return Ok(Self::default()) };
        let refused = |message: String, place: Place| {
            Diagnostic::error("baseline", message)
                .label(place, "")
                .hint("run `aqueduct check --write-baseline` to recreate the file")
        };
        let document: Document = toml::from_str(text).map_err(|error| {
            let mut place = Place::whole(FILE);
            place.span = error.span().map(Into::into);
            refused(format!("cannot read the baseline: {}", error.message()), place)
        })?;
        if document.version != VERSION {
            let message = format!("unsupported baseline version: {}, expected {VERSION}", document.version);
            return Err(refused(message, Place::whole(FILE)));
        }
        Ok(Self { known: document.finding.into_iter().collect(), met: RefCell::default() })
    }

    /// Tells whether a finding is known, and marks it as still occurring.
    pub(crate) fn holds(&self, finding: &Diagnostic) -> bool {
        let found = Known::of(finding);
        let holds = self.known.contains(&found);
        if holds {
            self.met.borrow_mut().insert(found);
        }
        holds
    }

    /// Returns the known findings.
    pub(crate) fn known(&self) -> impl Iterator<Item = &Known> {
        self.known.iter()
    }

    /// Returns a warning for each known finding that no longer occurs.
    pub(crate) fn gone(&self) -> Vec<Diagnostic> {
        let met = self.met.borrow();
        let gone = self.known.iter().filter(|known| !met.contains(known));
        gone.map(|known| {
            let message =
                format!("a finding of `{}` in the baseline no longer occurs: {}", known.rule, known.message);
            Diagnostic::warning("baseline", message)
                .label(Place::whole(FILE), "")
                .hint("run `aqueduct check --write-baseline` to remove it")
        })
        .collect()
    }
}

/// Returns the baseline file for findings, sorted and without duplicates.
pub(crate) fn write(findings: &[&Diagnostic]) -> String {
    let known: BTreeSet<Known> = findings.iter().map(|finding| Known::of(finding)).collect();
    let mut text = format!(
        "# Known findings. Written by `aqueduct check --write-baseline`; commit this file.\nversion = {VERSION}\n"
    );
    for Known { rule, file, field, message } in known {
        text.push_str("\n[[finding]]\n");
        for (key, value) in [("rule", rule), ("file", file), ("field", field), ("message", message)] {
            if !value.is_empty() {
                // Writing to a text cannot fail.
                let _ = writeln!(text, "{key} = {}", toml::Value::from(value));
            }
        }
    }
    text
}
