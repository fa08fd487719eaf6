//! Scalars as text, which is how Kustomize compares and quotes them.

use crate::Value;

/// Returns the text of a scalar; maps and lists have none.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null | Value::List(_) | Value::Map(_) => String::new(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::String(text) => text.to_string(),
    }
}

/// Tells whether a text needs quotes in YAML, so that its author must have quoted it.
///
/// A field keeps its quotes when a patch sets it: `x: "1"` patched with `x: 2` becomes `x: "2"`. Values do not store
/// quotes, and this is the only case in which they can be inferred.
pub fn is_surely_quoted(text: &str) -> bool {
    let Some(first) = text.bytes().next() else { return true };
    let special_word = matches!(
        text,
        "~" | "null" | "Null" | "NULL" | "true" | "True" | "TRUE" | "false" | "False" | "FALSE"
    );
    let number = text.bytes().any(|byte| byte.is_ascii_digit())
        && (text.parse::<f64>().is_ok() || radix_number(text).is_some());
    let indicator = match first {
        b'-' | b'?' | b':' => text.len() == 1 || text.as_bytes().get(1) == Some(&b' '),
        _ => b",[]{}#&*!|>'\"%@`".contains(&first),
    };
    special_word
        || number
        || indicator
        || text.contains(": ")
        || text.contains(" #")
        || text.ends_with(':')
        || text.starts_with(char::is_whitespace)
        || text.ends_with(char::is_whitespace)
        || text.contains(|letter: char| letter.is_control())
}

/// Reads `0x1F`, `0o17` and `0b1`.
fn radix_number(text: &str) -> Option<u64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (prefix, digits) = digits.split_at_checked(2)?;
    let radix = match prefix {
        "0x" => 16,
        "0o" => 8,
        "0b" => 2,
        _ => return None,
    };
    u64::from_str_radix(digits, radix).ok()
}
