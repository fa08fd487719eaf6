//! The functions that `text/template` itself provides.

use super::FunctionError;
use super::comparison::{eq, ge, gt, le, lt, ne};
use super::escape::{html, js, urlquery};
use super::format::{sprint, sprintf, sprintln};
use super::function::{Answer, Call, Function, Special};
use crate::value::{Kind, Type, Value};

/// All of them except `slice`, because Helm uses sprig's.
pub(crate) static BUILTINS: &[Function] = &[
    Function::variadic("and", &[Type::Reflect], Type::Reflect, never).special(Special::And),
    Function::variadic("call", &[Type::Reflect], Type::Reflect, call).special(Special::Call),
    Function::variadic("eq", &[Type::Reflect], Type::Reflect, eq),
    Function::new("ge", &[Type::Reflect, Type::Reflect], ge),
    Function::new("gt", &[Type::Reflect, Type::Reflect], gt),
    Function::variadic("html", &[], Type::Any, html).special(Special::Walks),
    Function::variadic("index", &[Type::Reflect], Type::Reflect, index),
    Function::variadic("js", &[], Type::Any, js).special(Special::Walks),
    Function::new("le", &[Type::Reflect, Type::Reflect], le),
    Function::new("len", &[Type::Reflect], len),
    Function::new("lt", &[Type::Reflect, Type::Reflect], lt),
    Function::new("ne", &[Type::Reflect, Type::Reflect], ne),
    Function::new("not", &[Type::Reflect], not),
    Function::variadic("or", &[Type::Reflect], Type::Reflect, never).special(Special::Or),
    Function::variadic("print", &[], Type::Any, print).special(Special::Walks),
    Function::variadic("printf", &[Type::String], Type::Any, printf).special(Special::Walks),
    Function::variadic("println", &[], Type::Any, println).special(Special::Walks),
    Function::variadic("urlquery", &[], Type::Any, urlquery).special(Special::Walks),
];

/// `and` and `or` stop at the argument that decides, so the evaluator implements them.
fn never(_: &mut Call<'_>, _: &[Value]) -> Answer {
    Err("unreachable".into())
}

fn call(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    // A template value is never a function.
    match arguments {
        [_, Value::Nil | Value::NilInterface, ..] | [] | [_] => Err("call of nil".into()),
        [name, value, ..] => {
            let mut message = b"non-function ".to_vec();
            message.extend_from_slice(name.as_text().map(|text| text.as_bytes()).unwrap_or_default());
            message.extend_from_slice(format!(" of type {}", value.type_name()).as_bytes());
            Err(FunctionError::new(message))
        }
    }
}

fn index(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let Some((item, indexes)) = arguments.split_first() else { return Ok(Value::Nil) };
    if item.is_nil() {
        return Err("index of untyped nil".into());
    }
    let mut item = item.clone();
    for index in indexes {
        item = element(&item, index)?;
    }
    Ok(item)
}

fn element(item: &Value, index: &Value) -> Answer {
    match item {
        Value::Nil | Value::NilInterface => Err("index of nil pointer".into()),
        Value::List(list) => {
            let at = position(index, list.len(), "slice")?;
            let value = list.get(at).unwrap_or_default();
            Ok(super::field::held_in(list.list_type().element, value).value)
        }
        Value::Bytes(bytes) => {
            let at = position(index, bytes.len(), "slice")?;
            Ok(Value::Uint(Kind::Uint8, bytes.get(at).copied().unwrap_or_default().into()))
        }
        Value::String(text) => {
            let at = position(index, text.len(), "string")?;
            Ok(Value::Uint(Kind::Uint8, text.as_bytes().get(at).copied().unwrap_or_default().into()))
        }
        Value::Map(map) => {
            let element = map.map_type().element;
            match index {
                Value::String(key) => {
                    let value = map.get(key.as_bytes()).unwrap_or_else(|| Value::zero(element));
                    Ok(super::field::held_in(element, value).value)
                }
                Value::Nil | Value::NilInterface => Err("value is nil; should be of type string".into()),
                other => {
                    Err(FunctionError::new(format!("value has type {}; should be string", other.type_name())))
                }
            }
        }
        other => {
            let name = other.type_name();
            Err(FunctionError::new(format!("can't index item of type {}", name.trim_start_matches('*'))))
        }
    }
}

/// Checks an index as Go does, which accepts one past the last and then panics.
fn position(index: &Value, length: usize, what: &str) -> Result<usize, FunctionError> {
    let at = match index {
        Value::Int(_, at) => *at,
        Value::Uint(_, at) => *at as i64,
        Value::Nil | Value::NilInterface => return Err("cannot index slice/array with nil".into()),
        Value::Native(native) if let Some(number) = native.underlying().and_then(|value| value.as_i64()) => {
            number
        }
        other => {
            let name = other.type_name();
            return Err(FunctionError::new(format!("cannot index slice/array with type {name}")));
        }
    };
    match usize::try_from(at) {
        Ok(at) if at < length => Ok(at),
        Ok(at) if at == length => Err(FunctionError::new(format!("reflect: {what} index out of range"))),
        _ => Err(FunctionError::new(format!("index out of range: {at}"))),
    }
}

fn len(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let length = match arguments.first() {
        None | Some(Value::Nil) => return Err("reflect: call of reflect.Value.Type on zero Value".into()),
        Some(Value::NilInterface) => return Err("len of nil pointer".into()),
        Some(Value::String(text)) => text.len(),
        Some(Value::Bytes(bytes)) => bytes.len(),
        Some(Value::List(list)) => list.len(),
        Some(Value::Map(map)) => map.len(),
        Some(other) => {
            let name = other.type_name();
            return Err(FunctionError::new(format!("len of type {}", name.trim_start_matches('*'))));
        }
    };
    Ok(Value::int(length as i64))
}

fn not(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Value::Bool(!arguments.first().is_some_and(Value::is_true)))
}

fn print(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    sprint(arguments).map(Value::String)
}

fn println(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    sprintln(arguments).map(Value::String)
}

fn printf(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let Some((format, values)) = arguments.split_first() else { return Ok("".into()) };
    let format = format.as_text().map(|text| text.as_bytes()).unwrap_or_default();
    sprintf(format, values).map(Value::String)
}
