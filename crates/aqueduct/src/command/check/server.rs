//! What a server would say to manifests, asked in their order: the API server first, then its admission.

use aqueduct_admission::{Action, Cluster};
use aqueduct_apiserver::{Cause, Server};
use aqueduct_manifest::{Diagnostic, Severity, Value};

use super::manifests::Found;
use super::{ADMISSION, API, Failure};
use crate::command::manifests::{Document, Manifests};

/// The parts of admission, each with the name of its findings.
pub(super) const RULES: [(&str, &str); 5] = [
    ("custom-resource", "admission-custom-resource"),
    ("limits", "admission-limits"),
    ("pod-security", "admission-pod-security"),
    ("policy", "admission-policy"),
    ("quota", "admission-quota"),
];

/// The minor versions of Kubernetes 1 that are known.
const MINORS: std::ops::RangeInclusive<u32> = 25..=37;

/// The kinds whose objects decide about others.
const RULERS: [&str; 6] = [
    "CustomResourceDefinition",
    "LimitRange",
    "Namespace",
    "ResourceQuota",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
];

/// Returns the minor version of `1.37`, `v1.37` or `1.37.2`.
pub(crate) fn minor(version: &str) -> Result<u32, Failure> {
    let mut parts = version.strip_prefix('v').unwrap_or(version).split('.');
    let minor = match (parts.next(), parts.next().and_then(|minor| minor.parse().ok())) {
        (Some("1"), Some(minor)) => Some(minor).filter(|minor| MINORS.contains(minor)),
        _ => None,
    };
    minor.ok_or_else(|| {
        Failure::new(format!("this version of Kubernetes is not known: `{version}`")).hint(format!(
            "those from 1.{} to 1.{} are",
            MINORS.start(),
            MINORS.end()
        ))
    })
}

/// Asks about every object, as if those before it that were accepted were there.
pub(super) fn ask(manifests: &Manifests, minor: u32, is_wanted: &dyn Fn(&str) -> bool) -> Vec<Found> {
    let server = is_wanted(API).then(|| Server::new(minor));
    let is_wanted_rule = |rule: &str| RULES.iter().any(|(part, name)| *part == rule && is_wanted(name));
    let mut cluster = RULES.iter().any(|(_, name)| is_wanted(name)).then(|| Cluster::new(minor));
    let mut found = Vec::new();
    for (number, document) in manifests.documents.iter().enumerate() {
        let mut add = |severity, code, cause: Cause| {
            found.push(self::found(manifests, document, number, severity, code, cause));
        };
        let mut is_refused = false;
        if let Some(server) = &server {
            let answer = server.create(&Value::Map(document.object.map.clone()));
            is_refused = !answer.errors.is_empty();
            answer.errors.into_iter().for_each(|cause| add(Severity::Error, API, cause));
            answer.warnings.into_iter().for_each(|cause| add(Severity::Warning, API, cause));
        }
        let Some(cluster) = &mut cluster else { continue };
        if is_refused {
            // What is refused does not come as far as admission. What it would ask of others is asked all the same, so
            // that one run tells all that is wrong.
            if RULERS.contains(&document.object.kind()) {
                cluster.add(&document.object);
            }
        } else {
            for finding in cluster.admit(&document.object) {
                let Some((_, code)) = RULES.iter().find(|(part, _)| *part == finding.rule) else { continue };
                let severity = match finding.action {
                    Action::Deny => Severity::Error,
                    Action::Warn | Action::Audit | Action::Unknown => Severity::Warning,
                };
                if is_wanted_rule(finding.rule) {
                    add(severity, code, finding.cause);
                }
            }
        }
    }
    found
}

/// Returns what is said about a document.
fn found(
    manifests: &Manifests,
    document: &Document,
    number: usize,
    severity: Severity,
    code: &'static str,
    cause: Cause,
) -> Found {
    let Cause { field, reason, message } = cause;
    let title = document.title();
    let field_and = if field.is_empty() { String::new() } else { format!(": `{field}`") };
    let message = format!("{title}{field_and}: {message}");
    let diagnostic = match severity {
        Severity::Error => Diagnostic::error(code, message),
        Severity::Warning => Diagnostic::warning(code, message),
    };
    let diagnostic = diagnostic.label(manifests.place(document, &field), "");
    Found { diagnostic, document: Some(number), field, reason: Some(reason) }
}

/// Tells whether findings of a name are of the server.
pub(super) fn group(code: &str) -> Option<&'static str> {
    match code {
        API => Some(API),
        code if RULES.iter().any(|(_, name)| *name == code) => Some(ADMISSION),
        _ => None,
    }
}
