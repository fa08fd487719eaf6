//! `eq`, `ne`, `lt`, `le`, `gt` and `ge`.

use std::cmp::Ordering;
use std::rc::Rc;

use super::format::sprintf;
use super::{Call, FunctionError};
use crate::value::{Kind, Text, Value};

type Answer<T> = Result<T, FunctionError>;

/// The kinds of basic values that can be compared with one another.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Basic {
    Invalid,
    Bool(bool),
    Complex(f64, f64),
    Int(i64),
    Float(f64),
    String,
    Uint(u64),
}

fn basic(value: &Value) -> Basic {
    match value {
        Value::Bool(value) => Basic::Bool(*value),
        Value::Int(_, value) => Basic::Int(*value),
        Value::Uint(_, value) => Basic::Uint(*value),
        Value::Float(value) => Basic::Float(*value),
        Value::Complex(real, imaginary) => Basic::Complex(*real, *imaginary),
        Value::String(_) => Basic::String,
        Value::Native(native) => native.underlying().map_or(Basic::Invalid, |value| basic(&value)),
        _ => Basic::Invalid,
    }
}

fn incompatible(left: &Value, right: &Value) -> FunctionError {
    FunctionError::new(format!(
        "incompatible types for comparison: {} and {}",
        left.type_name(),
        right.type_name()
    ))
}

fn equal(left: &Value, right: &Value) -> Answer<bool> {
    Ok(match (basic(left), basic(right)) {
        (Basic::Bool(left), Basic::Bool(right)) => left == right,
        (Basic::Complex(a, b), Basic::Complex(c, d)) => a == c && b == d,
        (Basic::Int(left), Basic::Int(right)) => left == right,
        (Basic::Float(left), Basic::Float(right)) => left == right,
        (Basic::Uint(left), Basic::Uint(right)) => left == right,
        (Basic::Int(int), Basic::Uint(uint)) | (Basic::Uint(uint), Basic::Int(int)) => {
            u64::try_from(int).is_ok_and(|int| int == uint)
        }
        (Basic::String, Basic::String) => compare(left, right) == Ordering::Equal,
        (Basic::Invalid, Basic::Invalid) => return equal_others(left, right),
        _ if left.is_nil() || right.is_nil() => false,
        _ => return Err(incompatible(left, right)),
    })
}

/// Compares values that are not basic: only `nil`s and comparable structs can be equal.
fn equal_others(left: &Value, right: &Value) -> Answer<bool> {
    if left.is_nil() || right.is_nil() {
        return Ok(is_nil(left) == is_nil(right));
    }
    if left.kind() != right.kind() {
        let values = [left.clone(), left.type_name().into(), right.type_name().into(), right.clone()];
        return Err(FunctionError::new(sprintf(b"non-comparable types %s: %v, %s: %v", &values)?));
    }
    if is_nil(left) || is_nil(right) {
        return Ok(is_nil(left) == is_nil(right));
    }
    match (left, right) {
        (Value::Native(left), Value::Native(right)) => Ok(if left.kind() == Kind::Pointer {
            Rc::ptr_eq(left, right)
        } else {
            left.equal(right.as_ref())
        }),
        _ => {
            let values = [right.clone(), right.type_name().into()];
            Err(FunctionError::new(sprintf(b"non-comparable type %s: %v", &values)?))
        }
    }
}

fn is_nil(value: &Value) -> bool {
    match value {
        Value::List(list) => list.is_nil(),
        Value::Map(map) => map.is_nil(),
        other => other.is_nil(),
    }
}

/// Compares two strings, one of which may have a named Go type.
fn compare(left: &Value, right: &Value) -> Ordering {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Native(native) => match native.underlying() {
            Some(Value::String(text)) => text,
            _ => Text::default(),
        },
        _ => Text::default(),
    };
    match (left, right) {
        (Value::String(left), Value::String(right)) => left.cmp(right),
        _ => text(left).cmp(&text(right)),
    }
}

fn less(left: &Value, right: &Value) -> Answer<bool> {
    let invalid = || FunctionError::new("invalid type for comparison");
    Ok(match (basic(left), basic(right)) {
        (Basic::Invalid, _) | (_, Basic::Invalid) => return Err(invalid()),
        (Basic::Int(left), Basic::Int(right)) => left < right,
        (Basic::Float(left), Basic::Float(right)) => left < right,
        (Basic::Uint(left), Basic::Uint(right)) => left < right,
        (Basic::Int(left), Basic::Uint(right)) => u64::try_from(left).map_or(true, |left| left < right),
        (Basic::Uint(left), Basic::Int(right)) => u64::try_from(right).is_ok_and(|right| left < right),
        (Basic::String, Basic::String) => compare(left, right) == Ordering::Less,
        (Basic::Bool(_), Basic::Bool(_)) | (Basic::Complex(..), Basic::Complex(..)) => return Err(invalid()),
        _ => return Err(incompatible(left, right)),
    })
}

fn pair(arguments: &[Value]) -> (&Value, &Value) {
    match arguments {
        [left, right, ..] => (left, right),
        _ => (&Value::Nil, &Value::Nil),
    }
}

pub(super) fn eq(_: &mut Call<'_>, arguments: &[Value]) -> Answer<Value> {
    let Some((left, others)) = arguments.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Err("missing argument for comparison".into());
    };
    for right in others {
        if equal(left, right)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

pub(super) fn ne(_: &mut Call<'_>, arguments: &[Value]) -> Answer<Value> {
    let (left, right) = pair(arguments);
    Ok(Value::Bool(!equal(left, right)?))
}

pub(super) fn lt(_: &mut Call<'_>, arguments: &[Value]) -> Answer<Value> {
    let (left, right) = pair(arguments);
    Ok(Value::Bool(less(left, right)?))
}

fn less_or_equal(left: &Value, right: &Value) -> Answer<bool> {
    Ok(less(left, right)? || equal(left, right)?)
}

pub(super) fn le(_: &mut Call<'_>, arguments: &[Value]) -> Answer<Value> {
    let (left, right) = pair(arguments);
    Ok(Value::Bool(less_or_equal(left, right)?))
}

pub(super) fn gt(_: &mut Call<'_>, arguments: &[Value]) -> Answer<Value> {
    let (left, right) = pair(arguments);
    Ok(Value::Bool(!less_or_equal(left, right)?))
}

pub(super) fn ge(_: &mut Call<'_>, arguments: &[Value]) -> Answer<Value> {
    let (left, right) = pair(arguments);
    Ok(Value::Bool(!less(left, right)?))
}
