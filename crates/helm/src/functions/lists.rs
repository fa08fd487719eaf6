//! Lists: take them apart, combine and search them.
//!
//! Each function has a twin whose name starts with `must`. Sprig's plain functions panic where the twins return an
//! error, and a template reports both in the same way, so one function serves both names.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::arguments::{Answer, Arguments, nil_dereference, runtime_error};
use super::defaults::is_empty;
use super::length::{LENGTH_LIMIT, too_long};
use super::numbers::to_int;
use super::print::elements;
use crate::template::{Call, FunctionError};
use crate::value::{ANY_LIST, LIST_LIST, List, Value};

type Items = Rc<Vec<Value>>;

fn items_or(value: &Value, refusal: &str) -> Result<Items, FunctionError> {
    if value.is_nil() {
        return Err(nil_dereference());
    }
    elements(value).ok_or_else(|| FunctionError::new(format!("{refusal} {}", value.kind().name())))
}

fn nil_list() -> Value {
    Value::List(List::nil(&ANY_LIST))
}

pub(super) fn list(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Value::list(arguments.to_vec()))
}

pub(super) fn append(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let items = items_or(Arguments(arguments).value(0)?, "Cannot push on type")?;
    let mut values = Vec::with_capacity(items.len() + 1);
    values.extend_from_slice(&items);
    values.push(Arguments(arguments).value(1)?.clone());
    Ok(Value::list(values))
}

pub(super) fn prepend(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let items = items_or(Arguments(arguments).value(0)?, "Cannot prepend on type")?;
    let mut values = Vec::with_capacity(items.len() + 1);
    values.push(Arguments(arguments).value(1)?.clone());
    values.extend_from_slice(&items);
    Ok(Value::list(values))
}

pub(super) fn concat(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let mut values = Vec::new();
    for value in arguments {
        if value.is_nil() {
            return Err(nil_dereference());
        }
        let Some(items) = elements(value) else {
            return Err(FunctionError::new(format!("Cannot concat type {} as list", value.kind().name())));
        };
        if values.len() + items.len() > LENGTH_LIMIT {
            return Err(too_long());
        }
        values.extend_from_slice(&items);
    }
    Ok(if values.is_empty() { nil_list() } else { Value::list(values) })
}

pub(super) fn first(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let items = items_or(Arguments(arguments).value(0)?, "Cannot find first on type")?;
    Ok(items.first().cloned().unwrap_or_default())
}

pub(super) fn last(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let items = items_or(Arguments(arguments).value(0)?, "Cannot find last on type")?;
    Ok(items.last().cloned().unwrap_or_default())
}

pub(super) fn rest(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let items = items_or(Arguments(arguments).value(0)?, "Cannot find rest on type")?;
    Ok(items.split_first().map_or_else(nil_list, |(_, rest)| Value::list(rest.to_vec())))
}

pub(super) fn initial(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let items = items_or(Arguments(arguments).value(0)?, "Cannot find initial on type")?;
    Ok(items.split_last().map_or_else(nil_list, |(_, rest)| Value::list(rest.to_vec())))
}

pub(super) fn reverse(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let items = items_or(Arguments(arguments).value(0)?, "Cannot find reverse on type")?;
    Ok(Value::list(items.iter().rev().cloned().collect()))
}

pub(super) fn compact(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let items = items_or(Arguments(arguments).value(0)?, "Cannot compact on type")?;
    Ok(Value::list(items.iter().filter(|item| !is_empty(item)).cloned().collect()))
}

pub(super) fn uniq(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let items = items_or(Arguments(arguments).value(0)?, "Cannot find uniq on type")?;
    let mut texts = BTreeSet::new();
    let mut others: Vec<Value> = Vec::new();
    let mut values = Vec::new();
    for item in items.iter() {
        // Long lists mostly contain strings, which need not be compared with every other item.
        let new = match item {
            Value::String(text) => texts.insert(text.clone()),
            _ if is_in(call, &others, item)? => false,
            _ => {
                others.push(item.clone());
                true
            }
        };
        if new {
            values.push(item.clone());
        }
    }
    Ok(Value::list(values))
}

fn is_in(call: &mut Call<'_>, haystack: &[Value], needle: &Value) -> Result<bool, FunctionError> {
    for item in haystack {
        let (equal, nodes) = needle.deep_compare(item);
        call.spend(nodes)?;
        if equal {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn without(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let items = items_or(Arguments(arguments).value(0)?, "Cannot find without on type")?;
    let omitted = Arguments(arguments).from(1);
    let mut values = Vec::new();
    for item in items.iter() {
        if !is_in(call, omitted, item)? {
            values.push(item.clone());
        }
    }
    Ok(Value::list(values))
}

pub(super) fn has(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let haystack = Arguments(arguments).value(1)?;
    if haystack.is_nil() {
        return Ok(false.into());
    }
    let items = items_or(haystack, "Cannot find has on type")?;
    Ok(is_in(call, &items, Arguments(arguments).value(0)?)?.into())
}

pub(super) fn slice(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let value = Arguments(arguments).value(0)?;
    let items = items_or(value, "list should be type of slice or array but")?;
    if items.is_empty() {
        return Ok(Value::Nil);
    }
    let bounds = Arguments(arguments).from(1);
    let start = bounds.first().map_or(0, to_int);
    let end = bounds.get(1).map_or_else(|| i64::try_from(items.len()).unwrap_or(i64::MAX), to_int);
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let part = range.and_then(|(start, end)| items.get(start..end));
    let Some(part) = part else {
        return Err(FunctionError::new("reflect.Value.Slice: slice index out of bounds"));
    };
    Ok(match value {
        Value::List(list) => Value::List(List::typed(list.list_type(), part.to_vec())),
        Value::Bytes(bytes) => {
            let range = range.and_then(|(start, end)| bytes.get(start..end));
            Value::Bytes(range.unwrap_or_default().into())
        }
        _ => Value::list(part.to_vec()),
    })
}

pub(super) fn chunk(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let size = Arguments(arguments).int(0)?;
    let items = items_or(Arguments(arguments).value(1)?, "Cannot chunk type")?;
    let size = if size < 0 && items.len() == 1 { 1 } else { size };
    let Some(size) = usize::try_from(size).ok().filter(|size| *size > 0) else {
        // Go divides the number of steps to the last element by the size, which may result in no chunks at all.
        let steps = u64::try_from(items.len()).unwrap_or(u64::MAX).saturating_sub(1);
        if (1..=size.unsigned_abs()).contains(&steps) {
            return Ok(Value::List(List::typed(&LIST_LIST, Vec::new())));
        }
        return Err(runtime_error("makeslice: len out of range"));
    };
    let chunks = items.chunks(size).map(|chunk| Value::list(chunk.to_vec())).collect();
    Ok(Value::List(List::typed(&LIST_LIST, chunks)))
}
