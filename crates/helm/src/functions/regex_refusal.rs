//! Why Go rejects a regular expression, and the part of it that the message shows.

/// A result with Go's message.
pub(super) type Outcome<T> = Result<T, String>;

/// Returns Go's message about an expression.
pub(super) fn refusal(what: &str, expression: &str) -> String {
    format!("error parsing regexp: {what}: `{expression}`")
}

/// Returns the part of a text before its tail.
pub(super) fn before<'a>(text: &'a str, tail: &str) -> &'a str {
    text.get(..text.len().saturating_sub(tail.len())).unwrap_or(text)
}

/// Returns the part of a text from an offset on.
pub(super) fn tail(text: &str, start: usize) -> &str {
    text.get(start..).unwrap_or_default()
}
