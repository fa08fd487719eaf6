//! Cuts a template into tokens, as Go's `text/template/parse` does.
//!
//! Comments, trim markers and the whitespace that they trim belong to no token.

use super::rune::{decode, is_alphanumeric, is_print};
use super::token::{Keyword, Token, TokenKind};

const LEFT: &[u8] = b"{{";
const RIGHT: &[u8] = b"}}";
const LEFT_COMMENT: &[u8] = b"/*";
const RIGHT_COMMENT: &[u8] = b"*/";
/// The length of a trim marker: a dash and a space.
const MARKER: usize = 2;

/// The classes of ASCII bytes.
const SPACE: u8 = 1;
const WORD: u8 = 2;
/// What ends a word.
const TERMINATOR: u8 = 4;
/// What ends the plain part of a literal.
const LITERAL: u8 = 8;

static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut at = 0;
    while at < classes.len() {
        let byte = at as u8;
        classes[at] = match byte {
            b' ' | b'\t' | b'\r' => SPACE | TERMINATOR,
            b'\n' => SPACE | TERMINATOR | LITERAL,
            b'.' | b',' | b'|' | b':' | b')' | b'(' | b'}' => TERMINATOR,
            b'"' | b'\'' | b'\\' => LITERAL,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => WORD,
            _ => 0,
        };
        at += 1;
    }
    classes
};

/// Returns whether a byte belongs to a class.
fn is(class: u8, byte: u8) -> bool {
    CLASSES.get(usize::from(byte)).is_some_and(|classes| classes & class != 0)
}

/// The state between two tokens.
pub(crate) struct Lexer<'a> {
    input: &'a [u8],
    /// Where the current token starts.
    start: usize,
    position: usize,
    parentheses: usize,
    inside: bool,
    /// The message of the error that ended the input.
    error: Option<String>,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of a text.
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Self { input, start: 0, position: 0, parentheses: 0, inside: false, error: None }
    }

    /// Returns the message of the error token.
    pub(crate) fn error(&self) -> &str {
        self.error.as_deref().unwrap_or_default()
    }

    /// Returns the next token; at the end, and after an error, always the end.
    #[inline(never)]
    pub(crate) fn next_token(&mut self) -> Token {
        if self.error.is_some() {
            return Token { kind: TokenKind::End, start: self.start as u32, end: self.start as u32 };
        }
        loop {
            let token = if self.inside { self.action() } else { self.text() };
            if let Some(token) = token {
                return token;
            }
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.input.get(self.position..).unwrap_or_default()
    }

    /// Skips the bytes of a class.
    fn skip_all(&mut self, class: u8) {
        let rest = self.rest();
        self.position += rest.iter().position(|byte| !is(class, *byte)).unwrap_or(rest.len());
    }

    fn peek(&self) -> Option<char> {
        decode(self.rest()).map(|(rune, _)| rune)
    }

    fn advance(&mut self) -> Option<char> {
        let (rune, width) = decode(self.rest())?;
        self.position += width;
        Some(rune)
    }

    fn accept(&mut self, set: &str) -> bool {
        let found = self.peek().is_some_and(|rune| set.contains(rune));
        if found {
            self.position += 1;
        }
        found
    }

    fn accept_run(&mut self, set: &str) {
        while self.accept(set) {}
    }

    fn emit(&mut self, kind: TokenKind) -> Option<Token> {
        let token = Token { kind, start: self.start as u32, end: self.position as u32 };
        self.start = self.position;
        Some(token)
    }

    fn fail(&mut self, message: impl Into<String>) -> Option<Token> {
        self.error = Some(message.into());
        Some(Token { kind: TokenKind::Error, start: self.start as u32, end: self.position as u32 })
    }

    fn ignore(&mut self) {
        self.start = self.position;
    }

    /// Reads up to the next action; `None` if there is no text before it.
    fn text(&mut self) -> Option<Token> {
        let rest = self.rest();
        let Some(length) = find(rest, LEFT) else {
            self.position = self.input.len();
            return if self.position > self.start {
                self.emit(TokenKind::Text)
            } else {
                self.emit(TokenKind::End)
            };
        };
        if length > 0 {
            let text = rest.get(..length).unwrap_or_default();
            let trims = rest.get(length + LEFT.len()..).is_some_and(has_left_marker);
            let kept = if trims { trimmed_length(text) } else { text.len() };
            let after = self.position + length;
            self.position += kept;
            let token = self.emit(TokenKind::Text);
            self.position = after;
            self.ignore();
            if kept > 0 {
                return token;
            }
        }
        self.left_delimiter()
    }

    fn left_delimiter(&mut self) -> Option<Token> {
        self.position += LEFT.len();
        let marker = if has_left_marker(self.rest()) { MARKER } else { 0 };
        if self.rest().get(marker..).is_some_and(|rest| rest.starts_with(LEFT_COMMENT)) {
            self.position += marker;
            self.ignore();
            return self.comment();
        }
        let token = self.emit(TokenKind::LeftDelimiter);
        self.inside = true;
        self.position += marker;
        self.ignore();
        self.parentheses = 0;
        token
    }

    fn comment(&mut self) -> Option<Token> {
        self.position += LEFT_COMMENT.len();
        let Some(length) = find(self.rest(), RIGHT_COMMENT) else {
            return self.fail("unclosed comment");
        };
        self.position += length + RIGHT_COMMENT.len();
        let Some(trims) = self.at_right_delimiter() else {
            return self.fail("comment ends before closing delimiter");
        };
        self.position += RIGHT.len() + if trims { MARKER } else { 0 };
        if trims {
            self.skip_space();
        }
        self.ignore();
        None
    }

    /// Returns whether the right delimiter that comes next trims; `None` if there is none.
    fn at_right_delimiter(&self) -> Option<bool> {
        let rest = self.rest();
        if has_right_marker(rest) && rest.get(MARKER..).is_some_and(|rest| rest.starts_with(RIGHT)) {
            return Some(true);
        }
        rest.starts_with(RIGHT).then_some(false)
    }

    fn right_delimiter(&mut self) -> Option<Token> {
        let trims = self.at_right_delimiter() == Some(true);
        if trims {
            self.position += MARKER;
            self.ignore();
        }
        self.position += RIGHT.len();
        let token = self.emit(TokenKind::RightDelimiter);
        if trims {
            self.skip_space();
            self.ignore();
        }
        self.inside = false;
        token
    }

    fn skip_space(&mut self) {
        self.skip_all(SPACE);
    }

    fn action(&mut self) -> Option<Token> {
        let may_end = |byte: &u8| *byte == b'}' || is(SPACE, *byte);
        if self.input.get(self.position).is_some_and(may_end) && self.at_right_delimiter().is_some() {
            return if self.parentheses == 0 {
                self.right_delimiter()
            } else {
                self.fail("unclosed left paren")
            };
        }
        let before = self.position;
        let Some(rune) = self.advance() else {
            return self.fail("unclosed action");
        };
        match rune {
            ' ' | '\t' | '\r' | '\n' => self.space(),
            '=' => self.emit(TokenKind::Assign),
            ':' => {
                if self.advance() == Some('=') {
                    self.emit(TokenKind::Declare)
                } else {
                    self.fail("expected :=")
                }
            }
            '|' => self.emit(TokenKind::Pipe),
            '"' => self.quoted('"', TokenKind::String, "unterminated quoted string"),
            '\'' => self.quoted('\'', TokenKind::CharConstant, "unterminated character constant"),
            '`' => {
                let Some(length) = find(self.rest(), b"`") else {
                    self.position = self.input.len();
                    return self.fail("unterminated raw quoted string");
                };
                self.position += length + 1;
                self.emit(TokenKind::RawString)
            }
            '$' => self.field_or_variable(TokenKind::Variable),
            '.' if self.rest().first().is_some_and(|next| !next.is_ascii_digit()) => {
                self.field_or_variable(TokenKind::Field)
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.position = before;
                self.number()
            }
            _ if is_alphanumeric(rune) => self.identifier(),
            '(' => {
                self.parentheses += 1;
                self.emit(TokenKind::LeftParenthesis)
            }
            ')' => {
                if self.parentheses == 0 {
                    return self.fail("unexpected right paren");
                }
                self.parentheses -= 1;
                self.emit(TokenKind::RightParenthesis)
            }
            _ if rune.is_ascii() && is_print(rune) => self.emit(TokenKind::Char),
            _ => self.fail(format!("unrecognized character in action: {}", unicode(rune))),
        }
    }

    /// Reads a run of spaces; the last one may belong to a trimming right delimiter.
    fn space(&mut self) -> Option<Token> {
        self.skip_space();
        // A single space in front of the delimiter has been handled before.
        if self.rest().starts_with(b"-}}") && self.position > self.start + 1 {
            self.position -= 1;
        }
        self.emit(TokenKind::Space)
    }

    fn identifier(&mut self) -> Option<Token> {
        self.word();
        let word = self.input.get(self.start..self.position).unwrap_or_default();
        if !self.at_terminator() {
            return self.bad_character();
        }
        let kind = match word {
            b"true" | b"false" => TokenKind::Bool,
            b"nil" => TokenKind::Nil,
            _ => Keyword::from_word(word).map_or(TokenKind::Identifier, TokenKind::Keyword),
        };
        self.emit(kind)
    }

    fn field_or_variable(&mut self, kind: TokenKind) -> Option<Token> {
        if self.at_terminator() {
            return self.emit(if kind == TokenKind::Variable { kind } else { TokenKind::Dot });
        }
        self.word();
        if self.at_terminator() { self.emit(kind) } else { self.bad_character() }
    }

    fn word(&mut self) {
        loop {
            self.skip_all(WORD);
            match self.input.get(self.position) {
                Some(0x80..) => match decode(self.rest()) {
                    Some((rune, width)) if is_alphanumeric(rune) => self.position += width,
                    _ => return,
                },
                _ => return,
            }
        }
    }

    fn bad_character(&mut self) -> Option<Token> {
        let rune = self.peek().map(unicode).unwrap_or_default();
        self.fail(format!("bad character {rune}"))
    }

    fn at_terminator(&self) -> bool {
        self.input.get(self.position).is_none_or(|byte| is(TERMINATOR, *byte))
    }

    fn quoted(&mut self, mark: char, kind: TokenKind, message: &str) -> Option<Token> {
        loop {
            // No byte of a multi-byte rune looks like one that ends the plain part.
            let rest = self.rest();
            self.position += rest.iter().position(|byte| is(LITERAL, *byte)).unwrap_or(rest.len());
            match self.advance() {
                Some('\\') => {
                    if !matches!(self.advance(), Some(rune) if rune != '\n') {
                        return self.fail(message);
                    }
                }
                None | Some('\n') => return self.fail(message),
                Some(rune) if rune == mark => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    fn number(&mut self) -> Option<Token> {
        if !self.scan_number() {
            return self.bad_number();
        }
        if !matches!(self.peek(), Some('+' | '-')) {
            return self.emit(TokenKind::Number);
        }
        // A complex number: 1+2i, without spaces.
        if self.scan_number()
            && self.position.checked_sub(1).and_then(|last| self.input.get(last)) == Some(&b'i')
        {
            return self.emit(TokenKind::Complex);
        }
        self.bad_number()
    }

    fn bad_number(&mut self) -> Option<Token> {
        let text = self.input.get(self.start..self.position).unwrap_or_default();
        let text = super::quote::quote(text, super::quote::Charset::Unicode);
        self.fail(format!("bad number syntax: {text}"))
    }

    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        let mut exponent = "eE";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
                exponent = "pP";
            } else if self.accept("oO") {
                digits = "01234567_";
                exponent = "";
            } else if self.accept("bB") {
                digits = "01_";
                exponent = "";
            }
        }
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        if self.accept(exponent) {
            self.accept("+-");
            self.accept_run("0123456789_");
        }
        self.accept("i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.advance();
            return false;
        }
        true
    }
}

/// Returns the length of a text without its trailing whitespace.
fn trimmed_length(text: &[u8]) -> usize {
    text.iter().rposition(|byte| !is(SPACE, *byte)).map_or(0, |last| last + 1)
}

fn has_left_marker(rest: &[u8]) -> bool {
    matches!(rest, [b'-', space, ..] if is(SPACE, *space))
}

fn has_right_marker(rest: &[u8]) -> bool {
    matches!(rest, [space, b'-', ..] if is(SPACE, *space))
}

/// Finds a short pattern, which usually occurs so soon that preparing a search would take longer.
fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    let first = *pattern.first()?;
    memchr::memchr_iter(first, text).find(|at| text.get(*at..).is_some_and(|rest| rest.starts_with(pattern)))
}

/// Prints a rune as Go's `%#U` does.
fn unicode(rune: char) -> String {
    let code = u32::from(rune);
    if is_print(rune) { format!("U+{code:04X} '{rune}'") } else { format!("U+{code:04X}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(input: &[u8]) -> Vec<Token> {
        let mut lexer = Lexer::new(input);
        let mut tokens = Vec::new();
        loop {
            let token = lexer.next_token();
            tokens.push(token);
            if matches!(token.kind, TokenKind::End | TokenKind::Error) {
                return tokens;
            }
        }
    }

    proptest! {
        #[test]
        fn tokens_and_gaps_cover_the_input(
            input in r#"(\{\{|\}\}|\{\{- | -\}\}|/\*|\*/|[a-z.$ |()":=\n0-9+-]|é|`|'){0,40}"#
        ) {
            let bytes = input.as_bytes();
            let tokens = tokens(bytes);
            let mut end = 0;
            for token in &tokens {
                let start = token.start as usize;
                prop_assert!(start >= end && token.end >= token.start);
                let gap = &bytes[end..start];
                let text = String::from_utf8_lossy(gap);
                // Only trimmed whitespace, trim markers and comments may be missing.
                let without = text.replace("{{", "").replace("}}", "");
                let skipped = without.trim_matches([' ', '\t', '\r', '\n', '-']);
                prop_assert!(skipped.is_empty() || skipped.contains("/*"), "gap {:?} in {:?}", text, input);
                end = token.end as usize;
            }
            if tokens.last().map(|token| token.kind) == Some(TokenKind::End) {
                prop_assert_eq!(end, bytes.len());
            }
        }

        #[test]
        fn plain_text_is_one_token(input in "[^{]{1,60}") {
            let found = tokens(input.as_bytes());
            prop_assert_eq!(found.len(), 2);
            prop_assert_eq!(found[0], Token { kind: TokenKind::Text, start: 0, end: input.len() as u32 });
        }

        #[test]
        fn any_bytes_end(input in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(tokens(&input).len() <= input.len() + 2);
        }
    }
}
