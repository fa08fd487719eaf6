//! What templates write, and where it comes from.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::tree::Tree;
use crate::value::Text;

/// What Go prints for no value; Helm takes it out of every output.
pub(crate) const NO_VALUE: &[u8] = b"<no value>";

/// How much is remembered of where output comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tracing {
    /// The lines of the templates that are files: output of `include` belongs to the line of the `include`.
    #[default]
    Files,
    /// Also what `include` and `tpl` wrote, and which template ran which.
    Includes,
}

/// The output of a template that is under way.
pub(crate) struct Output {
    pub(crate) bytes: Vec<u8>,
    /// Where the bytes come from, in their order; `None` where nobody asks.
    pub(crate) pieces: Option<Vec<Piece>>,
}

/// Where in the sources a piece of output comes from.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// The first byte of the output.
    pub(crate) start: usize,
    pub(crate) tree: Arc<Tree>,
    /// The byte in the source.
    pub(crate) position: u32,
    /// How many bytes from there on are the source's own.
    pub(crate) copied: usize,
    /// The texts of [`Traced`] that were made while the piece was.
    pub(crate) texts: Range<u32>,
    /// What ran the template, where it was the action `template`.
    pub(crate) caller: Option<Arc<Caller>>,
}

/// A place where the action `template` ran a template.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) tree: Arc<Tree>,
    pub(crate) position: u32,
    pub(crate) outer: Option<Arc<Caller>>,
}

/// A text that `include` or `tpl` made.
#[derive(Clone, Debug)]
pub(crate) struct Traced {
    pub(crate) text: Text,
    pub(crate) pieces: Vec<Piece>,
}

/// Takes out what stands for no value.
pub(crate) fn without_no_value(out: Vec<u8>) -> Vec<u8> {
    match cut_no_value(&out) {
        Cow::Owned(text) => text,
        Cow::Borrowed(_) => out,
    }
}

/// Returns a text without what stands for no value.
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
