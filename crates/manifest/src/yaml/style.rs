//! The style in which go-yaml writes a string: plain, quoted or as a block.

use super::Dialect;
use super::resolve::{Resolved, is_base_60, resolve};

/// How a string is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// The styles that the string allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) form: Form,
    /// Whether it contains line breaks, which simple keys may not have.
    pub(super) multiline: bool,
}

/// Returns the style of a string.
pub(super) fn style(text: &str) -> Style {
    if text == "<<" {
        // Go writes it plain, but cannot read that back.
        return Style { form: Form::DoubleQuoted, multiline: false };
    }
    let Shape { line_feed, multiline, tab, plain, single_quoted, block } = Shape::of(text);
    let form = match line_feed {
        true if block && !tab => Form::Literal,
        true => Form::DoubleQuoted,
        false if !single_quoted || has_meaning(text) => Form::DoubleQuoted,
        false if plain => Form::Plain,
        false => Form::SingleQuoted,
    };
    Style { form, multiline }
}

/// Returns the style in go-yaml v3, which allows tabs in a block.
pub(super) fn style_v3(text: &str) -> Style {
    if text == "<<" {
        return Style { form: Form::Plain, multiline: false };
    }
    let shape = Shape::of(text);
    if shape.line_feed && shape.block && shape.tab {
        return Style { form: Form::Literal, multiline: true };
    }
    style(text)
}

/// The ways in which go-yaml v3 can write a string.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowed {
    pub(super) plain: bool,
    /// Plain within brackets or braces.
    pub(super) plain_in_flow: bool,
    pub(super) single_quoted: bool,
    /// Literal or folded.
    pub(super) block: bool,
    pub(super) multiline: bool,
}

impl Allowed {
    pub(super) fn of(text: &str) -> Self {
        if text.is_empty() {
            let (plain, single_quoted) = (true, true);
            return Self { plain, plain_in_flow: false, single_quoted, block: false, multiline: false };
        }
        let Shape { plain, single_quoted, block, multiline, .. } = Shape::of(text);
        let plain_in_flow = plain && !text.contains([',', '?', '[', ']', '{', '}', ':']);
        Self { plain, plain_in_flow, single_quoted, block, multiline }
    }
}

/// Tells whether a string would be read as something else if written plain.
fn has_meaning(text: &str) -> bool {
    match text.as_bytes().first() {
        None => true,
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => {
            resolve(text, Dialect::Sigs) != Resolved::String || (text.contains(':') && is_base_60(text))
        }
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => {
            text.len() <= 5 && resolve(text, Dialect::Sigs) != Resolved::String
        }
        _ => false,
    }
}

fn starts_with_indicator(bytes: &[u8]) -> bool {
    match bytes {
        [b'-', b'-', b'-', ..] | [b'.', b'.', b'.', ..] => true,
        [b'?' | b':' | b'-', rest @ ..] => matches!(rest.first(), None | Some(b' ' | b'\t')),
        [first, ..] => b"#,[]{}&*!|>'\"%@`".contains(first),
        [] => false,
    }
}

/// What the characters of a string allow, as determined by `yaml_emitter_analyze_scalar`.
struct Shape {
    line_feed: bool,
    multiline: bool,
    tab: bool,
    plain: bool,
    single_quoted: bool,
    block: bool,
}

/// The context before a character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing, which counts as a blank before a `#`.
    Start,
    Space,
    Break,
    Other,
}

impl Shape {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let (mut line_feed, mut multiline, mut tab, mut special) = (false, false, false, false);
        let (mut break_space, mut space_break) = (false, false);
        let mut indicators = starts_with_indicator(bytes);
        let mut before = Before::Start;
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if ORDINARY[usize::from(*byte)] {
                before = Before::Other;
                at += 1;
                continue;
            }
            let mut width = 1;
            before = match byte {
                b' ' => {
                    break_space |= before == Before::Break;
                    Before::Space
                }
                b':' => {
                    indicators |= matches!(bytes.get(at + 1), None | Some(b' ' | b'\t'));
                    Before::Other
                }
                b'#' => {
                    indicators |= before != Before::Other;
                    Before::Other
                }
                _ => {
                    let character = text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or_default();
                    width = character.len_utf8();
                    tab |= character == '\t';
                    special |= character != '\t' && !is_printable(character);
                    line_feed |= character == '\n';
                    if is_break(character) {
                        multiline = true;
                        space_break |= before == Before::Space;
                        Before::Break
                    } else if character == '\t' {
                        // Before a `#`, a tab counts as a blank; it has to be quoted anyway.
                        Before::Start
                    } else {
                        Before::Other
                    }
                }
            };
            at += width;
        }
        let starts_wide = text.starts_with(|first| first == ' ' || is_break(first));
        let ends_wide = matches!(before, Before::Space | Before::Break);
        let block = before != Before::Space && !space_break && !special;
        let single_quoted = !break_space && !space_break && !special && !tab;
        let plain = single_quoted && !starts_wide && !ends_wide && !multiline && !indicators;
        Self { line_feed, multiline, tab, plain, single_quoted, block }
    }
}

/// The bytes that are always allowed: visible ASCII other than `:` and `#`.
const ORDINARY: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        table[byte as usize] = byte != b':' && byte != b'#';
        byte += 1;
    }
    table
};

/// Tells whether a character is a line break in go-yaml.
pub(super) fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Tells whether go-yaml writes a character unescaped.
pub(super) fn is_printable(character: char) -> bool {
    matches!(character, '\n' | ' '..='~' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFFD}')
}
