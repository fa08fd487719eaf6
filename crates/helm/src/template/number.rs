//! Number literals: a literal represents every Go number that it can denote.

use super::quote::{Charset, quote, unquote_unit};
use super::token::TokenKind;

/// A number as it was written, in every type that can hold it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Number {
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
    pub(crate) complex: Option<(f64, f64)>,
}

impl Number {
    /// Reads a token of one of the number kinds; the error is Go's message.
    pub(crate) fn parse(text: &[u8], kind: TokenKind) -> Result<Self, String> {
        match kind {
            TokenKind::CharConstant => Self::from_char(text),
            TokenKind::Complex => Self::from_complex(text),
            _ => Self::from_digits(text),
        }
    }

    fn from_char(text: &[u8]) -> Result<Self, String> {
        let inside = text.get(1..).unwrap_or_default();
        let (unit, tail) = unquote_unit(inside, b'\'').ok_or("invalid syntax")?;
        if tail != b"'" {
            return Err(format!("malformed character constant: {}", String::from_utf8_lossy(text)));
        }
        let code = unit.code();
        Ok(Self { int: Some(code.into()), uint: Some(code.into()), float: Some(code.into()), complex: None })
    }

    fn from_complex(text: &[u8]) -> Result<Self, String> {
        let split = || {
            let body = text.strip_suffix(b"i")?;
            // The sign between the two parts is the last one that does not belong to an exponent.
            let middle = (1..body.len()).rev().find(|at| {
                matches!(body.get(*at), Some(b'+' | b'-'))
                    && !matches!(body.get(at - 1), Some(b'e' | b'E' | b'p' | b'P'))
            })?;
            let (real, imaginary) = body.split_at_checked(middle)?;
            Some((float(real)?, float(imaginary)?))
        };
        let (real, imaginary) = split().ok_or("syntax error scanning complex number")?;
        Ok(Self::complex(real, imaginary))
    }

    fn complex(real: f64, imaginary: f64) -> Self {
        let mut number = Self { complex: Some((real, imaginary)), ..Self::default() };
        if imaginary == 0.0 {
            number.float = Some(real);
            number.int = whole(real);
            number.uint = whole_unsigned(real);
        }
        number
    }

    fn from_digits(text: &[u8]) -> Result<Self, String> {
        if let Some(imaginary) = text.strip_suffix(b"i").and_then(float) {
            return Ok(Self::complex(0.0, imaginary));
        }
        let mut number = Self { uint: unsigned(text), int: signed(text), ..Self::default() };
        if number.int == Some(0) {
            number.uint = Some(0);
        }
        if let Some(int) = number.int {
            number.float = Some(int as f64);
        } else if let Some(uint) = number.uint {
            number.float = Some(uint as f64);
        } else if let Some(value) = float(text) {
            if !text.iter().any(|byte| b".eEpP".contains(byte)) {
                return Err(format!("integer overflow: {}", quote(text, Charset::Unicode)));
            }
            number.float = Some(value);
            number.int = whole(value);
            number.uint = whole_unsigned(value);
        }
        if number.float.is_none() {
            return Err(format!("illegal number syntax: {}", quote(text, Charset::Unicode)));
        }
        Ok(number)
    }
}

fn whole(value: f64) -> Option<i64> {
    let int = value as i64;
    (int as f64 == value && value < 9_223_372_036_854_775_808.0).then_some(int)
}

fn whole_unsigned(value: f64) -> Option<u64> {
    let int = value as u64;
    (int as f64 == value && value < 18_446_744_073_709_551_616.0).then_some(int)
}

/// Go's `strconv.ParseUint` with base 0.
fn unsigned(text: &[u8]) -> Option<u64> {
    if !underscores_fit(text) {
        return None;
    }
    let (radix, digits) = match text {
        [b'0', b'x' | b'X', digits @ ..] => (16, digits),
        [b'0', b'b' | b'B', digits @ ..] => (2, digits),
        [b'0', b'o' | b'O', digits @ ..] => (8, digits),
        [b'0', digits @ ..] if !digits.is_empty() => (8, digits),
        _ => (10, text),
    };
    let mut digits = digits.iter().filter(|byte| **byte != b'_').peekable();
    digits.peek()?;
    digits.try_fold(0_u64, |value, byte| {
        let digit = char::from(*byte).to_digit(radix)?;
        value.checked_mul(radix.into())?.checked_add(digit.into())
    })
}

/// Go's `strconv.ParseInt` with base 0.
fn signed(text: &[u8]) -> Option<i64> {
    match text {
        [b'-', digits @ ..] => {
            let magnitude = unsigned(digits)?;
            if magnitude == 1 << 63 {
                Some(i64::MIN)
            } else {
                i64::try_from(magnitude).ok().map(|value| -value)
            }
        }
        [b'+', digits @ ..] => i64::try_from(unsigned(digits)?).ok(),
        _ => i64::try_from(unsigned(text)?).ok(),
    }
}

/// Returns whether every underscore is between digits, or between a base prefix and a digit.
fn underscores_fit(text: &[u8]) -> bool {
    if !text.contains(&b'_') {
        return true;
    }
    let body = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let (mut before, body, hexadecimal) = match body {
        [b'0', prefix, rest @ ..] if b"bBoOxX".contains(prefix) => (b'0', rest, b"xX".contains(prefix)),
        _ => (b'^', body, false),
    };
    for byte in body {
        let digit = byte.is_ascii_digit() || (hexadecimal && byte.is_ascii_hexdigit());
        let class = match byte {
            _ if digit => b'0',
            b'_' if before != b'0' => return false,
            b'_' => b'_',
            _ if before == b'_' => return false,
            _ => b'!',
        };
        before = class;
    }
    before != b'_'
}

/// Go's `strconv.ParseFloat` for what the lexer accepts.
fn float(text: &[u8]) -> Option<f64> {
    if !underscores_fit(text) {
        return None;
    }
    let text: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'_').collect();
    let text = std::str::from_utf8(&text).ok()?;
    let (negative, body) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let value = match body.strip_prefix("0x").or_else(|| body.strip_prefix("0X")) {
        Some(body) => hexadecimal(body)?,
        None => {
            let (mantissa, exponent) = body.split_once(['e', 'E']).unwrap_or((body, "0"));
            let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
            let rest = mantissa.bytes().filter(|byte| !byte.is_ascii_digit() && *byte != b'.').count();
            let power = exponent.trim_start_matches(['+', '-']);
            if digits == 0 || rest > 0 || power.is_empty() || exponent.len() > power.len() + 1 {
                return None;
            }
            body.parse::<f64>().ok()?
        }
    };
    // In Go, what does not fit is an error, not an infinity.
    value.is_finite().then_some(if negative { -value } else { value })
}

/// Reads `1.8p3` after its `0x`; the exponent is required.
fn hexadecimal(body: &str) -> Option<f64> {
    let (mantissa, exponent) = body.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let power: i64 = exponent.parse::<i64>().ok()?.clamp(-100_000, 100_000);
    let mut bits: u64 = 0;
    let mut scale: i64 = 0;
    let mut sticky = false;
    for (index, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(digit.to_digit(16)?);
        let fractional = index >= whole.len();
        if bits >> 58 == 0 {
            bits = (bits << 4) | digit;
            scale -= if fractional { 4 } else { 0 };
        } else {
            sticky |= digit != 0;
            scale += if fractional { 0 } else { 4 };
        }
    }
    if sticky {
        bits |= 1;
    }
    // `bits` has at most 62 bits, so the conversion below rounds once, and the scaling is exact while
    // the result is a normal number.
    let mut value = bits as f64;
    let mut power = power.checked_add(scale)?;
    while power > 0 && value.is_finite() && value != 0.0 {
        let step = power.min(1000);
        value *= 2_f64.powi(i32::try_from(step).ok()?);
        power -= step;
    }
    while power < 0 && value != 0.0 {
        let step = (-power).min(1000);
        value /= 2_f64.powi(i32::try_from(step).ok()?);
        power += step;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Result<Number, String> {
        Number::parse(text.as_bytes(), TokenKind::Number)
    }

    #[test]
    fn integers_of_every_base() {
        for (text, value) in
            [("0x1F", 31), ("0o17", 15), ("017", 15), ("0b101", 5), ("1_000", 1000), ("-7", -7)]
        {
            assert_eq!(number(text).map(|number| number.int), Ok(Some(value)), "{text}");
        }
    }

    #[test]
    fn floats_that_are_whole_are_integers_too() {
        assert_eq!(number("1e3").map(|number| (number.int, number.float)), Ok((Some(1000), Some(1000.0))));
        assert_eq!(number("1.5").map(|number| (number.int, number.float)), Ok((None, Some(1.5))));
        assert_eq!(number("0x1.8p1").map(|number| number.float), Ok(Some(3.0)));
        assert_eq!(number("0x1p-2").map(|number| number.float), Ok(Some(0.25)));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["08", "1__0", "1_", "0x", "1e", "+", ".", "1e400", "0x1.8", "18446744073709551616"] {
            assert!(number(text).is_err(), "{text}");
        }
    }

    #[test]
    fn complex_numbers() {
        assert_eq!(number("1i").map(|number| number.complex), Ok(Some((0.0, 1.0))));
        let parsed = Number::parse(b"1.5e+1-2i", TokenKind::Complex).map(|number| number.complex);
        assert_eq!(parsed, Ok(Some((15.0, -2.0))));
    }
}
