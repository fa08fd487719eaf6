//! Calls functions and methods: the number of arguments, their types, and what is special about a few.

use super::describe::Part;
use super::evaluate::{Evaluated, Evaluator, Held, nil_of};
use super::tree::{Special, Tree};
use super::{Call, Function, FunctionError};
use crate::value::{Kind, Type, Value};

impl Evaluator<'_> {
    /// Calls a function with the words after the first, and after them the value that was piped in.
    #[expect(clippy::too_many_arguments, reason = "a call has that many sides")]
    pub(super) fn call(
        &mut self,
        tree: &Tree,
        dot: &Held,
        node: Part,
        function: &'static Function,
        special: Special,
        receiver: Option<Value>,
        words: &[u32],
        last: Option<Value>,
    ) -> Evaluated<Value> {
        let words = words.get(1..).unwrap_or_default();
        let given = words.len() + usize::from(last.is_some());
        let fixed = function.parameters.len();
        if function.variadic.is_some() {
            if given < fixed {
                let message = format!(
                    "wrong number of args for {}: want at least {fixed} got {}",
                    function.name,
                    words.len()
                );
                return self.fail(tree, message);
            }
        } else if given != fixed {
            return self
                .fail(tree, format!("wrong number of args for {}: want {fixed} got {given}", function.name));
        }
        if matches!(special, Special::And | Special::Or) {
            return self.short_circuit(tree, dot, special, words, last);
        }
        let parameter =
            |index: usize| function.parameters.get(index).copied().or(function.variadic).unwrap_or(Type::Any);
        let mut arguments = self.spare.pop().unwrap_or_default();
        arguments.extend(receiver);
        if special == Special::Call {
            arguments.push(callee(tree, words.first().copied(), last.as_ref()));
        }
        for (index, word) in words.iter().enumerate() {
            let argument = self.argument(tree, dot, parameter(index), *word)?;
            arguments.push(argument);
        }
        if let Some(last) = last {
            let argument = self.validate(tree, last, parameter(words.len()))?;
            arguments.push(argument);
        }
        let position = tree.position(node);
        let mut context = Call { evaluator: self, function: function.name, tree, position };
        let result = (function.call)(&mut context, &arguments);
        arguments.clear();
        self.spare.push(arguments);
        let result = result.and_then(|value| match &value {
            Value::String(text) if text.len() > self.limits.text => {
                Err(FunctionError::new(format!("a text of more than {} bytes", self.limits.text)))
            }
            _ => Ok(value),
        });
        result.map_err(|error| {
            self.part = node;
            self.wrap(tree, error, &format!("error calling {}: ", function.name))
        })
    }

    fn short_circuit(
        &mut self,
        tree: &Tree,
        dot: &Held,
        special: Special,
        words: &[u32],
        last: Option<Value>,
    ) -> Evaluated<Value> {
        let mut value = Value::Nil;
        for word in words {
            value = self.argument(tree, dot, Type::Reflect, *word)?;
            if value.is_true() == (special == Special::Or) {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }

    /// Makes sure that a value fits a parameter, and converts it as an assignment in Go does.
    pub(super) fn validate(&self, tree: &Tree, value: Value, parameter: Type) -> Evaluated<Value> {
        let fits = match (parameter, &value) {
            (Type::Reflect, _) => true,
            (_, Value::Nil) => {
                return match nil_of(parameter) {
                    Some(value) => Ok(value),
                    None => self.fail(tree, format!("invalid value; expected {}", parameter.name())),
                };
            }
            (Type::Any, Value::NilInterface) => return Ok(Value::Nil),
            (Type::Any, _)
            | (Type::Bool, Value::Bool(_))
            | (Type::Float, Value::Float(_))
            | (Type::String, Value::String(_))
            | (Type::Bytes, Value::Bytes(_)) => true,
            (Type::Integer(kind), Value::Int(own, _) | Value::Uint(own, _)) => kind == *own,
            (Type::List(list_type), Value::List(list)) => {
                let own = list.list_type();
                own.name == list_type.name
                    || (own.element.name() == list_type.element.name()
                        && one_is_unnamed(own.name, list_type.name))
            }
            (Type::Map(map_type), Value::Map(map)) => {
                let own = map.map_type();
                if own.name == map_type.name {
                    return Ok(value);
                }
                if own.element.name() == map_type.element.name() && one_is_unnamed(own.name, map_type.name) {
                    return Ok(Value::Map(map.converted(map_type)));
                }
                false
            }
            (Type::Native(name), Value::Native(native)) => {
                native.type_name() == name || native.type_name().strip_prefix('*') == Some(name)
            }
            _ => false,
        };
        if fits {
            return Ok(value);
        }
        self.fail(
            tree,
            format!("wrong type for value; expected {}; got {}", parameter.name(), value.type_name()),
        )
    }
}

/// Go assigns between types of equal make when one of them has no name of its own.
fn one_is_unnamed(left: &str, right: &str) -> bool {
    let unnamed = |name: &str| name.starts_with('[') || name.starts_with("map[");
    unnamed(left) || unnamed(right)
}

/// Returns how `call` names what it was to call.
fn callee(tree: &Tree, word: Option<u32>, last: Option<&Value>) -> Value {
    match (word, last) {
        (Some(word), _) => Value::string(tree.describe(Part::Word(word))),
        (None, Some(Value::String(text))) => Value::String(text.clone()),
        (None, Some(value)) if value.kind() == Kind::Invalid => "<invalid Value>".into(),
        (None, Some(value)) => format!("<{} Value>", value.type_name()).into(),
        (None, None) => Value::Nil,
    }
}
