//! YAML into Go structs: what `sigs.k8s.io/yaml` and `encoding/json` make of a document whose target is a
//! struct.
//!
//! Field names match without regard to case, `null` leaves a field empty, and a number or a truth value
//! becomes text where the field is a text. Everything else of a wrong type is an error in Go's words.

use std::fmt;

use aqueduct_manifest::{Map, SmolStr, Value, format_smolstr, yaml};

use crate::Error;

/// Reads the first document of a text as JSON model.
pub(crate) fn read_yaml(bytes: &[u8]) -> Result<Value, Error> {
    yaml::read(utf8(bytes)?).map_err(converting)
}

/// Returns the text of a document, which has to be UTF-8, comments included.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(bytes).map_err(|_| converting("yaml: invalid leading UTF-8 octet"))
}

/// Reads the wanted entries of the first document of a text as JSON model, and checks the others.
pub(crate) fn read_entries(text: &str, wanted: fn(&str) -> bool) -> Result<Value, Error> {
    yaml::read_entries(text, wanted).map_err(converting)
}

fn converting(cause: impl fmt::Display) -> Error {
    Error::new(cause.to_string()).context("error converting YAML to JSON")
}

/// A map that is decoded into a Go struct.
pub(crate) struct Fields<'a> {
    map: &'a Map,
    structure: &'static str,
    path: String,
}

impl<'a> Fields<'a> {
    /// Returns the fields of a document; `null` has none.
    ///
    /// `structure` is the name of the Go type, `package` the one that Go puts before it.
    pub(crate) fn of(
        value: &'a Value,
        package: &str,
        structure: &'static str,
    ) -> Result<Option<Self>, Error> {
        match value {
            Value::Null => Ok(None),
            Value::Map(map) => Ok(Some(Self { map, structure, path: String::new() })),
            other => Err(decoding(format!(
                "cannot unmarshal {} into Go value of type {package}.{structure}",
                json_name(other)
            ))),
        }
    }

    /// Returns a field that is there and not `null`.
    fn get(&self, name: &str) -> Option<&'a Value> {
        let exact = self.map.get(name);
        let value = exact.or_else(|| {
            let same = |(key, value): (&SmolStr, &'a Value)| key.eq_ignore_ascii_case(name).then_some(value);
            self.map.iter().filter_map(same).next_back()
        });
        value.filter(|value| !value.is_null())
    }

    fn wrong(&self, name: &str, value: &Value, wanted: &str) -> Error {
        decoding(format!(
            "cannot unmarshal {} into Go struct field {}.{}{name} of type {wanted}",
            json_name(value),
            self.structure,
            self.path
        ))
    }

    /// Returns a text; a number or a truth value becomes one.
    pub(crate) fn text(&self, name: &str) -> Result<Option<SmolStr>, Error> {
        self.get(name).map(|value| self.as_text(name, value)).transpose()
    }

    fn as_text(&self, name: &str, value: &Value) -> Result<SmolStr, Error> {
        scalar_text(value).ok_or_else(|| self.wrong(name, value, "string"))
    }

    /// Returns a truth value.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(other) => Err(self.wrong(name, other, "bool")),
        }
    }

    /// Returns a list of texts; a `null` in it is an empty one.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<SmolStr>>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::List(list)) => list
                .iter()
                .map(|value| if value.is_null() { Ok(SmolStr::default()) } else { self.as_text(name, value) })
                .collect::<Result<_, _>>()
                .map(Some),
            Some(other) => Err(self.wrong(name, other, "[]string")),
        }
    }

    /// Returns a map of texts, in the order of its keys.
    pub(crate) fn text_map(&self, name: &str) -> Result<Option<Vec<(SmolStr, SmolStr)>>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Map(map)) => map
                .iter()
                .map(|(key, value)| {
                    let text = if value.is_null() { SmolStr::default() } else { self.as_text(name, value)? };
                    Ok((key.clone(), text))
                })
                .collect::<Result<_, _>>()
                .map(Some),
            Some(other) => Err(self.wrong(name, other, "map[string]string")),
        }
    }

    /// Returns a list of anything.
    pub(crate) fn values(&self, name: &str) -> Result<Option<Vec<Value>>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::List(list)) => Ok(Some(list.to_vec())),
            Some(other) => Err(self.wrong(name, other, "[]interface {}")),
        }
    }

    /// Returns a struct in a field.
    pub(crate) fn structure(&self, name: &str, wanted: &str) -> Result<Option<Fields<'a>>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Map(map)) => Ok(Some(self.inner(name, map))),
            Some(other) => Err(self.wrong(name, other, wanted)),
        }
    }

    /// Returns a list of pointers to structs; `null` is a nil one.
    pub(crate) fn structures(
        &self,
        name: &str,
        wanted: &str,
    ) -> Result<Option<Vec<Option<Fields<'a>>>>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::List(list)) => list
                .iter()
                .map(|value| match value {
                    Value::Null => Ok(None),
                    Value::Map(map) => Ok(Some(self.inner(name, map))),
                    other => Err(self.wrong(name, other, wanted)),
                })
                .collect::<Result<_, _>>()
                .map(Some),
            Some(other) => Err(self.wrong(name, other, &format!("[]*{wanted}"))),
        }
    }

    fn inner(&self, name: &str, map: &'a Map) -> Self {
        Self { map, structure: self.structure, path: format!("{}{name}.", self.path) }
    }
}

/// Returns an error of `encoding/json` as `sigs.k8s.io/yaml` reports it.
pub(crate) fn decoding(message: String) -> Error {
    Error::new(message).context("error unmarshaling JSON: while decoding JSON: json")
}

/// Returns the text that `sigs.k8s.io/yaml` puts where a text is wanted.
pub(crate) fn scalar_text(value: &Value) -> Option<SmolStr> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(if *value { "true" } else { "false" }.into()),
        Value::Int(value) => Some(format_smolstr!("{value}")),
        Value::Uint(value) => Some(format_smolstr!("{value}")),
        Value::Float(value) => Some(go_float(*value)),
        Value::Null | Value::List(_) | Value::Map(_) => None,
    }
}

/// Returns the name of a value's type in the errors of `encoding/json`.
pub(crate) fn json_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => "number",
        Value::String(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
    }
}

/// Writes a float as Go's `strconv.FormatFloat(value, 'g', -1, 64)`.
pub(crate) fn go_float(value: f64) -> SmolStr {
    if !value.is_finite() {
        let name = if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        return name.into();
    }
    // Rust's exponent form has Go's shortest digits: `d.ddde-7`.
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        format_smolstr!("{digits}e{sign}{:02}", exponent.unsigned_abs())
    } else {
        format_smolstr!("{value}")
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::Value;

    use super::{Fields, go_float};

    #[test]
    fn floats_as_go_prints_them() {
        for (value, expected) in
            [(1.0, "1"), (1.1, "1.1"), (999_999.5, "999999.5"), (1e6, "1e+06"), (-1.25e-5, "-1.25e-05")]
        {
            assert_eq!(go_float(value), expected);
        }
    }

    #[test]
    fn wrong_types_are_named() {
        let value: Value = [("a", Value::from(vec![])), ("b", 1.into())]
            .into_iter()
            .collect::<aqueduct_manifest::Map>()
            .into();
        let fields = Fields::of(&value, "v2", "Metadata").expect("it is a map").expect("it is not null");
        assert_eq!(
            fields.text("a").expect_err("a list is no text").to_string(),
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go struct field Metadata.a of type string"
        );
        assert_eq!(fields.text("B").expect("case does not matter").as_deref(), Some("1"));
    }
}
