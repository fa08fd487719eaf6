//! The functions that need the engine: `include`, `tpl`, `required`, `fail` and `lookup`.

use std::rc::Rc;
use std::sync::Arc;

use super::{parse_text, without_no_value};
use crate::template::{Call, Charset, Function, FunctionError, Lookup, Set, Trace, quote};
use crate::value::{Map, Text, Type, Value};

/// The name of the template that holds all others, and of the texts of `tpl`.
const ROOT: &str = "gotpl";
/// How often a name may be included within itself; Helm's own limit.
const INCLUDE_LIMIT: usize = 1000;
/// How many steps it takes to begin and end one.
const INCLUDE_STEPS: usize = 10;

/// How many steps it takes to parse the shortest text of a `tpl`, and how many more bytes are parsed in the time of
/// another.
const PARSE_STEPS: usize = 20;
const PARSED_PER_STEP: usize = 4;
/// How many bytes of parsed texts are kept for when they come again, and for how many each counts beside its own.
const TEXTS_LIMIT: usize = 1 << 20;
const TEXT_SIZE: usize = 256;

/// All of them.
pub(crate) const FUNCTIONS: &[Function] = &[
    Function::new("fail", &[Type::String], fail),
    Function::new("include", &[Type::String, Type::Any], include),
    Function::new("lookup", &[Type::String, Type::String, Type::String, Type::String], lookup),
    Function::new("required", &[Type::String, Type::Any], required),
    Function::new("tpl", &[Type::String, Type::Any], tpl),
];

type Answer = Result<Value, FunctionError>;

fn text(arguments: &[Value], index: usize) -> Text {
    arguments.get(index).and_then(Value::as_text).cloned().unwrap_or_default()
}

fn include(call: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    let name = text(arguments, 0);
    let evaluator = &mut *call.evaluator;
    let count = evaluator.included.entry(name.clone()).or_default();
    if *count > INCLUDE_LIMIT {
        let mut prefix = b"rendering template has a nested reference name: ".to_vec();
        prefix.extend_from_slice(name.as_bytes());
        prefix.extend_from_slice(b": ");
        return Err(FunctionError::new("unable to execute template").wrap(prefix));
    }
    *count += 1;
    evaluator.spend(INCLUDE_STEPS)?;
    let result = match evaluator.set.get(name.as_bytes()).cloned() {
        Some(tree) => {
            let mut out = Vec::new();
            let dot = arguments.get(1).cloned().unwrap_or_default();
            evaluator.run(&tree, dot, &mut out, Trace::Off).map(|()| Value::string(out))
        }
        None => {
            let name = quote(name.as_bytes(), Charset::Unicode);
            Err(FunctionError::new(format!(
                "template: no template {name} associated with template \"{ROOT}\""
            )))
        }
    };
    if let Some(count) = evaluator.included.get_mut(&name) {
        *count -= 1;
    }
    result
}

fn tpl(call: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    let source = text(arguments, 0);
    let quoted = || quote(source.as_bytes(), Charset::Unicode);
    let evaluator = &mut *call.evaluator;
    let trees = match evaluator.texts.get(&source) {
        Some(trees) => Rc::clone(trees),
        None => {
            let trees = Rc::new(parse_text(ROOT, &source).map_err(|error| {
                FunctionError::new(error.0).wrap(format!("cannot parse template {}: ", quoted()))
            })?);
            evaluator.spend(PARSE_STEPS + source.len() / PARSED_PER_STEP)?;
            // Texts that are made up anew each time are not worth their memory.
            evaluator.texts_size += source.len() + TEXT_SIZE;
            if evaluator.texts_size > TEXTS_LIMIT {
                evaluator.texts.clear();
                evaluator.texts_size = 0;
            }
            evaluator.texts.insert(source.clone(), Rc::clone(&trees));
            trees
        }
    };
    // What the text defines is known to it alone.
    let mut set = Set::above(&evaluator.set);
    for tree in trees.iter() {
        set.add(Arc::clone(tree));
    }
    let Some(tree) = trees.iter().find(|tree| tree.name == ROOT) else { return Ok("".into()) };
    let outer = std::mem::replace(&mut evaluator.set, Arc::new(set));
    let mut out = Vec::new();
    let dot = arguments.get(1).cloned().unwrap_or_default();
    let result = evaluator.run(tree, dot, &mut out, Trace::Off);
    evaluator.set = outer;
    match result {
        Ok(()) => Ok(Value::string(without_no_value(&out))),
        Err(error) => Err(error.wrap(format!("error during tpl function execution for {}: ", quoted()))),
    }
}

/// Marks a message that the report shows in place of everything else.
fn marked(message: &Text) -> FunctionError {
    let [start, end] = super::report::MARKS;
    FunctionError::new([start, message.as_bytes(), end].concat())
}

fn required(_: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    match arguments.get(1) {
        None | Some(Value::Nil) => Err(marked(&text(arguments, 0))),
        Some(Value::String(value)) if value.is_empty() => Err(marked(&text(arguments, 0))),
        Some(value) => Ok(value.clone()),
    }
}

fn fail(_: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    Err(marked(&text(arguments, 0)))
}

fn lookup(call: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    let words: [Text; 4] = std::array::from_fn(|index| text(arguments, index));
    let [api_version, kind, namespace, name] = words.each_ref().map(Text::to_str);
    let query = Lookup { api_version: &api_version, kind: &kind, namespace: &namespace, name: &name };
    Ok(Value::Map(Map::from(&call.lookup(&query)?)))
}
