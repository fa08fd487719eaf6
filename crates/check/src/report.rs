//! The findings of rules, over all environments.

use std::collections::BTreeMap;

use aqueduct_manifest::{Diagnostic, Label, Map, Place, Pointer, Severity, Value, closest};

use crate::facts::Entry;

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
    /// The field that it is about, then those of other objects.
    subjects: Vec<Subject>,
    /// The tenants and components of the objects.
    owners: Vec<(String, String)>,
    message: String,
    hints: Vec<String>,
}

/// A field that a finding is about, and its origin.
#[derive(Debug)]
pub struct Subject {
    /// The path of the object in the output tree, below its environment; empty for a line of the sources.
    pub path: String,
    /// The field of the object.
    pub pointer: Pointer,
    /// Where to change it; initially the origin of the object.
    pub source: Place,
    /// A note about the source; may be empty.
    pub note: String,
    /// The output line with the field, if that is not the source itself.
    pub rendered: Option<Label>,
    /// What the place of another object shows.
    text: &'static str,
}

/// The field of an object that a rule reports: a value in the object, or a field that is missing below one.
#[derive(Clone, Debug, Default)]
pub struct Field<'a> {
    value: Option<&'a Value>,
    below: Pointer,
}

impl Field<'_> {
    /// Returns the pointer to the field. A value that is not in the object yields the object itself.
    fn pointer(self, object: &Map) -> Pointer {
        match self.value {
            None => self.below,
            Some(value) => Pointer::to(object, value)
                .map(|pointer| {
                    self.below.steps().iter().fold(pointer, |pointer, step| pointer.join(step.clone()))
                })
                .unwrap_or_default(),
        }
    }
}

impl From<Pointer> for Field<'_> {
    fn from(below: Pointer) -> Self {
        Self { value: None, below }
    }
}

impl From<&[&str]> for Field<'_> {
    fn from(path: &[&str]) -> Self {
        Pointer::new(path.iter().copied()).into()
    }
}

impl<const N: usize> From<[&str; N]> for Field<'_> {
    fn from(path: [&str; N]) -> Self {
        Pointer::new(path).into()
    }
}

impl<'a> From<&'a Value> for Field<'a> {
    fn from(value: &'a Value) -> Self {
        Self { value: Some(value), below: Pointer::default() }
    }
}

impl<'a, const N: usize> From<(&'a Value, [&str; N])> for Field<'a> {
    fn from((value, path): (&'a Value, [&str; N])) -> Self {
        Self { value: Some(value), below: Pointer::new(path) }
    }
}

impl Subject {
    fn of(entry: &Entry<'_>, field: Field<'_>, text: &'static str) -> Self {
        Self {
            path: entry.path.to_owned(),
            pointer: field.pointer(&entry.object.map),
            source: entry.object.origin.clone().unwrap_or_else(|| Place::whole(entry.path)),
            note: String::new(),
            rendered: None,
            text,
        }
    }
}

impl Report {
    /// Returns an empty report of a rule about an environment.
    pub fn of(rule: &'static str, environment: &str) -> Self {
        Self { rule, environment: environment.to_owned(), ..Self::default() }
    }

    /// Adds the findings of another report.
    pub fn extend(&mut self, other: Self) {
        self.findings.extend(other.findings);
    }

    /// Adds an error about a field of an object.
    pub fn error<'a>(
        &mut self,
        entry: &Entry<'_>,
        field: impl Into<Field<'a>>,
        message: impl Into<String>,
    ) -> &mut Finding {
        self.add(Severity::Error, entry, field, message)
    }

    /// Adds a warning about a field of an object.
    pub fn warning<'a>(
        &mut self,
        entry: &Entry<'_>,
        field: impl Into<Field<'a>>,
        message: impl Into<String>,
    ) -> &mut Finding {
        self.add(Severity::Warning, entry, field, message)
    }

    /// Adds an error about a line in the sources of a tenant's component.
    pub fn error_at(
        &mut self,
        place: &Place,
        (tenant, component): (&str, &str),
        message: impl Into<String>,
    ) -> &mut Finding {
        self.add_at(Severity::Error, place, (tenant, component), message)
    }

    /// Adds a warning about a line in the sources of a tenant's component.
    pub fn warning_at(
        &mut self,
        place: &Place,
        (tenant, component): (&str, &str),
        message: impl Into<String>,
    ) -> &mut Finding {
        self.add_at(Severity::Warning, place, (tenant, component), message)
    }

    fn add_at(
        &mut self,
        severity: Severity,
        place: &Place,
        (tenant, component): (&str, &str),
        message: impl Into<String>,
    ) -> &mut Finding {
        let subject = Subject {
            path: String::new(),
            pointer: Pointer::default(),
            source: place.clone(),
            note: String::new(),
            rendered: None,
            text: "",
        };
        self.push(severity, subject, (tenant, component), message.into())
    }

    /// Adds a finding about a field of an object.
    pub fn add<'a>(
        &mut self,
        severity: Severity,
        entry: &Entry<'_>,
        field: impl Into<Field<'a>>,
        message: impl Into<String>,
    ) -> &mut Finding {
        let subject = Subject::of(entry, field.into(), "");
        self.push(severity, subject, (entry.tenant, entry.component), message.into())
    }

    fn push(
        &mut self,
        severity: Severity,
        subject: Subject,
        (tenant, component): (&str, &str),
        message: String,
    ) -> &mut Finding {
        let at = self.findings.len();
        self.findings.push(Finding {
            severity,
            rule: self.rule,
            environment: self.environment.clone(),
            subjects: vec![subject],
            owners: vec![(tenant.to_owned(), component.to_owned())],
            message,
            hints: Vec::new(),
        });
        &mut self.findings[at]
    }

    /// Returns the path of the object, the rule, the severity and the first field of each finding.
    pub fn said(&self) -> impl Iterator<Item = (&str, &'static str, Severity, &Pointer)> {
        self.findings.iter().filter_map(|finding| {
            let subject = finding.subjects.first()?;
            Some((subject.path.as_str(), finding.rule, finding.severity, &subject.pointer))
        })
    }

    /// Keeps the findings about objects of the wanted tenants and components.
    pub fn retain(&mut self, is_wanted: &dyn Fn(&str, &str) -> bool) {
        self.findings
            .retain(|finding| finding.owners.iter().any(|(tenant, component)| is_wanted(tenant, component)));
    }

    /// Drops the findings about objects whose tenant and component allow what the rule reports.
    pub fn allow(&mut self, allows: &dyn Fn(&str, &str, &str) -> bool) {
        self.findings.retain(|finding| {
            let owner = finding.owners.first();
            !owner.is_some_and(|(tenant, component)| allows(finding.rule, tenant, component))
        });
    }

    /// Passes the fields of all findings, each with the rule's name, to a function that can trace their origin.
    pub fn trace(&mut self, mut trace: impl FnMut(&'static str, &mut Subject)) {
        for finding in &mut self.findings {
            finding.subjects.iter_mut().for_each(|subject| trace(finding.rule, subject));
        }
    }

    /// Returns one diagnostic per finding. Findings that several environments share become one.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut merged: BTreeMap<_, (Vec<String>, String, Vec<Label>)> = BTreeMap::new();
        for finding in self.findings {
            let Finding { severity, subjects, rule, message, hints, environment, .. } = finding;
            let field = subjects.first().map(|subject| subject.pointer.field()).unwrap_or_default();
            let rendered: Vec<Label> =
                subjects.iter().filter_map(|subject| subject.rendered.clone()).collect();
            let places: Vec<_> =
                subjects.into_iter().map(|subject| (subject.source, subject.note, subject.text)).collect();
            let key = (severity, places, rule, message, hints);
            let (environments, ..) = merged.entry(key).or_insert_with(|| (Vec::new(), field, rendered));
            if !environments.contains(&environment) {
                environments.push(environment);
            }
        }
        let mut diagnostics = Vec::new();
        for ((severity, places, rule, message, hints), (environments, field, rendered)) in merged {
            let mut diagnostic = match severity {
                Severity::Error => Diagnostic::error(rule, message),
                Severity::Warning => Diagnostic::warning(rule, message),
            };
            let names: Vec<String> = environments.iter().map(|name| format!("`{name}`")).collect();
            for (number, (place, note, text)) in places.into_iter().enumerate() {
                let text = if number == 0 { format!("in {}", names.join(", ")) } else { text.to_owned() };
                let texts: Vec<String> = [note, text].into_iter().filter(|text| !text.is_empty()).collect();
                diagnostic = diagnostic.label(place, texts.join(", "));
            }
            diagnostic.labels.extend(rendered);
            diagnostic.field = Some(field).filter(|field| !field.is_empty());
            diagnostics.push(hints.into_iter().fold(diagnostic, Diagnostic::hint));
        }
        diagnostics
    }
}

impl Finding {
    /// Adds a field of another object that the finding is about, and the text for its place.
    pub fn also<'a>(
        &mut self,
        entry: &Entry<'_>,
        field: impl Into<Field<'a>>,
        text: &'static str,
    ) -> &mut Self {
        self.subjects.push(Subject::of(entry, field.into(), text));
        self.owners.push((entry.tenant.to_owned(), entry.component.to_owned()));
        self
    }

    /// Adds a hint.
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
    use crate::facts::Entry;

    #[test]
    fn what_environments_share_is_said_once() {
        let object = Object::new(Map::new());
        let entry = Entry::new("shop", "web", "web.yaml", &object);
        let mut report = Report::default();
        for environment in ["dev", "prod"] {
            let mut one = Report::of("rule", environment);
            one.warning(&entry, ["spec"], "a warning in both").hint("do it");
            report.extend(one);
        }
        let mut one = Report::of("rule", "prod");
        one.error(&entry, ["spec"], "an error in one");
        one.error(&entry, ["spec"], "an error in one");
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
