//! Decodes the structs of a kustomization from YAML values with the rules of Go's JSON decoder: names match in any
//! case, `null` counts as absent, a wrong type is an error, and unknown names are errors on request.

use std::cell::Cell;
use std::collections::BTreeMap;

use aqueduct_manifest::{Map, SmolStr, Value, closest, json};

use crate::error::{Error, Result};
use crate::text;

/// How strictly something is decoded, matching the functions that Kustomize decodes it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Unknown names are errors, and a string must be a string: kustomizations.
    Json,
    /// Unknown names are errors, and numbers and booleans may replace strings: configurations.
    StrictYaml,
    /// Unknown names are ignored, and numbers and booleans may replace strings: plugin files.
    Yaml,
    /// Unknown names are ignored, and a string must be a string: plugins whose struct embeds another.
    EmbeddedYaml,
}

/// A struct that is decoded from a map.
pub(crate) trait Decode: Sized + Default {
    /// The name used in messages.
    const NAME: &'static str;

    fn decode(fields: &Fields<'_>) -> Result<Self>;

    fn from_value(value: &Value, reading: Reading) -> Result<Self> {
        match value {
            Value::Null => Ok(Self::default()),
            Value::Map(map) => {
                let fields = Fields::new(map, Self::NAME, reading);
                let decoded = Self::decode(&fields)?;
                fields.finish()?;
                Ok(decoded)
            }
            other => Err(Error::new(format!(
                "json: cannot unmarshal {} into Go value of type types.{}",
                json::kind(other),
                Self::NAME
            ))),
        }
    }
}

/// The fields of one map; each is marked when it is read.
pub(crate) struct Fields<'a> {
    owner: &'static str,
    reading: Reading,
    entries: Vec<(&'a str, &'a Value, Cell<bool>)>,
    known: std::cell::RefCell<Vec<&'static str>>,
}

impl<'a> Fields<'a> {
    fn new(map: &'a Map, owner: &'static str, reading: Reading) -> Self {
        let entries = map.iter().map(|(key, value)| (key.as_str(), value, Cell::new(false))).collect();
        Self { owner, reading, entries, known: std::cell::RefCell::default() }
    }

    /// Returns the value under a name, `None` if it is absent or `null`. If there are several spellings, the last one
    /// counts.
    pub(crate) fn get(&self, name: &'static str) -> Option<&'a Value> {
        self.known.borrow_mut().push(name);
        let mut found = None;
        for (key, value, read) in &self.entries {
            if key.eq_ignore_ascii_case(name) {
                read.set(true);
                if !value.is_null() {
                    found = Some(*value);
                }
            }
        }
        found
    }

    /// Returns whether a name is present with a value other than `null`.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.entries.iter().any(|(key, value, _)| key.eq_ignore_ascii_case(name) && !value.is_null())
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<SmolStr> {
        match self.get(name) {
            None => Ok(SmolStr::default()),
            Some(value) => self.text_of(name, value),
        }
    }

    /// Reads a string of an embedded struct, for which Go does not convert numbers to strings.
    pub(crate) fn embedded_text(&self, name: &'static str) -> Result<SmolStr> {
        match self.get(name) {
            Some(value) if text::is_scalar(value) && value.as_str().is_none() => {
                Err(self.wrong(name, value, "string"))
            }
            _ => self.text(name),
        }
    }

    pub(crate) fn optional_text(&self, name: &'static str) -> Result<Option<SmolStr>> {
        self.get(name).map(|value| self.text_of(name, value)).transpose()
    }

    fn text_of(&self, name: &str, value: &Value) -> Result<SmolStr> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Null => Ok(SmolStr::default()),
            Value::List(_) | Value::Map(_) => Err(self.wrong(name, value, "string")),
            _ if matches!(self.reading, Reading::Json | Reading::EmbeddedYaml) => {
                Err(self.wrong(name, value, "string"))
            }
            scalar => Ok(text::of(scalar)),
        }
    }

    pub(crate) fn truth(&self, name: &'static str) -> Result<bool> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(other) => Err(self.wrong(name, other, "bool")),
        }
    }

    pub(crate) fn integer(&self, name: &'static str) -> Result<i64> {
        match self.get(name) {
            None => Ok(0),
            Some(Value::Int(value)) => Ok(*value),
            // In JSON, `2.0` is `2`.
            Some(Value::Float(value)) if value.fract() == 0.0 && value.abs() < 1e15 => Ok(*value as i64),
            Some(other) => Err(self.wrong(name, other, "int")),
        }
    }

    pub(crate) fn texts(&self, name: &'static str) -> Result<Vec<SmolStr>> {
        self.list(name)?.iter().map(|value| self.text_of(name, value)).collect()
    }

    pub(crate) fn text_map(&self, name: &'static str) -> Result<BTreeMap<SmolStr, SmolStr>> {
        let map = match self.get(name) {
            None => return Ok(BTreeMap::new()),
            Some(Value::Map(map)) => map,
            Some(other) => return Err(self.wrong(name, other, "map[string]string")),
        };
        map.iter()
            .map(|(key, value)| match self.text_of(name, value) {
                Ok(text) => Ok((key.clone(), text)),
                Err(error) => Err(error.with_hint(format!("quote the value of `{key}`"))),
            })
            .collect()
    }

    pub(crate) fn truth_map(&self, name: &'static str) -> Result<BTreeMap<SmolStr, bool>> {
        let map = match self.get(name) {
            None => return Ok(BTreeMap::new()),
            Some(Value::Map(map)) => map,
            Some(other) => return Err(self.wrong(name, other, "map[string]bool")),
        };
        map.iter()
            .map(|(key, value)| match value {
                Value::Bool(value) => Ok((key.clone(), *value)),
                Value::Null => Ok((key.clone(), false)),
                other => Err(self.wrong(name, other, "bool")),
            })
            .collect()
    }

    pub(crate) fn map(&self, name: &'static str) -> Result<Map> {
        match self.get(name) {
            None => Ok(Map::new()),
            Some(Value::Map(map)) => Ok(map.clone()),
            Some(other) => Err(self.wrong(name, other, "map[string]interface {}")),
        }
    }

    /// Reads a struct that may be missing.
    pub(crate) fn optional<T: Decode>(&self, name: &'static str) -> Result<Option<T>> {
        self.get(name).map(|value| self.one(name, value)).transpose()
    }

    /// Reads a list of structs.
    pub(crate) fn structs<T: Decode>(&self, name: &'static str) -> Result<Vec<T>> {
        self.list(name)?.iter().map(|value| self.one(name, value)).collect()
    }

    fn one<T: Decode>(&self, name: &'static str, value: &Value) -> Result<T> {
        if !matches!(value, Value::Map(_) | Value::Null) {
            return Err(self.wrong(name, value, &format!("types.{}", T::NAME)));
        }
        T::from_value(value, self.reading)
    }

    fn list(&self, name: &'static str) -> Result<&'a [Value]> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::List(list)) => Ok(list),
            Some(other) => Err(self.wrong(name, other, "[]string")),
        }
    }

    fn wrong(&self, name: &str, found: &Value, expected: &str) -> Error {
        Error::new(format!(
            "json: cannot unmarshal {} into Go struct field {}.{name} of type {expected}",
            json::kind(found),
            self.owner
        ))
    }

    fn finish(&self) -> Result<()> {
        if matches!(self.reading, Reading::Yaml | Reading::EmbeddedYaml) {
            return Ok(());
        }
        match self.entries.iter().find(|(_, _, read)| !read.get()) {
            None => Ok(()),
            Some((key, _, _)) => {
                let error = Error::new(format!("json: unknown field \"{key}\""));
                Err(match closest(key, self.known.borrow().iter().copied()) {
                    Some(name) => error.with_hint(format!("did you mean `{name}`?")),
                    None => error,
                })
            }
        }
    }
}
