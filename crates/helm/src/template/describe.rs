//! Parts of a tree as Go's messages print them.

use super::quote::{Charset, quote};
use super::tree::{Step, Tree, WordKind};
use crate::stack::deepen;
use crate::value::Text;

/// A part of a tree that a message can point at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Node {
    Pipe(u32),
    Command(u32),
    Word(u32),
    /// A `template` step.
    Template(u32),
}

impl Tree {
    /// Returns the byte offset of a part.
    pub(crate) fn position(&self, part: Node) -> u32 {
        let position = match part {
            Node::Pipe(at) => self.pipes.get(at as usize).map(|pipe| pipe.position),
            Node::Command(at) => self.commands.get(at as usize).map(|command| command.position),
            Node::Word(at) => self.words.get(at as usize).map(|word| word.position),
            Node::Template(at) => match self.steps.get(at as usize) {
                Some(Step::Template { position, .. }) => Some(*position),
                _ => None,
            },
        };
        position.unwrap_or(0)
    }

    /// Returns a part as Go prints it back: single spaces, literals unchanged.
    pub(crate) fn describe(&self, part: Node) -> Vec<u8> {
        let mut out = Vec::new();
        match part {
            Node::Pipe(at) => self.write_pipe(at, &mut out),
            Node::Command(at) => self.write_command(at, &mut out),
            Node::Word(at) => self.write_word(at, &mut out),
            Node::Template(at) => {
                if let Some(Step::Template { name, pipe, .. }) = self.steps.get(at as usize) {
                    out.extend_from_slice(b"{{template ");
                    out.extend_from_slice(quote(name.as_bytes(), Charset::Unicode).as_bytes());
                    if let Some(pipe) = pipe {
                        out.push(b' ');
                        self.write_pipe(*pipe, &mut out);
                    }
                    out.extend_from_slice(b"}}");
                }
            }
        }
        out
    }

    // Parentheses nest at most as deep as the parser allows, which the stack can carry.
    fn write_pipe(&self, at: u32, out: &mut Vec<u8>) {
        let Some(pipe) = self.pipes.get(at as usize) else { return };
        for (index, variable) in self.numbers(pipe.declares).iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(b", ");
            }
            out.extend_from_slice(self.variable(*variable).as_bytes());
        }
        if !pipe.declares.is_empty() {
            out.extend_from_slice(if pipe.assigns { b" = " } else { b" := " });
        }
        for (index, command) in self.numbers(pipe.commands).iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(b" | ");
            }
            self.write_command(*command, out);
        }
    }

    fn write_command(&self, at: u32, out: &mut Vec<u8>) {
        let Some(command) = self.commands.get(at as usize) else { return };
        for (index, word) in self.numbers(command.words).iter().enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            self.write_grouped(*word, out);
        }
    }

    /// Writes a word; a pipeline goes in parentheses.
    fn write_grouped(&self, at: u32, out: &mut Vec<u8>) {
        let piped = matches!(self.words.get(at as usize).map(|word| &word.kind), Some(WordKind::Pipe(_)));
        if piped {
            out.push(b'(');
        }
        self.write_word(at, out);
        if piped {
            out.push(b')');
        }
    }

    fn write_word(&self, at: u32, out: &mut Vec<u8>) {
        let Some(word) = self.words.get(at as usize) else { return };
        match &word.kind {
            WordKind::Dot => out.push(b'.'),
            WordKind::Nil => out.extend_from_slice(b"nil"),
            WordKind::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            WordKind::Number(_, length) | WordKind::String(_, length) => {
                let start = word.position as usize;
                out.extend_from_slice(
                    self.source.text.get(start..start + *length as usize).unwrap_or_default(),
                );
            }
            WordKind::Field(fields) => write_fields(self.names(*fields), out),
            WordKind::Variable(variable, fields) => {
                out.extend_from_slice(self.variable(*variable).as_bytes());
                write_fields(self.names(*fields), out);
            }
            WordKind::Function(function) => out.extend_from_slice(function.name.as_bytes()),
            WordKind::Pipe(pipe) => deepen(|| self.write_pipe(*pipe, out)),
            WordKind::Chain(inner, fields) => {
                self.write_grouped(*inner, out);
                write_fields(self.names(*fields), out);
            }
        }
    }

    /// Returns the name of a variable.
    pub(crate) fn variable(&self, at: u32) -> Text {
        match at.checked_sub(1) {
            None => "$".into(),
            Some(at) => self.variables.get(at as usize).cloned().unwrap_or_default(),
        }
    }
}

fn write_fields(fields: &[Text], out: &mut Vec<u8>) {
    for field in fields {
        out.push(b'.');
        out.extend_from_slice(field.as_bytes());
    }
}
