//! What is wrong with a TOML text, in the wording of the Go library.

use std::ops::Range;

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use super::toml_key::key_text;
use crate::template::{Charset, quote, quote_rune};
use crate::value::Text;

/// How many parts a dotted key may have.
const KEY_PARTS: usize = 100;

/// Returns whether a dotted key in a text has too many parts.
pub(super) fn has_overlong_key(text: &str) -> bool {
    let mut dots = 0;
    Source::new(text).lex().any(|token| {
        match token.kind() {
            TokenKind::Dot => dots += 1,
            TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString | TokenKind::Whitespace => {}
            _ => dots = 0,
        }
        dots >= KEY_PARTS
    })
}

/// Where a text is wrong, and the context of that place.
pub(super) struct Fault<'a> {
    text: &'a str,
    span: Range<usize>,
    /// The table of the last header.
    table: Vec<String>,
    /// The keys whose values have not ended yet, the outermost first.
    keys: Vec<Vec<String>>,
    /// The brackets that are open.
    open: Vec<TokenKind>,
    /// The key or table name that is being read, up to the fault.
    name: Vec<String>,
    place: Place,
}

/// What is being read at the fault.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Key,
    Value,
    Table,
    Tables,
}

impl<'a> Fault<'a> {
    /// Examines the text before a fault; `class` is the parser's name for it.
    pub(super) fn new(text: &'a str, mut span: Range<usize>, class: &str) -> Self {
        // An inline table that ends too early is reported one place later.
        if class == "invalid literal string" && text.get(..span.start).is_some_and(|read| read.ends_with('}'))
        {
            span.start -= 1;
        }
        let (keys, open, name, table) = (vec![Vec::new()], Vec::new(), Vec::new(), Vec::new());
        let mut fault = Self { text, span, table, keys, open, name, place: Place::Key };
        for token in Source::new(text).lex() {
            let range = token.span().start()..token.span().end();
            let is_name =
                matches!(token.kind(), TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString)
                    && fault.place != Place::Value;
            if range.end > fault.span.start && (range.start > fault.span.start || !is_name) {
                break;
            }
            fault.take(token.kind(), text.get(range).unwrap_or_default());
        }
        fault
    }

    fn take(&mut self, kind: TokenKind, word: &str) {
        match (self.place, kind) {
            (Place::Tables, TokenKind::RightSquareBracket) => self.place = Place::Table,
            (Place::Table, TokenKind::RightSquareBracket) => self.table = std::mem::take(&mut self.name),
            (Place::Table, TokenKind::LeftSquareBracket) => self.place = Place::Tables,
            (Place::Table | Place::Tables, TokenKind::Newline) => self.place = Place::Key,
            (Place::Key, TokenKind::LeftSquareBracket) if self.open.is_empty() && self.name.is_empty() => {
                self.place = Place::Table;
            }
            (Place::Key, TokenKind::Equals) => {
                if let Some(key) = self.keys.last_mut() {
                    *key = std::mem::take(&mut self.name);
                }
                self.place = Place::Value;
            }
            (
                Place::Key | Place::Table | Place::Tables,
                TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString,
            ) => self.name.push(word.trim_matches(['"', '\'']).to_owned()),
            (_, TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket) => {
                self.open.push(kind);
                if kind == TokenKind::LeftCurlyBracket {
                    self.keys.push(Vec::new());
                    self.place = Place::Key;
                }
            }
            (_, TokenKind::RightCurlyBracket) => {
                self.open.pop();
                self.keys.pop();
                self.place = Place::Value;
            }
            (_, TokenKind::RightSquareBracket) => drop(self.open.pop()),
            (_, TokenKind::Comma) if self.open.last() == Some(&TokenKind::LeftCurlyBracket) => {
                self.place = Place::Key;
            }
            (_, TokenKind::Newline) if self.open.is_empty() => {
                self.place = Place::Key;
                self.keys = vec![Vec::new()];
                self.name.clear();
            }
            _ => {}
        }
    }

    /// Returns the message with the line and the last key read.
    pub(super) fn with(&self, message: &str) -> String {
        self.told(message, &[self.table.as_slice(), &self.keys.concat()].concat())
    }

    fn told(&self, message: &str, key: &[String]) -> String {
        let read = self.text.get(..self.span.start).unwrap_or(self.text);
        let line = read.matches('\n').count() + 1;
        match key {
            [] => format!("toml: line {line}: {message}"),
            // An empty last part does not count.
            [table @ .., last] if last.is_empty() => self.told(message, table),
            key => format!("toml: line {line} (last key {}): {message}", quoted(&dotted(key))),
        }
    }

    /// Returns the message for the parser's class of fault; an unknown class keeps the parser's wording.
    pub(super) fn message(&self, class: &str) -> String {
        if class == "duplicate key" || class.starts_with("cannot extend value") {
            return self.defined_again();
        }
        let number = |fault: &str| {
            let word = self.word();
            let what = if word.contains(['.', 'e', 'E']) { "float" } else { "integer" };
            format!("Invalid {what} {}: {fault}", quoted(&word))
        };
        let next = self.next(self.span.start);
        let message = match class {
            "key with no value" => match next {
                None => "unexpected EOF; expected key separator '='".to_owned(),
                Some(_) => format!("expected '.' or '=', but got {} instead", rune(next)),
            },
            "invalid unquoted key" => format!("expected '.' or '=', but got {} instead", rune(next)),
            "unquoted keys cannot be empty" if self.place != Place::Key => {
                "unexpected end of table name (table names cannot be empty)".to_owned()
            }
            "unquoted keys cannot be empty" => match next {
                Some('.') => "unexpected '.': keys cannot start with a '.'".to_owned(),
                _ if self.name.is_empty() => "unexpected '=': key name appears blank".to_owned(),
                _ => format!("unexpected {}", rune(next)),
            },
            "unclosed table" => {
                format!("expected '.' or ']' to end table name, but got {} instead", rune(next))
            }
            "unclosed array table" => {
                format!("expected end of table array name delimiter ']', but got {} instead", rune(next))
            }
            "unexpected leading zero" => number("cannot have leading zeroes"),
            "`_` may only go between digits" => number("underscores must be surrounded by digits"),
            "invalid fraction" => number("'.' must be followed by one or more digits"),
            "invalid mantissa" => "floats must start with a digit, not '.'".to_owned(),
            "redundant numeric sign" => format!("expected a digit but got {}", rune(next)),
            "integers with a radix cannot be signed" => {
                let start: String = self.word().chars().take(3).collect();
                format!("cannot use sign with non-decimal numbers: '{start}'")
            }
            "invalid hexadecimal number" => format!("not a hexadecimal number: '{}'", self.based(next)),
            "invalid octal number" => format!("not an octal number: '{}'", self.based(next)),
            "invalid binary number" => format!("not a binary number: '{}'", self.based(next)),
            "invalid float" | "invalid boolean" if self.letters() > 0 => return self.no_value(),
            "invalid float" | "invalid exponent" => format!("Invalid float value: {}", quoted(&self.word())),
            "invalid date" | "invalid time" | "invalid datetime" => {
                let word = self.text.get(self.span.clone()).unwrap_or_default();
                format!("invalid datetime: {}", quoted(word))
            }
            "missing escaped value" => {
                format!("invalid escape in string '\\{}'", next.map(String::from).unwrap_or_default())
            }
            "invalid value" => match self.text.get(self.span.start.saturating_sub(1)..) {
                Some(escape) => {
                    let digits = if escape.starts_with('u') { 5 } else { 9 };
                    let escape: String = escape.chars().take(digits).collect();
                    format!("Escaped character '\\{escape}' is not valid UTF-8.")
                }
                None => class.to_owned(),
            },
            "invalid comment character" | "carriage return must be followed by newline" => {
                let found = self.text.get(self.span.start..).and_then(|rest| rest.chars().next());
                let found = found.filter(|found| found.is_control()).unwrap_or('\r');
                format!("TOML files cannot contain control characters: '0x{:02x}'", u32::from(found))
            }
            "invalid basic string" | "invalid literal string" if self.is_in_text() => match next {
                None => format!("unexpected EOF; expected {}", self.end_of_text()),
                Some(_) => "strings cannot contain newlines".to_owned(),
            },
            "invalid multi-line basic string" => "unexpected EOF; expected '\"\"\"'".to_owned(),
            "invalid multi-line literal string" => "unexpected EOF; expected \"'''\"".to_owned(),
            "extra comma in array" | "extra comma in inline table" => "unexpected comma".to_owned(),
            "unclosed array" => self.no_end(None),
            "unclosed inline table" if self.place == Place::Key => {
                "unexpected '=': key name appears blank".to_owned()
            }
            "unclosed inline table" | "extra assignment between key-value pairs" => self.no_end(next),
            "missing comma between key-value pairs" => self.no_end(next),
            "unexpected key or value" => return self.trailing(next),
            "string values must be quoted"
            | "invalid literal string"
            | "missing inline table opening"
            | "missing array opening" => return self.no_value(),
            _ => class.to_owned(),
        };
        let is_complete = self.place == Place::Key || class == "invalid comment character";
        if self.open.is_empty() && is_complete {
            self.told(&message, &self.table)
        } else {
            self.with(&message)
        }
    }

    fn defined_again(&self) -> String {
        let name = &self.name;
        if let (Place::Table | Place::Tables, Some((_, parents))) = (self.place, name.split_last()) {
            let what = match self.place {
                Place::Tables => "was already created and cannot be used as an array.",
                _ => "has already been defined.",
            };
            return self.told(&format!("Key '{}' {what}", dotted(name)), parents);
        }
        let outer = self.keys.split_last().map_or(&[][..], |(_, outer)| outer).concat();
        let whole = |name: &[String]| [self.table.as_slice(), &outer, name].concat();
        // The part that already exists is followed by the rest of the key.
        let rest = self.text.get(self.span.end..).unwrap_or_default();
        let more = rest.split(['=', '\n']).next().unwrap_or_default().split('.').skip(1);
        let more = more.map(|part| part.trim().trim_matches(['"', '\'']).to_owned());
        let key: Vec<String> = name.iter().cloned().chain(more).collect();
        self.told(&format!("Key '{}' has already been defined.", dotted(&whole(name))), &whole(&key))
    }

    /// Returns the message for a missing value.
    fn no_value(&self) -> String {
        let start = self.span.start;
        let rest = self.text.get(start..).unwrap_or_default();
        let letters = self.letters();
        let word = rest.get(..letters).unwrap_or_default();
        let is_value = |word: &str| ["true", "false", "inf", "nan"].contains(&word);
        let number = rest.find(|rune: char| !rune.is_ascii_alphanumeric() && !"+-_.:".contains(rune));
        let number = rest.get(..number.unwrap_or(rest.len())).unwrap_or_default();
        let first = rest.chars().next();
        // There is a value, followed by something else.
        let end = match first {
            _ if is_value(word) => Some(start + letters),
            Some('0'..='9') => Some(start + number.len()),
            Some('+' | '-') if number.len() > 1 => Some(start + number.len()),
            _ => None,
        };
        if let Some(end) = end {
            let next = self.next(end);
            return if self.open.is_empty() { self.trailing(next) } else { self.with(&self.no_end(next)) };
        }
        let message = match first {
            None => "unexpected EOF; expected value".to_owned(),
            Some('+' | '-') => format!("expected a digit but got {}", rune(rest.chars().nth(1))),
            Some(_) if letters > 0 => format!("expected value but found {} instead", quoted(word)),
            _ if self.place == Place::Key => {
                let next = self.next(start);
                format!("expected '.' or '=', but got {} instead", rune(next))
            }
            _ => format!("expected value but found {} instead", rune(self.next(start))),
        };
        self.with(&message)
    }

    /// Returns the message for surplus text on a line.
    fn trailing(&self, next: Option<char>) -> String {
        let message = format!(
            "expected a top-level item to end with a newline, comment, or EOF, but got {} instead",
            rune(next)
        );
        self.told(&message, &self.table)
    }

    /// Returns the message for an array or inline table that does not continue as it should.
    fn no_end(&self, next: Option<char>) -> String {
        let got = next.map_or_else(|| "end of file".to_owned(), |next| rune(Some(next)));
        match self.open.last() {
            Some(TokenKind::LeftCurlyBracket) => {
                format!("expected a comma or an inline table terminator '}}', but got {got} instead")
            }
            _ => format!("expected a comma (',') or array terminator (']'), but got {got}"),
        }
    }

    /// Returns the first character from an offset on that is not a blank.
    fn next(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.trim_start_matches([' ', '\t']).chars().next()
    }

    /// Returns the number around the fault.
    fn word(&self) -> String {
        let is_part = |rune: char| rune.is_ascii_alphanumeric() || "+-_.:".contains(rune);
        let (before, after) = self.text.split_at_checked(self.span.start).unwrap_or((self.text, ""));
        let start = before.rfind(|rune| !is_part(rune)).map_or(0, |at| at + 1);
        let end = after.find(|rune| !is_part(rune)).unwrap_or(after.len());
        [before.get(start..).unwrap_or_default(), after.get(..end).unwrap_or_default()].concat()
    }

    /// Returns the base of a number, and the character that is not one of its digits.
    fn based(&self, next: Option<char>) -> String {
        let base: String = self.word().chars().take(2).collect();
        format!("{base}{}", next.map(String::from).unwrap_or_default())
    }

    /// Returns how many letters there are at the fault.
    fn letters(&self) -> usize {
        let rest = self.text.get(self.span.start..).unwrap_or_default();
        rest.find(|rune: char| !rune.is_ascii_alphabetic()).unwrap_or(rest.len())
    }

    fn is_in_text(&self) -> bool {
        let line =
            self.text.get(..self.span.start).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
        line.contains(['"', '\''])
    }

    fn end_of_text(&self) -> &'static str {
        let line =
            self.text.get(..self.span.start).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
        if line.contains('\'') { "\"'\"" } else { "'\"'" }
    }
}

fn dotted(parts: &[String]) -> String {
    let parts: Vec<String> = parts.iter().map(|part| key_text(&Text::from(part.as_str()))).collect();
    parts.join(".")
}

fn quoted(word: &str) -> String {
    quote(word.as_bytes(), Charset::Unicode)
}

/// Returns a character as Go prints it; the end of the text is a NUL character.
fn rune(found: Option<char>) -> String {
    found.map_or_else(|| "'\\x00'".to_owned(), |found| quote_rune(found, Charset::Unicode))
}
