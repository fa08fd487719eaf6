//! Fields, map keys and methods: `.a.b.c`.

use super::describe::Node;
use super::evaluate::{Evaluated, Evaluator, Held};
use super::tree::Tree;
use crate::value::{Kind, Text, Type, Value};

impl Evaluator<'_> {
    /// Follows a chain of names; only the last one receives the arguments.
    #[expect(clippy::too_many_arguments, reason = "a call has this many inputs")]
    pub(super) fn fields(
        &mut self,
        tree: &Tree,
        dot: &Held,
        receiver: Held,
        names: &[Text],
        node: u32,
        words: &[u32],
        last: Option<Value>,
    ) -> Evaluated<Value> {
        let mut held = receiver;
        let Some((final_name, names)) = names.split_last() else { return Ok(held.value) };
        for name in names {
            held = self.field(tree, dot, held, name, node, &[], None)?;
        }
        self.field(tree, dot, held, final_name, node, words, last).map(|held| held.value)
    }

    #[expect(clippy::too_many_arguments, reason = "a call has this many inputs")]
    fn field(
        &mut self,
        tree: &Tree,
        dot: &Held,
        receiver: Held,
        name: &Text,
        node: u32,
        words: &[u32],
        last: Option<Value>,
    ) -> Evaluated<Held> {
        match &receiver.value {
            Value::Nil => return Ok(Held::plain(Value::Nil)),
            Value::NilInterface => {
                return self.fail(tree, [b"nil pointer evaluating interface {}.", name.as_bytes()].concat());
            }
            _ => {}
        }
        if let Some(method) = self.functions.method(receiver.value.type_name(), name.as_bytes()) {
            let receiver = Some(receiver.value);
            let value = self.call(tree, dot, Node::Word(node), method, receiver, words, last)?;
            return Ok(Held::plain(value));
        }
        let has_arguments = words.len() > 1 || last.is_some();
        match &receiver.value {
            Value::Map(map) => {
                if has_arguments {
                    return self
                        .fail(tree, [name.as_bytes(), b" is not a method but has arguments"].concat());
                }
                let element = map.map_type().element;
                let value = map.get(name.as_bytes()).unwrap_or_else(|| Value::zero(element));
                return Ok(held_in(element, value));
            }
            Value::Native(native) if matches!(native.kind(), Kind::Struct | Kind::Pointer) => {
                if let Some(value) = name.as_str().and_then(|name| native.field(name)) {
                    if has_arguments {
                        let message = [name.as_bytes(), b" has arguments but cannot be invoked as function"];
                        return self.fail(tree, message.concat());
                    }
                    return Ok(Held::plain(value));
                }
            }
            _ => {}
        }
        let type_name = if receiver.boxed { "interface {}" } else { receiver.value.type_name() };
        let mut message = b"can't evaluate field ".to_vec();
        message.extend_from_slice(name.as_bytes());
        message.extend_from_slice(format!(" in type {type_name}").as_bytes());
        self.fail(tree, message)
    }
}

/// Returns an element of a container as Go holds it.
pub(super) fn held_in(element: Type, value: Value) -> Held {
    let boxed = matches!(element, Type::Any);
    match value {
        Value::Nil if boxed => Held { value: Value::NilInterface, boxed },
        value => Held { value, boxed },
    }
}
