//! The tokens from the scanner for the parser.

use std::borrow::Cow;

use super::cursor::Mark;

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
}

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    StreamEnd,
    /// `%YAML`; whether the version is 1.1, or with yaml.v3 also 1.2.
    VersionDirective {
        compatible: bool,
    },
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar(Style),
}

/// One token of the text.
#[derive(Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) mark: Mark,
    /// The value of a scalar, the name of an anchor or alias, the handle of a tag.
    pub(super) text: Cow<'a, str>,
    /// The suffix of a tag, the prefix of a tag directive.
    pub(super) suffix: Option<Box<str>>,
}

impl<'a> Token<'a> {
    /// Returns a token without a text.
    pub(super) fn bare(kind: Kind, mark: Mark) -> Self {
        Self { kind, mark, text: Cow::Borrowed(""), suffix: None }
    }

    pub(super) fn with_text(kind: Kind, mark: Mark, text: impl Into<Cow<'a, str>>) -> Self {
        Self { kind, mark, text: text.into(), suffix: None }
    }
}
