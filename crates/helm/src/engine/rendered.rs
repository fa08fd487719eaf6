//! The output of one template file, and which lines of which templates wrote it.

use std::ops::Range;
use std::sync::OnceLock;

use crate::template::{LineStarts, NO_VALUE, Output, Piece, TemplatePlace, Traced, cut_no_value};
use crate::value::Text;

/// The output of one template file.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The text.
    pub text: Text,
    pieces: Vec<Piece>,
    /// What `include` and `tpl` wrote along the way, if that is recorded.
    traced: Vec<Traced>,
    lines: OnceLock<LineStarts>,
}

/// A template that wrote part of the output, or that ran the template that did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// The line that wrote it.
    pub place: TemplatePlace,
    /// The template's name: the file's, or the name that it is defined under.
    pub template: Text,
}

impl Rendered {
    /// Removes the text that stands for no value, and shifts the pieces accordingly.
    pub(super) fn new(out: Output, traced: Vec<Traced>) -> Self {
        let Output { bytes, pieces } = out;
        let mut pieces = pieces.unwrap_or_default();
        let cuts: Vec<usize> = memchr::memmem::find_iter(&bytes, NO_VALUE).collect();
        if !cuts.is_empty() {
            pieces.iter_mut().for_each(|piece| move_before(piece, &cuts));
        }
        let text = Text::from_bytes(cut_no_value(&bytes));
        Self { text, pieces, traced, lines: OnceLock::new() }
    }

    /// Returns the place in the templates that a line of the output begins with; lines count from 1.
    ///
    /// Output of `include` is attributed to the line of the `include`.
    pub fn place(&self, line: u32) -> Option<TemplatePlace> {
        let start = self.line(line)?.start;
        place_in(&self.pieces, start).map(|(piece, position)| place_of(piece, position))
    }

    /// Returns which templates wrote a line of the output, from the file's own to the innermost; lines count from 1.
    ///
    /// A line is attributed to what wrote its first non-whitespace character. With
    /// [`Tracing::Includes`](crate::template::Tracing::Includes) the chain continues through `template`, `include`
    /// and `tpl`. Output that functions such as `nindent` or `toYaml` then transformed is recognised by its whole
    /// lines, so the chain stops at a line that was changed.
    pub fn writers(&self, line: u32) -> Vec<Writer> {
        let Some(range) = self.line(line) else { return Vec::new() };
        let text = self.text.as_bytes().get(range.clone()).unwrap_or_default();
        let blanks = text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.writers_at(range.start + blanks)
    }

    /// Returns which templates wrote a byte of the output, like [`Rendered::writers`] for a line.
    pub fn writers_at(&self, byte: usize) -> Vec<Writer> {
        let mut writers = Vec::new();
        let mut at = byte;
        let (mut text, mut pieces) = (self.text.as_bytes(), self.pieces.as_slice());
        while let Some((piece, position)) = place_in(pieces, at) {
            let mut callers: Vec<Writer> =
                std::iter::successors(piece.caller.as_ref(), |caller| caller.outer.as_ref())
                    .map(|caller| Writer {
                        place: caller.tree.source.place_at(caller.position),
                        template: caller.tree.name.clone(),
                    })
                    .collect();
            callers.reverse();
            writers.append(&mut callers);
            writers.push(Writer { place: place_of(piece, position), template: piece.tree.name.clone() });
            if piece.copied > 0 {
                break;
            }
            let end = pieces.iter().map(|piece| piece.start).find(|start| *start > at);
            let written = piece.start..end.unwrap_or(text.len());
            let Some((traced, found)) = self.source_of(text, written, at, &piece.texts) else { break };
            (text, pieces, at) = (traced.text.as_bytes(), &traced.pieces, found);
        }
        writers
    }

    /// Returns the byte range of a line, without its line ending.
    fn line(&self, line: u32) -> Option<Range<usize>> {
        let lines = self.lines.get_or_init(|| LineStarts::of(self.text.as_bytes()));
        let start = *lines.0.get((line as usize).checked_sub(1)?)?;
        let end = lines.0.get(line as usize).map_or(self.text.len(), |next| next - 1);
        Some(start..end)
    }

    /// Returns the recorded text that became part of what one action wrote, and the position of that part in it.
    ///
    /// Texts of the action itself come first, the outermost before all others. Then come earlier texts, which the
    /// action may have had in a variable, the latest first.
    fn source_of(
        &self,
        text: &[u8],
        written: Range<usize>,
        at: usize,
        texts: &Range<u32>,
    ) -> Option<(&Traced, usize)> {
        let written_text = text.get(written.clone())?;
        let offset = at.checked_sub(written.start)?;
        let (line, start) = line_around(written_text, offset)?;
        let blanks = line.len() - line.trim_ascii_start().len();
        let wanted = line.trim_ascii();
        if wanted.is_empty() {
            return None;
        }
        // The same line may occur several times.
        let before = written_text.get(..start).unwrap_or_default();
        let count = lines(before).filter(|(line, _)| line.trim_ascii() == wanted).count();
        let (earlier, own) = (texts.start as usize, texts.end as usize);
        let own = self.traced.get(earlier..own).unwrap_or_default();
        let earlier = self.traced.get(..earlier).unwrap_or_default();
        own.iter().rev().chain(earlier.iter().rev()).find_map(|traced| {
            let found: Vec<usize> = lines(traced.text.as_bytes())
                .filter(|(line, _)| *cut_no_value(line.trim_ascii()) == *wanted)
                .map(|(line, start)| start + line.len() - line.trim_ascii_start().len())
                .collect();
            let found = found.get(count).or(found.last())?;
            Some((traced, found + offset.saturating_sub(start + blanks)))
        })
    }
}

/// Shifts a piece towards the start by the length of the cuts before it.
fn move_before(piece: &mut Piece, cuts: &[usize]) {
    let before = cuts.partition_point(|cut| *cut < piece.start);
    if let Some(next) = cuts.get(before) {
        piece.copied = piece.copied.min(next - piece.start);
    }
    let cut = match before.checked_sub(1).and_then(|last| cuts.get(last)) {
        // The piece begins within a cut.
        Some(last) if last + NO_VALUE.len() > piece.start => {
            (before - 1) * NO_VALUE.len() + (piece.start - last)
        }
        _ => before * NO_VALUE.len(),
    };
    piece.start -= cut;
}

/// Returns the piece that wrote a byte of a text, and the byte of its source.
fn place_in(pieces: &[Piece], at: usize) -> Option<(&Piece, u32)> {
    let after = pieces.partition_point(|piece| piece.start <= at);
    let piece = pieces.get(after.checked_sub(1)?)?;
    // Within plain text, every line has its own place.
    let shift = at - piece.start;
    let shift = if shift <= piece.copied { shift } else { 0 };
    Some((piece, piece.position.saturating_add(shift as u32)))
}

fn place_of(piece: &Piece, position: u32) -> TemplatePlace {
    piece.tree.source.place_at(position)
}

/// Returns the lines of a text with their start offsets in bytes.
fn lines(text: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let mut start = 0;
    text.split(|byte| *byte == b'\n').map(move |line| {
        let at = start;
        start += line.len() + 1;
        (line, at)
    })
}

/// Returns the line around a byte, and its start offset.
fn line_around(text: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let start = memchr::memrchr(b'\n', text.get(..at)?).map_or(0, |end| end + 1);
    let rest = text.get(start..)?;
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    Some((rest.get(..end)?, start))
}
