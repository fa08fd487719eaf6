//! Values to YAML and back. If Go cannot write a value, the result is an empty string; if it cannot read a text, the
//! result is a map with an `Error`. `mustToYaml` fails instead.

use aqueduct_manifest as manifest;
use aqueduct_manifest::{json, yaml};

use super::arguments::{Answer, Arguments};
use super::json::{error_list, error_map};
use super::yaml_pretty;
use crate::template::{Call, FunctionError};
use crate::value::{ANY_LIST, ANY_MAP, Map, Value};

fn marshal(value: &Value) -> Result<String, FunctionError> {
    let value = value.to_manifest().map_err(|error| format!("error marshaling into JSON: {error}"))?;
    let mut text = yaml::write_marshal(&value).map_err(|error| FunctionError::new(error.to_string()))?;
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

pub(super) fn to_yaml(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(marshal(Arguments(arguments).value(0)?).unwrap_or_default().into())
}

pub(super) fn must_to_yaml(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(marshal(Arguments(arguments).value(0)?)?.into())
}

pub(super) fn to_yaml_pretty(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let mut text = yaml_pretty::write(Arguments(arguments).value(0)?).unwrap_or_default();
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text.into())
}

fn read(arguments: &[Value]) -> Result<manifest::Value, String> {
    let text = Arguments(arguments).text(0).map_err(|error| error.to_string())?;
    let Some(text) = text.as_str() else {
        return Err("error converting YAML to JSON: yaml: invalid leading UTF-8 octet".to_owned());
    };
    yaml::read(text).map_err(|error| error.converting())
}

fn wrong_type(value: &manifest::Value, wanted: &str) -> String {
    format!("error unmarshaling JSON: while decoding JSON: {}", json::mismatch(value, wanted))
}

pub(super) fn from_yaml(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(match read(arguments) {
        Ok(manifest::Value::Map(map)) => Value::Map((&map).into()),
        Ok(manifest::Value::Null) => Value::Map(Map::new()),
        Ok(other) => error_map(wrong_type(&other, ANY_MAP.name)),
        Err(message) => error_map(message),
    })
}

pub(super) fn from_yaml_array(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(match read(arguments) {
        Ok(value @ manifest::Value::List(_)) => Value::from(&value),
        Ok(manifest::Value::Null) => Value::list(Vec::new()),
        Ok(other) => error_list(wrong_type(&other, ANY_LIST.name)),
        Err(message) => error_list(message),
    })
}
