//! Writes JSON: compact or indented, with keys in byte order, and floats by Go's rule.

use std::fmt::Write as _;

use crate::Value;
use crate::float::{split, with_exponent};

/// Which characters are escaped in addition to those that JSON requires.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    /// `<`, `>` and `&`, so that the text can be used in HTML.
    Html,
    None,
}

/// Writes a value as `json.Marshal` does, with `<`, `>` and `&` escaped.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    compact(value, Escape::Html, &mut out);
    out
}

/// Writes a value as a Go encoder does after `SetEscapeHTML(false)`, without the final line feed.
pub fn write_raw(value: &Value) -> String {
    let mut out = String::new();
    compact(value, Escape::None, &mut out);
    out
}

/// Writes a value as `json.MarshalIndent` does with two spaces, without a final line feed.
pub fn write_pretty(value: &Value) -> String {
    indented(&write(value))
}

/// Breaks compact JSON into lines, as `json.Indent` does with two spaces.
pub fn indented(compact: &str) -> String {
    let line = |depth: usize, out: &mut String| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    let mut out = String::with_capacity(compact.len() * 2);
    let (mut depth, mut in_string) = (0_usize, false);
    let mut characters = compact.chars().peekable();
    while let Some(character) = characters.next() {
        let is_closed = matches!(characters.peek(), Some('}' | ']'));
        match character {
            '"' => {
                in_string = !in_string;
                out.push(character);
            }
            '\\' => {
                out.push(character);
                out.extend(characters.next());
            }
            _ if in_string => out.push(character),
            '{' | '[' if is_closed => {
                out.push(character);
                out.extend(characters.next());
            }
            '{' | '[' => {
                depth += 1;
                out.push(character);
                line(depth, &mut out);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(depth, &mut out);
                out.push(character);
            }
            ',' => {
                out.push(character);
                line(depth, &mut out);
            }
            ':' => out.push_str(": "),
            _ => out.push(character),
        }
    }
    out
}

fn compact(value: &Value, escape: Escape, out: &mut String) {
    match value {
        Value::List(list) => {
            out.push('[');
            for (index, element) in list.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                compact(element, escape, out);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (index, (key, element)) in map.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                string(key, escape, out);
                out.push(':');
                compact(element, escape, out);
            }
            out.push('}');
        }
        scalar => self::scalar(scalar, escape, out),
    }
}

fn scalar(value: &Value, escape: Escape, out: &mut String) {
    let written = match value {
        Value::Bool(true) => out.write_str("true"),
        Value::Bool(false) => out.write_str("false"),
        Value::Int(value) => write!(out, "{value}"),
        Value::Uint(value) => write!(out, "{value}"),
        Value::Float(value) => {
            float(*value, out);
            Ok(())
        }
        Value::String(text) => {
            string(text, escape, out);
            Ok(())
        }
        Value::Null | Value::List(_) | Value::Map(_) => out.write_str("null"),
    };
    written.expect("writing to a string cannot fail");
}

/// Writes a float in full from 1e-6 up to 1e21, and otherwise with an exponent. JSON has no infinity, which becomes
/// `null`.
pub(crate) fn float(value: f64, out: &mut String) {
    let size = value.abs();
    let written = if !value.is_finite() {
        out.write_str("null")
    } else if value == 0.0 || (1e-6..1e21).contains(&size) {
        write!(out, "{value}")
    } else {
        let scientific = format!("{value:e}");
        let (digits, exponent) = split(&scientific);
        // Go only shortens `e-09` to `e-9`.
        if (-9..0).contains(&exponent) {
            write!(out, "{digits}e{exponent}")
        } else {
            out.write_str(&with_exponent(digits, exponent))
        }
    };
    written.expect("writing to a string cannot fail");
}

fn string(text: &str, escape: Escape, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|character| needs_escape(character, escape)) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let mut characters = after.chars();
        match characters.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some('\u{08}') => out.push_str("\\b"),
            Some('\u{0C}') => out.push_str("\\f"),
            Some(character) => {
                write!(out, "\\u{:04x}", u32::from(character)).expect("writing to a string cannot fail");
            }
            None => {}
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

fn needs_escape(character: char, escape: Escape) -> bool {
    match character {
        '\0'..'\u{20}' | '"' | '\\' | '\u{2028}' | '\u{2029}' => true,
        '<' | '>' | '&' => escape == Escape::Html,
        _ => false,
    }
}
