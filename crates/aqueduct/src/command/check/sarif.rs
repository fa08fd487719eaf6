//! Findings as SARIF, which the code scanning of GitHub, GitLab and Azure DevOps reads.
//!
//! Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.

use std::collections::BTreeSet;

use aqueduct_manifest::{Diagnostic, Hash, Position};
use serde_json::{Value, json};

use super::rules::{page, summary};
use crate::baseline::Known;

/// Returns findings, each with the position of its first place, as one log.
pub(super) fn sarif(findings: &[(&Diagnostic, Option<Position>)]) -> Result<String, serde_json::Error> {
    let rules: BTreeSet<&str> = findings.iter().map(|(finding, _)| finding.code).collect();
    let rules: Vec<&str> = rules.into_iter().collect();
    let descriptors: Vec<Value> = rules.iter().map(|rule| descriptor(rule)).collect();
    let results: Vec<Value> =
        findings.iter().map(|(finding, position)| result(finding, *position, &rules)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "aqueduct",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": descriptors,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    Ok(serde_json::to_string_pretty(&log)? + "\n")
}

fn descriptor(rule: &str) -> Value {
    let description = match summary(rule) {
        Some(summary) => format!("Reports that {summary}."),
        None => "Reports errors that keep a platform from being read or rendered.".to_owned(),
    };
    let mut descriptor = json!({"id": rule, "shortDescription": {"text": description}});
    if let Ok(page) = page(rule) {
        descriptor["help"] = json!({"text": page, "markdown": page});
        let pages = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/rules.md");
        descriptor["helpUri"] = json!(format!("{pages}#{rule}"));
    }
    descriptor
}

fn result(finding: &Diagnostic, position: Option<Position>, rules: &[&str]) -> Value {
    let hints: String = finding.hints.iter().map(|hint| format!("\nhint: {hint}")).collect();
    let known = Known::of(finding);
    let mut result = json!({
        "ruleId": finding.code,
        "ruleIndex": rules.iter().position(|rule| *rule == finding.code),
        "level": if finding.is_error() { "error" } else { "warning" },
        "message": {"text": format!("{}{hints}", finding.message)},
        // The fingerprint does not change when the lines around the finding move, so a forge recognises it.
        "partialFingerprints": {"finding/v1": Hash::of(format!("{known:?}").as_bytes()).to_string()},
    });
    if let Some(label) = finding.labels.first() {
        let mut physical = json!({"artifactLocation": {"uri": address(&label.place.file)}});
        if let Some(position) = position {
            physical["region"] = json!({"startLine": position.line, "startColumn": position.column});
        }
        let mut location = json!({"physicalLocation": physical});
        if !label.text.is_empty() {
            location["message"] = json!({"text": label.text});
        }
        result["locations"] = json!([location]);
    }
    result
}

/// Returns a path as the relative URI that SARIF requires.
fn address(path: &str) -> String {
    let mut address = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                address.push(char::from(byte));
            }
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}
