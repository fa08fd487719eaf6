//! What counts as empty, and what to use instead.

use super::arguments::{Answer, Arguments};
use crate::template::Call;
use crate::value::{Kind, Value};

/// Returns whether sprig considers a value not set: nil, zero, false, or without elements. Structs are always set.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Native(native) => match native.kind() {
            Kind::Pointer | Kind::Struct => false,
            _ => native.underlying().is_some_and(|value| !value.is_true()),
        },
        _ => !value.is_true(),
    }
}

pub(super) fn default(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let chosen = match arguments.get(1) {
        Some(given) if !is_empty(given) => given,
        _ => Arguments(arguments).value(0)?,
    };
    Ok(chosen.clone())
}

pub(super) fn empty(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(is_empty(Arguments(arguments).value(0)?).into())
}

pub(super) fn coalesce(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(arguments.iter().find(|value| !is_empty(value)).cloned().unwrap_or_default())
}

pub(super) fn all(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok((!arguments.iter().any(is_empty)).into())
}

pub(super) fn any(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok((!arguments.iter().all(is_empty)).into())
}

pub(super) fn ternary(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let chosen = if Arguments(arguments).boolean(2)? { 0 } else { 1 };
    Ok(Arguments(arguments).value(chosen)?.clone())
}

pub(super) fn kind_of(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(kind_name(Arguments(arguments).value(0)?).into())
}

pub(super) fn kind_is(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let name = kind_name(Arguments(arguments).value(1)?);
    Ok((Arguments(arguments).bytes(0)? == name.as_bytes()).into())
}

fn kind_name(value: &Value) -> &'static str {
    if value.is_nil() { Kind::Invalid.name() } else { value.kind().name() }
}

pub(super) fn type_of(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(type_name(Arguments(arguments).value(0)?).into())
}

pub(super) fn type_is(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let name = type_name(Arguments(arguments).value(1)?);
    Ok((Arguments(arguments).bytes(0)? == name.as_bytes()).into())
}

pub(super) fn type_is_like(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (wanted, name) = (Arguments(arguments).bytes(0)?, type_name(Arguments(arguments).value(1)?));
    let is_pointer = name.strip_prefix('*').is_some_and(|target| target.as_bytes() == wanted);
    Ok((wanted == name.as_bytes() || is_pointer).into())
}

fn type_name(value: &Value) -> &'static str {
    if value.is_nil() { "<nil>" } else { value.type_name() }
}

pub(super) fn deep_equal(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (equal, nodes) = Arguments(arguments).value(0)?.deep_compare(Arguments(arguments).value(1)?);
    call.spend(nodes)?;
    Ok(equal.into())
}
