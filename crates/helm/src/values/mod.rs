//! Values: read from files and settings, and coalesced with the defaults of charts.

pub(crate) mod coalesce;
pub(crate) mod methods;
mod read;
mod set;
mod user;

pub use self::read::read_values;
pub use self::set::Notation;
pub use self::user::UserValues;
use crate::value::{Map, Value};

/// Returns the table at a dotted path, if there is one.
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

/// Returns the value at a dotted path, if it exists and is not a table.
pub(crate) fn value_at(values: &Map, path: &str) -> Option<Value> {
    let value = match path.rsplit_once('.') {
        Some((above, name)) => table(values, above)?.get(name),
        None => values.get(path),
    };
    value.filter(|value| !matches!(value, Value::Map(_)))
}
