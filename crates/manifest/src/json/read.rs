//! Reading JSON: what Go's decoder accepts, in its words where it does not, with integers kept exact.

use std::collections::BTreeMap;
use std::fmt;

use smol_str::SmolStr;

use crate::{Position, Span, Value};

/// The deepest nesting that is read. Go allows 10,000.
const MAX_DEPTH: usize = 1000;

/// Why a text is no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What Go's decoder says.
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

/// Reads a JSON text: the last one of equal keys counts, a lone surrogate becomes U+FFFD, an integer beyond
/// 64 bits becomes a float.
///
/// # Errors
/// What `json.Unmarshal` refuses, and nesting deeper than 1000.
pub fn read(text: &str) -> Result<Value, Error> {
    let mut reader = Reader { text, position: 0 };
    let value = reader.document()?;
    reader.skip_blanks();
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.unexpected("after top-level value")),
    }
}

struct Reader<'a> {
    text: &'a str,
    position: usize,
}

/// A collection that is being read.
enum Open {
    List(Vec<Value>),
    Map(BTreeMap<SmolStr, Value>, SmolStr),
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.position += 1;
        }
    }

    fn error(&self, message: impl Into<String>) -> Error {
        let start = u32::try_from(self.position).unwrap_or(u32::MAX);
        let Position { line, column } = Span { start, end: start }.position(self.text);
        Error { message: message.into(), line, column }
    }

    /// Returns the error about the character that stands here.
    fn unexpected(&self, place: &str) -> Error {
        match self.text.get(self.position..).and_then(|rest| rest.chars().next()) {
            None => self.error("unexpected end of JSON input"),
            Some('\'') => self.error(format!(r"invalid character '\'' {place}")),
            Some('"') => self.error(format!("invalid character '\"' {place}")),
            Some(character) => self.error(format!("invalid character {character:?} {place}")),
        }
    }

    fn document(&mut self) -> Result<Value, Error> {
        let mut stack: Vec<Open> = Vec::new();
        loop {
            let mut value = match self.open()? {
                Started::Scalar(value) => value,
                Started::Collection(open) => {
                    stack.push(open);
                    if stack.len() > MAX_DEPTH {
                        return Err(self.error("exceeded max depth"));
                    }
                    continue;
                }
            };
            // The value is complete; so may be what it stands in.
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

    /// Reads a scalar or an empty collection whole, of any other collection its start.
    fn open(&mut self) -> Result<Started, Error> {
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
            Some(b'-' | b'0'..=b'9') => self.number()?,
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

    fn number(&mut self) -> Result<Value, Error> {
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
                return Err(self.unexpected("after decimal point in numeric literal"));
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            is_integer = false;
            self.position += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.position += 1;
            }
            if self.digits() == 0 {
                return Err(self.unexpected("in exponent of numeric literal"));
            }
        }
        let text = self.text.get(start..self.position).unwrap_or_default();
        if is_integer && text != "-0" {
            if let Ok(value) = text.parse::<i64>() {
                return Ok(Value::Int(value));
            }
            if let Ok(value) = text.parse::<u64>() {
                return Ok(Value::Uint(value));
            }
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Value::Float(value)),
            _ => {
                Err(self.error(format!("json: cannot unmarshal number {text} into Go value of type float64")))
            }
        }
    }

    fn string(&mut self) -> Result<SmolStr, Error> {
        self.position += 1;
        let start = self.position;
        let mut piece = start;
        let mut owned = String::new();
        loop {
            match self.peek() {
                Some(b'"') => {
                    let last = self.text.get(piece..self.position).unwrap_or_default();
                    self.position += 1;
                    if piece == start {
                        return Ok(SmolStr::new(last));
                    }
                    owned.push_str(last);
                    return Ok(owned.into());
                }
                Some(b'\\') => {
                    owned.push_str(self.text.get(piece..self.position).unwrap_or_default());
                    self.position += 1;
                    owned.push(self.escape()?);
                    piece = self.position;
                }
                Some(0..0x20) | None => return Err(self.unexpected("in string literal")),
                Some(_) => self.position += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<char, Error> {
        let character = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{08}',
            Some(b'f') => '\u{0C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.position += 1;
                return self.unicode_escape();
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.position += 1;
        Ok(character)
    }

    /// Reads the four digits behind `\u`, and the low surrogate behind a high one.
    fn unicode_escape(&mut self) -> Result<char, Error> {
        let unit = self.unit()?;
        if (0xD800..0xDC00).contains(&unit)
            && self.text.get(self.position..).is_some_and(|rest| rest.starts_with("\\u"))
        {
            let before = self.position;
            self.position += 2;
            let low = self.unit()?;
            if (0xDC00..0xE000).contains(&low) {
                let value = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                return Ok(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.position = before;
        }
        Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn unit(&mut self) -> Result<u32, Error> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.unexpected(r"in \u hexadecimal character escape"));
            };
            unit = unit * 16 + digit;
            self.position += 1;
        }
        Ok(unit)
    }
}

enum Started {
    Scalar(Value),
    Collection(Open),
}
