//! In which style go-yaml writes a text: plain, quoted or as a block.

use super::Dialect;
use super::resolve::{Resolved, is_base_60, resolve};

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// What the text allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) form: Form,
    /// Whether there are line breaks in it, which no simple key may have.
    pub(super) multiline: bool,
}

const PLAIN: Style = Style { form: Form::Plain, multiline: false };

/// Returns the style of a text.
pub(super) fn style(text: &str) -> Style {
    if text == "<<" {
        // Go writes it plain, and cannot read that back.
        return Style { form: Form::DoubleQuoted, multiline: false };
    }
    let Some(plain) = is_plain(text.as_bytes()) else { return analyze(text) };
    if has_meaning(text) {
        Style { form: Form::DoubleQuoted, multiline: false }
    } else if plain {
        PLAIN
    } else {
        Style { form: Form::SingleQuoted, multiline: false }
    }
}

/// Tells whether a text would be read as something else if it stood there plain.
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

/// Tells whether the syntax allows a text to stand plain; `None` where that takes a closer look.
fn is_plain(bytes: &[u8]) -> Option<bool> {
    let first = *bytes.first()?;
    let last = *bytes.last()?;
    let mut plain = first != b' ' && last != b' ' && !starts_with_indicator(bytes);
    let mut before = b' ';
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b':' => plain &= !matches!(bytes.get(at + 1), None | Some(b' ')),
            b'#' => plain &= before != b' ',
            b' '..=b'~' => {}
            _ => return None,
        }
        before = *byte;
    }
    Some(plain)
}

fn starts_with_indicator(bytes: &[u8]) -> bool {
    match bytes {
        [b'-', b'-', b'-', ..] | [b'.', b'.', b'.', ..] => true,
        [b'?' | b':' | b'-', rest @ ..] => matches!(rest.first(), None | Some(b' ' | b'\t')),
        [first, ..] => b"#,[]{}&*!|>'\"%@`".contains(first),
        [] => false,
    }
}

/// Looks at every character, as `yaml_emitter_analyze_scalar` does.
fn analyze(text: &str) -> Style {
    let (mut line_breaks, mut special) = (false, false);
    let (mut break_space, mut space_break) = (false, false);
    let mut indicators = starts_with_indicator(text.as_bytes());
    // Nothing stands before the first character; for `#` that counts as a blank.
    let (mut before, mut characters) = ('\t', text.chars().peekable());
    while let Some(character) = characters.next() {
        match character {
            ':' => indicators |= matches!(characters.peek(), None | Some(' ' | '\t')),
            '#' => indicators |= is_break(before) || matches!(before, ' ' | '\t'),
            _ => {}
        }
        special |= !is_printable(character);
        if is_break(character) {
            line_breaks = true;
            space_break |= before == ' ';
        }
        break_space |= character == ' ' && is_break(before);
        before = character;
    }
    let first = text.chars().next().unwrap_or(' ');
    let edges = first == ' ' || is_break(first) || before == ' ' || is_break(before);
    let block = before != ' ' && !space_break && !special;
    let single = !break_space && !space_break && !special;
    let plain = single && !edges && !line_breaks && !indicators && !has_meaning(text);
    let form = if text.contains('\n') {
        if block { Form::Literal } else { Form::DoubleQuoted }
    } else if plain {
        Form::Plain
    } else if single && !has_meaning(text) {
        Form::SingleQuoted
    } else {
        Form::DoubleQuoted
    };
    Style { form, multiline: line_breaks }
}

/// Tells whether go-yaml takes a character for a line break.
pub(super) fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Tells whether go-yaml writes a character as it is.
pub(super) fn is_printable(character: char) -> bool {
    matches!(character, '\n' | ' '..='~' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFFD}')
}
