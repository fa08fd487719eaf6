//! Calls functions and methods: checks the number and types of the arguments and handles a few special functions.

use super::FunctionError;
use super::describe::Node;
use super::evaluate::{Evaluated, Evaluator, Held};
use super::function::{Call, Function, Special};
use super::tree::Tree;
use crate::value::{Kind, NODE_LIMIT, Type, Value};

/// How many bytes of a string, or elements of an argument, a function processes per step.
pub(super) const PER_STEP: usize = 16;
/// The same for a function that parses a string, and the steps that the shortest one takes.
const READ_PER_STEP: usize = 3;
const READ_STEPS: usize = 10;

impl Evaluator<'_> {
    /// Calls a function with the words after the first, followed by the piped value.
    #[expect(clippy::too_many_arguments, reason = "a call has this many inputs")]
    pub(super) fn call(
        &mut self,
        tree: &Tree,
        dot: &Held,
        node: Node,
        function: &Function,
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
        if let Some(reason) = function.unfit {
            return self.fail(tree, reason);
        }
        let special = function.special;
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
        let result = self.spend(cost(special, &arguments)).and_then(|()| {
            let mut context = Call { world: self, function, source: &tree.source, position };
            function.call(&mut context, &arguments)
        });
        arguments.clear();
        self.spare.push(arguments);
        let result = result.and_then(|value| match &value {
            Value::String(text) if text.len() > self.limits.text => {
                Err(FunctionError::new(format!("a text of more than {} bytes", self.limits.text)))
            }
            Value::String(text) => self.spend(text.len() / PER_STEP).map(|()| value),
            _ => self.spend(value.extent()).map(|()| value),
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
}

/// Returns how many steps a function takes to process its arguments.
fn cost(special: Special, arguments: &[Value]) -> usize {
    let steps = |argument: &Value| match special {
        // A value that is too large is processed up to the limit.
        Special::Walks => argument.check_size().unwrap_or(NODE_LIMIT),
        Special::Reads => READ_STEPS + argument.extent() / READ_PER_STEP,
        _ => argument.extent() / PER_STEP,
    };
    arguments.iter().map(steps).sum()
}

/// Returns how `call` refers to what it should have called.
fn callee(tree: &Tree, word: Option<u32>, last: Option<&Value>) -> Value {
    match (word, last) {
        (Some(word), _) => Value::string(tree.describe(Node::Word(word))),
        (None, Some(Value::String(text))) => Value::String(text.clone()),
        (None, Some(value)) if value.kind() == Kind::Invalid => "<invalid Value>".into(),
        (None, Some(value)) => format!("<{} Value>", value.type_name()).into(),
        (None, None) => Value::Nil,
    }
}
