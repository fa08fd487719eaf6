//! Detects secrets within a longer text: the lines of a configuration file, a JSON object, the arguments of a
//! program.

use std::sync::LazyLock;

use regex::Regex;

use super::holder::{Holder, holder};
use super::literal::{is_literal, is_random};

/// The words of which every name of a secret contains one.
static STEMS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)passw|passphrase|passcode|_pass|pwd|secret|token|[_-]?key|requirepass")
        .expect("the pattern above is valid, as the tests show")
});
/// How much of a text is searched, in bytes. Anything longer is data.
const LIMIT: usize = 4 << 20;
/// How much of a value, or of the line before a name, is examined, in bytes.
const LONGEST: usize = 256;

/// Returns a description of a value in a text whose name is that of a secret: `password = …`, `"apiKey": "…"`,
/// `--token=…`.
pub(super) fn text(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    // Without these, nothing is assigned.
    if !bytes.iter().any(|byte| matches!(byte, b'=' | b':')) && !text.contains("requirepass") {
        return None;
    }
    let mut at = 0;
    while let Some(hit) = STEMS.find_at(text, at).filter(|hit| hit.start() < LIMIT) {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let start = bytes[at..hit.start()]
            .iter()
            .rposition(|byte| !is_name(*byte))
            .map_or(at, |before| at + before + 1);
        let end = bytes[hit.end()..]
            .iter()
            .position(|byte| !is_name(*byte))
            .map_or(bytes.len(), |after| hit.end() + after);
        at = end.max(hit.end());
        let name = text[start..end].trim_start_matches(['-', '.']);
        if let Some(certainty) = holder(name)
            && let Some(value) = assigned(&text[end..], name)
            && is_written_out(value, certainty)
            && !is_tagged_path(text, start, end)
            && !is_comment(&text[..start])
        {
            return Some(format!("the value of `{name}`"));
        }
    }
    None
}

/// Returns a description of a value in a list of arguments whose name is that of a secret, even if it is a separate
/// argument.
pub fn arguments<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut flag: Option<&str> = None;
    for argument in arguments {
        if let Some(name) = flag.take()
            && !argument.starts_with('-')
            && is_literal(argument)
        {
            return Some(format!("the value of `{name}`"));
        }
        let name = argument.strip_prefix('-').map(|rest| rest.trim_start_matches('-'));
        flag = name.filter(|name| holder(name) == Some(Holder::Certain));
    }
    None
}

fn is_written_out(value: &str, certainty: Holder) -> bool {
    let is_code = value.contains(['(', '[', '{', '<', '$', '%', '*']) || value.ends_with(['.', ':']);
    !is_code && is_literal(value) && (certainty == Holder::Certain || is_random(value))
}

/// Tells whether a name is the end of a path followed by a tag, as in `ghcr.io/example/passwords:1.31.0`.
fn is_tagged_path(text: &str, start: usize, end: usize) -> bool {
    let tag = text[end..].strip_prefix(':').and_then(|tag| tag.chars().next());
    text[..start].ends_with('/') && tag.is_some_and(|first| first.is_ascii_alphanumeric())
}

/// Tells whether the line that ends here is a comment.
fn is_comment(before: &str) -> bool {
    let near = &before.as_bytes()[before.len().saturating_sub(LONGEST)..];
    let line = near.rsplit(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_start();
    ["#", "//", ";", "/*", "*", "<!--"].iter().any(|sign| line.starts_with(sign.as_bytes()))
}

/// Returns the value that a text assigns to the name before it.
fn assigned<'t>(rest: &'t str, name: &str) -> Option<&'t str> {
    let unquoted = rest.strip_prefix(['"', '\'']).or_else(|| rest.strip_prefix("\\\"")).unwrap_or(rest);
    let trimmed = unquoted.trim_start_matches([' ', '\t']);
    let is_field = trimmed.starts_with(':');
    let value = match trimmed.strip_prefix(['=', ':']) {
        // Not an assignment but a comparison, a match or a definition.
        Some(value) if value.starts_with(['=', '~', ':', '/']) => return None,
        Some(value) => value.strip_prefix('=').unwrap_or(value),
        // Redis and similar programs separate the two by a blank.
        None if matches!(name, "requirepass" | "masterauth") => trimmed,
        None => return None,
    };
    let value = value.trim_start_matches([' ', '\t']);
    let is_end = |end: &usize| value.is_char_boundary(*end);
    let value = &value[..(0..=value.len().min(LONGEST)).rev().find(is_end).unwrap_or(0)];
    for (open, close) in [("\\\"", "\\\""), ("\"", "\""), ("'", "'")] {
        if let Some(quoted) = value.strip_prefix(open) {
            return quoted.split(close).next();
        }
    }
    let (word, after) = value.split_at(
        value.find([' ', '\t', '\n', '\r', ',', ';', '&', '"', '\'', '}', ']']).unwrap_or(value.len()),
    );
    // Prose has colons too: `the password: it is shown once`.
    let next = after.lines().next().and_then(|line| line.split_whitespace().next()).unwrap_or_default();
    let is_prose = is_field && next.starts_with(char::is_alphanumeric) && !next.contains([':', '=']);
    (!is_prose).then_some(word)
}
