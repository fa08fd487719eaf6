//! What a server would answer to manifests, in their order: the API server first, then its admission control.

use aqueduct_admission::{Cluster, RULERS};
use aqueduct_apiserver::{Cause, Response, Server};
use aqueduct_manifest::{Diagnostic, Severity, Value};
use rayon::prelude::*;

use super::Failure;
use super::manifests::Found;
use crate::command::manifests::{Document, Manifests};
use crate::server::{API, SERVER_RULES, message, weighed};

/// Returns the minor version of `1.37`, `v1.37` or `1.37.2`.
pub(crate) fn minor(version: &str) -> Result<u32, Failure> {
    let mut parts = version.strip_prefix('v').unwrap_or(version).split('.');
    let minor = match (parts.next(), parts.next().and_then(|minor| minor.parse().ok())) {
        (Some("1"), Some(minor)) => Some(minor).filter(|minor| Server::MINORS.contains(minor)),
        _ => None,
    };
    minor.ok_or_else(|| {
        Failure::new(format!("unsupported Kubernetes version: `{version}`")).hint(format!(
            "use a version from 1.{} to 1.{}",
            Server::MINORS.start(),
            Server::MINORS.end()
        ))
    })
}

/// Submits every object, as if the accepted ones before it existed.
pub(super) fn ask(manifests: &Manifests, minor: u32, is_wanted: &dyn Fn(&str) -> bool) -> Vec<Found> {
    let server = is_wanted(API).then(|| Server::new(minor));
    let answer = |document: &Document| {
        server
            .as_ref()
            .map(|server| server.create(&Value::Map(document.object.map.clone())))
            .unwrap_or_default()
    };
    // Only admission control depends on earlier objects.
    let answers: Vec<Response> = manifests.documents.par_iter().map(answer).collect();
    let mut cluster =
        SERVER_RULES.iter().any(|rule| rule.name != API && is_wanted(rule.name)).then(|| Cluster::new(minor));
    let mut found = Vec::new();
    for (number, (document, answer)) in manifests.documents.iter().zip(answers).enumerate() {
        let mut add = |severity, code, cause: Cause| {
            found.push(self::found(manifests, document, number, severity, code, cause));
        };
        let is_refused = !answer.errors.is_empty();
        answer.errors.into_iter().for_each(|cause| add(Severity::Error, API, cause));
        answer.warnings.into_iter().for_each(|cause| add(Severity::Warning, API, cause));
        let Some(cluster) = &mut cluster else { continue };
        if is_refused {
            // A rejected object never reaches admission control. Its requirements still apply to other objects, so
            // that one run reports all problems.
            if RULERS.contains(&document.object.kind()) {
                cluster.add(&document.object);
            }
        } else {
            for finding in cluster.admit(&document.object) {
                let weighed = weighed(&finding).filter(|(code, _)| is_wanted(code));
                if let Some((code, severity)) = weighed {
                    add(severity, code, finding.cause);
                }
            }
        }
    }
    found
}

/// Returns a cause as a finding about a document.
fn found(
    manifests: &Manifests,
    document: &Document,
    number: usize,
    severity: Severity,
    code: &'static str,
    cause: Cause,
) -> Found {
    let message = message(&document.title(), &cause);
    let Cause { field, reason, .. } = cause;
    let diagnostic = match severity {
        Severity::Error => Diagnostic::error(code, message),
        Severity::Warning => Diagnostic::warning(code, message),
    };
    let diagnostic = diagnostic.label(manifests.place(document, &field), "");
    Found { diagnostic, document: Some(number), field, reason: Some(reason) }
}
