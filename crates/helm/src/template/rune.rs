//! Bytes as runes, as Go sees them: each byte that is not valid UTF-8 reads as U+FFFD.

use std::sync::OnceLock;

use regex::Regex;

/// Returns the first rune and its width; `None` at the end.
#[inline]
pub(crate) fn decode(bytes: &[u8]) -> Option<(char, usize)> {
    match *bytes.first()? {
        first @ 0..0x80 => Some((first as char, 1)),
        _ => Some(decode_long(bytes)),
    }
}

fn decode_long(bytes: &[u8]) -> (char, usize) {
    let longest = bytes.get(..4).unwrap_or(bytes);
    let valid = match std::str::from_utf8(longest) {
        Ok(text) => text,
        Err(error) => longest
            .get(..error.valid_up_to())
            .and_then(|valid| std::str::from_utf8(valid).ok())
            .unwrap_or_default(),
    };
    valid.chars().next().map_or((char::REPLACEMENT_CHARACTER, 1), |rune| (rune, rune.len_utf8()))
}

/// Returns the last rune and its width; `None` if there is none.
pub(crate) fn decode_last(bytes: &[u8]) -> Option<(char, usize)> {
    let longest = bytes.len().min(4);
    (1..=longest)
        .rev()
        .find_map(|width| decode(bytes.get(bytes.len() - width..)?).filter(|(_, decoded)| *decoded == width))
}

/// Counts runes.
pub(crate) fn count(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().count(),
        Err(_) => Runes(bytes).count(),
    }
}

/// Iterates over the runes of bytes, each with the bytes that it stands for.
pub(crate) struct Runes<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Runes<'a> {
    type Item = (char, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (rune, width) = decode(self.0)?;
        let (bytes, rest) = self.0.split_at_checked(width)?;
        self.0 = rest;
        Some((rune, bytes))
    }
}

/// Returns whether Go considers the rune printable: letters, marks, numbers, punctuation, symbols and the space.
pub(crate) fn is_print(rune: char) -> bool {
    if rune.is_ascii() {
        return (' '..='~').contains(&rune);
    }
    // The standard library escapes exactly the other categories, anywhere but in first position.
    let text = String::from_iter(['a', rune]);
    text.escape_debug().count() == 2
}

/// Returns whether the rune may be part of a name: a letter, a decimal digit or `_`.
pub(crate) fn is_alphanumeric(rune: char) -> bool {
    if rune.is_ascii() {
        return rune.is_ascii_alphanumeric() || rune == '_';
    }
    static NAME: OnceLock<Regex> = OnceLock::new();
    let pattern = NAME.get_or_init(|| Regex::new(r"^[\p{L}\p{Nd}]$").expect("the pattern is fixed"));
    pattern.is_match(rune.encode_utf8(&mut [0; 4]))
}
