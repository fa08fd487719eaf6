//! The methods that templates can call on values: `.Values.AsMap`, `.Values.Table "a.b"`.
//!
//! A method hides a key of the same name, as in Go.

use aqueduct_manifest::yaml;

use crate::template::{Call, Charset, Function, FunctionError, quote};
use crate::value::{ANY_MAP, Map, Text, Type, VALUES_MAP, Value};

/// The methods of Helm's `common.Values`.
pub(crate) const METHODS: &[Function] = &[
    Function::new("AsMap", &[], as_map),
    Function::new("Encode", &[Type::Native("io.Writer")], encode),
    Function::new("PathValue", &[Type::String], path_value),
    Function::new("Table", &[Type::String], table),
    Function::new("YAML", &[], to_yaml),
];

/// Returns the receiver and the argument of a method.
fn receiver(arguments: &[Value]) -> (Map, &[u8]) {
    let values = arguments.first().and_then(Value::as_map).cloned().unwrap_or_default();
    let argument = arguments.get(1).and_then(Value::as_text).map(Text::as_bytes).unwrap_or_default();
    (values, argument)
}

fn as_map(_: &mut Call<'_>, arguments: &[Value]) -> Result<Value, FunctionError> {
    let values = receiver(arguments).0;
    Ok(Value::Map(if values.is_empty() { Map::new() } else { values.converted(&ANY_MAP) }))
}

/// No template can create a writer.
fn encode(_: &mut Call<'_>, _: &[Value]) -> Result<Value, FunctionError> {
    Err(FunctionError::new("there is nothing to write to"))
}

fn to_yaml(_: &mut Call<'_>, arguments: &[Value]) -> Result<Value, FunctionError> {
    let value = Value::Map(receiver(arguments).0)
        .to_manifest()
        .map_err(|error| format!("error marshaling into JSON: {error}"))?;
    let text = yaml::write_marshal(&value).map_err(|error| FunctionError::new(error.to_string()))?;
    Ok(text.into())
}

fn table(_: &mut Call<'_>, arguments: &[Value]) -> Result<Value, FunctionError> {
    let (values, path) = receiver(arguments);
    look_up(values, path).map(|table| Value::Map(table.converted(&VALUES_MAP)))
}

fn look_up(mut table: Map, path: &[u8]) -> Result<Map, FunctionError> {
    for name in path.split(|byte| *byte == b'.') {
        table = match table.get(name) {
            Some(Value::Map(inner)) if is_values(&inner) => inner,
            _ => return Err(FunctionError::new(format!("{} is not a table", quoted(name)))),
        };
    }
    Ok(table)
}

fn path_value(_: &mut Call<'_>, arguments: &[Value]) -> Result<Value, FunctionError> {
    let (values, path) = receiver(arguments);
    if path.is_empty() {
        return Err(FunctionError::new("YAML path cannot be empty"));
    }
    let (above, name) = match path.iter().rposition(|byte| *byte == b'.') {
        Some(dot) => (path.get(..dot), path.get(dot + 1..).unwrap_or_default()),
        None => (None, path),
    };
    let table = match above {
        Some(above) => look_up(values, above).ok(),
        None => Some(values),
    };
    table
        .and_then(|table| table.get(name))
        .filter(|value| value.as_map().is_none_or(|map| map.map_type().name != ANY_MAP.name))
        .ok_or_else(|| FunctionError::new(format!("{} is not a value", quoted(name))))
}

fn is_values(map: &Map) -> bool {
    [ANY_MAP.name, VALUES_MAP.name].contains(&map.map_type().name)
}

fn quoted(name: &[u8]) -> String {
    quote(name, Charset::Unicode)
}
