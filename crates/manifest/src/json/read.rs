//! Reads JSON like Go's decoder, with its error messages, and with exact integers.

use std::collections::BTreeMap;
use std::fmt;

use smol_str::SmolStr;

use crate::{Position, Span, Value};

/// The maximum nesting depth. Go allows 10,000.
const MAX_DEPTH: usize = 1000;

/// Why a text is not valid JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The message of Go's decoder.
    pub message: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The column in characters, counted from 1.
    pub column: u32,
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Reads a JSON text. Of equal keys, the last one counts; a lone surrogate becomes U+FFFD, and an integer beyond 64
/// bits becomes a float.
///
/// # Errors
/// Returns the errors of `json.Unmarshal`, and an error for nesting deeper than 1000 levels.
pub fn read(text: &str) -> Result<Value, Error> {
    let (value, out_of_range) = read_bytes(text.as_bytes())?;
    out_of_range.map_or(Ok(value), Err)
}

/// Reads a JSON text that need not be UTF-8: each invalid byte in a string becomes U+FFFD.
///
/// A number beyond the range of floats becomes an infinity, as in Go, and the error about the first one is returned
/// with the value.
///
/// # Errors
/// Returns an error if the text is not valid JSON, or is nested deeper than 1000 levels.
pub fn read_bytes(text: &[u8]) -> Result<(Value, Option<Error>), Error> {
    let mut reader = Reader { text, position: 0, out_of_range: None };
    let value = reader.document()?;
    reader.skip_blanks();
    match reader.peek() {
        None => Ok((value, reader.out_of_range)),
        Some(_) => Err(reader.unexpected("after top-level value")),
    }
}

struct Reader<'a> {
    text: &'a [u8],
    position: usize,
    out_of_range: Option<Error>,
}

/// A collection that is being read.
enum Open {
    List(Vec<Value>),
    Map(BTreeMap<SmolStr, Value>, SmolStr),
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.position).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.position += 1;
        }
    }

    fn error(&self, message: impl Into<String>) -> Error {
        let start = u32::try_from(self.position).unwrap_or(u32::MAX);
        let before = String::from_utf8_lossy(self.text.get(..self.position).unwrap_or(self.text));
        let end = u32::try_from(before.len()).unwrap_or(start);
        let Position { line, column } = Span { start: end, end }.position(&before);
        Error { message: message.into(), line, column }
    }

    fn end(&self) -> Error {
        self.error("unexpected end of JSON input")
    }

    /// Returns the error about the current character.
    fn unexpected(&self, place: &str) -> Error {
        match self.text.get(self.position..) {
            None | Some([]) => self.end(),
            Some(rest) => self.error(format!("invalid character {} {place}", quote_character(rest))),
        }
    }

    /// Returns the error about some bytes, starting at a backslash.
    fn invalid_escape(&self, length: usize) -> Error {
        let rest = self.text.get(self.position..).unwrap_or_default();
        self.error(format!(
            "invalid escape sequence {} in string",
            quote_piece(rest.get(..length).unwrap_or(rest))
        ))
    }

    fn document(&mut self) -> Result<Value, Error> {
        let mut stack: Vec<Open> = Vec::new();
        loop {
            let mut value = match self.open(&stack)? {
                Started::Scalar(value) => value,
                Started::Collection(open) => {
                    stack.push(open);
                    if stack.len() > MAX_DEPTH {
                        return Err(self.error("exceeded max depth"));
                    }
                    continue;
                }
            };
            // The value is complete, and its parent may be too.
            loop {
                let Some(open) = stack.pop() else { return Ok(value) };
                self.skip_blanks();
                let next = self.peek();
                match open {
                    Open::List(mut list) => {
                        list.push(value);
                        match next {
                            Some(b',') => {
                                self.position += 1;
                                stack.push(Open::List(list));
                                break;
                            }
                            Some(b']') => value = list.into(),
                            _ => return Err(self.unexpected("after array element")),
                        }
                    }
                    Open::Map(mut map, key) => {
                        map.insert(key, value);
                        match next {
                            Some(b',') => {
                                self.position += 1;
                                self.skip_blanks();
                                let key = self.key("looking for beginning of object key string")?;
                                stack.push(Open::Map(map, key));
                                break;
                            }
                            Some(b'}') => value = Value::Map(map.into()),
                            _ => return Err(self.unexpected("after object key:value pair")),
                        }
                    }
                }
                self.position += 1;
            }
        }
    }

    /// Reads a scalar or an empty collection as a whole, or the start of any other collection.
    fn open(&mut self, stack: &[Open]) -> Result<Started, Error> {
        self.skip_blanks();
        let scalar = match self.peek() {
            Some(b'[') => {
                self.position += 1;
                self.skip_blanks();
                if self.peek() != Some(b']') {
                    return Ok(Started::Collection(Open::List(Vec::new())));
                }
                self.position += 1;
                Value::List(crate::List::new())
            }
            Some(b'{') => {
                self.position += 1;
                self.skip_blanks();
                if self.peek() != Some(b'}') {
                    let key = self.key("looking for beginning of object key string")?;
                    return Ok(Started::Collection(Open::Map(BTreeMap::new(), key)));
                }
                self.position += 1;
                Value::Map(crate::Map::new())
            }
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number(stack)?,
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            _ => return Err(self.unexpected("looking for beginning of value")),
        };
        Ok(Started::Scalar(scalar))
    }

    fn key(&mut self, place: &str) -> Result<SmolStr, Error> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected(place));
        }
        let key = self.string()?;
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("after object key"));
        }
        self.position += 1;
        Ok(key)
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Error> {
        for letter in word.chars() {
            if self.peek() != Some(letter as u8) {
                return Err(self.unexpected(&format!("in literal {word} (expecting {letter:?})")));
            }
            self.position += 1;
        }
        Ok(value)
    }

    fn digits(&mut self) -> usize {
        let start = self.position;
        while let Some(b'0'..=b'9') = self.peek() {
            self.position += 1;
        }
        self.position - start
    }

    fn number(&mut self, stack: &[Open]) -> Result<Value, Error> {
        let start = self.position;
        if self.peek() == Some(b'-') {
            self.position += 1;
        }
        match self.peek() {
            Some(b'0') => self.position += 1,
            Some(b'1'..=b'9') => {
                self.digits();
            }
            _ => return Err(self.unexpected("in numeric literal")),
        }
        let mut is_integer = true;
        if self.peek() == Some(b'.') {
            is_integer = false;
            self.position += 1;
            if self.digits() == 0 {
                return Err(self.unexpected("in numeric literal"));
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            is_integer = false;
            self.position += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.position += 1;
            }
            if self.digits() == 0 {
                return Err(self.unexpected("in numeric literal"));
            }
        }
        let text = self.text.get(start..self.position).unwrap_or_default();
        let text = std::str::from_utf8(text).unwrap_or_default();
        if is_integer && text != "-0" {
            if let Ok(value) = text.parse::<i64>() {
                return Ok(Value::Int(value));
            }
            if let Ok(value) = text.parse::<u64>() {
                return Ok(Value::Uint(value));
            }
        }
        let value: f64 = text.parse().unwrap_or(f64::NAN);
        if !value.is_finite() && self.out_of_range.is_none() {
            let target = target(stack);
            self.out_of_range = Some(
                self.error(format!("json: cannot unmarshal number {text} into {target} of type float64")),
            );
        }
        Ok(Value::Float(value))
    }

    fn string(&mut self) -> Result<SmolStr, Error> {
        self.position += 1;
        let mut piece = self.position;
        let mut owned = String::new();
        loop {
            match self.peek() {
                Some(b'"') => {
                    let last = self.text.get(piece..self.position).unwrap_or_default();
                    self.position += 1;
                    match std::str::from_utf8(last) {
                        Ok(last) if owned.is_empty() => return Ok(SmolStr::new(last)),
                        _ => push_utf8(&mut owned, last),
                    }
                    return Ok(owned.into());
                }
                Some(b'\\') => {
                    push_utf8(&mut owned, self.text.get(piece..self.position).unwrap_or_default());
                    owned.push(self.escape()?);
                    piece = self.position;
                }
                Some(0..0x20) | None => return Err(self.unexpected("in string")),
                Some(_) => self.position += 1,
            }
        }
    }

    /// Reads an escape sequence, starting at its backslash, which errors point to.
    fn escape(&mut self) -> Result<char, Error> {
        let character = match self.text.get(self.position + 1) {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(*byte),
            Some(b'b') => '\u{08}',
            Some(b'f') => '\u{0C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            Some(_) => return Err(self.invalid_escape(2)),
            None => return Err(self.end()),
        };
        self.position += 2;
        Ok(character)
    }

    /// Reads `\u` with its four digits, and the low surrogate after a high one.
    fn unicode_escape(&mut self) -> Result<char, Error> {
        let Some(unit) = self.unit() else {
            let digits = self.text.get(self.position + 2..).unwrap_or_default();
            let is_cut_off = digits.len() < 4 && digits.iter().all(u8::is_ascii_hexdigit);
            return Err(if is_cut_off { self.end() } else { self.invalid_escape(6) });
        };
        self.position += 6;
        if (0xD800..0xDC00).contains(&unit)
            && let Some(low @ 0xDC00..0xE000) = self.unit()
        {
            self.position += 6;
            let value = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            return Ok(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// Returns the code unit of a `\u` at the current position.
    fn unit(&self) -> Option<u32> {
        let digits = self.text.get(self.position..self.position + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)?))
    }
}

/// Describes the place of a number in Go's words: the keys and indices that lead to it.
fn target(stack: &[Open]) -> String {
    let mut path = String::new();
    for open in stack {
        path.push('.');
        match open {
            Open::List(list) => path.push_str(&list.len().to_string()),
            Open::Map(_, key) => path.push_str(&key.replace('~', "~0").replace('/', "~1")),
        }
    }
    match path.rsplit_once('.') {
        None => "Go value".to_owned(),
        Some((_, last)) if !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) => path,
        Some(_) => format!("Go struct field {path}"),
    }
}

fn push_utf8(out: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
}

/// Quotes the character that a text begins with as `strconv.QuoteRune` does.
fn quote_character(text: &[u8]) -> String {
    match first_character(text) {
        Err(byte) => format!("'\\x{byte:02x}'"),
        Ok('\'') => "'\\''".to_owned(),
        Ok(character) => format!("'{}'", escaped(character)),
    }
}

/// Quotes bytes with backquotes if possible, or else as `strconv.Quote` does.
fn quote_piece(piece: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(piece) {
        let is_plain = |character: char| {
            !matches!(character, '`' | char::REPLACEMENT_CHARACTER)
                && !character.is_whitespace()
                && is_printable(character)
        };
        if text.chars().all(is_plain) {
            return format!("`{text}`");
        }
    }
    let mut out = "\"".to_owned();
    let mut rest = piece;
    while !rest.is_empty() {
        let length = match first_character(rest) {
            Err(byte) => {
                out.push_str(&format!("\\x{byte:02x}"));
                1
            }
            Ok('"') => {
                out.push_str("\\\"");
                1
            }
            Ok(character) => {
                out.push_str(&escaped(character));
                character.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    out.push('"');
    out
}

/// Returns the first character, or the first byte if it is not part of one.
fn first_character(text: &[u8]) -> Result<char, u8> {
    let chunk = text.utf8_chunks().next();
    let valid = chunk.as_ref().and_then(|chunk| chunk.valid().chars().next());
    valid.ok_or_else(|| text.first().copied().unwrap_or_default())
}

fn escaped(character: char) -> String {
    let code = u32::from(character);
    match character {
        '\\' => "\\\\".to_owned(),
        '\x07' => "\\a".to_owned(),
        '\x08' => "\\b".to_owned(),
        '\x0c' => "\\f".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\x0b' => "\\v".to_owned(),
        _ if is_printable(character) => character.to_string(),
        _ if character.is_ascii() => format!("\\x{code:02x}"),
        _ if code < 0x10000 => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

/// Tells whether a character is printable in Go, except at the start: Rust's standard library escapes exactly the
/// others.
fn is_printable(character: char) -> bool {
    matches!(character, '\'' | '"' | '\\') || String::from_iter(['a', character]).escape_debug().count() == 2
}

enum Started {
    Scalar(Value),
    Collection(Open),
}
