//! Decodes YAML into Go structs as `sigs.k8s.io/yaml` and `encoding/json` do.
//!
//! Field names match regardless of case, `null` leaves a field empty, and a number or boolean becomes a string if the
//! field is a string. Any other value of a wrong type is an error in Go's wording.

use std::fmt;

use aqueduct_manifest::{Map, SmolStr, Value, float, format_smolstr, json, yaml};

use crate::Error;

/// Reads the first document of a text into the JSON model.
pub(crate) fn read_yaml(bytes: &[u8]) -> Result<Value, Error> {
    yaml::read(utf8(bytes)?).map_err(converting)
}

/// Returns the text of a document, all of which has to be UTF-8, including comments.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(bytes).map_err(|_| converting("yaml: invalid leading UTF-8 octet"))
}

/// Reads the wanted entries of the first document of a text into the JSON model, and checks the others.
pub(crate) fn read_entries(text: &str, wanted: fn(&str) -> bool) -> Result<Value, Error> {
    yaml::read_entries(text, wanted).map_err(converting)
}

fn converting(cause: impl fmt::Display) -> Error {
    Error::new(cause.to_string()).context("error converting YAML to JSON")
}

/// A map that is decoded into a Go struct.
pub(crate) struct Fields<'a> {
    map: &'a Map,
    /// The keys and indices that lead to the map, each preceded by a dot.
    path: String,
}

impl<'a> Fields<'a> {
    /// Returns the fields of a document; `null` has none.
    ///
    /// `structure` is the name of the Go type and `package` the prefix that Go prints before it.
    pub(crate) fn of(value: &'a Value, package: &str, structure: &str) -> Result<Option<Self>, Error> {
        match value {
            Value::Null => Ok(None),
            Value::Map(map) => Ok(Some(Self { map, path: String::new() })),
            other => Err(mismatch(other, &format!("{package}.{structure}"))),
        }
    }

    /// Returns a field that is present and not `null`, together with its path.
    fn get(&self, name: &str) -> Option<(String, &'a Value)> {
        let exact = self.map.iter().find(|(key, _)| *key == name);
        let (key, value) =
            exact.or_else(|| self.map.iter().rfind(|(key, _)| key.eq_ignore_ascii_case(name)))?;
        (!value.is_null()).then(|| (deeper(&self.path, key), value))
    }

    /// Returns a string; a number or boolean becomes one.
    pub(crate) fn text(&self, name: &str) -> Result<Option<SmolStr>, Error> {
        self.get(name).map(|(path, value)| as_text(&path, value)).transpose()
    }

    /// Returns a boolean.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some((_, Value::Bool(value))) => Ok(Some(*value)),
            Some((path, other)) => Err(wrong(&path, other, "bool")),
        }
    }

    /// Returns a list of strings; a `null` in it becomes an empty string.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<SmolStr>>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some((path, Value::List(list))) => list
                .iter()
                .enumerate()
                .map(|(index, value)| text_or_empty(&path, &index.to_string(), value))
                .collect::<Result<_, _>>()
                .map(Some),
            Some((path, other)) => Err(wrong(&path, other, "[]string")),
        }
    }

    /// Returns a map of strings in key order.
    pub(crate) fn text_map(&self, name: &str) -> Result<Option<Vec<(SmolStr, SmolStr)>>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some((path, Value::Map(map))) => map
                .iter()
                .map(|(key, value)| Ok((key.clone(), text_or_empty(&path, key, value)?)))
                .collect::<Result<_, _>>()
                .map(Some),
            Some((path, other)) => Err(wrong(&path, other, "map[string]string")),
        }
    }

    /// Returns a list of values of any type.
    pub(crate) fn values(&self, name: &str) -> Result<Option<Vec<Value>>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some((_, Value::List(list))) => Ok(Some(list.to_vec())),
            Some((path, other)) => Err(wrong(&path, other, "[]interface {}")),
        }
    }

    /// Returns the struct in a field.
    pub(crate) fn structure(&self, name: &str, wanted: &str) -> Result<Option<Fields<'a>>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some((path, Value::Map(map))) => Ok(Some(Self { map, path })),
            Some((path, other)) => Err(wrong(&path, other, wanted)),
        }
    }

    /// Returns a list of pointers to structs; `null` becomes nil.
    pub(crate) fn structures(
        &self,
        name: &str,
        wanted: &str,
    ) -> Result<Option<Vec<Option<Fields<'a>>>>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some((path, Value::List(list))) => list
                .iter()
                .enumerate()
                .map(|(index, value)| {
                    let path = deeper(&path, &index.to_string());
                    match value {
                        Value::Null => Ok(None),
                        Value::Map(map) => Ok(Some(Self { map, path })),
                        other => Err(wrong(&path, other, wanted)),
                    }
                })
                .collect::<Result<_, _>>()
                .map(Some),
            Some((path, other)) => Err(wrong(&path, other, &format!("[]*{wanted}"))),
        }
    }
}

/// Appends a token to a path as Go writes it: a JSON pointer with dots.
fn deeper(path: &str, token: &str) -> String {
    format!("{path}.{}", token.replace('~', "~0").replace('/', "~1"))
}

fn text_or_empty(path: &str, token: &str, value: &Value) -> Result<SmolStr, Error> {
    if value.is_null() { Ok(SmolStr::default()) } else { as_text(&deeper(path, token), value) }
}

fn as_text(path: &str, value: &Value) -> Result<SmolStr, Error> {
    scalar_text(value).ok_or_else(|| wrong(path, value, "string"))
}

fn wrong(path: &str, value: &Value, wanted: &str) -> Error {
    let last = path.rsplit('.').next().unwrap_or_default();
    // To Go, what looks like an index is not a field.
    let is_index = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let place = if is_index { "" } else { "Go struct field " };
    decoding(format!("json: cannot unmarshal {} into {place}{path} of type {wanted}", json::kind(value)))
}

/// Returns the error for a document whose type differs from the variable that receives it.
pub(crate) fn mismatch(value: &Value, wanted: &str) -> Error {
    decoding(json::mismatch(value, wanted))
}

/// Returns an `encoding/json` error as `sigs.k8s.io/yaml` reports it.
fn decoding(message: String) -> Error {
    Error::new(message).context("error unmarshaling JSON: while decoding JSON")
}

/// Returns the string that `sigs.k8s.io/yaml` substitutes where a string is wanted.
pub(crate) fn scalar_text(value: &Value) -> Option<SmolStr> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(if *value { "true" } else { "false" }.into()),
        Value::Int(value) => Some(format_smolstr!("{value}")),
        Value::Uint(value) => Some(format_smolstr!("{value}")),
        Value::Float(value) => Some(float::shortest(*value).into()),
        Value::Null | Value::List(_) | Value::Map(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::Value;

    use super::Fields;

    #[test]
    fn wrong_types_are_named() {
        let value: Value = [("a", Value::from(vec![])), ("b", 1.into())]
            .into_iter()
            .collect::<aqueduct_manifest::Map>()
            .into();
        let fields = Fields::of(&value, "v2", "Metadata").expect("it is a map").expect("it is not null");
        assert_eq!(
            fields.text("a").expect_err("a list is not a string").to_string(),
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go struct field .a of type string"
        );
        assert_eq!(fields.text("B").expect("case does not matter").as_deref(), Some("1"));
    }
}
