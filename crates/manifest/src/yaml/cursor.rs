//! A position that moves forward through a text, counting lines and columns like libyaml.

/// A line and a column in characters, both counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A comment, with its `#`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment<'a> {
    pub(super) mark: Mark,
    pub(super) text: &'a str,
}

/// The text and the position in it. After the end, it returns zero bytes, which no valid text contains.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) position: usize,
    pub(super) mark: Mark,
    /// The comments so far, if they are kept.
    pub(super) comments: Option<Vec<Comment<'a>>>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, position: 0, mark: Mark::default(), comments: None }
    }

    /// Skips a comment, if one starts here.
    pub(super) fn skip_comment(&mut self) {
        if self.byte(0) != b'#' {
            return;
        }
        let (start, mark) = (self.position, self.mark);
        self.skip_to_break();
        let text = self.slice(start, self.position);
        if let Some(comments) = &mut self.comments {
            comments.push(Comment { mark, text });
        }
    }

    /// Returns the byte at an offset ahead.
    #[inline]
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.position + ahead).copied().unwrap_or(0)
    }

    /// Returns the text between two positions.
    #[inline]
    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    #[inline]
    pub(super) fn is_end(&self) -> bool {
        self.position >= self.text.len()
    }

    #[inline]
    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b' ' | b'\t')
    }

    /// Tells whether a line break starts there: CR, LF, U+0085, U+2028 or U+2029.
    #[inline]
    pub(super) fn is_break(&self, ahead: usize) -> bool {
        match self.byte(ahead) {
            b'\n' | b'\r' => true,
            0xC2 => self.byte(ahead + 1) == 0x85,
            0xE2 => self.byte(ahead + 1) == 0x80 && matches!(self.byte(ahead + 2), 0xA8 | 0xA9),
            _ => false,
        }
    }

    #[inline]
    pub(super) fn is_break_or_end(&self, ahead: usize) -> bool {
        self.byte(ahead) == 0 || self.is_break(ahead)
    }

    #[inline]
    pub(super) fn is_blank_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    /// Tells whether the current character is a letter, a digit, `_` or `-`.
    pub(super) fn is_word(&self) -> bool {
        matches!(self.byte(0), b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-')
    }

    /// Tells whether a separate `---` or `...` starts the line here.
    #[inline]
    pub(super) fn is_document_indicator(&self) -> bool {
        let first = self.byte(0);
        self.mark.column == 0
            && matches!(first, b'-' | b'.')
            && self.byte(1) == first
            && self.byte(2) == first
            && self.is_blank_or_end(3)
    }

    /// Skips one character that is not a line break.
    #[inline]
    pub(super) fn skip(&mut self) {
        let width = match self.byte(0) {
            0..0x80 => 1,
            0x80..0xE0 => 2,
            0xE0..0xF0 => 3,
            _ => 4,
        };
        self.position = (self.position + width).min(self.text.len());
        self.mark.column += 1;
    }

    /// Skips bytes of one line, with the given number of characters.
    #[inline]
    pub(super) fn skip_run(&mut self, bytes: usize, characters: usize) {
        self.position += bytes;
        self.mark.column += characters as u32;
    }

    /// Skips a line break and returns its meaning: U+2028 and U+2029 stay the same, all others are a line feed.
    /// Returns `None` if there is none.
    pub(super) fn take_break(&mut self) -> Option<char> {
        let (width, meaning) = match self.byte(0) {
            b'\r' if self.byte(1) == b'\n' => (2, '\n'),
            b'\r' | b'\n' => (1, '\n'),
            0xC2 if self.byte(1) == 0x85 => (2, '\n'),
            0xE2 if self.is_break(0) => (3, if self.byte(2) == 0xA8 { '\u{2028}' } else { '\u{2029}' }),
            _ => return None,
        };
        self.position += width;
        self.mark.line += 1;
        self.mark.column = 0;
        Some(meaning)
    }

    /// Skips everything up to the end of the line.
    pub(super) fn skip_to_break(&mut self) {
        let rest = self.text.as_bytes().get(self.position..).unwrap_or_default();
        let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        // Other breaks are not ASCII, and an invalid character ends the text.
        if rest.get(..end).is_some_and(<[u8]>::is_ascii) {
            self.skip_run(end, end);
            return;
        }
        loop {
            let rest = self.text.as_bytes().get(self.position..).unwrap_or_default();
            let plain = rest.iter().take_while(|byte| matches!(byte, b'\t' | 0x20..0x80)).count();
            self.skip_run(plain, plain);
            if self.is_break_or_end(0) {
                return;
            }
            self.skip();
        }
    }

    /// Skips spaces and tabs.
    pub(super) fn skip_blanks(&mut self) {
        while self.is_blank(0) {
            self.skip();
        }
    }
}
