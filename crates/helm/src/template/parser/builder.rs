//! The tree that is being built, and what its parser has to remember on the way.

use std::collections::BTreeMap;

use crate::template::token::{Token, TokenKind};
use crate::template::tree::{Command, Pipe, Step, Word, WordKind};
use crate::value::Text;

/// The tree under construction, with the tokens that its parser looked ahead.
pub(super) struct Builder {
    pub(super) name: Text,
    pub(super) empty: bool,
    pub(super) steps: Vec<Step>,
    pub(super) pipes: Vec<Pipe>,
    pub(super) commands: Vec<Command>,
    pub(super) words: Vec<Word>,
    pub(super) names: Vec<Text>,
    pub(super) numbers: BTreeMap<Text, u32>,
    /// The variables in scope.
    pub(super) scope: Vec<u32>,
    pub(super) lookahead: [Token; 3],
    pub(super) peeked: usize,
    /// Where the action under way begins.
    pub(super) action: Option<usize>,
    pub(super) parentheses: usize,
    /// The blocks that are open.
    pub(super) open: u32,
    pub(super) loops: Vec<Loop>,
}

/// A `range` whose body is being parsed.
pub(super) struct Loop {
    pub(super) head: u32,
    pub(super) open: u32,
    /// The `break` steps that wait for the loop's end.
    pub(super) breaks: Vec<usize>,
}

impl Builder {
    pub(super) fn new(name: Text) -> Self {
        let token = Token { kind: TokenKind::End, start: 0, end: 0 };
        Self {
            name,
            empty: true,
            steps: Vec::new(),
            pipes: Vec::new(),
            commands: Vec::new(),
            words: Vec::new(),
            names: vec!["$".into()],
            numbers: BTreeMap::from([("$".into(), 0)]),
            scope: vec![0],
            lookahead: [token; 3],
            peeked: 0,
            action: None,
            parentheses: 0,
            open: 0,
            loops: Vec::new(),
        }
    }

    pub(super) fn variable(&mut self, name: &Text) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.clone());
        self.numbers.insert(name.clone(), number);
        number
    }

    pub(super) fn declare(&mut self, name: &Text) -> u32 {
        let variable = self.variable(name);
        self.scope.push(variable);
        variable
    }

    pub(super) fn step(&mut self, step: Step) -> usize {
        self.empty = false;
        self.steps.push(step);
        self.steps.len() - 1
    }

    pub(super) fn here(&self) -> u32 {
        self.steps.len() as u32
    }

    /// Sets the step to go to, once it is known.
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

    pub(super) fn word(&mut self, position: usize, kind: WordKind) -> u32 {
        self.words.push(Word { position: position as u32, kind });
        self.words.len() as u32 - 1
    }
}
