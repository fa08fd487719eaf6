//! JSON merge patch: maps merge, `null` removes, everything else replaces.

use crate::{Map, Value};

/// Applies a JSON merge patch as RFC 7386 defines it.
///
/// Lists are replaced as a whole. A patch that is not a map replaces the target.
pub fn merge(target: &mut Value, patch: &Value) {
    // The depth is bounded by that of the patch, which the reader bounds.
    let Value::Map(patch) = patch else {
        target.clone_from(patch);
        return;
    };
    if !matches!(target, Value::Map(_)) {
        *target = Value::Map(Map::new());
    }
    let Value::Map(map) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            map.remove(key);
        } else {
            merge(map.entry(key), value);
        }
    }
}
