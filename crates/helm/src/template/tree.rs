//! A parsed template: flat lists of steps, pipelines, commands and words that name one another by number,
//! so that no depth of nesting can exhaust the stack.

use std::sync::Arc;

use super::functions::Named;
use super::number::Number;
use super::source::TemplateText;
use crate::value::Text;

/// One named template.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) name: Text,
    pub(crate) source: Arc<TemplateText>,
    /// Holds nothing but white space, so that it does not replace another of its name.
    pub(crate) empty: bool,
    pub(crate) steps: Vec<Step>,
    pub(crate) pipes: Vec<Pipe>,
    pub(crate) commands: Vec<Command>,
    pub(crate) words: Vec<Word>,
    /// Where pipelines and commands have the numbers of what they consist of.
    pub(crate) numbers: Vec<u32>,
    /// Where words have the names of fields.
    pub(crate) names: Vec<Text>,
    /// The names of variables but for the first, which is `$`.
    pub(crate) variables: Vec<Text>,
}

/// Neighbours in a list of the tree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) start: u32,
    pub(crate) length: u32,
}

impl Run {
    pub(crate) fn is_empty(self) -> bool {
        self.length == 0
    }

    fn of<T>(self, list: &[T]) -> &[T] {
        let start = self.start as usize;
        list.get(start..start + self.length as usize).unwrap_or_default()
    }
}

impl Tree {
    /// Returns the numbers of what a pipeline or a command consists of.
    pub(crate) fn numbers(&self, run: Run) -> &[u32] {
        run.of(&self.numbers)
    }

    /// Returns the names of fields.
    pub(crate) fn names(&self, run: Run) -> &[Text] {
        run.of(&self.names)
    }
}

/// What the evaluator does next. A number of a step is its index in the tree.
#[derive(Debug)]
pub(crate) enum Step {
    /// Writes a stretch of the source.
    Text {
        start: u32,
        end: u32,
    },
    /// Evaluates a pipeline and writes its value, unless it declares.
    Action {
        pipe: u32,
        position: u32,
    },
    /// Opens a block; goes on with the next step or, if the value is not true, with `otherwise`.
    If {
        pipe: u32,
        otherwise: u32,
    },
    /// As `If`, with the value as dot.
    With {
        pipe: u32,
        otherwise: u32,
    },
    /// Opens a block and a loop; goes to `otherwise` where there is nothing to walk.
    Range {
        pipe: u32,
        otherwise: u32,
    },
    /// Takes the next element, or goes to `end`.
    Next {
        end: u32,
    },
    Jump(u32),
    /// Closes the innermost block.
    Leave,
    /// Closes some blocks and goes on elsewhere: `break` and `continue`.
    Exit {
        blocks: u32,
        to: u32,
    },
    /// Runs another template.
    Template {
        name: Text,
        pipe: Option<u32>,
        position: u32,
    },
}

/// Commands, each of which gets the value of the one before.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) position: u32,
    pub(crate) assigns: bool,
    pub(crate) declares: Run,
    pub(crate) commands: Run,
}

#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) words: Run,
    pub(crate) position: u32,
}

/// An operand of a command.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) position: u32,
    pub(crate) kind: WordKind,
}

#[derive(Debug)]
pub(crate) enum WordKind {
    Dot,
    Nil,
    Bool(bool),
    /// A number and the length of its text.
    Number(Box<Number>, u32),
    /// A text and the length of its literal.
    String(Text, u32),
    Field(Run),
    Variable(u32, Run),
    Function(Named),
    Pipe(u32),
    /// Fields of a function's or a pipeline's value.
    Chain(u32, Run),
}
