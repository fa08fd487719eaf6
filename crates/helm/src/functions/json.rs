//! Values to JSON and back. If Go cannot write a value, the result is an empty string; if it cannot read a text, the
//! result is a map with an `Error`. The functions whose names start with `must` fail instead.

use aqueduct_manifest as manifest;
use aqueduct_manifest::json;

use super::arguments::{Answer, Arguments};
use crate::stack::deepen;
use crate::template::{Call, FunctionError};
use crate::value::{ANY_LIST, ANY_MAP, List, Map, Value};

fn written(arguments: &[Value], write: fn(&manifest::Value) -> String) -> Result<Value, FunctionError> {
    let value = Arguments(arguments).value(0)?;
    let plain = value.to_manifest()?;
    if !is_special(value) {
        return Ok(write(&plain).into());
    }
    let mut out = String::new();
    write_special(value, write, &mut out)?;
    Ok(out.into())
}

/// Returns the fields of a Go struct, which JSON keeps in declaration order.
fn struct_fields(value: &Value) -> Option<Vec<(&'static str, Value)>> {
    match value {
        Value::Native(native) if matches!(native.to_json(), Value::Map(_)) => Some(native.json_fields()),
        _ => None,
    }
}

/// Returns whether a value contains structs, which the manifest model does not have.
fn is_special(value: &Value) -> bool {
    match value {
        Value::Native(_) => struct_fields(value).is_some(),
        Value::List(list) => list.items().iter().any(|item| deepen(|| is_special(item))),
        Value::Map(map) => map.entries().iter().any(|(_, value)| deepen(|| is_special(value))),
        _ => false,
    }
}

/// Writes a value that contains structs; it has already been checked not to contain itself.
fn write_special(
    value: &Value,
    write: fn(&manifest::Value) -> String,
    out: &mut String,
) -> Result<(), FunctionError> {
    let entries: Vec<(String, Value)> = match (struct_fields(value), value) {
        (Some(fields), _) => fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        (None, Value::Map(map)) => {
            map.entries().into_iter().map(|(key, value)| (key.to_str().into_owned(), value)).collect()
        }
        (None, Value::List(list)) => {
            for (index, item) in list.items().iter().enumerate() {
                out.push(if index == 0 { '[' } else { ',' });
                deepen(|| write_special(item, write, out))?;
            }
            out.push_str(if list.is_empty() { "[]" } else { "]" });
            return Ok(());
        }
        _ => {
            out.push_str(&write(&value.to_manifest()?));
            return Ok(());
        }
    };
    out.push('{');
    for (index, (key, value)) in entries.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&write(&key.into()));
        out.push(':');
        deepen(|| write_special(&value, write, out))?;
    }
    out.push('}');
    Ok(())
}

/// Writes with line breaks and indentation.
fn written_pretty(arguments: &[Value]) -> Result<Value, FunctionError> {
    written(arguments, json::write).map(|compact| match compact.as_text() {
        Some(text) => json::indented(&text.to_str()).into(),
        None => compact,
    })
}

pub(super) fn to_json(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(written(arguments, json::write).unwrap_or_else(|_| "".into()))
}

pub(super) fn must_to_json(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    written(arguments, json::write)
}

pub(super) fn to_pretty_json(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(written_pretty(arguments).unwrap_or_else(|_| "".into()))
}

pub(super) fn must_to_pretty_json(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    written_pretty(arguments)
}

pub(super) fn to_raw_json(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(written(arguments, json::write_raw).unwrap_or_else(|_| "".into()))
}

pub(super) fn must_to_raw_json(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    written(arguments, json::write_raw)
}

/// Parses JSON; a number out of range is reported, but the value is returned anyway.
fn read(arguments: &[Value]) -> Result<(manifest::Value, Option<String>), String> {
    let bytes = Arguments(arguments).bytes(0).map_err(|error| error.to_string())?;
    let (value, out_of_range) = json::read_bytes(bytes).map_err(|error| error.message)?;
    Ok((value, out_of_range.map(|error| error.message)))
}

/// Returns the map that represents an error.
pub(super) fn error_map(message: String) -> Value {
    Value::Map(Map::with_entries(&ANY_MAP, [("Error", Value::from(message))]))
}

/// Returns the list that represents an error.
pub(super) fn error_list(message: String) -> Value {
    Value::list(vec![message.into()])
}

pub(super) fn from_json(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(match read(arguments) {
        Ok((manifest::Value::Map(map), None)) => Value::Map((&map).into()),
        Ok((manifest::Value::Map(map), Some(message))) => {
            let map = Map::from(&map);
            map.insert("Error", message);
            Value::Map(map)
        }
        Ok((manifest::Value::Null, _)) => Value::Map(Map::nil(&ANY_MAP)),
        Ok((other, _)) => error_map(json::mismatch(&other, ANY_MAP.name)),
        Err(message) => error_map(message),
    })
}

pub(super) fn from_json_array(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(match read(arguments) {
        Ok((value @ manifest::Value::List(_), None)) => Value::from(&value),
        Ok((manifest::Value::List(_), Some(message))) => error_list(message),
        Ok((manifest::Value::Null, _)) => Value::List(List::nil(&ANY_LIST)),
        Ok((other, _)) => error_list(json::mismatch(&other, ANY_LIST.name)),
        Err(message) => error_list(message),
    })
}

pub(super) fn must_from_json(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    match read(arguments)? {
        (value, None) => Ok(Value::from(&value)),
        (_, Some(message)) => Err(message.into()),
    }
}
