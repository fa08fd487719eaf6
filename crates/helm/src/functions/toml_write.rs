//! Values to TOML as the Go library BurntSushi/toml writes them: keys in byte order, tables last and indented.

use aqueduct_manifest::float;

use super::arguments::{Answer, Arguments};
use super::time::Time;
use super::toml_key::{key_text, quoted};
use super::toml_read::LOCAL_LAYOUTS;
use crate::stack::deepen;
use crate::template::{Call, FunctionError};
use crate::value::{Kind, Text, Value};

/// How deep a value may nest.
const DEPTH_LIMIT: usize = 500;

/// Writes TOML; an error message becomes the result.
pub(super) fn to_toml(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let value = Arguments(arguments).value(0)?;
    refuse_nil(value)?;
    Ok(write(value).unwrap_or_else(|message| message).into())
}

pub(super) fn must_to_toml(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let value = Arguments(arguments).value(0)?;
    refuse_nil(value)?;
    Ok(write(value)?.into())
}

/// The library's encoder panics on nil, outside the code that recovers panics.
fn refuse_nil(value: &Value) -> Result<(), FunctionError> {
    if value.is_nil() {
        return Err(FunctionError::new("reflect: call of reflect.Value.Type on zero Value"));
    }
    Ok(())
}

pub(super) fn write(value: &Value) -> Result<String, String> {
    value.check_size().map_err(|error| error.to_string())?;
    let mut encoder = Encoder { out: String::new() };
    encoder.encode(&mut Vec::new(), value, DEPTH_LIMIT)?;
    Ok(encoder.out)
}

/// The kind of a value in TOML; `None` for a missing one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TomlKind {
    Plain,
    Array,
    Table,
    TableArray,
}

fn kind(value: &Value, depth: usize) -> Result<Option<TomlKind>, String> {
    let depth = depth.checked_sub(1).ok_or("toml: the value nests too deeply")?;
    Ok(Some(match value {
        Value::Nil | Value::NilInterface => return Ok(None),
        Value::List(list) if list.is_nil() => return Ok(None),
        Value::Map(map) if map.is_nil() => return Ok(None),
        Value::Map(_) => TomlKind::Table,
        Value::List(list) => {
            let mut all_tables = !list.is_empty();
            for item in list.items().iter() {
                match deepen(|| kind(item, depth))? {
                    None => return Err("toml: cannot encode array with nil element".to_owned()),
                    Some(kind) => all_tables &= kind == TomlKind::Table,
                }
            }
            if all_tables { TomlKind::TableArray } else { TomlKind::Array }
        }
        Value::Bytes(_) => TomlKind::Array,
        Value::Complex(..) => return Err("unsupported type: complex128".to_owned()),
        Value::Native(native) => {
            let is_struct = matches!(native.kind(), Kind::Struct | Kind::Pointer);
            if is_struct && native.text().is_none() { TomlKind::Table } else { TomlKind::Plain }
        }
        _ => TomlKind::Plain,
    }))
}

struct Encoder {
    out: String,
}

impl Encoder {
    fn new_line(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn indent(&mut self, path: &[Text]) {
        for _ in 1..path.len() {
            self.out.push_str("  ");
        }
    }

    fn encode(&mut self, path: &mut Vec<Text>, value: &Value, depth: usize) -> Result<(), String> {
        let depth = depth.checked_sub(1).ok_or("toml: the value nests too deeply")?;
        match kind(value, depth)? {
            None => Ok(()),
            Some(TomlKind::Table) => {
                if path.len() == 1 {
                    self.new_line();
                }
                if !path.is_empty() {
                    self.indent(path);
                    self.out.push_str(&format!("[{}]", dotted(path)));
                    self.new_line();
                }
                self.table(path, &entries(value), depth)
            }
            Some(TomlKind::TableArray) => {
                if path.is_empty() {
                    return Err("toml: top-level values must be Go maps or structs".to_owned());
                }
                let Value::List(list) = value else { return Ok(()) };
                for item in list.items().iter() {
                    self.new_line();
                    self.indent(path);
                    self.out.push_str(&format!("[[{}]]", dotted(path)));
                    self.new_line();
                    self.table(path, &entries(item), depth)?;
                }
                Ok(())
            }
            Some(TomlKind::Plain | TomlKind::Array) => {
                if let Some(key) = path.last() {
                    self.indent(path);
                    self.out.push_str(&format!("{} = ", key_text(key)));
                    self.element(value, depth)?;
                    self.new_line();
                    Ok(())
                } else {
                    self.element(value, depth)
                }
            }
        }
    }

    fn table(&mut self, path: &mut Vec<Text>, entries: &[(Text, Value)], depth: usize) -> Result<(), String> {
        for tables in [false, true] {
            for (key, value) in entries {
                let kind = kind(value, depth)?;
                let is_table = matches!(kind, Some(TomlKind::Table | TomlKind::TableArray));
                if kind.is_some() && is_table == tables {
                    path.push(key.clone());
                    deepen(|| self.encode(path, value, depth))?;
                    path.pop();
                }
            }
        }
        Ok(())
    }

    fn element(&mut self, value: &Value, depth: usize) -> Result<(), String> {
        let depth = depth.checked_sub(1).ok_or("toml: the value nests too deeply")?;
        match value {
            Value::Bool(value) => self.out.push_str(&value.to_string()),
            Value::Int(_, value) => self.out.push_str(&value.to_string()),
            Value::Uint(_, value) => self.out.push_str(&value.to_string()),
            Value::Float(value) => self.out.push_str(&float(*value)),
            Value::String(text) => self.out.push_str(&quoted(&text.to_str())),
            Value::Bytes(bytes) => {
                let items: Vec<String> = bytes.iter().map(u8::to_string).collect();
                self.out.push_str(&format!("[{}]", items.join(", ")));
            }
            Value::List(list) => {
                self.out.push('[');
                for (index, item) in list.items().iter().enumerate() {
                    if index > 0 {
                        self.out.push_str(", ");
                    }
                    deepen(|| self.element(item, depth))?;
                }
                self.out.push(']');
            }
            Value::Native(native) if native.type_name() == "time.Time" => {
                let time = native.as_any().downcast_ref::<Time>();
                let local = time.and_then(|time| {
                    let (_, layout) = LOCAL_LAYOUTS.iter().find(|(zone, _)| *zone == time.zone_name())?;
                    Some(time.format(layout.as_bytes()))
                });
                if let Some(text) = local {
                    self.out.push_str(&text.to_str());
                } else if let Value::String(text) = native.to_json() {
                    self.out.push_str(&text.to_str());
                }
            }
            Value::Native(native) if native.text().is_some() => {
                self.out.push_str(&quoted(&native.text().unwrap_or_default()));
            }
            Value::Map(_) | Value::Native(_) => self.inline_table(&entries(value), depth)?,
            Value::Nil | Value::NilInterface | Value::Complex(..) => {
                return Err(format!("unexpected type: {}", value.type_name()));
            }
        }
        Ok(())
    }

    fn inline_table(&mut self, entries: &[(Text, Value)], depth: usize) -> Result<(), String> {
        self.out.push('{');
        let mut first = true;
        for tables in [false, true] {
            for (key, value) in entries {
                let kind = kind(value, depth)?;
                let is_table = matches!(kind, Some(TomlKind::Table | TomlKind::TableArray));
                if kind.is_none() || is_table != tables {
                    continue;
                }
                if !std::mem::take(&mut first) {
                    self.out.push_str(", ");
                }
                self.out.push_str(&format!("{} = ", key_text(key)));
                deepen(|| self.element(value, depth))?;
            }
        }
        self.out.push('}');
        Ok(())
    }
}

fn entries(value: &Value) -> Vec<(Text, Value)> {
    match value {
        Value::Map(map) => map.entries(),
        Value::Native(native) => {
            native.fields().into_iter().map(|(name, value)| (Text::from(name), value)).collect()
        }
        _ => Vec::new(),
    }
}

fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let text = float::shortest(value);
    if text.contains(['e', '.']) { text } else { format!("{text}.0") }
}

fn dotted(path: &[Text]) -> String {
    path.iter().map(key_text).collect::<Vec<_>>().join(".")
}
