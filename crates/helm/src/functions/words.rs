//! Letter case, words and abbreviations, as the Go libraries behind sprig handle them.

use std::sync::LazyLock;

use regex::Regex;

use super::arguments::{Answer, Arguments, runtime_error};
use super::strings::{check_length, find, is_space};
use crate::template::Call;
use crate::template::Runes;
use crate::value::{Text, Value};

/// Returns Go's `unicode.ToUpper`, which maps one rune to one rune.
pub(super) fn to_upper(rune: char) -> char {
    let mut upper = rune.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(only), None) => only,
        // If the full mapping is several letters, the simple one is the rune with its iota, or the rune itself.
        _ => match u32::from(rune) {
            code @ (0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7) => {
                char::from_u32(code + 8).unwrap_or(rune)
            }
            code @ (0x1fb3 | 0x1fc3 | 0x1ff3) => char::from_u32(code + 9).unwrap_or(rune),
            _ => rune,
        },
    }
}

/// Returns Go's `unicode.ToLower`, which maps one rune to one rune.
pub(super) fn to_lower(rune: char) -> char {
    rune.to_lowercase().next().unwrap_or(rune)
}

/// Returns Go's `unicode.ToTitle`, which differs from upper case for a few digraphs and Georgian.
fn to_title(rune: char) -> char {
    match rune {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        '\u{10d0}'..='\u{10ff}' => rune,
        _ => to_upper(rune),
    }
}

static LETTER: LazyLock<Regex> = LazyLock::new(|| category(r"\p{L}"));
static PUNCTUATION: LazyLock<Regex> = LazyLock::new(|| category(r"\p{P}"));

fn category(class: &str) -> Regex {
    Regex::new(&format!("^{class}$")).expect("the classes above are valid")
}

fn is_in(category: &Regex, rune: char) -> bool {
    category.is_match(rune.encode_utf8(&mut [0; 4]))
}

fn is_letter(rune: char) -> bool {
    if rune.is_ascii() { rune.is_ascii_alphabetic() } else { is_in(&LETTER, rune) }
}

fn is_punctuation(rune: char) -> bool {
    if rune.is_ascii() {
        return rune.is_ascii_punctuation() && !"$+<=>^`|~".contains(rune);
    }
    is_in(&PUNCTUATION, rune)
}

fn mapped(bytes: &[u8], change: impl FnMut((char, &[u8])) -> char) -> Value {
    Runes(bytes).map(change).collect::<String>().into()
}

pub(super) fn upper(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(mapped(Arguments(arguments).bytes(0)?, |(rune, _)| to_upper(rune)))
}

pub(super) fn lower(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(mapped(Arguments(arguments).bytes(0)?, |(rune, _)| to_lower(rune)))
}

pub(super) fn title(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let mut previous = ' ';
    Ok(mapped(Arguments(arguments).bytes(0)?, |(rune, _)| {
        let begins = if previous.is_ascii() {
            !previous.is_ascii_alphanumeric() && previous != '_'
        } else {
            !is_letter(previous) && !previous.is_numeric() && is_space(previous)
        };
        previous = rune;
        if begins { to_title(rune) } else { rune }
    }))
}

pub(super) fn untitle(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let mut begins = true;
    Ok(mapped(Arguments(arguments).bytes(0)?, |(rune, _)| {
        if is_space(rune) {
            begins = true;
            return rune;
        }
        if std::mem::take(&mut begins) { to_lower(rune) } else { rune }
    }))
}

pub(super) fn swapcase(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let mut begins = true;
    Ok(mapped(Arguments(arguments).bytes(0)?, |(rune, _)| {
        if rune.is_uppercase() || matches!(rune, '\u{1c5}' | '\u{1c8}' | '\u{1cb}' | '\u{1f2}') {
            begins = false;
            to_lower(rune)
        } else if rune.is_lowercase() {
            if std::mem::take(&mut begins) { to_title(rune) } else { to_upper(rune) }
        } else {
            begins = is_space(rune);
            rune
        }
    }))
}

/// The Go library takes each byte for a rune, so non-ASCII letters are torn apart.
fn bytes_as_runes(bytes: &[u8]) -> impl Iterator<Item = char> + '_ {
    bytes.iter().map(|byte| char::from(*byte))
}

pub(super) fn initials(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let mut gap = true;
    let letters = bytes_as_runes(Arguments(arguments).bytes(0)?).filter(|rune| {
        let space = is_space(*rune);
        let taken = !space && gap;
        gap = space;
        taken
    });
    Ok(letters.collect::<String>().into())
}

pub(super) fn nospace(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let bytes = Arguments(arguments).bytes(0)?;
    if !bytes_as_runes(bytes).any(is_space) {
        return Ok(Arguments(arguments).value(0)?.clone());
    }
    Ok(bytes_as_runes(bytes).filter(|rune| !is_space(*rune)).collect::<String>().into())
}

pub(super) fn abbrev(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (width, bytes) = (Arguments(arguments).int(0)?, Arguments(arguments).bytes(1)?);
    let Some(width) = usize::try_from(width).ok().filter(|width| *width >= 4) else {
        return Ok(Arguments(arguments).value(1)?.clone());
    };
    Ok(Value::String(abbreviated(bytes, 0, width).into()))
}

pub(super) fn abbrevboth(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let arguments = Arguments(arguments);
    let (left, right, bytes) = (arguments.int(0)?, arguments.int(1)?, arguments.bytes(2)?);
    if right < 4 || left > 0 && right < 7 {
        return Ok(arguments.value(2)?.clone());
    }
    let width = usize::try_from(right).unwrap_or(usize::MAX);
    Ok(Value::String(abbreviated(bytes, usize::try_from(left).unwrap_or_default(), width).into()))
}

fn abbreviated(bytes: &[u8], offset: usize, width: usize) -> Vec<u8> {
    if bytes.len() <= width {
        return bytes.to_vec();
    }
    let shown = width.saturating_sub(3);
    let offset = offset.min(bytes.len()).min(bytes.len() - shown);
    let dots = b"...".as_slice();
    if offset <= 4 {
        return [bytes.get(..shown).unwrap_or_default(), dots].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + shown < bytes.len() {
        return [dots, &abbreviated(bytes.get(offset..).unwrap_or_default(), 0, shown)].concat();
    }
    [dots, bytes.get(bytes.len() - shown..).unwrap_or_default()].concat()
}

pub(super) fn wrap(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (length, bytes) = (Arguments(arguments).int(0)?, Arguments(arguments).bytes(1)?);
    Ok(Value::String(wrapped(bytes, length, b"\n", LongWord::Keep)?.into()))
}

pub(super) fn wrap_with(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let arguments = Arguments(arguments);
    let (length, separator, bytes) = (arguments.int(0)?, arguments.bytes(1)?, arguments.bytes(2)?);
    let separator = if separator.is_empty() { b"\n" } else { separator };
    Ok(Value::String(wrapped(bytes, length, separator, LongWord::Cut)?.into()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LongWord {
    Keep,
    Cut,
}

fn wrapped(
    bytes: &[u8],
    length: i64,
    separator: &[u8],
    long_word: LongWord,
) -> Result<Vec<u8>, crate::template::FunctionError> {
    let width = usize::try_from(length.max(1)).unwrap_or(usize::MAX);
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while rest.len() > width {
        if rest.first() == Some(&b' ') {
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let line = rest.get(..=width).ok_or_else(|| runtime_error("slice bounds out of range"))?;
        let (end, next) = match (line.iter().rposition(|byte| *byte == b' '), long_word) {
            (Some(space), _) => (space, space + 1),
            (None, LongWord::Cut) => (width, width),
            (None, LongWord::Keep) => match find(rest.get(width..).unwrap_or_default(), b" ") {
                Some(space) => (width + space, width + space + 1),
                None => break,
            },
        };
        out.extend_from_slice(rest.get(..end).unwrap_or_default());
        out.extend_from_slice(separator);
        check_length(out.len())?;
        rest = rest.get(next..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    Ok(out)
}

fn is_connector(rune: char) -> bool {
    rune == '-' || rune == '_' || is_space(rune)
}

pub(super) fn camelcase(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(pascal_case(&runes_of(Arguments(arguments).text(0)?)).into())
}

fn runes_of(text: &Text) -> Vec<char> {
    Runes(text.as_bytes()).map(|(rune, _)| rune).collect()
}

fn pascal_case(runes: &[char]) -> String {
    let mut out = String::with_capacity(runes.len());
    let lead = runes.iter().take_while(|rune| is_connector(**rune)).count();
    out.extend(runes.iter().take(lead));
    let mut rest = runes.iter().skip(lead);
    let Some(first) = rest.next() else {
        // The Go library repeats the last rune of a text that only consists of connectors.
        out.extend(runes.last());
        return out;
    };
    let mut in_capitals = first.is_uppercase();
    let mut previous;
    let mut current = to_upper(*first);
    for rune in rest {
        (previous, current) = (current, *rune);
        if is_connector(previous) {
            if is_connector(current) {
                out.push(previous);
                continue;
            }
            in_capitals = current.is_uppercase();
            current = to_upper(current);
            continue;
        }
        if in_capitals {
            if current.is_uppercase() {
                current = to_lower(current);
            } else {
                in_capitals = false;
            }
        }
        out.push(previous);
    }
    out.push(current);
    out
}

pub(super) fn snakecase(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(joined_case(Arguments(arguments).bytes(0)?, '_').into())
}

pub(super) fn kebabcase(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(joined_case(Arguments(arguments).bytes(0)?, '-').into())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Number,
    Capitals,
    Letters,
    Connector,
    Punctuation,
    Other,
}

/// Returns whether a rune is a letter of a script with words, which excludes the common ideographs.
fn is_alphabetic(rune: char) -> bool {
    is_letter(rune) && !matches!(u32::from(rune), 0x4e00..=0x9fcc | 0x3400..=0x4d85 | 0x20000..=0x2b81d)
}

/// Splits off the next word, like `github.com/huandu/xstrings`.
fn next_word(runes: &[char]) -> Option<(Word, &[char], &[char])> {
    let first = *runes.first()?;
    let run =
        |holds: &dyn Fn(char) -> bool| 1 + runes.iter().skip(1).take_while(|rune| holds(**rune)).count();
    let small = |rune: char| is_alphabetic(rune) && !rune.is_uppercase();
    let (word, length) = if is_connector(first) {
        (Word::Connector, run(&is_connector))
    } else if is_punctuation(first) {
        (Word::Punctuation, run(&is_punctuation))
    } else if first.is_uppercase() {
        let capitals = run(&char::is_uppercase);
        let length = if capitals == 1 {
            run(&small)
        } else if runes.get(capitals).is_some_and(|rune| is_alphabetic(*rune)) {
            // `HTTPStatus` is `HTTP` and `Status`.
            capitals - 1
        } else {
            capitals
        };
        (Word::Capitals, length)
    } else if is_alphabetic(first) {
        (Word::Letters, run(&small))
    } else if first.is_numeric() {
        (Word::Number, run(&char::is_numeric))
    } else {
        let other = |rune: char| {
            !is_connector(rune) && !is_alphabetic(rune) && !rune.is_numeric() && !is_punctuation(rune)
        };
        (Word::Other, run(&other))
    };
    let (taken, rest) = runes.split_at_checked(length)?;
    Some((word, taken, rest))
}

struct Words<'a> {
    word: Option<Word>,
    runes: &'a [char],
    rest: &'a [char],
}

impl<'a> Words<'a> {
    fn advance(&mut self) {
        match next_word(self.rest) {
            Some((word, runes, rest)) => (self.word, self.runes, self.rest) = (Some(word), runes, rest),
            None => (self.word, self.runes, self.rest) = (None, &[], &[]),
        }
    }

    fn write(word: Option<Word>, runes: &[char], connector: char, out: &mut String) {
        if !matches!(word, Some(Word::Capitals | Word::Connector)) {
            out.extend(runes);
            return;
        }
        out.extend(runes.iter().map(|rune| if is_connector(*rune) { connector } else { to_lower(*rune) }));
    }

    /// Writes letters and numbers that belong to the previous word.
    fn write_tail(&mut self, connector: char, out: &mut String) {
        while matches!(self.word, Some(Word::Letters | Word::Number)) {
            Self::write(self.word, self.runes, connector, out);
            self.advance();
        }
        self.write_boundary(connector, out);
    }

    fn write_boundary(&self, connector: char, out: &mut String) {
        if !matches!(self.word, None | Some(Word::Connector | Word::Punctuation)) {
            out.push(connector);
        }
    }
}

fn joined_case(bytes: &[u8], connector: char) -> String {
    // Go skips bytes that are not UTF-8 inside a word; here they stay with the word.
    let runes: Vec<char> = Runes(bytes).map(|(rune, _)| rune).collect();
    let mut out = String::with_capacity(bytes.len() + 8);
    let mut words = Words { word: None, runes: &[], rest: &runes };
    words.advance();
    while !words.rest.is_empty() {
        let (previous, last) = (words.word, words.runes);
        if previous != Some(Word::Connector) {
            Words::write(previous, last, connector, &mut out);
        }
        words.advance();
        match previous {
            Some(Word::Number) => words.write_tail(connector, &mut out),
            Some(Word::Connector) => Words::write(previous, last, connector, &mut out),
            Some(Word::Punctuation) => {}
            _ if words.word != Some(Word::Number) => words.write_boundary(connector, &mut out),
            _ if words.rest.is_empty() => {}
            _ => {
                let number = words.runes;
                words.advance();
                if words.word == Some(Word::Letters) {
                    // `http2xx` is `http` and `2xx`.
                    out.push(connector);
                    out.extend(number);
                    words.write_tail(connector, &mut out);
                } else {
                    // `Bld4Floor` is `bld4` and `floor`.
                    out.extend(number);
                    words.write_boundary(connector, &mut out);
                }
            }
        }
    }
    Words::write(words.word, words.runes, connector, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_words() {
        for (text, expected) in [
            ("FirstName", "first_name"),
            ("HTTPServer", "http_server"),
            ("NoHTTPS", "no_https"),
            ("GO_PATH", "go_path"),
            ("GO PATH", "go_path"),
            ("http2xx", "http_2xx"),
            ("HTTP20xOK", "http_20x_ok"),
            ("Duration2m3s", "duration_2m3s"),
            ("Bld4Floor3rd", "bld4_floor_3rd"),
            ("", ""),
            ("a1b2", "a_1b2"),
            ("_Foo_", "_foo_"),
        ] {
            assert_eq!(joined_case(text.as_bytes(), '_'), expected, "{text}");
        }
    }

    #[test]
    fn pascal() {
        for (text, expected) in [
            ("some_words", "SomeWords"),
            ("http_server", "HttpServer"),
            ("_complex__case_", "_Complex_Case_"),
            ("some words", "SomeWords"),
            ("GOLANG_IS_GREAT", "GolangIsGreat"),
            ("a", "A"),
        ] {
            assert_eq!(pascal_case(&text.chars().collect::<Vec<_>>()), expected, "{text}");
        }
    }

    #[test]
    fn simple_case_mapping() {
        assert_eq!(to_upper('ß'), 'ß');
        assert_eq!(to_upper('ᾀ'), 'ᾈ');
        assert_eq!(to_lower('İ'), 'i');
        assert_eq!(to_title('ǆ'), 'ǅ');
    }

    #[test]
    fn what_is_not_utf8_stays() {
        assert_eq!(joined_case(b"\xff", '_'), "\u{fffd}");
    }
}
