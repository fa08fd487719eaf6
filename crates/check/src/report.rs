//! The findings of rules, over all environments.

use std::collections::BTreeMap;

use aqueduct_manifest::{Diagnostic, Place, Severity, closest};

use crate::platform::Entry;

/// Finds the place of a text in the source of an object, given the file of the source and the text.
type Find<'a> = dyn Fn(&str, &str) -> Option<Place> + 'a;

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
    /// Where the object comes from, then the others that it is about, and what each place shows.
    places: Vec<(Place, &'static str)>,
    /// The text at fault, as the source of the object has it.
    about: Option<String>,
    /// The tenants and components of the objects.
    owners: Vec<(String, String)>,
    message: String,
    hints: Vec<String>,
}

/// Returns where an object comes from: its source, else the file that it is rendered into.
fn place(entry: &Entry<'_>) -> Place {
    entry.object.origin.clone().unwrap_or_else(|| Place::whole(entry.path))
}

impl Report {
    /// Returns an empty report of a rule about an environment.
    pub(crate) fn of(rule: &'static str, environment: &str) -> Self {
        Self { rule, environment: environment.to_owned(), findings: Vec::new() }
    }

    /// Adds the findings of another report.
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
        let at = self.findings.len();
        let environment = self.environment.clone();
        self.findings.push(Finding {
            severity,
            rule: self.rule,
            environment,
            places: vec![(place(entry), "")],
            about: None,
            owners: vec![(entry.tenant.to_owned(), entry.component.to_owned())],
            message: message.into(),
            hints: Vec::new(),
        });
        &mut self.findings[at]
    }

    /// Keeps the findings about objects of the wanted tenants and components.
    pub fn retain(&mut self, is_wanted: &dyn Fn(&str, &str) -> bool) {
        self.findings
            .retain(|finding| finding.owners.iter().any(|(tenant, component)| is_wanted(tenant, component)));
    }

    /// Drops the findings in one environment about objects whose tenant and component allow what the rule reports.
    pub fn allow(&mut self, environment: &str, allows: &dyn Fn(&str, &str, &str) -> bool) {
        self.findings.retain(|finding| {
            let of_owner = finding
                .owners
                .first()
                .is_some_and(|(tenant, component)| allows(finding.rule, tenant, component));
            finding.environment != environment || !of_owner
        });
    }

    /// Looks up the places of texts at fault in files whose lines made no single object.
    pub fn locate(&mut self, find: &Find<'_>) {
        for Finding { places, about, .. } in &mut self.findings {
            let Some(about) = about else { continue };
            for (place, _) in places.iter_mut().filter(|(place, _)| place.span.is_none()) {
                if let Some(found) = find(&place.file, about) {
                    *place = found;
                }
            }
        }
    }

    /// Returns a diagnostic for each finding; findings that several environments share become one.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut merged: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for finding in self.findings {
            let key = (finding.severity, finding.places, finding.rule, finding.message, finding.hints);
            let environments = merged.entry(key).or_default();
            if !environments.contains(&finding.environment) {
                environments.push(finding.environment);
            }
        }
        let mut diagnostics = Vec::new();
        for ((severity, places, rule, message, hints), environments) in merged {
            let mut diagnostic = match severity {
                Severity::Error => Diagnostic::error(rule, message),
                Severity::Warning => Diagnostic::warning(rule, message),
            };
            let names: Vec<String> = environments.iter().map(|name| format!("`{name}`")).collect();
            for (number, (place, text)) in places.into_iter().enumerate() {
                let text = if number == 0 { format!("in {}", names.join(", ")) } else { text.to_owned() };
                diagnostic = diagnostic.label(place, text);
            }
            diagnostics.push(hints.into_iter().fold(diagnostic, Diagnostic::hint));
        }
        diagnostics
    }
}

impl Finding {
    /// Names the text at fault, as the source of the object may have it.
    pub fn about(&mut self, text: &str) -> &mut Self {
        self.about = Some(text.to_owned());
        self
    }

    /// Adds another object that the finding is about, and what its place shows.
    pub fn also(&mut self, entry: &Entry<'_>, text: &'static str) -> &mut Self {
        self.places.push((place(entry), text));
        self.owners.push((entry.tenant.to_owned(), entry.component.to_owned()));
        self
    }

    /// Adds a hint what to do.
    pub fn hint(&mut self, hint: impl Into<String>) -> &mut Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds the name that was probably meant, if one is similar.
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
            .into_diagnostics()
            .iter()
            .map(|diagnostic| format!("{diagnostic} {}", diagnostic.labels[0].text))
            .collect();
        assert_eq!(
            lines,
            ["error: an error in one in `prod`", "warning: a warning in both in `dev`, `prod`"]
        );
    }
}
