//! The smallest parts of a template.

use super::quote::{Charset, quote};
use super::rune::Runes;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// The message of the lexer's error; the lexer stops here.
    Error,
    Bool,
    /// A character without special meaning, such as a comma.
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    End,
    Field,
    Identifier,
    LeftDelimiter,
    LeftParenthesis,
    Number,
    Pipe,
    RawString,
    RightDelimiter,
    RightParenthesis,
    Space,
    String,
    Text,
    Variable,
    Dot,
    Nil,
    Keyword(Keyword),
}

/// The words that structure a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyword {
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
}

impl Keyword {
    pub(crate) fn from_word(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"block" => Self::Block,
            b"break" => Self::Break,
            b"continue" => Self::Continue,
            b"define" => Self::Define,
            b"else" => Self::Else,
            b"end" => Self::End,
            b"if" => Self::If,
            b"range" => Self::Range,
            b"template" => Self::Template,
            b"with" => Self::With,
            _ => return None,
        })
    }
}

/// A section of a template's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// The first byte.
    pub(crate) start: u32,
    /// The byte after the last.
    pub(crate) end: u32,
}

/// Returns a token as Go's parser prints it in messages.
pub(crate) fn describe(kind: TokenKind, value: &[u8]) -> String {
    match kind {
        TokenKind::End => "EOF".to_owned(),
        TokenKind::Keyword(_) | TokenKind::Dot | TokenKind::Nil => {
            format!("<{}>", String::from_utf8_lossy(value))
        }
        _ if value.len() > 10 => {
            let short: Vec<u8> = Runes(value).take(10).flat_map(|(_, raw)| raw.iter().copied()).collect();
            format!("{}...", quote(&short, Charset::Unicode))
        }
        _ => quote(value, Charset::Unicode),
    }
}
