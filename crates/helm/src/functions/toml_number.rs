//! The numbers of TOML, with the errors of the Go library.

use super::numbers::parse_int;
use crate::template::{Charset, quote};
use crate::value::Value;

/// Reads an integer or a float.
///
/// # Errors
/// It is none.
pub(super) fn number(word: &str) -> Result<Value, String> {
    let quoted = || quote(word.as_bytes(), Charset::Unicode);
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    let bytes = unsigned.as_bytes();
    let has_base = matches!(unsigned.get(..2), Some("0x" | "0o" | "0b"));
    let between_digits = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_').all(|(index, _)| {
        let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_hexdigit);
        is_digit(index.checked_sub(1)) && is_digit(Some(index + 1))
    });
    if !between_digits {
        return Err(format!("Invalid float {}: underscores must be surrounded by digits", quoted()));
    }
    let leading_zero = !has_base && unsigned.len() > 1 && unsigned.starts_with('0');
    let is_float = !has_base && unsigned.contains(['.', 'e', 'E']);
    if leading_zero && unsigned.as_bytes().get(1).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'_') {
        let what = if is_float { "float" } else { "integer" };
        return Err(format!("Invalid {what} {}: cannot have leading zeroes", quoted()));
    }
    let digits = word.replace('_', "");
    if is_float {
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let starts = |text: &str| text.starts_with(|rune: char| rune.is_ascii_digit());
        if !starts(fraction) || !whole.ends_with(|rune: char| rune.is_ascii_digit()) && unsigned.contains('.')
        {
            return Err(format!("Invalid float {}: '.' must be followed by one or more digits", quoted()));
        }
        return match digits.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number.into()),
            Ok(_) => Err(format!("{digits} is out of range for float64")),
            Err(_) => Err(format!("Invalid float value: {}", quoted())),
        };
    }
    match parse_int(&digits, if has_base { 0 } else { 10 }) {
        Some(number) => Ok(Value::int64(number)),
        None if unsigned.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
            && !unsigned.is_empty() =>
        {
            Err(format!("{digits} is out of range for int64"))
        }
        None => Err(format!("Invalid integer value: {}", quoted())),
    }
}
