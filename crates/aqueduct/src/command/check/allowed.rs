//! `aqueduct check --allowed`: the allowed findings, with the place and the reason of each.

use std::fmt::Write as _;

use aqueduct_manifest::{Diagnostic, Files, Place};
use aqueduct_model::CheckLevel;
use serde::Serialize;

use super::{Failure, Format};
use crate::baseline;
use crate::compiler::Loaded;

/// One allowed finding.
#[derive(Serialize)]
struct Row<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    rule: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<&'a str>,
    reason: &'a str,
}

/// Returns what the platform, its tenants and components allow, and the findings in the baseline.
pub(super) fn allowed(loaded: &Loaded, files: &Files, format: Format) -> Result<String, Failure> {
    let line = |place: &Place| Some(place.span?.position(files.text(&place.file)?).line);
    let checks = loaded.platform.checks.iter().filter(|(_, level)| **level == CheckLevel::Allow);
    let of_platform = checks.map(|(rule, _)| Row {
        file: "platform.toml",
        line: loaded.platform.node.find(&["checks", rule]).and_then(|node| line(&node.origin.place)),
        rule,
        until: None,
        reason: "for the whole platform",
    });
    let all = loaded.allowed();
    let of_components = all.iter().map(|one| Row {
        file: &one.place.file,
        line: line(&one.place),
        rule: &one.rule,
        until: one.until.as_deref(),
        reason: &one.reason,
    });
    let known = loaded.baseline.known().map(|known| Row {
        file: baseline::FILE,
        line: None,
        rule: &known.rule,
        until: None,
        reason: &known.message,
    });
    let rows: Vec<Row<'_>> = of_platform.chain(of_components).chain(known).collect();
    match format {
        Format::Text => Ok(table(&rows)),
        Format::Json => {
            #[derive(Serialize)]
            struct Allowed<'a> {
                allowed: &'a [Row<'a>],
            }
            let text = serde_json::to_string_pretty(&Allowed { allowed: &rows });
            Ok(text.map_err(|error| Failure::new(error.to_string()))? + "\n")
        }
        Format::Github | Format::Sarif | Format::Junit => {
            Err(Failure::new("`--allowed` supports only `--format text` and `--format json`"))
        }
    }
}

fn table(rows: &[Row<'_>]) -> String {
    if rows.is_empty() {
        return "nothing is allowed\n".to_owned();
    }
    let place = |row: &Row<'_>| match row.line {
        Some(line) => format!("{}:{line}", row.file),
        None => row.file.to_owned(),
    };
    let place_width = rows.iter().map(|row| place(row).len()).max().unwrap_or(0);
    let rule_width = rows.iter().map(|row| row.rule.len()).max().unwrap_or(0);
    let mut text = format!("{:place_width$}  {:rule_width$}  UNTIL       REASON\n", "WHERE", "RULE");
    for row in rows {
        let (until, reason) = (row.until.unwrap_or("-"), row.reason.replace('\n', " "));
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{:place_width$}  {:rule_width$}  {until:10}  {reason}", place(row), row.rule);
    }
    text
}

/// Returns the baseline file for some findings, and how many it contains.
///
/// # Errors
/// Returns the errors that keep the platform from being read or rendered, since the other findings are not known
/// then.
pub(super) fn baseline_of(diagnostics: &[Diagnostic]) -> Result<(String, usize), Vec<Diagnostic>> {
    let is_rule = |found: &&Diagnostic| super::rules::group_of(found.code) != super::rules::PLATFORM;
    let (of_rules, others): (Vec<&Diagnostic>, Vec<&Diagnostic>) = diagnostics.iter().partition(is_rule);
    if others.iter().any(|found| found.is_error()) {
        return Err(others.into_iter().cloned().collect());
    }
    Ok((baseline::write(&of_rules), of_rules.len()))
}
