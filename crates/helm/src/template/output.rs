//! What templates write, and where it comes from.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::tree::Tree;
use crate::value::Text;

/// What Go prints for a missing value; Helm removes it from all output.
pub(crate) const NO_VALUE: &[u8] = b"<no value>";

/// How much is recorded about where output comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tracing {
    /// The lines of template files: output of `include` is attributed to the line of the `include`.
    #[default]
    Files,
    /// Also what `include` and `tpl` wrote, and which template ran which.
    Includes,
}

/// The output of a template, while it runs.
pub(crate) struct Output {
    pub(crate) bytes: Vec<u8>,
    /// Where the bytes come from, in order; `None` if nobody asks.
    pub(crate) pieces: Option<Vec<Piece>>,
}

/// Where in the sources a piece of output comes from.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// The offset of its first byte in the output.
    pub(crate) start: usize,
    pub(crate) tree: Arc<Tree>,
    /// The offset in the source.
    pub(crate) position: u32,
    /// How many bytes from there on were copied from the source.
    pub(crate) copied: usize,
    /// The [`Traced`] texts that were recorded while the piece was written.
    pub(crate) texts: Range<u32>,
    /// What ran the template, if that was a `template` action.
    pub(crate) caller: Option<Arc<Caller>>,
}

/// A `template` action that ran a template.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) tree: Arc<Tree>,
    pub(crate) position: u32,
    pub(crate) outer: Option<Arc<Caller>>,
}

/// A string that `include` or `tpl` returned.
#[derive(Clone, Debug)]
pub(crate) struct Traced {
    pub(crate) text: Text,
    pub(crate) pieces: Vec<Piece>,
}

/// Removes the text that stands for no value.
pub(crate) fn without_no_value(out: Vec<u8>) -> Vec<u8> {
    match cut_no_value(&out) {
        Cow::Owned(text) => text,
        Cow::Borrowed(_) => out,
    }
}

/// Returns a text without the text that stands for no value.
pub(crate) fn cut_no_value(out: &[u8]) -> Cow<'_, [u8]> {
    let mut cuts = memchr::memmem::find_iter(out, NO_VALUE).peekable();
    if cuts.peek().is_none() {
        return Cow::Borrowed(out);
    }
    let mut text = Vec::with_capacity(out.len());
    let mut start = 0;
    for cut in cuts {
        text.extend_from_slice(out.get(start..cut).unwrap_or_default());
        start = cut + NO_VALUE.len();
    }
    text.extend_from_slice(out.get(start..).unwrap_or_default());
    Cow::Owned(text)
}
