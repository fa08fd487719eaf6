//! Findings as JUnit XML, which CI servers show as failed tests.
//!
//! There is no standard. This is the subset that GitLab, Jenkins and Azure DevOps all read:
//! <https://docs.gitlab.com/ci/testing/unit_test_reports/>.

use std::fmt::Write as _;

use aqueduct_manifest::{Diagnostic, Position};

/// Returns findings, each with the position of its first place, as one suite. An error is a failed test, a warning a
/// passed test with output. Without findings there is one passed test, since some servers reject an empty suite.
pub(super) fn junit(findings: &[(&Diagnostic, Option<Position>)]) -> String {
    let failures = findings.iter().filter(|(finding, _)| finding.is_error()).count();
    let tests = findings.len().max(1);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"aqueduct\" tests=\"{tests}\" \
         failures=\"{failures}\">\n  <testsuite name=\"aqueduct check\" tests=\"{tests}\" failures=\"{failures}\" \
         errors=\"0\" skipped=\"0\">\n"
    );
    if findings.is_empty() {
        text.push_str("    <testcase classname=\"check\" name=\"no findings\"/>\n");
    }
    for (finding, position) in findings {
        let place = finding.labels.first().map(|label| label.place.file.as_ref());
        let line = position.map(|position| position.line.to_string());
        let attribute = |name: &str, value: Option<&str>| {
            value.map_or_else(String::new, |value| format!(" {name}=\"{}\"", escaped(value)))
        };
        let what = if finding.is_error() { "failure" } else { "system-out" };
        let attributes = match finding.is_error() {
            true => format!(" type=\"{}\" message=\"{}\"", finding.code, escaped(&finding.message)),
            false => String::new(),
        };
        let hints: String = finding.hints.iter().map(|hint| format!("\nhint: {hint}")).collect();
        let at = place.map_or_else(String::new, |file| match &line {
            Some(line) => format!("{file}:{line}: "),
            None => format!("{file}: "),
        });
        let body = escaped(&format!("{at}{}{hints}", finding.message));
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "    <testcase classname=\"{}\" name=\"{}\"{}{}>\n      <{what}{attributes}>{body}</{what}>\n    </testcase>",
            finding.code,
            escaped(&finding.message),
            attribute("file", place),
            attribute("line", line.as_deref()),
        );
    }
    text + "  </testsuite>\n</testsuites>\n"
}

/// Escapes a text for XML and drops the characters that XML cannot represent.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}
