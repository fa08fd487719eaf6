//! Helpers for literal values in configurations.

use aqueduct_manifest::{List, Map, Value};

/// Returns a map of some entries.
pub(crate) fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let mut map = Map::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    map.into()
}

/// Returns a list of some values.
pub(crate) fn list(values: impl IntoIterator<Item = Value>) -> Value {
    Value::List(values.into_iter().collect::<List>())
}
