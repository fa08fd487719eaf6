//! What rules say, gathered over all environments.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::{Diagnostic, Severity, Span, closest};

use crate::platform::Entry;

/// Collects the findings of rules.
#[derive(Debug, Default)]
pub struct Report {
    rule: &'static str,
    environment: String,
    findings: Vec<Finding>,
}

/// One finding about one object.
#[derive(Debug)]
pub struct Finding {
    severity: Severity,
    rule: &'static str,
    environment: String,
    file: Arc<str>,
    /// The line that made the object, from 1; 0 where it is not known.
    line: u32,
    message: String,
    hints: Vec<String>,
}

impl Report {
    /// Returns an empty report of what a rule says about an environment.
    pub(crate) fn of(rule: &'static str, environment: &str) -> Self {
        Self { rule, environment: environment.to_owned(), findings: Vec::new() }
    }

    /// Adds what another report says.
    pub(crate) fn extend(&mut self, other: Self) {
        self.findings.extend(other.findings);
    }

    /// Adds an error about an object.
    pub fn error(&mut self, entry: &Entry<'_>, message: impl Into<String>) -> &mut Finding {
        self.add(Severity::Error, entry, message)
    }

    /// Adds a warning about an object.
    pub fn warning(&mut self, entry: &Entry<'_>, message: impl Into<String>) -> &mut Finding {
        self.add(Severity::Warning, entry, message)
    }

    /// Adds a finding about an object.
    pub fn add(&mut self, severity: Severity, entry: &Entry<'_>, message: impl Into<String>) -> &mut Finding {
        let (file, line) = match &entry.object.origin {
            Some(origin) => (Arc::clone(&origin.file), origin.line),
            None => (entry.path.into(), 0),
        };
        let at = self.findings.len();
        let environment = self.environment.clone();
        self.findings.push(Finding {
            severity,
            rule: self.rule,
            environment,
            file,
            line,
            message: message.into(),
            hints: Vec::new(),
        });
        &mut self.findings[at]
    }

    /// Returns a diagnostic for each finding; what several environments share is said once. `span_of` tells where
    /// a line of a file is, for files that are at hand.
    pub fn into_diagnostics(self, span_of: &dyn Fn(&str, u32) -> Option<Span>) -> Vec<Diagnostic> {
        let mut merged: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for finding in self.findings {
            let key =
                (finding.severity, finding.file, finding.line, finding.rule, finding.message, finding.hints);
            let environments = merged.entry(key).or_default();
            if !environments.contains(&finding.environment) {
                environments.push(finding.environment);
            }
        }
        let mut diagnostics = Vec::new();
        for ((severity, file, line, rule, message, hints), environments) in merged {
            let diagnostic = match severity {
                Severity::Error => Diagnostic::error(rule, message),
                Severity::Warning => Diagnostic::warning(rule, message),
            };
            let names: Vec<String> = environments.iter().map(|name| format!("`{name}`")).collect();
            let span = span_of(&file, line);
            let place = if line == 0 || span.is_some() { String::new() } else { format!("line {line}, ") };
            let diagnostic = diagnostic.at(file, span, format!("{place}in {}", names.join(", ")));
            diagnostics.push(hints.into_iter().fold(diagnostic, Diagnostic::hint));
        }
        diagnostics
    }
}

impl Finding {
    /// Adds what to do.
    pub fn hint(&mut self, hint: impl Into<String>) -> &mut Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds the name that was probably meant, if one is near.
    pub fn did_you_mean<'a>(
        &mut self,
        written: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> &mut Self {
        if let Some(candidate) = closest(written, candidates) {
            self.hint(format!("did you mean `{candidate}`?"));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::{Map, Object};

    use super::Report;
    use crate::platform::Entry;

    #[test]
    fn what_environments_share_is_said_once() {
        let object = Object::new(Map::new());
        let entry = Entry::new("shop", "web", "web.yaml", &object);
        let mut report = Report::default();
        for environment in ["dev", "prod"] {
            let mut one = Report::of("rule", environment);
            one.warning(&entry, "a warning in both").hint("do it");
            report.extend(one);
        }
        let mut one = Report::of("rule", "prod");
        one.error(&entry, "an error in one");
        one.error(&entry, "an error in one");
        report.extend(one);
        let lines: Vec<String> = report
            .into_diagnostics(&|_, _| None)
            .iter()
            .map(|diagnostic| format!("{diagnostic} {}", diagnostic.labels[0].text))
            .collect();
        assert_eq!(
            lines,
            ["error: an error in one in `prod`", "warning: a warning in both in `dev`, `prod`"]
        );
    }
}
