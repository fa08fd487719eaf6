//! The functions that need the engine: `include`, `tpl`, `required`, `fail` and `lookup`.

use super::report::MARKS;
use crate::template::{Answer, Asks, Call, Function, FunctionError, Lookup};
use crate::value::{Map, Text, Type, Value};

/// All of them, sorted by name.
pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("fail", &[Type::String], fail),
    Function::new("include", &[Type::String, Type::Any], include),
    Function::new("lookup", &[Type::String, Type::String, Type::String, Type::String], lookup)
        .asking(Asks::Always),
    Function::new("required", &[Type::String, Type::Any], required),
    Function::new("tpl", &[Type::String, Type::Any], tpl),
];

fn text(arguments: &[Value], index: usize) -> Text {
    arguments.get(index).and_then(Value::as_text).cloned().unwrap_or_default()
}

fn include(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let dot = arguments.get(1).cloned().unwrap_or_default();
    call.include(&text(arguments, 0), dot).map(Value::String)
}

fn tpl(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let dot = arguments.get(1).cloned().unwrap_or_default();
    call.run_text(&text(arguments, 0), dot).map(Value::String)
}

/// Marks a message that the report shows instead of everything else.
fn marked(message: &Text) -> FunctionError {
    let [start, end] = MARKS;
    FunctionError::new([start, message.as_bytes(), end].concat())
}

fn required(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    match arguments.get(1) {
        None | Some(Value::Nil) => Err(marked(&text(arguments, 0))),
        Some(Value::String(value)) if value.is_empty() => Err(marked(&text(arguments, 0))),
        Some(value) => Ok(value.clone()),
    }
}

fn fail(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Err(marked(&text(arguments, 0)))
}

fn lookup(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let words: [Text; 4] = std::array::from_fn(|index| text(arguments, index));
    let [api_version, kind, namespace, name] = words.each_ref().map(Text::to_str);
    let query = Lookup { api_version: &api_version, kind: &kind, namespace: &namespace, name: &name };
    Ok(Value::Map(Map::from(&call.lookup(&query)?)))
}
