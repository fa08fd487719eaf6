//! The part of a text that go-yaml reads: a character that YAML forbids hides everything in the same block.

/// Splits off the part that go-yaml never reads because of a character that YAML forbids: it reads 512 bytes at a
/// time, and rejects a block with such a character as a whole, once it needs it.
pub(super) fn readable_part(text: &str) -> (&str, Option<&'static str>) {
    const PIECE: usize = 512;
    let Some(bad) = first_forbidden(text) else { return (text, None) };
    let mut start = 0;
    loop {
        let mut end = start + PIECE;
        while !text.is_char_boundary(end.min(text.len())) {
            end -= 1;
        }
        if bad < end {
            return (text.get(..start).unwrap_or_default(), Some("control characters are not allowed"));
        }
        start = end;
    }
}

/// Returns the position of the first character that YAML does not allow.
fn first_forbidden(text: &str) -> Option<usize> {
    let (words, rest) = text.as_bytes().as_chunks::<WORD>();
    let suspects = words.iter().enumerate().filter(|(_, word)| !is_plain(u64::from_ne_bytes(**word)));
    let mut found = suspects.map(|(number, word)| forbidden_in(text, number * WORD, word));
    let found = found.find_map(|found| found);
    found.or_else(|| forbidden_in(text, text.len() - rest.len(), rest))
}

/// Tells whether all bytes of a word are printable ASCII or line feeds; tabs and everything else are checked one by
/// one.
fn is_plain(word: u64) -> bool {
    const EACH: u64 = u64::MAX / 0xFF;
    const HIGH: u64 = 0x80 * EACH;
    // The high bit of each byte is the result; no byte carries into the next one.
    let is_not = |byte: u64| {
        let difference = word ^ (byte * EACH);
        ((difference & !HIGH) + !HIGH) | difference
    };
    let is_space_or_above = (word | HIGH) - 0x20 * EACH;
    let plain = (is_space_or_above | !is_not(b'\n'.into())) & is_not(0x7F) & !word;
    plain & HIGH == HIGH
}

/// Returns the position of the first such character that begins in a range.
fn forbidden_in(text: &str, start: usize, stretch: &[u8]) -> Option<usize> {
    let suspects = stretch.iter().enumerate().filter(|(_, byte)| SUSPECT[usize::from(**byte)]);
    let mut places = suspects.map(|(at, _)| start + at);
    places.find(|at| text.get(*at..).and_then(|rest| rest.chars().next()).is_some_and(is_forbidden))
}

/// How many bytes are checked at once.
const WORD: usize = 8;

/// The possible first bytes of a forbidden character.
const SUSPECT: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = byte != b'\t' as usize && byte != b'\n' as usize && byte != b'\r' as usize;
        byte += 1;
    }
    table[0x7F] = true;
    table[0xC2] = true;
    table[0xEF] = true;
    table
};

/// Tells whether YAML 1.1 forbids a character.
fn is_forbidden(character: char) -> bool {
    !matches!(character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}'
        | '\u{10000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn every_byte_beside_any_other() {
        let plain = |byte: u8| byte == b'\n' || matches!(byte, b' '..=b'~');
        for byte in 0..=u8::MAX {
            for other in 0..=u8::MAX {
                let word = [b'a', other, byte, other, b' ', byte, other, b'\n'];
                let expected = plain(byte) && plain(other);
                assert_eq!(is_plain(u64::from_ne_bytes(word)), expected, "{word:?}");
            }
        }
    }
}
