//! Findings as JSON and as GitHub workflow commands.

use aqueduct_manifest::{Diagnostic, Files, Label, Position, Severity};
use serde::Serialize;

use super::rules::group_of;

/// A finding, with the line and column of its first place.
#[derive(Debug, Serialize)]
pub(super) struct Finding<'a> {
    rule: &'a str,
    group: &'a str,
    severity: Severity,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Position>,
    #[serde(flatten)]
    subject: Option<Subject<'a>>,
    /// The field of the rendered object, in the API server's notation. A finding about manifests has it in its
    /// subject instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    message: &'a str,
    hints: &'a [String],
    labels: &'a [Label],
}

/// The object and field of a manifest that a finding is about.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Subject<'a> {
    /// The index of the document in its file, from 0.
    pub(super) document: usize,
    pub(super) object: Named<'a>,
    /// The field in the API server's notation; empty for the whole object.
    pub(super) field: &'a str,
    /// The API server's name for the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'a str>,
}

/// The identity of an object.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Named<'a> {
    pub(super) api_version: &'a str,
    pub(super) kind: &'a str,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
}

impl<'a> Finding<'a> {
    pub(super) fn new(
        diagnostic: &'a Diagnostic,
        position: Option<Position>,
        subject: Option<Subject<'a>>,
    ) -> Self {
        Self {
            rule: diagnostic.code,
            group: group_of(diagnostic.code),
            severity: diagnostic.severity,
            file: diagnostic.labels.first().map(|label| label.place.file.as_ref()),
            position,
            field: diagnostic.field.as_deref().filter(|_| subject.is_none()),
            subject,
            message: &diagnostic.message,
            hints: &diagnostic.hints,
            labels: &diagnostic.labels,
        }
    }
}

/// Returns findings as one JSON object.
pub(super) fn json(findings: &[Finding<'_>]) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Findings<'a> {
        findings: &'a [Finding<'a>],
    }
    Ok(serde_json::to_string_pretty(&Findings { findings })? + "\n")
}

/// Returns where a place is in its text.
pub(super) fn position(label: &Label, files: &Files) -> Option<Position> {
    Some(label.place.span?.position(files.text(&label.place.file)?))
}

/// Source: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.
pub(super) fn workflow_command(diagnostic: &Diagnostic, files: &Files) -> String {
    let escape = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| escape(text).replace(':', "%3A").replace(',', "%2C");
    let level = if diagnostic.is_error() { "error" } else { "warning" };
    let mut properties = vec![format!("title={}", property(diagnostic.code))];
    if let Some(label) = diagnostic.labels.first() {
        properties.push(format!("file={}", property(&label.place.file)));
        if let Some(position) = position(label, files) {
            properties.push(format!("line={},col={}", position.line, position.column));
        }
    }
    let hints: String = diagnostic.hints.iter().map(|hint| format!("\nhint: {hint}")).collect();
    format!("::{level} {}::{}\n", properties.join(","), escape(&format!("{}{hints}", diagnostic.message)))
}
