//! The texts that templates are parsed from, and places within them.

use std::sync::{Arc, OnceLock};

use super::error::TemplatePlace;

/// The text that templates were parsed from.
#[derive(Debug)]
pub(crate) struct TemplateText {
    /// The name in messages: the file, or `gotpl` for the string of a `tpl`.
    pub(crate) name: Arc<str>,
    pub(crate) text: Arc<[u8]>,
    lines: OnceLock<LineStarts>,
}

impl TemplateText {
    pub(crate) fn new(name: Arc<str>, text: Arc<[u8]>) -> Self {
        Self { name, text, lines: OnceLock::new() }
    }

    /// Returns the place of a byte.
    pub(crate) fn place_at(&self, position: u32) -> TemplatePlace {
        let (line, column) = self.place(position);
        TemplatePlace { template: Arc::clone(&self.name), line, column }
    }

    /// Returns the line, from 1, and the column in bytes, from 0, of a byte.
    pub(crate) fn place(&self, position: u32) -> (u32, u32) {
        let position = (position as usize).min(self.text.len());
        let lines = self.lines.get_or_init(|| LineStarts::of(&self.text));
        let line = lines.0.partition_point(|start| *start <= position);
        let start = line.checked_sub(1).and_then(|line| lines.0.get(line)).copied().unwrap_or_default();
        (line as u32, (position - start) as u32)
    }
}

/// The offsets of the lines of a text, which make finding a place equally fast anywhere in it.
#[derive(Clone, Debug)]
pub(crate) struct LineStarts(pub(crate) Vec<usize>);

impl LineStarts {
    pub(crate) fn of(text: &[u8]) -> Self {
        Self(std::iter::once(0).chain(memchr::memchr_iter(b'\n', text).map(|at| at + 1)).collect())
    }
}
