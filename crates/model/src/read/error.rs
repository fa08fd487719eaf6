//! Errors from serde, with the node that caused each.

use std::fmt;

use aqueduct_manifest::{Diagnostic, SmolStr, closest};
use serde::de;

use crate::node::Node;

/// An error.
#[derive(Debug)]
pub(super) struct ReadError<'a> {
    pub(super) kind: Kind,
    /// The place, set on the way out, so that the innermost node wins.
    pub(super) place: Option<Subject<'a>>,
    /// The keys that lead to the place, innermost first.
    pub(super) path: Vec<Segment>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Subject<'a> {
    Key(&'a Node),
    Value(&'a Node),
}

#[derive(Clone, Debug)]
pub(super) enum Segment {
    Key(SmolStr),
    Index(usize),
}

#[derive(Debug)]
pub(super) enum Kind {
    Unknown {
        key: String,
        known: Vec<&'static str>,
        suggestion: Option<&'static str>,
    },
    Missing {
        key: String,
    },
    /// A key that belongs to a different form of the table than a key that is there; `forms` lists the keys of each
    /// form.
    Excluded {
        key: String,
        beside: String,
        forms: String,
    },
    Variant {
        written: String,
        known: &'static [&'static str],
    },
    Type {
        expected: String,
        found: String,
    },
    Refused {
        message: String,
    },
}

/// Names from other tools that differ here, with the keys that may be meant, likeliest first.
const WORDS: &[(&str, &[&str])] = &[
    ("args", &["arguments"]),
    ("data", &["files"]),
    ("entrypoint", &["command"]),
    ("env", &["variables"]),
    ("file", &["source", "path"]),
    ("path", &["source"]),
];

impl<'a> ReadError<'a> {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, place: None, path: Vec::new() }
    }

    /// Returns the error for a key that is not among the known ones.
    pub(super) fn unknown(key: &str, known: Vec<&'static str>) -> Self {
        let words = WORDS.iter().filter(|(word, _)| *word == key);
        let meant = words.flat_map(|(_, keys)| *keys).find(|meant| known.contains(meant)).copied();
        let suggestion = meant.or_else(|| closest(key, known.iter().copied()));
        Self::new(Kind::Unknown { key: key.to_owned(), known, suggestion })
    }

    /// Sets the place, unless it is already known.
    pub(super) fn at(mut self, place: Subject<'a>) -> Self {
        self.place.get_or_insert(place);
        self
    }

    pub(super) fn below(mut self, segment: Segment) -> Self {
        self.path.push(segment);
        self
    }

    pub(super) fn diagnostic(&self, what: &str, place: Subject<'_>) -> Diagnostic {
        let path = self.path();
        let subject = if path.is_empty() { what.to_owned() } else { format!("`{path}` of {what}") };
        let (code, message) = match &self.kind {
            Kind::Unknown { key, .. } => {
                ("unknown-key", format!("unknown key `{key}` in {}", self.parent(what)))
            }
            Kind::Excluded { key, beside, .. } => {
                ("excluded-key", format!("{} has both `{beside}` and `{key}`", self.parent(what)))
            }
            Kind::Missing { key } => ("missing-key", format!("{subject} has no `{key}`")),
            Kind::Variant { written, known } => {
                ("invalid-value", format!("{subject} must be one of {}, not `{written}`", quoted(known)))
            }
            Kind::Type { expected, found } => {
                ("wrong-type", format!("{subject} must be {expected}, not {found}"))
            }
            Kind::Refused { message } if path.is_empty() => ("invalid-value", format!("{what}: {message}")),
            Kind::Refused { message } => ("invalid-value", format!("invalid {subject}: {message}")),
        };
        let diagnostic = match place {
            Subject::Key(node) => node.key_diagnostic(code, message),
            Subject::Value(node) => node.diagnostic(code, message),
        };
        match &self.kind {
            Kind::Unknown { suggestion: Some(suggestion), .. } => {
                diagnostic.hint(format!("did you mean `{suggestion}`?"))
            }
            Kind::Excluded { forms, .. } => diagnostic.hint(format!("use a table with {forms}")),
            Kind::Unknown { known, .. } if known.is_empty() => diagnostic.hint("this table has no keys"),
            Kind::Unknown { known, .. } => diagnostic.hint(format!("the keys are {}", quoted(known))),
            Kind::Variant { written, known } => diagnostic.did_you_mean(written, known.iter().copied()),
            _ => diagnostic,
        }
    }

    fn path(&self) -> String {
        join(self.path.iter().rev())
    }

    /// Returns the name in messages of the table that contains the last key of the path.
    fn parent(&self, what: &str) -> String {
        match join(self.path.iter().skip(1).rev()) {
            parent if parent.is_empty() => what.to_owned(),
            parent => format!("`{parent}` of {what}"),
        }
    }
}

fn join<'s>(segments: impl Iterator<Item = &'s Segment>) -> String {
    segments.fold(String::new(), |mut path, segment| {
        match segment {
            Segment::Key(key) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
            }
            Segment::Index(index) => path.push_str(&format!("[{index}]")),
        }
        path
    })
}

pub(super) fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for ReadError<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Unknown { key, .. } => write!(out, "unknown key `{key}`"),
            Kind::Missing { key } => write!(out, "missing key `{key}`"),
            Kind::Excluded { key, beside, .. } => write!(out, "both `{beside}` and `{key}`"),
            Kind::Variant { written, known } => write!(out, "`{written}` is not one of {}", quoted(known)),
            Kind::Type { expected, found } => write!(out, "expected {expected}, not {found}"),
            Kind::Refused { message } => out.write_str(message),
        }
    }
}

impl std::error::Error for ReadError<'_> {}

impl de::Error for ReadError<'_> {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let mut message = message.to_string();
        if message.starts_with("data did not match any variant of untagged enum") {
            // Serde's message contains a Rust type, which means nothing to the author of the file.
            message = "it has none of the forms that are allowed here".into();
        }
        Self::new(Kind::Refused { message })
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(Kind::Type {
            expected: describe_expected(&expected.to_string()),
            found: describe_found(&found),
        })
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_variant(written: &str, known: &'static [&'static str]) -> Self {
        Self::new(Kind::Variant { written: written.to_owned(), known })
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::unknown(key, known.to_vec())
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(Kind::Missing { key: key.to_owned() })
    }

    fn duplicate_field(key: &'static str) -> Self {
        Self::custom(format!("`{key}` is set twice"))
    }
}

/// Translates Rust's names of expected types into TOML's.
fn describe_expected(expected: &str) -> String {
    match expected {
        "u8" => "an integer between 0 and 255".into(),
        "u16" => "an integer between 0 and 65535".into(),
        "u32" => format!("an integer between 0 and {}", u32::MAX),
        "i32" => format!("an integer between {} and {}", i32::MIN, i32::MAX),
        "u64" | "usize" | "u128" => "an integer of at least 0".into(),
        "i8" | "i16" | "i64" | "isize" | "i128" => "an integer".into(),
        "f32" | "f64" => "a number".into(),
        "a sequence" => "a list".into(),
        "a map" => "a table".into(),
        other if other.starts_with("struct ") => "a table".into(),
        other if other.starts_with("a nonzero ") => "an integer other than 0".into(),
        other => other.into(),
    }
}

fn describe_found(found: &de::Unexpected<'_>) -> String {
    match found {
        de::Unexpected::Bool(value) => format!("the boolean `{value}`"),
        de::Unexpected::Signed(value) => format!("the integer `{value}`"),
        de::Unexpected::Unsigned(value) => format!("the integer `{value}`"),
        de::Unexpected::Float(value) => format!("the number `{value}`"),
        de::Unexpected::Str(text) if text.len() > 60 => "a string".into(),
        de::Unexpected::Str(text) => format!("the string `{text}`"),
        de::Unexpected::Seq => "a list".into(),
        de::Unexpected::Map => "a table".into(),
        other => other.to_string(),
    }
}
