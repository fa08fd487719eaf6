//! Pipelines: declarations, commands and their words.

use super::{Parsed, Parser};
use crate::stack::deepen;
use crate::template::number::Number;
use crate::template::quote::{Charset, quote};
use crate::template::token::TokenKind;
use crate::template::tree::{Command, Pipe, Run, WordKind};

/// How deep parentheses may nest; Go's own limit.
const PARENTHESES_LIMIT: usize = 10_000;
/// How many commands a pipeline may have; Go's own limit.
const COMMANDS_LIMIT: usize = 100_000;

impl Parser<'_> {
    pub(super) fn pipeline(&mut self, context: &str, end: TokenKind) -> Parsed<u32> {
        let position = self.peek_solid().start;
        let none = self.current.no_numbers();
        let mut pipe = Pipe { position, assigns: false, declares: none, commands: none };
        self.declarations(&mut pipe, context)?;
        let first = self.current.open_numbers.len();
        loop {
            let token = self.next_solid();
            match token.kind {
                kind if kind == end => {
                    self.check_pipeline(first, context)?;
                    pipe.commands = self.current.keep_numbers(first);
                    self.current.pipes.push(pipe);
                    return Ok(self.current.pipes.len() as u32 - 1);
                }
                TokenKind::Bool
                | TokenKind::CharConstant
                | TokenKind::Complex
                | TokenKind::Dot
                | TokenKind::Field
                | TokenKind::Identifier
                | TokenKind::Number
                | TokenKind::Nil
                | TokenKind::RawString
                | TokenKind::String
                | TokenKind::Variable
                | TokenKind::LeftParenthesis => {
                    self.back();
                    let command = self.command()?;
                    self.current.open_numbers.push(command);
                    if self.current.open_numbers.len() - first > COMMANDS_LIMIT {
                        return self.fail("pipeline too long");
                    }
                }
                _ => return self.unexpected(token, context),
            }
        }
    }

    /// Parses `$x :=`, `$x =` or, in a `range`, `$k, $v :=`.
    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Parsed<()> {
        loop {
            let variable = self.peek_solid();
            if variable.kind != TokenKind::Variable {
                return Ok(());
            }
            self.next();
            // A space may separate the variable from what follows, so up to three tokens may have to be put back.
            let after = self.peek();
            let next = self.peek_solid();
            let name = self.value(variable);
            match next.kind {
                TokenKind::Assign | TokenKind::Declare => {
                    pipe.assigns = next.kind == TokenKind::Assign;
                    self.next_solid();
                    self.current.declare(name, &mut pipe.declares);
                    return Ok(());
                }
                TokenKind::Char if self.value(next) == b"," => {
                    self.next_solid();
                    self.current.declare(name, &mut pipe.declares);
                    if context != "range" || pipe.declares.length >= 2 {
                        return self.fail(format!("too many declarations in {context}"));
                    }
                    let kind = self.peek_solid().kind;
                    if !matches!(
                        kind,
                        TokenKind::Variable | TokenKind::RightDelimiter | TokenKind::RightParenthesis
                    ) {
                        return self.fail("range can only initialize variables");
                    }
                }
                _ if after.kind == TokenKind::Space => {
                    self.current.lookahead[1] = after;
                    self.current.lookahead[2] = variable;
                    self.current.peeked = 3;
                    return Ok(());
                }
                _ => {
                    self.current.lookahead[1] = variable;
                    self.current.peeked = 2;
                    return Ok(());
                }
            }
        }
    }

    /// Checks the commands among the open numbers from an index on.
    fn check_pipeline(&self, first: usize, context: &str) -> Parsed<()> {
        let commands = self.current.open_numbers.get(first..).unwrap_or_default();
        if commands.is_empty() {
            return self.fail(format!("missing value for {context}"));
        }
        for (index, command) in commands.iter().enumerate().skip(1) {
            let word = self.current.first_word(*command);
            if matches!(
                word.map(|word| &word.kind),
                Some(
                    WordKind::Bool(_)
                        | WordKind::Dot
                        | WordKind::Nil
                        | WordKind::Number(..)
                        | WordKind::String(..)
                )
            ) {
                return self.fail(format!("non executable command in pipeline stage {}", index + 1));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parsed<u32> {
        let position = self.peek_solid().start;
        let first = self.current.open_numbers.len();
        loop {
            self.peek_solid();
            let word = self.operand()?;
            self.current.open_numbers.extend(word);
            let token = self.next();
            match token.kind {
                TokenKind::Space => continue,
                TokenKind::RightDelimiter | TokenKind::RightParenthesis => self.back(),
                TokenKind::Pipe => {}
                _ => return self.unexpected(token, "operand"),
            }
            break;
        }
        let words = self.current.keep_numbers(first);
        if words.is_empty() {
            return self.fail("empty command");
        }
        self.current.commands.push(Command { words, position });
        Ok(self.current.commands.len() as u32 - 1)
    }

    fn operand(&mut self) -> Parsed<Option<u32>> {
        let Some(at) = self.term()? else { return Ok(None) };
        let first = self.peek();
        if first.kind != TokenKind::Field {
            return Ok(Some(at));
        }
        let length = match self.current.words.get(at as usize).map(|word| &word.kind) {
            Some(WordKind::Bool(true)) => 4,
            Some(WordKind::Bool(false)) => 5,
            Some(WordKind::Nil) => 3,
            Some(WordKind::Dot) => 1,
            Some(WordKind::Number(_, length) | WordKind::String(_, length)) => *length as usize,
            _ => 0,
        };
        let Some(word) = self.current.words.get(at as usize) else { return Ok(None) };
        match word.kind {
            // Go makes one node of the whole chain and gives it the position of its second part.
            WordKind::Field(names) | WordKind::Variable(_, names) => {
                let all = self.fields(names);
                if let Some(word) = self.current.words.get_mut(at as usize) {
                    word.position = first.start;
                    if let WordKind::Field(names) | WordKind::Variable(_, names) = &mut word.kind {
                        *names = all;
                    }
                }
                Ok(Some(at))
            }
            WordKind::Bool(_)
            | WordKind::String(..)
            | WordKind::Number(..)
            | WordKind::Nil
            | WordKind::Dot => {
                let start = word.position as usize;
                let text = self.source.text.get(start..start + length).unwrap_or_default();
                let text = quote(text, Charset::Unicode);
                self.fail(format!("unexpected . after term {text}"))
            }
            WordKind::Function(..) | WordKind::Pipe(_) | WordKind::Chain(..) => {
                let fields = self.fields(self.current.no_names());
                Ok(Some(self.current.word(first.start, WordKind::Chain(at, fields))))
            }
        }
    }

    /// Appends the fields that come next to those added last.
    fn fields(&mut self, names: Run) -> Run {
        let mut names = names;
        while self.peek().kind == TokenKind::Field {
            let token = self.next();
            let name = self.slice(token.start + 1, token.end);
            self.current.add_name(name, &mut names);
        }
        names
    }

    fn term(&mut self) -> Parsed<Option<u32>> {
        let token = self.next_solid();
        let value = self.value(token);
        let length = value.len() as u32;
        let kind = match token.kind {
            TokenKind::Identifier => {
                let name = std::str::from_utf8(value).ok();
                let function = name.and_then(|name| self.spare.function(name, self.functions));
                let Some(function) = function else {
                    let name = quote(value, Charset::Unicode);
                    return self.fail(format!("function {name} not defined"));
                };
                WordKind::Function(function)
            }
            TokenKind::Dot => WordKind::Dot,
            TokenKind::Nil => WordKind::Nil,
            TokenKind::Variable => {
                let variable = self.current.variable(value);
                if !self.current.scope.contains(&variable) {
                    return self.fail(format!("undefined variable {}", quote(value, Charset::Unicode)));
                }
                WordKind::Variable(variable, self.current.no_names())
            }
            TokenKind::Field => {
                let name = self.slice(token.start + 1, token.end);
                let mut names = self.current.no_names();
                self.current.add_name(name, &mut names);
                WordKind::Field(names)
            }
            TokenKind::Bool => WordKind::Bool(value == b"true"),
            TokenKind::CharConstant | TokenKind::Complex | TokenKind::Number => {
                match Number::parse(value, token.kind) {
                    Ok(number) => WordKind::Number(Box::new(number), length),
                    Err(message) => return self.fail(message),
                }
            }
            TokenKind::LeftParenthesis => {
                if self.current.parentheses >= PARENTHESES_LIMIT {
                    return self.fail("max expression depth exceeded");
                }
                self.current.parentheses += 1;
                let pipe = deepen(|| self.pipeline("parenthesized pipeline", TokenKind::RightParenthesis))?;
                self.current.parentheses -= 1;
                let position = self.current.pipes.get(pipe as usize).map_or(0, |pipe| pipe.position);
                return Ok(Some(self.current.word(position, WordKind::Pipe(pipe))));
            }
            TokenKind::String | TokenKind::RawString => WordKind::String(self.unquote(token)?, length),
            _ => {
                self.back();
                return Ok(None);
            }
        };
        Ok(Some(self.current.word(token.start, kind)))
    }
}
