//! Whole numbers: casting any value to one as the Go library spf13/cast does, and sprig's arithmetic on them.

use super::arguments::{Answer, Arguments, runtime_error};
use super::length::{LENGTH_LIMIT, too_long};
use super::print::text_of;
use crate::template::{Call, FunctionError};
use crate::value::{Kind, List, Value};

/// Casts to `int` or `int64`; a value that is not a number becomes 0, and so does a number of a named type, such as a
/// duration.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Bool(value) => i64::from(*value),
        Value::Int(_, value) => *value,
        Value::Uint(_, value) => value.cast_signed(),
        Value::Float(value) => truncate(*value),
        Value::String(text) => text.as_str().and_then(|text| parse_int(without_zeros(text), 0)).unwrap_or(0),
        _ => 0,
    }
}

/// Casts to `float64`; a value that is not a number becomes 0, and so does a number of a named type.
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Int(_, value) => *value as f64,
        Value::Uint(_, value) => *value as f64,
        Value::Float(value) => *value,
        Value::String(text) => text.as_str().and_then(parse_float).unwrap_or(0.0),
        _ => 0.0,
    }
}

/// Truncates the fraction like Go's compiled code: a number that does not fit becomes the smallest one.
pub(super) fn truncate(value: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) {
        value as i64
    } else {
        i64::MIN
    }
}

/// Removes `.0`, with any number of zeros, from the end of a number; keeps any other fraction.
fn without_zeros(text: &str) -> &str {
    match text.trim_end_matches('0').strip_suffix('.') {
        Some(whole) if !text.ends_with('.') => whole,
        _ => text,
    }
}

/// Parses an integer like Go's `strconv.ParseInt`; base 0 derives the base from the prefix and allows underscores.
pub(super) fn parse_int(text: &str, base: u32) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (base, digits) = if base != 0 {
        (base, digits.to_owned())
    } else {
        let prefix = digits.get(..2).unwrap_or_default().to_ascii_lowercase();
        let base = match prefix.as_str() {
            "0x" => 16,
            "0o" => 8,
            "0b" => 2,
            _ if digits.len() > 1 && digits.starts_with('0') => 8,
            _ => 10,
        };
        let has_prefix = matches!(prefix.as_str(), "0x" | "0o" | "0b");
        let digits = if has_prefix { digits.get(2..)? } else { digits };
        if !underscores_fit(digits, has_prefix) {
            return None;
        }
        (base, digits.replace('_', ""))
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(base)) {
        return None;
    }
    let value = u64::from_str_radix(&digits, base).ok()?;
    if negative {
        (value <= 1 << 63).then(|| value.wrapping_neg().cast_signed())
    } else {
        i64::try_from(value).ok()
    }
}

/// Returns whether underscores are only between digits, or between a prefix and a digit.
fn underscores_fit(digits: &str, after_prefix: bool) -> bool {
    let mut previous_is_digit = after_prefix;
    for byte in digits.bytes() {
        if byte == b'_' {
            if !previous_is_digit {
                return false;
            }
            previous_is_digit = false;
        } else {
            previous_is_digit = byte.is_ascii_alphanumeric();
        }
    }
    !digits.ends_with('_')
}

/// Parses a float like Go's `strconv.ParseFloat`; `None` also if it is out of range.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let lower = unsigned.to_ascii_lowercase();
    if matches!(lower.as_str(), "inf" | "infinity" | "nan") {
        return text.parse().ok();
    }
    if let Some(hexadecimal) = lower.strip_prefix("0x") {
        let value = parse_hexadecimal_float(hexadecimal)?;
        return Some(if text.starts_with('-') { -value } else { value });
    }
    if !lower.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        || !underscores_fit(&lower, false)
    {
        return None;
    }
    let value: f64 = text.replace('_', "").parse().ok()?;
    value.is_finite().then_some(value)
}

fn parse_hexadecimal_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0_f64;
    for digit in whole.chars().chain(fraction.chars()).filter(|digit| *digit != '_') {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let shift = exponent.checked_sub(i32::try_from(fraction.len()).ok()?.checked_mul(4)?)?;
    let value = value * 2.0_f64.powi(shift);
    value.is_finite().then_some(value)
}

fn int64(value: i64) -> Answer {
    Ok(Value::int64(value))
}

pub(super) fn atoi(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let text = Arguments(arguments).text(0)?;
    Ok(Value::int(text.as_str().and_then(parse_int_saturating).unwrap_or(0)))
}

/// Go returns the nearest number along with its range error, and sprig ignores only the error. Go finds invalid
/// characters digit by digit, so it misses them after too many digits.
pub(super) fn parse_int_saturating(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    if digits.is_empty()
        || (count < digits.len() && digits.get(..count)?.parse::<u64>().is_ok())
        || count == 0
    {
        return None;
    }
    parse_int(text, 10).or(Some(if text.starts_with('-') { i64::MIN } else { i64::MAX }))
}

pub(super) fn int(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Value::int(to_int(Arguments(arguments).value(0)?)))
}

pub(super) fn to_int64(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    int64(to_int(Arguments(arguments).value(0)?))
}

/// Reads octal digits, the notation of file modes.
pub(super) fn to_decimal(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let text = text_of(Arguments(arguments).value(0)?)?;
    int64(text.as_str().and_then(|text| parse_int(text, 8)).unwrap_or(0))
}

pub(super) fn add(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    int64(arguments.iter().map(to_int).fold(0, i64::wrapping_add))
}

pub(super) fn add1(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    int64(to_int(Arguments(arguments).value(0)?).wrapping_add(1))
}

fn pair(arguments: &[Value]) -> Result<(i64, i64), FunctionError> {
    Ok((to_int(Arguments(arguments).value(0)?), to_int(Arguments(arguments).value(1)?)))
}

pub(super) fn sub(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (left, right) = pair(arguments)?;
    int64(left.wrapping_sub(right))
}

pub(super) fn div(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (left, right) = pair(arguments)?;
    if right == 0 {
        return Err(runtime_error("integer divide by zero"));
    }
    int64(left.wrapping_div(right))
}

pub(super) fn modulo(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (left, right) = pair(arguments)?;
    if right == 0 {
        return Err(runtime_error("integer divide by zero"));
    }
    int64(left.wrapping_rem(right))
}

pub(super) fn mul(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    int64(arguments.iter().map(to_int).fold(1, i64::wrapping_mul))
}

pub(super) fn max(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    int64(arguments.iter().map(to_int).max().unwrap_or_default())
}

pub(super) fn min(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    int64(arguments.iter().map(to_int).min().unwrap_or_default())
}

pub(super) fn until(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let count = Arguments(arguments).int(0)?;
    Ok(Value::List(List::ints(steps(0, count, if count < 0 { -1 } else { 1 })?)))
}

pub(super) fn until_step(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let arguments = Arguments(arguments);
    Ok(Value::List(List::ints(steps(arguments.int(0)?, arguments.int(1)?, arguments.int(2)?)?)))
}

fn steps(start: i64, stop: i64, step: i64) -> Result<Vec<i64>, FunctionError> {
    let mut values = Vec::new();
    let mut next = Some(start);
    while let Some(value) =
        next.filter(|value| if stop < start { step < 0 && *value > stop } else { step > 0 && *value < stop })
    {
        if values.len() >= LENGTH_LIMIT {
            return Err(too_long());
        }
        values.push(value);
        next = value.checked_add(step);
    }
    Ok(values)
}

pub(super) fn seq(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let numbers: Vec<i64> = arguments.iter().filter_map(Value::as_i64).collect();
    let (start, step, end, increment) = match *numbers.as_slice() {
        [end] => {
            let increment = if end < 1 { -1 } else { 1 };
            (1, increment, end, increment)
        }
        [start, end] => {
            let increment = if end < start { -1 } else { 1 };
            (start, increment, end, increment)
        }
        [start, step, end] => {
            let increment = if end < start { -1 } else { 1 };
            if end < start && step > 0 {
                return Ok("".into());
            }
            (start, step, end, increment)
        }
        _ => return Ok("".into()),
    };
    let values = steps(start, end.wrapping_add(increment), step)?;
    let mut out = String::new();
    for value in values {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&value.to_string());
    }
    Ok(out.into())
}

/// Returns an integer of Go's type `uint64`.
pub(super) fn uint64(value: u64) -> Value {
    Value::Uint(Kind::Uint64, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casts() {
        for (text, expected) in [
            ("42", 42),
            ("1.5", 0),
            ("1.0", 1),
            ("-1.000", -1),
            ("1.", 0),
            ("1.50", 0),
            (".0", 0),
            ("0x1F.0", 31),
            ("0x1F", 31),
            ("010", 8),
            ("0b11", 3),
            ("1_000", 1000),
            ("1__0", 0),
            ("08", 0),
            ("1e3", 0),
            ("1.x", 0),
            (" 1", 0),
            ("9223372036854775808", 0),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(to_int(&text.into()), expected, "{text}");
        }
        assert_eq!(to_int(&Value::Float(1e20)), i64::MIN);
        assert_eq!(to_int(&Value::Float(f64::NAN)), i64::MIN);
        assert_eq!(to_int(&Value::Float(-1.9)), -1);
    }

    #[test]
    fn floats() {
        for (text, expected) in [
            ("1e3", 1000.0),
            ("0x1p4", 16.0),
            ("-0x1.8p1", -3.0),
            ("x", 0.0),
            ("1e400", 0.0),
            ("", 0.0),
            ("1_0.5", 10.5),
        ] {
            assert!((to_float(&text.into()) - expected).abs() < f64::EPSILON, "{text}");
        }
    }
}
