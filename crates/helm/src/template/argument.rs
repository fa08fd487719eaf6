//! Arguments: evaluated for the parameter that receives them, checked and converted like a Go assignment.

use super::describe::Node;
use super::evaluate::{Evaluated, Evaluator, Held};
use super::tree::{Tree, WordKind};
use crate::stack::deepen;
use crate::value::{Type, Value};

impl Evaluator<'_> {
    /// Evaluates an argument for a parameter.
    pub(super) fn argument(&mut self, tree: &Tree, dot: &Held, parameter: Type, at: u32) -> Evaluated<Value> {
        self.part = Node::Word(at);
        let Some(word) = tree.words.get(at as usize) else { return Ok(Value::Nil) };
        let value = match &word.kind {
            WordKind::Dot => dot.value.clone(),
            WordKind::Nil => {
                return match nil_of(parameter) {
                    Some(value) => Ok(value),
                    None => self.fail(tree, format!("cannot assign nil to {}", parameter.name())),
                };
            }
            WordKind::Field(names) => {
                self.fields(tree, dot, dot.clone(), tree.names(*names), at, &[], None)?
            }
            WordKind::Variable(name, names) => {
                let held = self.variable(tree, *name)?;
                if names.is_empty() {
                    held.value
                } else {
                    self.fields(tree, dot, held, tree.names(*names), at, &[], None)?
                }
            }
            WordKind::Pipe(pipe) => deepen(|| self.pipeline(tree, dot, *pipe))?,
            WordKind::Function(function) => {
                self.call(tree, dot, Node::Word(at), function, None, &[], None)?
            }
            WordKind::Chain(inner, names) => {
                self.chain(tree, dot, at, *inner, tree.names(*names), &[], None)?
            }
            constant => return self.literal(tree, dot, parameter, at, constant),
        };
        self.validate(tree, value, parameter)
    }

    /// Converts a literal to a parameter's type.
    fn literal(
        &mut self,
        tree: &Tree,
        dot: &Held,
        parameter: Type,
        at: u32,
        kind: &WordKind,
    ) -> Evaluated<Value> {
        let expected = match (parameter, kind) {
            (Type::Any | Type::Reflect, _) => return self.constant(tree, dot, at, kind),
            (Type::Bool, WordKind::Bool(value)) => return Ok(Value::Bool(*value)),
            (Type::String, WordKind::String(text, _)) => return Ok(Value::String(text.clone())),
            (Type::Float, WordKind::Number(number, _)) if let Some(float) = number.float => {
                return Ok(Value::Float(float));
            }
            (Type::Integer(kind), WordKind::Number(number, _)) if kind.is_unsigned() => match number.uint {
                Some(uint) => return Ok(Value::Uint(kind, uint)),
                None => "unsigned integer",
            },
            (Type::Integer(kind), WordKind::Number(number, _)) if let Some(int) = number.int => {
                return Ok(Value::Int(kind, int));
            }
            (Type::Bool, _) => "bool",
            (Type::String, _) => "string",
            (Type::Float, _) => "float",
            (Type::Integer(kind), _) if kind.is_unsigned() => "unsigned integer",
            (Type::Integer(_), _) => "integer",
            (Type::Bytes | Type::List(_) | Type::Map(_) | Type::Native(_), _) => {
                let mut message = b"can't handle ".to_vec();
                message.extend_from_slice(&tree.describe(Node::Word(at)));
                message.extend_from_slice(format!(" for arg of type {}", parameter.name()).as_bytes());
                return self.fail(tree, message);
            }
        };
        let mut message = format!("expected {expected}; found ").into_bytes();
        message.extend_from_slice(&tree.describe(Node::Word(at)));
        self.fail(tree, message)
    }

    /// Checks that a value fits a parameter, and converts it like a Go assignment.
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

/// Returns a bare `nil` as a type; `None` if the type has no nil.
fn nil_of(parameter: Type) -> Option<Value> {
    match parameter {
        Type::Any | Type::Reflect => Some(Value::Nil),
        Type::Bytes | Type::List(_) | Type::Map(_) => Some(Value::zero(parameter)),
        Type::Native(name) if name.starts_with('*') => Some(Value::Nil),
        Type::Bool | Type::Integer(_) | Type::Float | Type::String | Type::Native(_) => None,
    }
}

/// Go assigns between types of the same underlying type if one of them is unnamed.
fn one_is_unnamed(left: &str, right: &str) -> bool {
    let unnamed = |name: &str| name.starts_with('[') || name.starts_with("map[");
    unnamed(left) || unnamed(right)
}
