//! Writing JSON: compact or indented, keys in byte order, floats by Go's rule.

use std::fmt::Write as _;

use super::number::{split, with_exponent};
use crate::Value;

/// Which characters are escaped besides those that JSON demands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    /// `<`, `>` and `&`, so that the text can stand in HTML.
    Html,
    None,
}

/// Writes a value as `json.Marshal` does, with `<`, `>` and `&` escaped.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    compact(value, Escape::Html, &mut out);
    out
}

/// Writes a value as a Go encoder after `SetEscapeHTML(false)` does, without the line feed at the end.
pub fn write_raw(value: &Value) -> String {
    let mut out = String::new();
    compact(value, Escape::None, &mut out);
    out
}

/// Writes a value as `json.MarshalIndent` does with two spaces, without a line feed at the end.
pub fn write_pretty(value: &Value) -> String {
    let mut out = String::new();
    pretty(value, 0, &mut out);
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

fn pretty(value: &Value, depth: usize, out: &mut String) {
    let line = |depth: usize, out: &mut String| {
        out.push('\n');
        for _ in 0..depth {
            out.push_str("  ");
        }
    };
    match value {
        Value::List(list) if !list.is_empty() => {
            out.push('[');
            for (index, element) in list.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                line(depth + 1, out);
                pretty(element, depth + 1, out);
            }
            line(depth, out);
            out.push(']');
        }
        Value::Map(map) if !map.is_empty() => {
            out.push('{');
            for (index, (key, element)) in map.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                line(depth + 1, out);
                string(key, Escape::Html, out);
                out.push_str(": ");
                pretty(element, depth + 1, out);
            }
            line(depth, out);
            out.push('}');
        }
        Value::List(_) => out.push_str("[]"),
        Value::Map(_) => out.push_str("{}"),
        scalar => self::scalar(scalar, Escape::Html, out),
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

/// Writes a float: in full from 1e-6 up to 1e21, else with an exponent. JSON has no infinity; it becomes `null`.
pub(crate) fn float(value: f64, out: &mut String) {
    let size = value.abs();
    let written = if !value.is_finite() {
        out.write_str("null")
    } else if value == 0.0 || (1e-6..1e21).contains(&size) {
        write!(out, "{value}")
    } else {
        let scientific = format!("{value:e}");
        let (digits, exponent) = split(&scientific);
        // Go shortens `e-09` to `e-9`, and only that.
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
