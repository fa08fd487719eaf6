//! Values: read from files and arguments, coalesced with the defaults of charts.

pub(crate) mod coalesce;
pub(crate) mod methods;
mod read;
mod set;

use std::fmt;

pub use self::read::read_values;
use self::set::{MAXIMUM_ELEMENTS, Reading, from_json, set};
use crate::Error;
use crate::value::{Map, Value};

/// What the user says about values, in the order in which it counts: each over the ones before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueOptions {
    /// The values files of `--values`, by the names to open them by.
    pub files: Vec<String>,
    /// The arguments of `--set-json`.
    pub json: Vec<String>,
    /// The arguments of `--set`.
    pub set: Vec<String>,
    /// The arguments of `--set-string`.
    pub strings: Vec<String>,
    /// The arguments of `--set-file`.
    pub set_files: Vec<String>,
    /// The arguments of `--set-literal`.
    pub literals: Vec<String>,
}

/// Reads a file that the user names; the error is what Helm would say.
pub type ReadFile<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

impl ValueOptions {
    /// Returns the values that the options make.
    ///
    /// # Errors
    /// What Helm says of the first file or argument that cannot be read.
    pub fn merge(&self, read_file: ReadFile<'_>) -> Result<Map, Error> {
        let values = Map::new();
        let mut room = MAXIMUM_ELEMENTS;
        for file in &self.files {
            let bytes = read_file(file)?;
            let read =
                read_values(&bytes).map_err(|error| error.context(format!("failed to parse {file}")))?;
            merge(&values, &Map::from(&read));
        }
        for argument in &self.json {
            if argument.trim().starts_with('{') {
                let object = serde_json::from_str(argument.trim())
                    .map_err(|_| Error::new(format!("failed parsing --set-json data JSON: {argument}")))?;
                if let Value::Map(object) = from_json(&object) {
                    merge(&values, &object);
                }
            } else {
                set(argument, &values, &Reading::Json, &mut room)
                    .map_err(|_| Error::new(format!("failed parsing --set-json data {argument}")))?;
            }
        }
        let rest: [(&str, &[String], Reading<'_>); 4] = [
            ("set", &self.set, Reading::Typed),
            ("set-string", &self.strings, Reading::Text),
            ("set-file", &self.set_files, Reading::File(read_file)),
            ("set-literal", &self.literals, Reading::Literal),
        ];
        for (flag, arguments, reading) in rest {
            for argument in arguments {
                set(argument, &values, &reading, &mut room).map_err(|message| failed(flag, message))?;
            }
        }
        Ok(values)
    }
}

fn failed(flag: &str, message: impl fmt::Display) -> Error {
    Error::new(message.to_string()).context(format!("failed parsing --{flag} data"))
}

/// Merges values over others: maps are merged, everything else is replaced.
fn merge(values: &Map, over: &Map) {
    for (key, value) in over.entries() {
        match (values.get(&key), value) {
            (Some(Value::Map(inner)), Value::Map(over)) => merge(&inner, &over),
            (_, value) => {
                values.insert(key, value);
            }
        }
    }
}

/// Returns the table at a path of names, if there is one.
pub(crate) fn table(values: &Map, path: &str) -> Option<Map> {
    let mut table = values.clone();
    for name in path.split('.') {
        table = match table.get(name) {
            Some(Value::Map(inner)) => inner,
            _ => return None,
        };
    }
    Some(table)
}

/// Returns the value at a path of names, if there is one that is no table.
pub(crate) fn value_at(values: &Map, path: &str) -> Option<Value> {
    let value = match path.rsplit_once('.') {
        Some((above, name)) => table(values, above)?.get(name),
        None => values.get(path),
    };
    value.filter(|value| !matches!(value, Value::Map(_)))
}
