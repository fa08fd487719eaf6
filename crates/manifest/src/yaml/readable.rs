//! The part of a text that go-yaml gets to see: a character that YAML forbids hides what comes with it.

/// Splits off what go-yaml never gets to see because a character that YAML forbids comes with it: it
/// reads 512 bytes at a time and refuses such a piece as a whole, once it needs it.
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

/// Returns where the first character stands that YAML does not allow.
fn first_forbidden(text: &str) -> Option<usize> {
    let plain = |byte: u8| byte.wrapping_sub(b' ') < 0x5F || byte == b'\n';
    let (chunks, rest) = text.as_bytes().as_chunks::<CHUNK>();
    let mut chunks = chunks.iter().enumerate();
    let found = chunks.find_map(|(number, chunk)| {
        // Without a branch for each byte many are looked at in one step.
        let is_plain = chunk.iter().fold(true, |all, byte| all & plain(*byte));
        if is_plain { None } else { forbidden_in(text, number * CHUNK, chunk) }
    });
    found.or_else(|| forbidden_in(text, text.len() - rest.len(), rest))
}

/// Returns where the first such character stands that begins in a stretch.
fn forbidden_in(text: &str, start: usize, stretch: &[u8]) -> Option<usize> {
    let suspects = stretch.iter().enumerate().filter(|(_, byte)| SUSPECT[usize::from(**byte)]);
    let mut places = suspects.map(|(at, _)| start + at);
    places.find(|at| text.get(*at..).and_then(|rest| rest.chars().next()).is_some_and(is_forbidden))
}

/// How many bytes are looked at together.
const CHUNK: usize = 64;

/// The bytes that a forbidden character can start with.
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

/// Tells whether YAML 1.1 keeps a character out of its texts.
fn is_forbidden(character: char) -> bool {
    !matches!(character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}'
        | '\u{10000}'..='\u{10FFFF}')
}
