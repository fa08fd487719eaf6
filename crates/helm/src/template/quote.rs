//! Go string literals: quoting as `strconv.Quote` does, unquoting as `strconv.Unquote` does.

use super::rune::{Runes, decode, is_print};

/// How quoting treats printable characters outside ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    Unicode,
    Ascii,
}

/// Returns the bytes in double quotes, escaped as in Go.
pub(crate) fn quote(bytes: &[u8], charset: Charset) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for (rune, raw) in Runes(bytes) {
        match raw {
            [byte] if !byte.is_ascii() => out.push_str(&format!("\\x{byte:02x}")),
            _ => escape(&mut out, rune, '"', charset),
        }
    }
    out.push('"');
    out
}

/// Returns the rune in single quotes, escaped as in Go.
pub(crate) fn quote_rune(rune: char, charset: Charset) -> String {
    let mut out = String::from("'");
    escape(&mut out, rune, '\'', charset);
    out.push('\'');
    out
}

fn escape(out: &mut String, rune: char, mark: char, charset: Charset) {
    if rune == mark || rune == '\\' {
        out.push('\\');
        out.push(rune);
        return;
    }
    let plain = match charset {
        Charset::Ascii => rune.is_ascii() && is_print(rune),
        Charset::Unicode => is_print(rune),
    };
    if plain {
        out.push(rune);
        return;
    }
    let code = u32::from(rune);
    match rune {
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        _ if code < 0x20 || code == 0x7f => out.push_str(&format!("\\x{code:02x}")),
        _ if code < 0x10000 => out.push_str(&format!("\\u{code:04x}")),
        _ => out.push_str(&format!("\\U{code:08x}")),
    }
}

/// Returns whether a text can be put between backquotes unchanged.
pub(crate) fn can_backquote(bytes: &[u8]) -> bool {
    Runes(bytes).all(|(rune, raw)| match rune {
        '\u{feff}' => false,
        char::REPLACEMENT_CHARACTER if raw.len() == 1 => false,
        '\t' => true,
        '`' | '\x7f' => false,
        _ => raw.len() > 1 || rune >= ' ',
    })
}

/// Returns the value of a quoted literal; `None` if Go reports `invalid syntax`.
pub(crate) fn unquote(literal: &[u8]) -> Option<Vec<u8>> {
    let (mark, rest) = literal.split_first()?;
    let (last, inner) = rest.split_last()?;
    if mark != last {
        return None;
    }
    match mark {
        b'`' => {
            if inner.contains(&b'`') {
                return None;
            }
            Some(inner.iter().copied().filter(|byte| *byte != b'\r').collect())
        }
        b'"' => {
            if inner.contains(&b'\n') {
                return None;
            }
            if !inner.contains(&b'\\') && !inner.contains(&b'"') {
                return Some(inner.to_vec());
            }
            let mut out = Vec::with_capacity(inner.len());
            let mut rest = inner;
            while !rest.is_empty() {
                let (unit, tail) = unquote_unit(rest, b'"')?;
                unit.write(&mut out);
                rest = tail;
            }
            Some(out)
        }
        _ => None,
    }
}

/// One character of a literal: a rune, or a byte written with `\x` or an octal escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit<'a> {
    Rune(char),
    Byte(u8),
    Raw(&'a [u8]),
}

impl Unit<'_> {
    fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Rune(rune) => out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes()),
            Self::Byte(byte) => out.push(byte),
            Self::Raw(bytes) => out.extend_from_slice(bytes),
        }
    }

    /// Returns the number that a character literal of this unit has.
    pub(crate) fn code(self) -> u32 {
        match self {
            Self::Rune(rune) => rune.into(),
            Self::Byte(byte) => byte.into(),
            Self::Raw(bytes) => decode(bytes).map_or(0, |(rune, _)| rune.into()),
        }
    }
}

/// Splits one character off the inside of a literal.
pub(crate) fn unquote_unit(text: &[u8], mark: u8) -> Option<(Unit<'_>, &[u8])> {
    let (first, rest) = text.split_first()?;
    if *first == mark {
        return None;
    }
    if *first != b'\\' {
        let (_, width) = decode(text)?;
        let (raw, tail) = text.split_at_checked(width)?;
        return Some((Unit::Raw(raw), tail));
    }
    let (kind, rest) = rest.split_first()?;
    let simple = match kind {
        b'a' => Some(7),
        b'b' => Some(8),
        b'f' => Some(12),
        b'n' => Some(10),
        b'r' => Some(13),
        b't' => Some(9),
        b'v' => Some(11),
        b'\\' => Some(b'\\'),
        b'\'' | b'"' if *kind == mark => Some(*kind),
        _ => None,
    };
    if let Some(byte) = simple {
        return Some((Unit::Byte(byte), rest));
    }
    let digits = match kind {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        b'0'..=b'7' => {
            let digits = text.get(1..4)?;
            let value = number(digits, 8)?;
            return Some((Unit::Byte(u8::try_from(value).ok()?), text.get(4..)?));
        }
        _ => return None,
    };
    let (digits, rest) = rest.split_at_checked(digits)?;
    let value = number(digits, 16)?;
    let unit = if *kind == b'x' {
        Unit::Byte(u8::try_from(value).ok()?)
    } else {
        Unit::Rune(char::from_u32(value)?)
    };
    Some((unit, rest))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    digits.iter().try_fold(0_u32, |value, digit| {
        let digit = char::from(*digit).to_digit(radix)?;
        value.checked_mul(radix)?.checked_add(digit)
    })
}
