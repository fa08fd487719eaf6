//! Evaluates pipelines, commands and their words as Go's `text/template` does.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::describe::Node;
use super::error::{FunctionError, TemplatePlace};
use super::functions::Functions;
use super::limits::Limits;
use super::number::Number;
use super::output::{Traced, Tracing};
use super::parser::Spare;
use super::quote::{Charset, quote};
use super::set::Set;
use super::tree::{Tree, WordKind};
use super::{ExecutionError, Host};
use crate::stack::deepen;
use crate::value::{Text, Value};

/// The value of `.` or of a variable, and whether Go holds it in an `interface {}`, which shows in messages.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) value: Value,
    pub(super) boxed: bool,
}

impl Held {
    pub(super) fn plain(value: Value) -> Self {
        Self { value, boxed: false }
    }
}

/// A variable that is in scope.
pub(super) struct Variable {
    pub(super) name: u32,
    pub(super) held: Held,
}

/// The state of one render.
pub(crate) struct Evaluator<'run> {
    pub(super) host: &'run mut dyn Host,
    pub(super) functions: &'run Functions,
    pub(super) limits: Limits,
    /// The templates that can be called; `tpl` adds others on top.
    pub(crate) set: Arc<Set>,
    /// How many times each name is currently being included.
    pub(crate) included: BTreeMap<Text, usize>,
    /// The parsed strings of `tpl`.
    pub(crate) texts: BTreeMap<Text, Rc<Vec<Arc<Tree>>>>,
    /// The bytes that they count for.
    pub(crate) texts_size: usize,
    pub(super) variables: Vec<Variable>,
    /// The first variable of the current template.
    pub(super) base: usize,
    /// What is being evaluated, for messages.
    pub(super) part: Node,
    pub(super) steps: u64,
    pub(super) written: usize,
    pub(super) nesting: usize,
    pub(super) tracing: Tracing,
    /// What `include` and `tpl` wrote, if that is recorded.
    pub(crate) traced: Vec<Traced>,
    /// Argument lists for reuse.
    pub(super) spare: Vec<Vec<Value>>,
    /// Builders for reuse when `tpl` parses.
    pub(super) builders: Spare,
}

pub(super) type Evaluated<T> = Result<T, ExecutionError>;

impl<'run> Evaluator<'run> {
    /// Starts a render.
    pub(crate) fn new(
        set: Arc<Set>,
        functions: &'run Functions,
        host: &'run mut dyn Host,
        limits: Limits,
        tracing: Tracing,
    ) -> Self {
        Self {
            host,
            functions,
            limits,
            set,
            included: BTreeMap::new(),
            texts: BTreeMap::new(),
            texts_size: 0,
            variables: Vec::new(),
            base: 0,
            part: Node::Pipe(0),
            steps: 0,
            written: 0,
            nesting: 0,
            tracing,
            traced: Vec::new(),
            spare: Vec::new(),
            builders: Spare::default(),
        }
    }

    /// Counts a function's work as the given number of steps: some functions take as long as many template steps.
    ///
    /// # Errors
    /// Fails if the render has used up its steps.
    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), FunctionError> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > self.limits.steps {
            return Err(FunctionError::new(format!("more than {} steps", self.limits.steps)));
        }
        Ok(())
    }

    /// Returns an error at the part that is being evaluated.
    pub(super) fn fail<T>(&self, tree: &Tree, message: impl AsRef<[u8]>) -> Evaluated<T> {
        let (place, mut text) = self.prefix(tree);
        text.extend_from_slice(message.as_ref());
        Err(FunctionError::at(place, text))
    }

    /// Wraps a function's error at the part that is being evaluated.
    pub(super) fn wrap(&self, tree: &Tree, error: FunctionError, message: &str) -> ExecutionError {
        let (place, mut text) = self.prefix(tree);
        text.extend_from_slice(message.as_bytes());
        error.wrap_at(place, text)
    }

    fn prefix(&self, tree: &Tree) -> (TemplatePlace, Vec<u8>) {
        let place = tree.source.place_at(tree.position(self.part));
        let TemplatePlace { line, column, .. } = place;
        let name = quote(tree.name.as_bytes(), Charset::Unicode);
        let mut text =
            format!("template: {}:{line}:{column}: executing {name} at <", place.template).into_bytes();
        text.extend_from_slice(&tree.describe(self.part));
        text.extend_from_slice(b">: ");
        (place, text)
    }

    /// Evaluates a pipeline and sets the variables that it declares.
    pub(super) fn pipeline(&mut self, tree: &Tree, dot: &Held, at: u32) -> Evaluated<Value> {
        self.part = Node::Pipe(at);
        let Some(pipe) = tree.pipes.get(at as usize) else { return Ok(Value::Nil) };
        let mut value = None;
        for command in tree.numbers(pipe.commands) {
            value = Some(unboxed(self.command(tree, dot, *command, value)?));
        }
        let value = value.unwrap_or_default();
        for variable in tree.numbers(pipe.declares) {
            if pipe.assigns {
                self.assign(tree, *variable, Held::plain(value.clone()))?;
            } else {
                self.variables.push(Variable { name: *variable, held: Held::plain(value.clone()) });
            }
        }
        Ok(value)
    }

    pub(super) fn assign(&mut self, tree: &Tree, name: u32, held: Held) -> Evaluated<()> {
        let scope = self.variables.get_mut(self.base..).unwrap_or_default();
        match scope.iter_mut().rev().find(|variable| variable.name == name) {
            Some(variable) => {
                variable.held = held;
                Ok(())
            }
            None => self.undefined(tree, name),
        }
    }

    fn undefined<T>(&self, tree: &Tree, name: u32) -> Evaluated<T> {
        let mut message = b"undefined variable: ".to_vec();
        message.extend_from_slice(tree.variable(name).as_bytes());
        self.fail(tree, message)
    }

    pub(super) fn variable(&self, tree: &Tree, name: u32) -> Evaluated<Held> {
        let scope = self.variables.get(self.base..).unwrap_or_default();
        match scope.iter().rev().find(|variable| variable.name == name) {
            Some(variable) => Ok(variable.held.clone()),
            None => self.undefined(tree, name),
        }
    }

    /// Rejects arguments to anything that is not a function.
    fn not_a_function(&self, tree: &Tree, words: &[u32], last: Option<&Value>) -> Evaluated<()> {
        if words.len() <= 1 && last.is_none() {
            return Ok(());
        }
        let mut message = b"can't give argument to non-function ".to_vec();
        message.extend_from_slice(&tree.describe(Node::Word(words.first().copied().unwrap_or_default())));
        self.fail(tree, message)
    }

    fn command(&mut self, tree: &Tree, dot: &Held, at: u32, last: Option<Value>) -> Evaluated<Value> {
        let words = tree.commands.get(at as usize).map_or(&[][..], |command| tree.numbers(command.words));
        let Some((first, word)) =
            words.first().and_then(|first| Some((*first, tree.words.get(*first as usize)?)))
        else {
            return Ok(Value::Nil);
        };
        match &word.kind {
            WordKind::Field(names) => {
                self.part = Node::Word(first);
                self.fields(tree, dot, dot.clone(), tree.names(*names), first, words, last)
            }
            WordKind::Chain(inner, names) => {
                self.chain(tree, dot, first, *inner, tree.names(*names), words, last)
            }
            WordKind::Function(function) => {
                self.part = Node::Word(first);
                self.call(tree, dot, Node::Command(at), function, None, words, last)
            }
            WordKind::Pipe(pipe) => {
                self.not_a_function(tree, words, last.as_ref())?;
                deepen(|| self.pipeline(tree, dot, *pipe))
            }
            WordKind::Variable(name, names) => {
                self.part = Node::Word(first);
                let held = self.variable(tree, *name)?;
                if names.is_empty() {
                    self.not_a_function(tree, words, last.as_ref())?;
                    return Ok(held.value);
                }
                self.fields(tree, dot, held, tree.names(*names), first, words, last)
            }
            constant => {
                self.part = Node::Word(first);
                self.not_a_function(tree, words, last.as_ref())?;
                if matches!(constant, WordKind::Nil) {
                    return self.fail(tree, "nil is not a command");
                }
                self.constant(tree, dot, first, constant)
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a call has this many inputs")]
    pub(super) fn chain(
        &mut self,
        tree: &Tree,
        dot: &Held,
        at: u32,
        inner: u32,
        names: &[Text],
        words: &[u32],
        last: Option<Value>,
    ) -> Evaluated<Value> {
        self.part = Node::Word(inner);
        let value = match tree.words.get(inner as usize).map(|word| &word.kind) {
            Some(WordKind::Pipe(pipe)) => deepen(|| self.pipeline(tree, dot, *pipe))?,
            Some(WordKind::Function(function)) => {
                self.call(tree, dot, Node::Word(inner), function, None, &[], None)?
            }
            _ => Value::Nil,
        };
        self.fields(tree, dot, Held::plain(value), names, at, words, last)
    }

    /// Returns the value of a literal or of the dot.
    pub(super) fn constant(&mut self, tree: &Tree, dot: &Held, at: u32, kind: &WordKind) -> Evaluated<Value> {
        Ok(match kind {
            WordKind::Dot => dot.value.clone(),
            WordKind::Bool(value) => Value::Bool(*value),
            WordKind::String(text, _) => Value::String(text.clone()),
            WordKind::Number(number, length) => return self.ideal(tree, at, number, *length),
            _ => Value::Nil,
        })
    }

    /// Returns an untyped number; its type follows from how it is written.
    fn ideal(&self, tree: &Tree, at: u32, number: &Number, length: u32) -> Evaluated<Value> {
        if let Some((real, imaginary)) = number.complex {
            return Ok(Value::Complex(real, imaginary));
        }
        let start = tree.words.get(at as usize).map_or(0, |word| word.position as usize);
        let text = tree.source.text.get(start..start + length as usize).unwrap_or_default();
        let has = |set: &[u8]| text.iter().any(|byte| set.contains(byte));
        let hexadecimal = matches!(text, [b'0', b'x' | b'X', _, ..]) && !has(b"pP");
        if let Some(float) = number.float
            && !hexadecimal
            && !text.starts_with(b"'")
            && has(b".eEpP")
        {
            return Ok(Value::Float(float));
        }
        match number.int {
            Some(int) => Ok(Value::int(int)),
            None => self.fail(tree, [text, b" overflows int"].concat()),
        }
    }
}

/// Drops the information that a value was in an `interface {}`.
fn unboxed(value: Value) -> Value {
    if matches!(value, Value::NilInterface) { Value::Nil } else { value }
}
