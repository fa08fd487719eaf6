//! Strict decoding of an object: finds fields that its struct does not have, and values of the wrong type.
//!
//! Go decodes JSON into structs. A missing or `null` field is the zero value, whatever its type; a string is never a
//! number.

use std::collections::BTreeSet;

use aqueduct_manifest::{Value, closest, json};

use super::{LAST, Schemas, Shape};
use crate::field::Field;
use crate::report::{Report, shown};

/// The nesting depth that the API server decodes, with some margin.
const DEEPEST: usize = 512;

/// How an object reaches the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Create,
    /// A server-side apply, which identifies list entries by their keys.
    Apply,
}

/// Adds unknown fields and wrong types. A version that is newer than the tables may have fields that they lack.
pub(crate) fn decode(schemas: &Schemas, shape: Shape, root: &Value, write: Write, report: &mut Report) {
    let is_strict = report.minor <= LAST;
    Decoder { schemas, report, is_strict, write }.check(shape, &Field::root(root), 0);
}

struct Decoder<'s, 'r> {
    schemas: &'s Schemas,
    report: &'r mut Report,
    /// Whether unknown fields are reported.
    is_strict: bool,
    write: Write,
}

impl Decoder<'_, '_> {
    fn check(&mut self, shape: Shape, field: &Field<'_>, depth: usize) {
        if !field.is_set() || depth > DEEPEST {
            return;
        }
        let value = field.value;
        let problem = match shape {
            Shape::Any => None,
            Shape::Schema => {
                let before = std::mem::replace(&mut self.is_strict, false);
                let shape = self.schemas.inner_schema.map_or(Shape::Any, Shape::Struct);
                match value {
                    Value::Map(_) => self.check(shape, field, depth + 1),
                    Value::List(_) => {
                        for item in field.items().filter(|item| item.value.as_map().is_some()) {
                            self.check(shape, &item, depth + 1);
                        }
                    }
                    _ => {}
                }
                self.is_strict = before;
                None
            }
            Shape::Text => wanted(value.as_str().is_some(), "a string"),
            Shape::Bool => wanted(value.as_bool().is_some(), "`true` or `false`"),
            Shape::Int32 => {
                wanted(integer(value).is_some_and(|n| i32::try_from(n).is_ok()), "a 32-bit integer")
            }
            Shape::Int64 => wanted(integer(value).is_some(), "an integer"),
            Shape::Number => wanted(value.as_f64().is_some(), "a number"),
            Shape::Bytes => match value {
                Value::String(text) => wanted(is_base64(text), "base64"),
                Value::List(bytes) => wanted(
                    bytes.iter().all(|byte| matches!(byte, Value::Int(0..=255) | Value::Null)),
                    "base64",
                ),
                _ => Some("base64"),
            },
            Shape::Quantity => {
                wanted(field.quantity().is_some() && !ends_blank(value), "a quantity such as `500m` or `2Gi`")
            }
            Shape::IntOrText => wanted(
                value.as_str().is_some() || integer(value).is_some_and(|n| i32::try_from(n).is_ok()),
                "a 32-bit integer or a string",
            ),
            Shape::Time => {
                wanted(value.as_str().is_some_and(|text| is_time(text, Fraction::Any)), "an RFC 3339 time")
            }
            Shape::MicroTime => wanted(
                value.as_str().is_some_and(|text| is_time(text, Fraction::Micro)),
                "an RFC 3339 time with microseconds",
            ),
            Shape::Struct(number) => {
                let structure = self.schemas.structure(number);
                if let (Value::Map(_), Some(structure)) = (value, structure) {
                    for (name, inner) in field.fields() {
                        match structure.field(name) {
                            Some(shape) => self.check(shape, &inner, depth + 1),
                            None if !self.is_strict => {}
                            None => {
                                self.unknown(&inner, name, structure.fields.iter().map(|(name, _)| *name))
                            }
                        }
                    }
                }
                wanted(value.as_map().is_some(), "a map")
            }
            Shape::List(inner) => {
                let entry = self.schemas.entry(inner);
                for item in field.items() {
                    self.check(entry.shape, &item, depth + 1);
                }
                if let (Some(keys), Write::Apply) = (entry.keys, self.write) {
                    self.repeated(keys, field);
                }
                wanted(value.as_list().is_some(), "a list")
            }
            Shape::Map(inner) => {
                let inner = self.schemas.entry(inner).shape;
                for (_, entry) in field.entries() {
                    self.check(inner, &entry, depth + 1);
                }
                wanted(value.as_map().is_some(), "a map")
            }
        };
        if let Some(wanted) = problem {
            let message = format!("wrong type: expected {wanted}, got {}: {}", kind(value), shown(value));
            self.report.decode(field, "BadRequest", message);
        }
    }

    /// Adds each list entry with the keys of an earlier one.
    fn repeated(&mut self, keys: &str, list: &Field<'_>) {
        let mut seen = BTreeSet::new();
        for item in list.items() {
            let mut parts: Vec<String> = Vec::new();
            for name in keys.split(',').filter(|name| !name.is_empty()) {
                parts.push(match item.get(name).value {
                    Value::Null if name == "protocol" => "\"TCP\"".to_owned(),
                    value => json::write_raw(value),
                });
            }
            let message = if keys.is_empty() {
                parts.push(json::write_raw(item.value));
                format!("repeats an earlier entry: {}", shown(item.value))
            } else {
                format!("repeats the `{}` of an earlier entry", keys.replace(',', "` and `"))
            };
            if !seen.insert(parts) {
                self.report.decode(&item, "DuplicateEntry", message);
            }
        }
    }

    fn unknown(&mut self, field: &Field<'_>, name: &str, known: impl Iterator<Item = &'static str>) {
        let path = field.path();
        let message = match closest(name, known) {
            Some(near) => format!("unknown field `{path}`; did you mean `{near}`?"),
            None => format!("unknown field `{path}`"),
        };
        self.report.decode(field, "UnknownField", message);
    }
}

fn wanted(is_right: bool, wanted: &'static str) -> Option<&'static str> {
    (!is_right).then_some(wanted)
}

fn kind(value: &Value) -> String {
    match value.kind() {
        kind @ "integer" => format!("an {kind}"),
        kind => format!("a {kind}"),
    }
}

/// Returns an integer. YAML's `80.0` reaches the API server as `80`.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => Some(*number as i64),
        _ => None,
    }
}

/// Tells whether a text ends with whitespace, which quantities may start but not end with.
fn ends_blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.ends_with(char::is_whitespace))
}

/// Tells whether Go decodes a text as padded base64 with the standard alphabet; it skips line breaks.
fn is_base64(text: &str) -> bool {
    let (mut letters, mut padding) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'\r' | b'\n' => {}
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => letters += 1,
            _ => return false,
        }
    }
    (letters + padding).is_multiple_of(4) && padding <= 2 && !(padding > 0 && letters % 4 < 2)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fraction {
    Any,
    Micro,
}

/// Tells whether Go's `time.Parse` accepts a text as RFC 3339, with any fraction of a second or with exactly six
/// digits.
fn is_time(text: &str, fraction: Fraction) -> bool {
    let Some((date, rest)) = text.split_at_checked(10) else { return false };
    let Some(rest) = rest.strip_prefix('T') else { return false };
    let Some((clock, rest)) = rest.split_at_checked(8) else { return false };
    let numbers = |text: &str, separator: char| -> Option<(u32, u32, u32)> {
        let mut parts = text.split(separator).map(|part| {
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u32>().ok()).flatten()
        });
        let all = (parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(all)
    };
    let (Some((year, month, day)), Some((hour, minute, second))) = (numbers(date, '-'), numbers(clock, ':'))
    else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1..=12).contains(&month) || day == 0 || day > days || hour > 23 || minute > 59 || second > 59 {
        return false;
    }
    let digits = rest
        .strip_prefix('.')
        .map_or("", |rest| &rest[..rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len())]);
    let has_point = rest.starts_with('.');
    if has_point && digits.is_empty() || fraction == Fraction::Micro && digits.len() != 6 {
        return false;
    }
    let zone = &rest[digits.len() + usize::from(has_point)..];
    match zone.strip_prefix(['+', '-']) {
        Some(offset) => {
            offset.len() == 5
                && numbers(&format!("{offset}:00"), ':').is_some_and(|(h, m, _)| h <= 24 && m <= 60)
        }
        None => zone == "Z",
    }
}
