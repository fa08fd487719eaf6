//! The scanner: turns text into tokens, with the rules and the leniency of go-yaml's port of libyaml.
//!
//! Two things make YAML hard to tokenize: blocks end without a marker, and a key is only recognised by the `:` after
//! it. The scanner keeps a stack of indents, from which it generates block tokens, and for each flow level the last
//! place where a simple key may have started. It only returns a token when no later `:` can insert a key before it.

use std::collections::VecDeque;

use super::cursor::{Cursor, Mark};
use super::error::{Error, Result};
use super::readable::readable_part;
use super::token::{Kind, Token};
use super::{Dialect, MAX_DEPTH};

/// The maximum distance of the `:` from the start of its key, in characters.
const MAX_KEY_LENGTH: u32 = 1024;

/// A place where a key may have started.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SimpleKey {
    pub(super) possible: bool,
    /// Whether the text is invalid unless this is a key.
    pub(super) required: bool,
    pub(super) token_number: usize,
    pub(super) mark: Mark,
}

/// Splits a text into tokens.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) dialect: Dialect,
    pub(super) tokens: VecDeque<Token<'a>>,
    pub(super) tokens_taken: usize,
    head_is_final: bool,
    /// The indent of the innermost block; -1 outside any block.
    pub(super) indent: i64,
    indents: Vec<i64>,
    pub(super) flow_level: usize,
    pub(super) simple_key_allowed: bool,
    pub(super) simple_keys: Vec<SimpleKey>,
    /// Why the text after the cursor's text cannot be read.
    unreadable: Option<&'static str>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        let (text, unreadable) = readable_part(text);
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        Self {
            cursor: Cursor::new(text),
            dialect,
            tokens: VecDeque::new(),
            tokens_taken: 0,
            head_is_final: false,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            simple_key_allowed: true,
            simple_keys: vec![SimpleKey::default()],
            unreadable,
        }
    }

    /// Returns the kind and the place of the next token.
    pub(super) fn peek(&mut self) -> Result<(Kind, Mark)> {
        if !self.head_is_final {
            self.fetch_more()?;
        }
        match self.tokens.front() {
            Some(token) => Ok((token.kind, token.mark)),
            None => Ok((Kind::StreamEnd, self.cursor.mark)),
        }
    }

    /// Takes the token that [`Scanner::peek`] showed.
    pub(super) fn take(&mut self) -> Token<'a> {
        self.head_is_final = false;
        self.tokens_taken += 1;
        self.tokens.pop_front().unwrap_or_else(|| Token::bare(Kind::StreamEnd, self.cursor.mark))
    }

    /// Drops the token that [`Scanner::peek`] showed.
    pub(super) fn skip(&mut self) {
        self.take();
    }

    /// Returns an error at the cursor, in the form of go-yaml's scanner errors.
    pub(super) fn error(&self, problem: &str) -> Error {
        let mark = self.cursor.mark;
        match mark.line {
            0 => Error::at(format!("yaml: {problem}"), mark),
            line => Error::at(format!("yaml: line {}: {problem}", line + 1), mark),
        }
    }

    /// Returns an error at the cursor about something that started at `context`.
    pub(super) fn error_since(&self, context: Mark, problem: &str) -> Error {
        let mut error = self.error(problem);
        // yaml.v3 reports the line where the broken construct started, yaml.v2 the line where it broke.
        if self.dialect == Dialect::Kyaml && context.line != 0 {
            error.message = format!("yaml: line {}: {problem}", context.line + 1);
        }
        error
    }

    fn fetch_more(&mut self) -> Result<()> {
        while self.tokens.is_empty() || self.head_may_become_key()? {
            self.fetch_next()?;
        }
        self.head_is_final = true;
        Ok(())
    }

    fn head_may_become_key(&mut self) -> Result<bool> {
        let head = self.tokens_taken;
        // The stack is ordered by token number.
        let first = self.simple_keys.partition_point(|key| key.token_number < head);
        for index in first..self.simple_keys.len() {
            match self.simple_keys.get(index) {
                Some(key) if key.token_number == head => {
                    if self.simple_key_is_valid(index)? {
                        return Ok(true);
                    }
                }
                _ => break,
            }
        }
        Ok(false)
    }

    pub(super) fn simple_key_is_valid(&mut self, index: usize) -> Result<bool> {
        let mark = self.cursor.mark;
        let Some(key) = self.simple_keys.get_mut(index) else { return Ok(false) };
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line < mark.line || key.mark.column + MAX_KEY_LENGTH < mark.column {
            if key.required {
                let start = key.mark;
                return Err(self.error_since(start, "could not find expected ':'"));
            }
            key.possible = false;
        }
        Ok(key.possible)
    }

    pub(super) fn save_simple_key(&mut self) -> Result<()> {
        if self.simple_key_allowed {
            let required = self.flow_level == 0 && self.indent == i64::from(self.cursor.mark.column);
            self.remove_simple_key()?;
            let key = SimpleKey {
                possible: true,
                required,
                token_number: self.tokens_taken + self.tokens.len(),
                mark: self.cursor.mark,
            };
            if let Some(last) = self.simple_keys.last_mut() {
                *last = key;
            }
        }
        Ok(())
    }

    pub(super) fn remove_simple_key(&mut self) -> Result<()> {
        let Some(key) = self.simple_keys.last_mut() else { return Ok(()) };
        if key.possible && key.required {
            let start = key.mark;
            return Err(self.error_since(start, "could not find expected ':'"));
        }
        key.possible = false;
        Ok(())
    }

    /// Opens a block at the column, if none is open there; the token is inserted before the given one.
    pub(super) fn roll_indent(
        &mut self,
        column: u32,
        before: Option<usize>,
        kind: Kind,
        mark: Mark,
    ) -> Result<()> {
        if self.flow_level > 0 || self.indent >= i64::from(column) {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = i64::from(column);
        if self.indents.len() > MAX_DEPTH {
            return Err(self.error(&format!("exceeded max depth of {MAX_DEPTH}")));
        }
        let token = Token::bare(kind, mark);
        match before {
            Some(number) => self.insert(number, token),
            None => self.tokens.push_back(token),
        }
        Ok(())
    }

    /// Closes every block that is deeper than the column.
    pub(super) fn unroll_indent(&mut self, column: i64) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.tokens.push_back(Token::bare(Kind::BlockEnd, self.cursor.mark));
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    pub(super) fn insert(&mut self, number: usize, token: Token<'a>) {
        match number.checked_sub(self.tokens_taken) {
            Some(index) if index <= self.tokens.len() => self.tokens.insert(index, token),
            _ => self.tokens.push_back(token),
        }
    }

    fn fetch_next(&mut self) -> Result<()> {
        let outcome = self.fetch_token();
        if let Some(reason) = self.unreadable
            && self.cursor.is_end()
        {
            return Err(Error::new(format!("yaml: {reason}")));
        }
        outcome
    }

    fn fetch_token(&mut self) -> Result<()> {
        self.skip_to_token();
        self.unroll_indent(i64::from(self.cursor.mark.column));
        if self.cursor.is_end() {
            return self.fetch_stream_end();
        }
        let byte = self.cursor.byte(0);
        if self.cursor.mark.column == 0 {
            if byte == b'%' {
                return self.fetch_directive();
            }
            if self.cursor.is_document_indicator() {
                let kind = if byte == b'-' { Kind::DocumentStart } else { Kind::DocumentEnd };
                return self.fetch_document_indicator(kind);
            }
        }
        let in_flow = self.flow_level > 0;
        match byte {
            b'[' => self.fetch_flow_start(Kind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(Kind::FlowMappingStart),
            b']' => self.fetch_flow_end(Kind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(Kind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if self.cursor.is_blank_or_end(1) => self.fetch_block_entry(),
            b'?' if in_flow || self.cursor.is_blank_or_end(1) => self.fetch_key(),
            b':' if in_flow || self.cursor.is_blank_or_end(1) => self.fetch_value(),
            b'*' => self.fetch_named(Kind::Alias),
            b'&' => self.fetch_named(Kind::Anchor),
            b'!' => {
                self.start_node()?;
                let token = self.scan_tag()?;
                self.tokens.push_back(token);
                Ok(())
            }
            b'|' | b'>' if !in_flow => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                let token = self.scan_block(byte == b'|')?;
                self.tokens.push_back(token);
                Ok(())
            }
            b'\'' | b'"' => {
                self.start_node()?;
                let token = self.scan_quoted(byte)?;
                self.tokens.push_back(token);
                Ok(())
            }
            b'|' | b'>' | b'#' | b'%' | b'@' | b'`' | b'\t' => Err(self.no_token()),
            _ if self.cursor.is_blank_or_end(0) => Err(self.no_token()),
            _ => {
                self.start_node()?;
                let token = self.scan_plain()?;
                self.tokens.push_back(token);
                Ok(())
            }
        }
    }

    fn no_token(&self) -> Error {
        self.error("found character that cannot start any token")
    }

    /// Records that a node starts here, which can be a key but cannot be followed by one.
    pub(super) fn start_node(&mut self) -> Result<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        Ok(())
    }

    /// Skips blanks, comments and line breaks. Tabs do not count as blanks where a key may start.
    fn skip_to_token(&mut self) {
        let cursor = &mut self.cursor;
        if cursor.position == 0 && cursor.text.starts_with('\u{FEFF}') {
            cursor.skip();
        }
        loop {
            let tabs = self.flow_level > 0 || !self.simple_key_allowed;
            while cursor.byte(0) == b' ' || (tabs && cursor.byte(0) == b'\t') {
                cursor.skip_run(1, 1);
            }
            cursor.skip_comment();
            if cursor.take_break().is_none() {
                return;
            }
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }
}
