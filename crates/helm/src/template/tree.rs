//! A parsed template: flat lists of steps, pipelines, commands and words that refer to one another by number, so that
//! no depth of nesting can exhaust the stack.

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
    /// Contains only whitespace, so it does not replace another template of its name.
    pub(crate) empty: bool,
    pub(crate) steps: Vec<Step>,
    pub(crate) pipes: Vec<Pipe>,
    pub(crate) commands: Vec<Command>,
    pub(crate) words: Vec<Word>,
    /// Backing storage for the numbers that pipelines and commands consist of.
    pub(crate) numbers: Vec<u32>,
    /// Backing storage for the field names of words.
    pub(crate) names: Vec<Text>,
    /// The names of variables, except the first, which is `$`.
    pub(crate) variables: Vec<Text>,
}

/// A run of neighbours in one of the tree's lists.
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
    /// Returns the numbers that a pipeline or command consists of.
    pub(crate) fn numbers(&self, run: Run) -> &[u32] {
        run.of(&self.numbers)
    }

    /// Returns the names of fields.
    pub(crate) fn names(&self, run: Run) -> &[Text] {
        run.of(&self.names)
    }
}

/// What the evaluator does next. Steps refer to each other by index in the tree.
#[derive(Debug)]
pub(crate) enum Step {
    /// Writes a section of the source.
    Text {
        start: u32,
        end: u32,
    },
    /// Evaluates a pipeline and writes its value, unless it declares a variable.
    Action {
        pipe: u32,
        position: u32,
    },
    /// Opens a block and continues with the next step or, if the value is not true, with `otherwise`.
    If {
        pipe: u32,
        otherwise: u32,
    },
    /// Like `If`, with the value as dot.
    With {
        pipe: u32,
        otherwise: u32,
    },
    /// Opens a block and a loop; goes to `otherwise` if there is nothing to iterate over.
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
    /// Closes some blocks and continues elsewhere: `break` and `continue`.
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

/// Commands, each of which receives the value of the previous one.
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
    /// A number and the length of its literal.
    Number(Box<Number>, u32),
    /// A string and the length of its literal.
    String(Text, u32),
    Field(Run),
    Variable(u32, Run),
    Function(Named),
    Pipe(u32),
    /// Fields of the value of a function or pipeline.
    Chain(u32, Run),
}
