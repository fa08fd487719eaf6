//! The meaning of scalars: go-yaml's rules for null, booleans, numbers and dates.

use super::Dialect;
use super::compose::Node;
use super::error::{Error, Result};
use super::parser::TAG_PREFIX;
use super::timestamp::Timestamp;
use super::token::Style;

/// The resolved value of a scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    /// Above `i64::MAX`.
    Uint(u64),
    Float(f64),
    Timestamp(Timestamp),
    String,
}

impl Resolved {
    fn tag(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Uint(_) => "int",
            Self::Float(_) => "float",
            Self::Timestamp(_) => "timestamp",
            Self::String => "str",
        }
    }
}

/// Returns the meaning of a plain scalar without a tag.
pub(super) fn resolve(text: &str, dialect: Dialect) -> Resolved {
    match text.as_bytes().first() {
        None => Resolved::Null,
        Some(b'0'..=b'9' | b'+' | b'-') => resolve_word(text, dialect)
            .or_else(|| Timestamp::parse(text).map(Resolved::Timestamp))
            .unwrap_or_else(|| resolve_number(text, dialect)),
        Some(b'.') => resolve_word(text, dialect)
            .or_else(|| fraction(text).map(Resolved::Float))
            .unwrap_or(Resolved::String),
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => {
            resolve_word(text, dialect).unwrap_or(Resolved::String)
        }
        _ => Resolved::String,
    }
}

/// Returns the meaning of a scalar with any style and tag.
pub(super) fn resolve_node(node: &Node<'_>, value: &str, style: Style, dialect: Dialect) -> Result<Resolved> {
    match node.tag.as_deref() {
        // yaml.v3 treats the tag `!` as none.
        Some(tag) if tag != "!" || dialect == Dialect::Sigs => resolve_tagged(tag, value, dialect),
        _ if style == Style::Plain => Ok(resolve(value, dialect)),
        _ => Ok(Resolved::String),
    }
}

/// Returns the meaning of a scalar with one of YAML's own tags; other tags make it a string.
fn resolve_tagged(tag: &str, text: &str, dialect: Dialect) -> Result<Resolved> {
    let Some(name @ ("bool" | "int" | "float" | "null" | "timestamp")) = tag.strip_prefix(TAG_PREFIX) else {
        return Ok(Resolved::String);
    };
    let mut resolved = resolve(text, dialect);
    if name != "timestamp" && matches!(resolved, Resolved::Timestamp(_)) {
        resolved = resolve_number(text, dialect);
    }
    match resolved {
        resolved if resolved.tag() == name => Ok(resolved),
        Resolved::Int(value) if name == "float" => Ok(Resolved::Float(value as f64)),
        resolved => {
            let tag = resolved.tag();
            Err(Error::new(format!("yaml: cannot decode !!{tag} `{text}` as a !!{name}")))
        }
    }
}

/// Looks up the special words; the caller has checked the first letter.
fn resolve_word(text: &str, dialect: Dialect) -> Option<Resolved> {
    if text.len() > 5 {
        return None;
    }
    Some(match text {
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Resolved::Float(f64::NEG_INFINITY),
        _ if dialect == Dialect::Kyaml => return None,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Resolved::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Resolved::Bool(false),
        _ => return None,
    })
}

/// Resolves a scalar that starts with a digit or a sign.
fn resolve_number(text: &str, dialect: Dialect) -> Resolved {
    let without;
    let plain = if text.contains('_') {
        without = text.replace('_', "");
        without.as_str()
    } else {
        text
    };
    if let Some(resolved) = integer(plain) {
        return resolved;
    }
    if is_decimal(plain)
        && let Ok(value) = plain.parse::<f64>()
        && value.is_finite()
    {
        return Resolved::Float(value);
    }
    let spelled = |prefix: &str, radix| {
        if let Some(digits) = plain.strip_prefix(prefix) {
            return signed(digits, radix).or_else(|| unsigned(digits, radix));
        }
        let digits = plain.strip_prefix('-')?.strip_prefix(prefix)?;
        signed(&format!("-{digits}"), radix)
    };
    spelled("0b", 2)
        .or_else(|| if dialect == Dialect::Kyaml { spelled("0o", 8) } else { None })
        .unwrap_or(Resolved::String)
}

/// Parses an integer like Go's `strconv.ParseInt(…, 0, 64)`, then `ParseUint`.
fn integer(text: &str) -> Option<Resolved> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (Some(false), text.get(1..)?),
        b'-' => (Some(true), text.get(1..)?),
        _ => (None, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    match sign {
        Some(true) => 0i64.checked_sub_unsigned(value).map(Resolved::Int),
        Some(false) => i64::try_from(value).ok().map(Resolved::Int),
        None => Some(i64::try_from(value).map_or(Resolved::Uint(value), Resolved::Int)),
    }
}

fn signed(digits: &str, radix: u32) -> Option<Resolved> {
    i64::from_str_radix(digits, radix).ok().map(Resolved::Int)
}

fn unsigned(digits: &str, radix: u32) -> Option<Resolved> {
    if digits.starts_with('+') {
        return None;
    }
    u64::from_str_radix(digits, radix).ok().map(Resolved::Uint)
}

/// Tells whether a text is `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn is_decimal(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && digits(fraction),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    mantissa_fits && exponent_fits
}

/// Parses a scalar that starts with a dot like Go's `strconv.ParseFloat`, which allows `_` between digits.
fn fraction(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let between = |at: usize| digit(at.checked_sub(1)) && digit(Some(at + 1));
    if bytes.iter().enumerate().any(|(at, byte)| *byte == b'_' && !between(at)) {
        return None;
    }
    let plain = text.replace('_', "");
    let value = plain.parse::<f64>().ok()?;
    (is_decimal(&plain) && value.is_finite()).then_some(value)
}

/// Tells whether a text is one of YAML 1.1's base-60 numbers, which go-yaml reads as strings and quotes.
pub(super) fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (parts, fraction) = match text.split_once('.') {
        Some((parts, fraction)) => (parts, fraction),
        None => (text, ""),
    };
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut parts = parts.split(':');
    let first = parts.next().unwrap_or_default();
    let mut count = 0;
    let rest = parts.all(|part| {
        count += 1;
        matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
    });
    rest && count > 0
        && first.starts_with(|start: char| start.is_ascii_digit())
        && is_number(first)
        && is_number(fraction)
}
