//! Scans plain and quoted scalars. Text in one piece is borrowed, not copied.

use std::borrow::Cow;

use super::cursor::Mark;
use super::error::Result;
use super::scanner::Scanner;
use super::token::{Kind, Style, Token};

/// The meaning of a byte inside a plain scalar.
const ORDINARY: u8 = 0;
/// Ends the run of characters.
const END: u8 = 1;
/// Ends the run in a flow collection.
const END_IN_FLOW: u8 = 2;
/// `:`, or the first byte of a possible line break.
const LOOK: u8 = 3;
/// A byte within a character.
const INNER: u8 = 4;

const PLAIN: [u8; 256] = {
    let mut table = [ORDINARY; 256];
    let mut byte = 0x80;
    while byte < 0xC0 {
        table[byte] = INNER;
        byte += 1;
    }
    table[0] = END;
    table[b' ' as usize] = END;
    table[b'\t' as usize] = END;
    table[b'\n' as usize] = END;
    table[b'\r' as usize] = END;
    table[b',' as usize] = END_IN_FLOW;
    table[b'?' as usize] = END_IN_FLOW;
    table[b'[' as usize] = END_IN_FLOW;
    table[b']' as usize] = END_IN_FLOW;
    table[b'{' as usize] = END_IN_FLOW;
    table[b'}' as usize] = END_IN_FLOW;
    table[b':' as usize] = LOOK;
    table[0xC2] = LOOK;
    table[0xE2] = LOOK;
    table
};

/// A scalar that is built from pieces of the text, and borrows as long as there is only one.
struct Pieces<'a> {
    text: &'a str,
    owned: Option<String>,
    start: usize,
}

impl<'a> Pieces<'a> {
    fn new(text: &'a str, start: usize) -> Self {
        Self { text, owned: None, start }
    }

    /// Ends the current piece. Push further text onto the returned string, then call [`Self::resume`].
    fn cut(&mut self, end: usize) -> &mut String {
        let piece = self.text.get(self.start..end).unwrap_or_default();
        self.start = end;
        let owned = self.owned.get_or_insert_default();
        owned.push_str(piece);
        owned
    }

    fn resume(&mut self, start: usize) {
        self.start = start;
    }

    fn finish(self, end: usize) -> Cow<'a, str> {
        let piece = self.text.get(self.start..end).unwrap_or_default();
        match self.owned {
            Some(mut owned) => {
                owned.push_str(piece);
                Cow::Owned(owned)
            }
            None => Cow::Borrowed(piece),
        }
    }
}

/// Line breaks between two lines of a scalar.
#[derive(Default)]
struct Fold {
    first: Option<char>,
    rest: String,
}

impl Fold {
    fn push(&mut self, character: char) {
        match self.first {
            None => self.first = Some(character),
            Some(_) => self.rest.push(character),
        }
    }

    /// Writes the meaning of the breaks: one line feed is a space, and of several, one is dropped.
    fn write(&mut self, out: &mut String) {
        match self.first.take() {
            Some('\n') if self.rest.is_empty() => out.push(' '),
            Some('\n') | None => {}
            Some(other) => out.push(other),
        }
        out.push_str(&self.rest);
        self.rest.clear();
    }
}

impl<'a> Scanner<'a> {
    pub(super) fn scan_plain(&mut self) -> Result<Token<'a>> {
        let mark = self.cursor.mark;
        let mut pieces = Pieces::new(self.cursor.text, self.cursor.position);
        let mut end = self.cursor.position;
        let mut fold = Fold::default();
        let mut on_new_line = false;
        let indent = self.indent + 1;
        loop {
            if self.cursor.is_document_indicator() || self.cursor.byte(0) == b'#' {
                break;
            }
            let (bytes, characters) = self.plain_run();
            if bytes > 0 {
                if on_new_line {
                    fold.write(pieces.cut(end));
                    pieces.resume(self.cursor.position);
                    on_new_line = false;
                }
                self.cursor.skip_run(bytes, characters);
                end = self.cursor.position;
            }
            if !(self.cursor.is_blank(0) || self.cursor.is_break(0)) {
                break;
            }
            loop {
                if self.cursor.is_blank(0) {
                    if on_new_line
                        && self.cursor.byte(0) == b'\t'
                        && i64::from(self.cursor.mark.column) < indent
                    {
                        return Err(self.error_since(mark, "found a tab character that violates indentation"));
                    }
                    self.cursor.skip_run(1, 1);
                } else if let Some(character) = self.cursor.take_break() {
                    on_new_line = true;
                    fold.push(character);
                } else {
                    break;
                }
            }
            if self.flow_level == 0 && i64::from(self.cursor.mark.column) < indent {
                break;
            }
        }
        if on_new_line {
            self.simple_key_allowed = true;
        }
        Ok(Token::with_text(Kind::Scalar(Style::Plain), mark, pieces.finish(end)))
    }

    /// Returns the number of bytes and characters of a plain scalar before a blank or its end.
    fn plain_run(&self) -> (usize, usize) {
        let rest = self.cursor.text.as_bytes().get(self.cursor.position..).unwrap_or_default();
        let mut inner = 0;
        let mut length = 0;
        for byte in rest {
            match PLAIN[usize::from(*byte)] {
                ORDINARY => {}
                INNER => inner += 1,
                END => break,
                END_IN_FLOW => {
                    if self.flow_level > 0 {
                        break;
                    }
                }
                _ => {
                    let ends = match byte {
                        b':' => self.cursor.is_blank_or_end(length + 1),
                        _ => self.cursor.is_break(length),
                    };
                    if ends {
                        break;
                    }
                }
            }
            length += 1;
        }
        (length, length - inner)
    }

    pub(super) fn scan_quoted(&mut self, quote: u8) -> Result<Token<'a>> {
        let mark = self.cursor.mark;
        self.cursor.skip();
        let mut pieces = Pieces::new(self.cursor.text, self.cursor.position);
        let mut fold = Fold::default();
        loop {
            if self.cursor.is_document_indicator() {
                return Err(self.error_since(mark, "found unexpected document indicator"));
            }
            if self.cursor.is_end() {
                return Err(self.error_since(mark, "found unexpected end of stream"));
            }
            let mut on_new_line = false;
            while !self.cursor.is_blank_or_end(0) {
                let byte = self.cursor.byte(0);
                if byte == quote {
                    if quote == b'\'' && self.cursor.byte(1) == b'\'' {
                        pieces.cut(self.cursor.position).push('\'');
                        self.cursor.skip_run(2, 2);
                        pieces.resume(self.cursor.position);
                        continue;
                    }
                    break;
                }
                if quote == b'"' && byte == b'\\' {
                    let position = self.cursor.position;
                    if self.cursor.is_break(1) {
                        pieces.cut(position);
                        self.cursor.skip_run(1, 1);
                        self.cursor.take_break();
                        pieces.resume(self.cursor.position);
                        on_new_line = true;
                        break;
                    }
                    let character = self.scan_escape(mark)?;
                    pieces.cut(position).push(character);
                    pieces.resume(self.cursor.position);
                    continue;
                }
                self.cursor.skip();
            }
            if self.cursor.byte(0) == quote {
                break;
            }
            let end = self.cursor.position;
            let escaped = on_new_line;
            loop {
                if self.cursor.is_blank(0) {
                    self.cursor.skip_run(1, 1);
                } else if let Some(character) = self.cursor.take_break() {
                    // A break after an escaped one is an empty line.
                    match escaped {
                        true => fold.rest.push(character),
                        false => fold.push(character),
                    }
                    on_new_line = true;
                } else {
                    break;
                }
            }
            if on_new_line {
                fold.write(pieces.cut(end));
                pieces.resume(self.cursor.position);
            }
        }
        let value = pieces.finish(self.cursor.position);
        self.cursor.skip();
        let style = if quote == b'\'' { Style::SingleQuoted } else { Style::DoubleQuoted };
        Ok(Token::with_text(Kind::Scalar(style), mark, value))
    }

    /// Reads an escape sequence of a double-quoted scalar.
    fn scan_escape(&mut self, start: Mark) -> Result<char> {
        let (length, character) = match self.cursor.byte(1) {
            b'0' => (0, '\0'),
            b'a' => (0, '\u{07}'),
            b'b' => (0, '\u{08}'),
            b't' | b'\t' => (0, '\t'),
            b'n' => (0, '\n'),
            b'v' => (0, '\u{0B}'),
            b'f' => (0, '\u{0C}'),
            b'r' => (0, '\r'),
            b'e' => (0, '\u{1B}'),
            b' ' => (0, ' '),
            b'"' => (0, '"'),
            b'\'' => (0, '\''),
            b'\\' => (0, '\\'),
            b'N' => (0, '\u{85}'),
            b'_' => (0, '\u{A0}'),
            b'L' => (0, '\u{2028}'),
            b'P' => (0, '\u{2029}'),
            b'x' => (2, '\0'),
            b'u' => (4, '\0'),
            b'U' => (8, '\0'),
            _ => return Err(self.error_since(start, "found unknown escape character")),
        };
        self.cursor.skip_run(2, 2);
        if length == 0 {
            return Ok(character);
        }
        let mut value: u32 = 0;
        for ahead in 0..length {
            let Some(digit) = char::from(self.cursor.byte(ahead)).to_digit(16) else {
                return Err(self.error_since(start, "did not find expected hexdecimal number"));
            };
            value = (value << 4) | digit;
        }
        let Some(character) = char::from_u32(value) else {
            return Err(self.error_since(start, "found invalid Unicode character escape code"));
        };
        self.cursor.skip_run(length, length);
        Ok(character)
    }
}
