//! `.Files`: the files of a chart that are neither templates nor read by Helm itself.

use std::sync::Arc;

use aqueduct_manifest::{Map as ManifestMap, yaml};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::chart::File;
use crate::pattern::Pattern;
use crate::template::{Call, Function, FunctionError};
use crate::value::{Map, MapType, Text, Type, Value};

/// `engine.files`, a map of contents by name.
static FILES: MapType = MapType { name: "engine.files", element: Type::Bytes };

pub(crate) const METHODS: &[Function] = &[
    Function::new("Get", &[Type::String], get),
    Function::new("GetBytes", &[Type::String], get_bytes),
    Function::new("Glob", &[Type::String], glob),
    Function::new("Lines", &[Type::String], lines),
    Function::new("AsConfig", &[], as_config),
    Function::new("AsSecrets", &[], as_secrets),
];

/// Returns the `.Files` of a chart.
pub(crate) fn to_value(files: &[File]) -> Value {
    let entries = files.iter().map(|file| (&*file.name, Value::Bytes(Arc::clone(&file.bytes))));
    Value::Map(Map::with_entries(&FILES, entries))
}

/// Returns the receiver and the argument of a method.
fn receiver(arguments: &[Value]) -> (Map, Text) {
    let files = match arguments.first() {
        Some(Value::Map(files)) => files.clone(),
        _ => Map::nil(&FILES),
    };
    let argument = arguments.get(1).and_then(Value::as_text).cloned().unwrap_or_default();
    (files, argument)
}

fn contents(files: &Map, name: &Text) -> Option<Arc<[u8]>> {
    match files.get(name) {
        Some(Value::Bytes(bytes)) => Some(bytes),
        _ => None,
    }
}

fn get(_: &mut Call<'_>, arguments: &[Value]) -> Result<Value, FunctionError> {
    let (files, name) = receiver(arguments);
    Ok(Value::string(contents(&files, &name).map(Text::from_bytes).unwrap_or_default()))
}

fn get_bytes(_: &mut Call<'_>, arguments: &[Value]) -> Result<Value, FunctionError> {
    let (files, name) = receiver(arguments);
    Ok(Value::Bytes(contents(&files, &name).unwrap_or_default()))
}

/// How many bytes of a pattern are compared with a name per step.
const PATTERN_PER_STEP: usize = 2;

/// An invalid pattern matches every file.
fn glob(call: &mut Call<'_>, arguments: &[Value]) -> Result<Value, FunctionError> {
    let (files, pattern) = receiver(arguments);
    call.spend(files.len() * (1 + pattern.len() / PATTERN_PER_STEP))?;
    let pattern = pattern.as_str().and_then(|pattern| Pattern::glob(pattern).ok());
    let matching = files
        .entries()
        .into_iter()
        .filter(|(name, _)| pattern.as_ref().is_none_or(|pattern| pattern.matches(&name.to_str())));
    Ok(Value::Map(Map::with_entries(&FILES, matching)))
}

fn lines(_: &mut Call<'_>, arguments: &[Value]) -> Result<Value, FunctionError> {
    let (files, name) = receiver(arguments);
    let Some(bytes) = contents(&files, &name) else { return Ok(Value::strings::<Text>([])) };
    if bytes.is_empty() {
        return Ok(Value::strings::<Text>([]));
    }
    let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    Ok(Value::strings(text.split(|byte| *byte == b'\n').map(Text::from_bytes)))
}

fn as_config(_: &mut Call<'_>, arguments: &[Value]) -> Result<Value, FunctionError> {
    Ok(as_map(&receiver(arguments).0, |bytes| Text::from_bytes(bytes).to_smol().to_string()))
}

fn as_secrets(_: &mut Call<'_>, arguments: &[Value]) -> Result<Value, FunctionError> {
    Ok(as_map(&receiver(arguments).0, |bytes| STANDARD.encode(bytes)))
}

/// Renders the files as a YAML map keyed by the last part of their names, or an empty string if that fails.
fn as_map(files: &Map, write: impl Fn(&[u8]) -> String) -> Value {
    let mut entries = ManifestMap::new();
    for (name, value) in files.entries() {
        let name = name.to_str();
        let base = name.rsplit('/').next().unwrap_or(&name);
        if let Value::Bytes(bytes) = value {
            entries.insert(base, write(&bytes));
        }
    }
    let text = yaml::write_marshal(&entries.into()).unwrap_or_default();
    Value::from(text.strip_suffix('\n').unwrap_or(&text))
}
