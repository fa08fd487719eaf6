//! The writer: writes values as YAML in go-yaml v2's form, directly into a string.

use std::fmt::Write as _;

use super::MAX_DEPTH;
use super::error::{Error, Result};
use super::order::entries;
use super::scalar_text::Scalar;
use super::style::{Form, Style, style, style_v3};
use crate::float::shortest;
use crate::{List, Map, Value, json};

/// The maximum length of a simple key, in bytes.
const MAX_SIMPLE_KEY: usize = 128;

/// From here on, JSON writes floats with an exponent.
const MAX_INTEGER_IN_JSON: f64 = 1e21;

/// Writes a value like `yaml.JSONToYAML` writes its JSON, with a final line feed.
///
/// There is one difference: the string `<<` is quoted, because go-yaml writes it in a way that it cannot read back.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    write_to(value, &mut out);
    out
}

/// Appends a value like [`write()`] to a text, which should end with a line feed.
pub fn write_to(value: &Value, out: &mut String) {
    Writer::new(out, Numbers::OfJson).document(value);
}

/// Writes a value like `yaml.Marshal`, which is Helm's `toYaml`. That converts to JSON and reads it as YAML, so it
/// rejects strings with U+007F to U+009F, U+FFFE or U+FFFF, and converts U+0085 to a space. Unlike [`write()`], it
/// leaves `<<` plain.
///
/// # Errors
/// Returns an error for values that Go rejects: such characters, keys longer than 1024 characters, numbers that are
/// not finite, and nesting deeper than [`MAX_DEPTH`].
pub fn write_marshal(value: &Value) -> Result<String> {
    let mut out = String::new();
    let read_back;
    let value = if is_delicate(value, MAX_DEPTH)? {
        read_back = super::read(&json::write(value))?;
        &read_back
    } else {
        value
    };
    Writer { merge_text: MergeText::Plain, ..Writer::new(&mut out, Numbers::OfJson) }.document(value);
    Ok(out)
}

/// Writes a value like [`write()`], for programs that read YAML differently from Kubernetes.
///
/// A string such as `0x9395e0fE5C3A5F9E0F4C8D2b2cA1B9A6b7c3D401` is not a number in Go, since it has too many digits,
/// but a rounded number in JavaScript. Here it is quoted.
pub fn write_portable(value: &Value) -> String {
    let mut out = String::new();
    Writer { readers: Readers::All, ..Writer::new(&mut out, Numbers::OfJson) }.document(value);
    out
}

/// Converts a JSON text like `yaml.JSONToYAML`. Unlike [`write()`], it keeps the form of floats: `1e6` becomes
/// `1e+06`.
///
/// # Errors
/// Returns go-yaml's error when it reads the text as YAML.
pub fn convert_json(text: &str) -> Result<String> {
    let value = super::read(text)?;
    let mut out = String::new();
    Writer::new(&mut out, Numbers::AsTheyAre).document(&value);
    Ok(out)
}

/// Writes a string like go-yaml v3 without folding; its further lines get the indent. A block ends with a line feed.
pub fn write_unfolded(text: &str, indent: usize) -> String {
    let mut out = String::new();
    // A key stays on its line, and so does every string here.
    Scalar { text, style: style_v3(text), indent, is_key: true }.write(&mut out, &mut 0);
    out
}

/// Tells whether go-yaml writes a string as a simple key: on one line before a `:`.
pub fn is_simple_key(text: &str) -> bool {
    !style(text).multiline && text.len() <= MAX_SIMPLE_KEY
}

/// Tells whether the JSON of a value changes when it is read as YAML.
fn is_delicate(value: &Value, levels_left: usize) -> Result<bool> {
    let delicate = |text: &str| {
        let suspect = |byte| matches!(byte, 0x7F | 0xC2 | 0xEF);
        text.bytes().any(suspect)
            && text
                .chars()
                .any(|character| matches!(character, '\u{7F}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}'))
    };
    let inside = || {
        let deeper = levels_left.checked_sub(1);
        deeper.ok_or_else(|| Error::new(format!("yaml: exceeded max depth of {MAX_DEPTH}")))
    };
    Ok(match value {
        Value::Float(number) if !number.is_finite() => {
            let name = match *number {
                f64::INFINITY => "+Inf",
                f64::NEG_INFINITY => "-Inf",
                _ => "NaN",
            };
            return Err(Error::new(format!("error marshaling into JSON: json: unsupported value: {name}")));
        }
        Value::String(text) => delicate(text),
        Value::List(list) => {
            let (mut found, inside) = (false, inside()?);
            for element in list {
                found |= is_delicate(element, inside)?;
            }
            found
        }
        Value::Map(map) => {
            let (mut found, inside) = (false, inside()?);
            for (key, element) in map {
                found |= is_delicate(element, inside)? || key.len() > MAX_SIMPLE_KEY || delicate(key);
            }
            found
        }
        _ => false,
    })
}

/// Tells whether a string is a number in base 2, 8 or 16 for a reader that accepts any number of digits.
fn is_number_of_any_length(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text).strip_prefix('0');
    let digits = digits.and_then(|rest| rest.strip_prefix(['x', 'X', 'o', 'O', 'b', 'B']));
    digits.is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_')
    })
}

/// How floats are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbers {
    /// As in their JSON: `1e6` is `1000000`.
    OfJson,
    AsTheyAre,
}

/// How the string `<<` is written, which go-yaml reads as a merge key if it is plain.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MergeText {
    Quoted,
    Plain,
}

/// The readers of the output.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Readers {
    /// Readers that interpret scalars like Go.
    OfKubernetes,
    All,
}

struct Writer<'o> {
    out: &'o mut String,
    numbers: Numbers,
    merge_text: MergeText,
    readers: Readers,
    /// The start of the current line in the text.
    line_start: usize,
}

impl<'o> Writer<'o> {
    fn new(out: &'o mut String, numbers: Numbers) -> Self {
        let line_start = out.len();
        Self { out, numbers, merge_text: MergeText::Quoted, readers: Readers::OfKubernetes, line_start }
    }

    fn document(mut self, value: &Value) {
        match value {
            Value::Map(map) if !map.is_empty() => self.map(map, 0),
            Value::List(list) if !list.is_empty() => self.list(list, 0),
            scalar => self.scalar(scalar, 2),
        }
        self.end_line();
    }

    fn style(&self, text: &str) -> Style {
        if text == "<<" && self.merge_text == MergeText::Plain {
            return Style { form: Form::Plain, multiline: false };
        }
        if self.readers == Readers::All && is_number_of_any_length(text) {
            return Style { form: Form::DoubleQuoted, multiline: false };
        }
        style(text)
    }

    fn end_line(&mut self) {
        // A block scalar has already ended its line.
        if self.out.len() != self.line_start {
            self.out.push('\n');
            self.line_start = self.out.len();
        }
    }

    fn start_line(&mut self, indent: usize) {
        self.end_line();
        push_spaces(self.out, indent);
    }

    /// Writes the entries of a map; the first one on the current line.
    fn map(&mut self, map: &Map, indent: usize) {
        for (index, (key, value)) in entries(map).into_iter().enumerate() {
            if index > 0 {
                self.start_line(indent);
            }
            let style = self.style(key);
            if !style.multiline && key.len() <= MAX_SIMPLE_KEY {
                self.text(Scalar { text: key, style, indent: indent + 2, is_key: true });
                self.out.push(':');
                match value {
                    Value::Map(map) if !map.is_empty() => {
                        self.start_line(indent + 2);
                        self.map(map, indent + 2);
                    }
                    Value::List(list) if !list.is_empty() => {
                        self.start_line(indent);
                        self.list(list, indent);
                    }
                    scalar => {
                        self.out.push(' ');
                        self.scalar(scalar, indent + 2);
                    }
                }
            } else {
                self.out.push_str("? ");
                self.text(Scalar { text: key, style, indent: indent + 2, is_key: false });
                self.start_line(indent);
                self.out.push_str(": ");
                self.nested(value, indent + 2);
            }
        }
    }

    /// Writes the elements of a list; the first one on the current line.
    fn list(&mut self, list: &List, indent: usize) {
        for (index, value) in list.iter().enumerate() {
            if index > 0 {
                self.start_line(indent);
            }
            self.out.push_str("- ");
            self.nested(value, indent + 2);
        }
    }

    /// Writes what follows on the indicator's line.
    fn nested(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Map(map) if !map.is_empty() => self.map(map, indent),
            Value::List(list) if !list.is_empty() => self.list(list, indent),
            scalar => self.scalar(scalar, indent),
        }
    }

    /// Writes a scalar; its further lines get the indent.
    fn scalar(&mut self, value: &Value, indent: usize) {
        let written = match value {
            Value::Null => self.out.write_str("null"),
            Value::Bool(true) => self.out.write_str("true"),
            Value::Bool(false) => self.out.write_str("false"),
            Value::Int(value) => write!(self.out, "{value}"),
            Value::Uint(value) => write!(self.out, "{value}"),
            Value::Float(value) => self.float(*value),
            Value::String(text) => {
                let style = self.style(text);
                self.text(Scalar { text, style, indent, is_key: false });
                Ok(())
            }
            Value::List(_) => self.out.write_str("[]"),
            Value::Map(_) => self.out.write_str("{}"),
        };
        written.expect("writing to a string cannot fail");
    }

    fn float(&mut self, value: f64) -> std::fmt::Result {
        match value {
            f64::INFINITY => return self.out.write_str(".inf"),
            f64::NEG_INFINITY => return self.out.write_str("-.inf"),
            _ if value.is_nan() => return self.out.write_str(".nan"),
            _ => {}
        }
        if self.numbers == Numbers::OfJson && value.fract() == 0.0 && value.abs() < MAX_INTEGER_IN_JSON {
            let text = format!("{value}");
            if let Ok(integer) = text.parse::<i64>() {
                return write!(self.out, "{integer}");
            }
            if text.parse::<u64>().is_ok() {
                return self.out.write_str(&text);
            }
        }
        self.out.write_str(&shortest(value))
    }

    fn text(&mut self, scalar: Scalar<'_>) {
        scalar.write(self.out, &mut self.line_start);
    }
}

pub(super) fn push_spaces(out: &mut String, count: usize) {
    const SPACES: &str = "                                ";
    let mut left = count;
    while let Some(rest) = left.checked_sub(SPACES.len()) {
        out.push_str(SPACES);
        left = rest;
    }
    out.push_str(SPACES.get(..left).unwrap_or_default());
}
