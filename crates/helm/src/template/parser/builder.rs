//! The tree under construction, and what its parser has to remember along the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::template::functions::{Functions, Named};
use crate::template::source::TemplateText;
use crate::template::token::{Token, TokenKind};
use crate::template::tree::{Command, Pipe, Run, Step, Tree, Word, WordKind};
use crate::value::Text;

/// How many variables of a tree are searched one by one before the others are looked up in a map.
const FEW: usize = 8;

const NO_TOKEN: Token = Token { kind: TokenKind::End, start: 0, end: 0 };

/// The tree under construction, with the parser's lookahead tokens.
#[derive(Debug)]
pub(super) struct Builder {
    pub(super) name: Text,
    pub(super) empty: bool,
    pub(super) steps: Vec<Step>,
    pub(super) pipes: Vec<Pipe>,
    pub(super) commands: Vec<Command>,
    pub(super) words: Vec<Word>,
    numbers: Vec<u32>,
    names: Vec<Text>,
    /// The items collected so far for the open pipelines and commands, the innermost last.
    pub(super) open_numbers: Vec<u32>,
    variables: Vec<Text>,
    /// The variables after the first few, by name.
    more_variables: BTreeMap<Text, u32>,
    /// The variables in scope.
    pub(super) scope: Vec<u32>,
    pub(super) lookahead: [Token; 3],
    pub(super) peeked: usize,
    /// Where the current action starts.
    pub(super) action: Option<u32>,
    pub(super) parentheses: usize,
    /// The number of open blocks.
    pub(super) open: u32,
    pub(super) loops: Vec<Loop>,
}

/// A `range` whose body is being parsed.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) head: u32,
    pub(super) open: u32,
    /// The `break` steps that wait for the end of the loop.
    pub(super) breaks: Vec<usize>,
}

/// What parsing one text leaves for the next: builders whose trees are finished, because their buffers are larger
/// than most trees, and functions that were looked up.
#[derive(Debug)]
pub(crate) struct Spare {
    builders: Vec<Builder>,
    /// Indexed by a few bits of the name; all belong to one engine.
    functions: [Option<Named>; SLOTS],
}

/// How many functions are cached; a power of two.
const SLOTS: usize = 64;

impl Default for Spare {
    fn default() -> Self {
        Self { builders: Vec::new(), functions: [const { None }; SLOTS] }
    }
}

impl Spare {
    /// Returns the function with a name.
    pub(super) fn function(&mut self, name: &str, functions: &Functions) -> Option<Named> {
        let bits = name.bytes().fold(name.len(), |bits, byte| bits.wrapping_mul(5) ^ usize::from(byte));
        let slot = self.functions.get_mut(bits % SLOTS)?;
        if slot.as_ref().is_none_or(|known| known.name != name) {
            *slot = Some(functions.find(name)?);
        }
        slot.clone()
    }

    /// Returns a builder for a tree of this name.
    pub(super) fn take(&mut self, name: Text) -> Builder {
        match self.builders.pop() {
            None => Builder::new(name),
            Some(mut builder) => {
                builder.name = name;
                builder.lookahead = [NO_TOKEN; 3];
                builder
            }
        }
    }

    /// Returns the tree of a builder and keeps the builder for reuse.
    pub(super) fn finish(&mut self, mut builder: Builder, source: &Arc<TemplateText>) -> Tree {
        let tree = Tree {
            name: std::mem::take(&mut builder.name),
            source: Arc::clone(source),
            empty: builder.empty,
            steps: moved(&mut builder.steps),
            pipes: moved(&mut builder.pipes),
            commands: moved(&mut builder.commands),
            words: moved(&mut builder.words),
            numbers: moved(&mut builder.numbers),
            names: moved(&mut builder.names),
            variables: moved(&mut builder.variables),
        };
        builder.more_variables.clear();
        builder.scope.truncate(1);
        builder.empty = true;
        builder.peeked = 0;
        builder.action = None;
        self.builders.push(builder);
        tree
    }
}

/// Moves the contents of a list into one of exact size; the original keeps its memory.
fn moved<T>(list: &mut Vec<T>) -> Vec<T> {
    let mut own = Vec::with_capacity(list.len());
    own.append(list);
    own
}

impl Builder {
    fn new(name: Text) -> Self {
        Self {
            name,
            empty: true,
            steps: Vec::new(),
            pipes: Vec::new(),
            commands: Vec::new(),
            words: Vec::new(),
            numbers: Vec::new(),
            names: Vec::new(),
            open_numbers: Vec::new(),
            variables: Vec::new(),
            more_variables: BTreeMap::new(),
            scope: vec![0],
            lookahead: [NO_TOKEN; 3],
            peeked: 0,
            action: None,
            parentheses: 0,
            open: 0,
            loops: Vec::new(),
        }
    }

    pub(super) fn variable(&mut self, name: &[u8]) -> u32 {
        if name == b"$" {
            return 0;
        }
        if let Some(at) = self.variables.iter().take(FEW).position(|known| known.as_bytes() == name) {
            return at as u32 + 1;
        }
        if let Some(number) = self.more_variables.get(name) {
            return *number;
        }
        let name = Text::from_bytes(name);
        let number = self.variables.len() as u32 + 1;
        if self.variables.len() >= FEW {
            self.more_variables.insert(name.clone(), number);
        }
        self.variables.push(name);
        number
    }

    /// Adds a variable to the scope, and its number to the declarations of a pipeline.
    pub(super) fn declare(&mut self, name: &[u8], declares: &mut Run) {
        let variable = self.variable(name);
        self.scope.push(variable);
        self.numbers.push(variable);
        declares.length += 1;
    }

    /// Returns an empty run of numbers.
    pub(super) fn no_numbers(&self) -> Run {
        Run { start: self.numbers.len() as u32, length: 0 }
    }

    /// Stores the open numbers from an index on.
    pub(super) fn keep_numbers(&mut self, from: usize) -> Run {
        let run = Run { length: (self.open_numbers.len() - from) as u32, ..self.no_numbers() };
        self.numbers.extend_from_slice(self.open_numbers.get(from..).unwrap_or_default());
        self.open_numbers.truncate(from);
        run
    }

    pub(super) fn first_word(&self, command: u32) -> Option<&Word> {
        let words = self.commands.get(command as usize)?.words;
        self.words.get(*self.numbers.get(words.start as usize)? as usize)
    }

    /// Returns an empty run of names.
    pub(super) fn no_names(&self) -> Run {
        Run { start: self.names.len() as u32, length: 0 }
    }

    /// Appends a name to the run that was started last.
    pub(super) fn add_name(&mut self, name: Text, run: &mut Run) {
        self.names.push(name);
        run.length += 1;
    }

    pub(super) fn step(&mut self, step: Step) -> usize {
        self.empty = false;
        self.steps.push(step);
        self.steps.len() - 1
    }

    pub(super) fn here(&self) -> u32 {
        self.steps.len() as u32
    }

    /// Sets the target of a step once it is known.
    pub(super) fn point(&mut self, at: usize, target: u32) {
        match self.steps.get_mut(at) {
            Some(
                Step::If { otherwise, .. } | Step::With { otherwise, .. } | Step::Range { otherwise, .. },
            ) => {
                *otherwise = target;
            }
            Some(Step::Next { end } | Step::Jump(end) | Step::Exit { to: end, .. }) => *end = target,
            _ => {}
        }
    }

    pub(super) fn word(&mut self, position: u32, kind: WordKind) -> u32 {
        self.words.push(Word { position, kind });
        self.words.len() as u32 - 1
    }
}
