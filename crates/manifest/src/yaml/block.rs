//! Scans block scalars: `|` and `>`.

use super::cursor::Mark;
use super::error::Result;
use super::scanner::Scanner;
use super::token::{Kind, Style, Token};

/// How trailing line breaks are treated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl<'a> Scanner<'a> {
    pub(super) fn scan_block(&mut self, literal: bool) -> Result<Token<'a>> {
        let mark = self.cursor.mark;
        self.cursor.skip();
        let (chomping, increment) = self.scan_block_header(mark)?;
        let mut indent = match increment {
            0 => 0,
            increment => self.indent.max(0) + increment,
        };

        let mut value = String::new();
        let mut leading: Option<char> = None;
        let mut trailing = String::new();
        let mut leading_blank = false;
        self.scan_block_breaks(&mut indent, &mut trailing, mark)?;
        while i64::from(self.cursor.mark.column) == indent && !self.cursor.is_end() {
            let blank = self.cursor.is_blank(0);
            let folds = !literal && !leading_blank && !blank;
            match leading.take() {
                Some('\n') if folds && trailing.is_empty() => value.push(' '),
                Some('\n') if folds => {}
                Some(character) => value.push(character),
                None => {}
            }
            value.push_str(&trailing);
            trailing.clear();
            leading_blank = blank;

            let start = self.cursor.position;
            self.skip_line();
            value.push_str(self.cursor.slice(start, self.cursor.position));
            leading = self.cursor.take_break();
            self.scan_block_breaks(&mut indent, &mut trailing, mark)?;
        }
        if chomping != Chomping::Strip {
            value.extend(leading);
        }
        if chomping == Chomping::Keep {
            value.push_str(&trailing);
        }
        Ok(Token::with_text(Kind::Scalar(if literal { Style::Literal } else { Style::Folded }), mark, value))
    }

    /// Skips to the end of the line, faster than character by character.
    fn skip_line(&mut self) {
        let rest = self.cursor.text.as_bytes().get(self.cursor.position..).unwrap_or_default();
        let mut length = 0;
        let mut inner = 0;
        for byte in rest {
            match byte {
                b'\n' | b'\r' => break,
                0x80..0xC0 => inner += 1,
                0xC2 | 0xE2 if self.cursor.is_break(length) => break,
                _ => {}
            }
            length += 1;
        }
        self.cursor.skip_run(length, length - inner);
    }

    /// Reads the rest of the indicator's line.
    fn scan_block_header(&mut self, start: Mark) -> Result<(Chomping, i64)> {
        let mut chomping = self.scan_chomping();
        let mut increment = 0;
        if let digit @ b'0'..=b'9' = self.cursor.byte(0) {
            if digit == b'0' {
                return Err(self.error_since(start, "found an indentation indicator equal to 0"));
            }
            increment = i64::from(digit - b'0');
            self.cursor.skip();
            if chomping.is_none() {
                chomping = self.scan_chomping();
            }
        }
        self.cursor.skip_blanks();
        self.cursor.skip_comment();
        if !self.cursor.is_break_or_end(0) {
            return Err(self.error_since(start, "did not find expected comment or line break"));
        }
        self.cursor.take_break();
        Ok((chomping.unwrap_or(Chomping::Clip), increment))
    }

    fn scan_chomping(&mut self) -> Option<Chomping> {
        let chomping = match self.cursor.byte(0) {
            b'+' => Chomping::Keep,
            b'-' => Chomping::Strip,
            _ => return None,
        };
        self.cursor.skip();
        Some(chomping)
    }

    /// Skips indentation and empty lines, and detects the indent if it is not known yet (0).
    fn scan_block_breaks(&mut self, indent: &mut i64, breaks: &mut String, start: Mark) -> Result<()> {
        let mut deepest = 0;
        loop {
            while (*indent == 0 || i64::from(self.cursor.mark.column) < *indent)
                && self.cursor.byte(0) == b' '
            {
                self.cursor.skip_run(1, 1);
            }
            let column = i64::from(self.cursor.mark.column);
            deepest = deepest.max(column);
            if (*indent == 0 || column < *indent) && self.cursor.byte(0) == b'\t' {
                let problem = "found a tab character where an indentation space is expected";
                return Err(self.error_since(start, problem));
            }
            match self.cursor.take_break() {
                Some(character) => breaks.push(character),
                None => break,
            }
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}
