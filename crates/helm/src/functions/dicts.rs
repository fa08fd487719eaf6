//! Maps: create, read, and change in place.

use std::collections::BTreeSet;

use super::arguments::{Answer, Arguments};
use super::print::text_of;
use crate::stack::deepen;
use crate::template::{Call, FunctionError};
use crate::value::{ANY_MAP, List, Map, Value};

/// How many bytes of a key are printed per step.
const KEY_PER_STEP: usize = 16;

pub(super) fn dict(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let map = Map::new();
    for pair in arguments.chunks(2) {
        if let [key, value @ ..] = pair {
            let key = text_of(key)?;
            call.spend(1 + key.len() / KEY_PER_STEP)?;
            map.insert(key, value.first().cloned().unwrap_or_else(|| "".into()));
        }
    }
    Ok(map.into())
}

pub(super) fn get(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Arguments(arguments).map(0)?.get(Arguments(arguments).text(1)?).unwrap_or_else(|| "".into()))
}

pub(super) fn set(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let arguments = Arguments(arguments);
    let map = arguments.map(0)?;
    if map.is_nil() {
        return Err(FunctionError::new("assignment to entry in nil map"));
    }
    map.insert(arguments.text(1)?, arguments.value(2)?.clone());
    Ok(arguments.value(0)?.clone())
}

pub(super) fn unset(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Arguments(arguments).map(0)?.remove(Arguments(arguments).text(1)?);
    Ok(Arguments(arguments).value(0)?.clone())
}

pub(super) fn has_key(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Arguments(arguments).map(0)?.contains_key(Arguments(arguments).text(1)?).into())
}

pub(super) fn pluck(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let key = Arguments(arguments).text(0)?;
    let maps = Arguments(arguments).from(1).iter().filter_map(Value::as_map);
    Ok(Value::list(maps.filter_map(|map| map.get(key)).collect()))
}

pub(super) fn keys(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let maps = arguments.iter().filter_map(Value::as_map);
    Ok(Value::List(List::strings(maps.flat_map(Map::keys))))
}

pub(super) fn values(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let entries = Arguments(arguments).map(0)?.entries();
    Ok(Value::list(entries.into_iter().map(|(_, value)| value).collect()))
}

pub(super) fn pick(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let map = Arguments(arguments).map(0)?;
    let picked = Map::new();
    for key in Arguments(arguments).from(1).iter().filter_map(Value::as_text) {
        if let Some(value) = map.get(key) {
            picked.insert(key, value);
        }
    }
    Ok(picked.into())
}

pub(super) fn omit(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let omitted: BTreeSet<_> = Arguments(arguments).from(1).iter().filter_map(Value::as_text).collect();
    let entries = Arguments(arguments).map(0)?.entries().into_iter();
    Ok(Value::Map(entries.filter(|(key, _)| !omitted.contains(&key)).collect()))
}

pub(super) fn dig(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let [keys @ .., default, dict] = arguments else {
        return Err(FunctionError::new("dig needs at least three arguments"));
    };
    if keys.is_empty() {
        return Err(FunctionError::new("dig needs at least three arguments"));
    }
    let mut current = plain_map(dict)?;
    for key in keys {
        if key.as_text().is_none() {
            return Err(conversion(key, "string"));
        }
    }
    for (index, key) in keys.iter().enumerate() {
        let Some(value) = key.as_text().and_then(|key| current.get(key)) else {
            return Ok(default.clone());
        };
        if index + 1 == keys.len() {
            return Ok(value);
        }
        current = plain_map(&value)?;
    }
    Ok(default.clone())
}

/// Returns a map of exactly the type `map[string]interface {}`, as a Go type assertion requires.
fn plain_map(value: &Value) -> Result<Map, FunctionError> {
    match value {
        Value::Map(map) if std::ptr::eq(map.map_type(), &ANY_MAP) => Ok(map.clone()),
        _ => Err(conversion(value, "map[string]interface {}")),
    }
}

fn conversion(value: &Value, wanted: &str) -> FunctionError {
    let found = if value.is_nil() { "nil" } else { value.type_name() };
    FunctionError::new(format!("interface conversion: interface {{}} is {found}, not {wanted}"))
}

pub(super) fn deep_copy(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let value = Arguments(arguments).value(0)?;
    if value.is_nil() {
        return Err(FunctionError::new("reflect: call of reflect.Value.Type on zero Value"));
    }
    call.spend(value.check_size()?)?;
    copied(value, DEPTH_LIMIT)
}

/// How deep a value may nest before copying it is refused: such a value contains itself.
const DEPTH_LIMIT: usize = 1000;

fn copied(value: &Value, depth: usize) -> Answer {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(FunctionError::new("the value nests too deeply to be copied"));
    };
    deepen(|| copied_within(value, depth))
}

fn copied_within(value: &Value, depth: usize) -> Answer {
    Ok(match value {
        Value::List(list) if list.is_nil() => value.clone(),
        Value::List(list) => {
            let items = list.items();
            let items = items.iter().map(|item| copied(item, depth)).collect::<Result<_, _>>()?;
            Value::List(List::typed(list.list_type(), items))
        }
        Value::Map(map) if map.is_nil() => value.clone(),
        Value::Map(map) => {
            let entries = map.entries().into_iter();
            let entries = entries.map(|(key, value)| Ok((key, copied(&value, depth)?)));
            Value::Map(Map::with_entries(map.map_type(), entries.collect::<Result<Vec<_>, FunctionError>>()?))
        }
        _ => value.clone(),
    })
}
