//! Merges the values of a chart and its subcharts.
//!
//! The rules follow Helm's `pkg/chart/common/util/coalesce.go`: higher levels win, maps are merged, and a `null`
//! removes a default. Helm merges maps in place and lets several holders share one, which occasionally shows in the
//! result. Template maps are shared in the same way, so it shows here too.

use crate::Error;
use crate::part::ReleaseChart;
use crate::template::sprintf;
use crate::value::{Map, Value};

/// The key for values that every subchart sees.
const GLOBAL: &str = "global";

/// Whether a `null` removes what it meets, or stays in order to do so later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// Coalescing: a `null` removes the key.
    Remove,
    /// Merging: a `null` is kept.
    Keep,
}

/// Returns a chart's values: the given ones over the defaults, including those of subcharts.
pub(crate) fn coalesce(part: &ReleaseChart, values: &Map, nulls: Nulls) -> Result<Map, Error> {
    let values = values.deep_copy();
    coalesce_part(part, &values, nulls)?;
    Ok(values)
}

fn coalesce_part(part: &ReleaseChart, values: &Map, nulls: Nulls) -> Result<(), Error> {
    coalesce_defaults(part, values, nulls);
    for subpart in &part.subparts {
        let table = match values.get(&subpart.name) {
            None => {
                let table = Map::new();
                values.insert(subpart.name.clone(), Value::Map(table.clone()));
                table
            }
            Some(Value::Map(table)) => table,
            Some(other) => {
                // Helm prints the value with `%t`, which is only meant for booleans.
                let shown = sprintf(b"%t", &[other]).map_err(|error| Error::new(error.to_string()))?;
                return Err(Error::new(format!("type mismatch on {}: {}", subpart.name, shown.to_str())));
            }
        };
        coalesce_globals(&table, values);
        coalesce_part(subpart, &table, nulls)?;
    }
    Ok(())
}

/// Copies the parent's globals over those of a subchart.
fn coalesce_globals(table: &Map, parent: &Map) {
    let globals_of = |values: &Map| match values.get(GLOBAL) {
        None => Some(Map::new()),
        Some(Value::Map(globals)) => Some(globals),
        Some(_) => None,
    };
    let (Some(own), Some(inherited)) = (globals_of(table), globals_of(parent)) else { return };
    for (key, value) in inherited.entries() {
        match value {
            Value::Map(map) => {
                // Only the first level is copied: deeper maps stay shared with the parent.
                let merged: Map = map.entries().into_iter().collect();
                match own.get(&key) {
                    None => {
                        own.insert(key, merged);
                    }
                    Some(Value::Map(mine)) => {
                        coalesce_tables(&merged, &mine, Nulls::Keep);
                        own.insert(key, merged);
                    }
                    Some(_) => {}
                }
            }
            value => {
                if !matches!(own.get(&key), Some(Value::Map(_))) {
                    own.insert(key, value);
                }
            }
        }
    }
    table.insert(GLOBAL, own);
}

/// Merges a chart's defaults beneath the values given for it.
fn coalesce_defaults(part: &ReleaseChart, values: &Map, nulls: Nulls) {
    for (key, default) in part.defaults().entries() {
        match values.get(&key) {
            Some(value) if value.is_nil() && nulls == Nulls::Remove => {
                values.remove(&key);
            }
            Some(Value::Map(table)) => {
                if let Value::Map(defaults) = default {
                    let is_subchart =
                        part.subparts.iter().any(|subpart| subpart.name.as_bytes() == key.as_bytes());
                    let nulls = if is_subchart { Nulls::Keep } else { nulls };
                    if nulls == Nulls::Remove {
                        remove_nulls(&defaults);
                    }
                    coalesce_tables(&table, &defaults, nulls);
                }
            }
            Some(_) => {}
            None => {
                if nulls == Nulls::Remove {
                    match &default {
                        Value::Map(defaults) => remove_nulls(defaults),
                        default if default.is_nil() => continue,
                        _ => {}
                    }
                }
                values.insert(key, default);
            }
        }
    }
}

/// Merges a table beneath another one, which wins.
pub(crate) fn coalesce_tables(table: &Map, under: &Map, nulls: Nulls) {
    // A `null` removes a default only if there is one.
    let had_value = |key: &[u8], entries: &[(crate::value::Text, Value)]| {
        entries.iter().any(|(other, value)| other.as_bytes() == key && !value.is_nil())
    };
    let before = if nulls == Nulls::Remove { under.entries() } else { Vec::new() };
    for (key, value) in table.entries() {
        if value.is_nil() {
            under.insert(key, Value::Nil);
        }
    }
    for (key, value) in under.entries() {
        match (table.get(&key), value) {
            (None, value) => {
                table.insert(key, value);
            }
            (Some(present), _) if nulls == Nulls::Remove && present.is_nil() => {
                if had_value(key.as_bytes(), &before) {
                    table.remove(&key);
                }
            }
            (Some(Value::Map(table)), Value::Map(under)) => {
                if !table.same(&under) {
                    coalesce_tables(&table, &under, nulls);
                }
            }
            (Some(_), _) => {}
        }
    }
}

fn remove_nulls(map: &Map) {
    for (key, value) in map.entries() {
        match value {
            Value::Map(inner) => remove_nulls(&inner),
            value if value.is_nil() => {
                map.remove(&key);
            }
            _ => {}
        }
    }
}
