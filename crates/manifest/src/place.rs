//! Places in files, as used by all stages.

use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

/// A place in a text, counted from 1: lines by `\n`, columns in Unicode scalar values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

/// A range of bytes in a text, from `start` up to but not including `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

/// A file, and a span in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// The file, relative to the platform's folder.
    pub file: Arc<str>,
    /// The span in the file; `None` for the file as a whole.
    pub span: Option<Span>,
}

impl Place {
    /// Returns a span of a file.
    pub fn new(file: impl Into<Arc<str>>, span: Span) -> Self {
        Self { file: file.into(), span: Some(span) }
    }

    /// Returns a file as a whole.
    pub fn whole(file: impl Into<Arc<str>>) -> Self {
        Self { file: file.into(), span: None }
    }
}

impl Span {
    /// Returns the position where the span starts in its text.
    pub fn position(self, text: &str) -> Position {
        let mut start = (self.start as usize).min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count();
        let column = before[line_start..].chars().count();
        Position { line: line as u32 + 1, column: column as u32 + 1 }
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start as u32, end: range.end as u32 }
    }
}

/// The lines of a text, to convert line numbers into byte ranges.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Finds the lines of a text.
    pub fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Returns the span of the rest of a line, from a position on.
    pub fn rest(&self, position: Position) -> Option<Span> {
        let start = *self.starts.get(position.line.checked_sub(1)? as usize)?;
        let line = self.text[start..].lines().next().unwrap_or_default();
        let (at, _) = line.char_indices().nth(position.column.checked_sub(1)? as usize)?;
        Some(Span::from(start + at..start + line.trim_end().len().max(at)))
    }

    /// Returns the span of a line, counted from 1, without surrounding white space.
    pub fn span(&self, line: u32) -> Option<Span> {
        let start = *self.starts.get(line.checked_sub(1)? as usize)?;
        let line = self.text[start..].lines().next().unwrap_or_default();
        let indent = line.len() - line.trim_start().len();
        let end = start + line.trim_end().len();
        Some(Span::from((start + indent).min(end)..end))
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, Span};

    #[test]
    fn a_line_is_what_it_says() {
        let text = "a: 1\r\n  ä: 2  \n\n";
        let shown =
            |line| Lines::new(text).span(line).map(|span| &text[span.start as usize..span.end as usize]);
        assert_eq!(
            [0, 1, 2, 3, 4, 5].map(shown),
            [None, Some("a: 1"), Some("ä: 2"), Some(""), Some(""), None]
        );
        assert_eq!(Lines::new(text).span(2).map(|span| span.position(text).column), Some(3));
        assert_eq!(Span::from(0..0).position(""), Span::default().position("x"));
    }
}
