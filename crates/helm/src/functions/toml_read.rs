//! TOML to values, read as the Go library BurntSushi/toml does, with its errors.

use super::arguments::{Answer, Arguments};
use super::json::error_map;
use super::time::Time;
use super::time_parse::parse as parse_time;
use super::toml_key::key_text;
use super::toml_number::number;
use super::toml_table::{Entry, Made, Table, open};
use crate::stack::deepen;
use crate::template::{Call, Charset, quote_rune};
use crate::value::{Text, Value};

/// How deep arrays and tables may nest.
const DEPTH_LIMIT: usize = 100;

/// Reads TOML; an error becomes a map with the key `Error`.
pub(super) fn from_toml(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let text = Arguments(arguments).text(0)?;
    let Some(text) = text.as_str() else {
        return Ok(error_map("toml: invalid UTF-8".to_owned()));
    };
    let mut reader = Reader {
        text: text.strip_prefix('\u{feff}').unwrap_or(text),
        at: 0,
        local: call.time_zone().to_owned(),
        last_key: String::new(),
    };
    Ok(match reader.document() {
        Ok(table) => Value::Map(table.into_map()),
        Err(message) => error_map(reader.failure(&message)),
    })
}

type Outcome<T> = Result<T, String>;

struct Reader<'a> {
    text: &'a str,
    at: usize,
    local: String,
    /// The key that was read last, for errors.
    last_key: String,
}

fn defined(key: &str) -> String {
    format!("Key '{key}' has already been defined.")
}

impl<'a> Reader<'a> {
    fn failure(&self, message: &str) -> String {
        let read = self.text.get(..self.at).unwrap_or(self.text);
        let line = read.matches('\n').count() + 1;
        if self.last_key.is_empty() {
            format!("toml: line {line}: {message}")
        } else {
            format!("toml: line {line} (last key \"{}\"): {message}", self.last_key)
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Skips spaces and tabs.
    fn blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t')) {
            self.at += 1;
        }
    }

    fn comment(&mut self) -> Outcome<()> {
        if self.peek() != Some('#') {
            return Ok(());
        }
        let comment = self.rest().split('\n').next().unwrap_or_default();
        self.at += comment.len();
        let body = comment.strip_suffix('\r').unwrap_or(comment);
        match body.chars().find(|rune| is_control(*rune)) {
            Some(rune) => Err(format!(
                "control characters are not allowed inside comments: '0x{:02x}'",
                u32::from(rune)
            )),
            None => Ok(()),
        }
    }

    /// Skips blanks, comments and line ends.
    fn gap(&mut self) -> Outcome<()> {
        loop {
            self.blanks();
            self.comment()?;
            if !self.take("\n") && !self.take("\r\n") {
                return Ok(());
            }
        }
    }

    fn line_end(&mut self, behind: &str) -> Outcome<()> {
        self.blanks();
        self.comment()?;
        match self.peek() {
            None => Ok(()),
            Some(_) if self.take("\n") || self.take("\r\n") => Ok(()),
            Some(rune) => Err(format!(
                "expected a {behind} to end with a newline, comment, or EOF, but got {} instead",
                quote_rune(rune, Charset::Unicode)
            )),
        }
    }

    fn document(&mut self) -> Outcome<Table> {
        let mut root = Table { origin: Made::Header, ..Table::default() };
        let mut path: Vec<String> = Vec::new();
        loop {
            self.gap()?;
            match self.peek() {
                None => return Ok(root),
                Some('[') => path = self.header(&mut root)?,
                Some(_) => {
                    let table = open(&mut root, &path).ok_or("internal error: the table is gone")?;
                    self.pair(table, DEPTH_LIMIT)?;
                    self.line_end("top-level item")?;
                }
            }
        }
    }

    fn header(&mut self, root: &mut Table) -> Outcome<Vec<String>> {
        let many = self.take("[[");
        if !many {
            self.at += 1;
        }
        self.blanks();
        if self.peek() == Some(']') {
            return Err("unexpected end of table name (table names cannot be empty)".to_owned());
        }
        let path = self.key(']')?;
        if !self.take(if many { "]]" } else { "]" }) {
            let got = self.peek().map_or_else(|| "EOF".to_owned(), |rune| quote_rune(rune, Charset::Unicode));
            return Err(if many {
                format!("expected end of table array name delimiter ']', but got {got} instead")
            } else {
                format!("expected '.' or ']' to end table name, but got {got} instead")
            });
        }
        self.last_key = dotted(&path);
        let (name, parents) = path.split_last().ok_or("unexpected end of table name")?;
        let mut table = &mut *root;
        for (index, parent) in parents.iter().enumerate() {
            table = table.child(parent, Made::Implicit).ok_or_else(|| {
                let place = dotted(path.get(..=index).unwrap_or_default());
                format!("Key '{place}' was already created as a hash.")
            })?;
            if table.origin == Made::Inline {
                return Err(defined(&dotted(&path)));
            }
        }
        let new = Table { origin: Made::Header, ..Table::default() };
        match (table.get(name), many) {
            (None, false) => table.entries.push((name.clone(), Entry::Table(new))),
            (None, true) => table.entries.push((name.clone(), Entry::Tables(vec![new]))),
            (Some(Entry::Table(table)), false) if table.origin == Made::Implicit => {
                table.origin = Made::Header
            }
            (Some(Entry::Tables(tables)), true) => tables.push(new),
            (Some(_), true) => {
                let place = dotted(&path);
                return Err(format!("Key '{place}' was already created and cannot be used as an array."));
            }
            _ => return Err(defined(&dotted(&path))),
        }
        self.line_end("top-level item")?;
        Ok(path)
    }

    /// Reads a key, whose parts are joined by dots, up to what ends it.
    fn key(&mut self, end: char) -> Outcome<Vec<String>> {
        let mut parts = Vec::new();
        loop {
            self.blanks();
            parts.push(self.key_part(end)?);
            self.blanks();
            if parts.len() > DEPTH_LIMIT {
                return Err("the key has too many parts".to_owned());
            }
            if !self.take(".") {
                return Ok(parts);
            }
        }
    }

    fn key_part(&mut self, end: char) -> Outcome<String> {
        match self.peek() {
            Some('"') => {
                self.at += 1;
                self.basic_text()
            }
            Some('\'') => {
                self.at += 1;
                self.literal_text()
            }
            Some(rune) if is_bare(rune) => {
                let rest = self.rest();
                let length = rest.find(|rune| !is_bare(rune)).unwrap_or(rest.len());
                self.at += length;
                Ok(rest.get(..length).unwrap_or_default().to_owned())
            }
            Some('=') if end == '=' => Err("unexpected '=': key name appears blank".to_owned()),
            Some('.') => Err("unexpected '.': keys cannot start with a '.'".to_owned()),
            Some(rune) if end == ']' => {
                Err(format!("unexpected {} in table name", quote_rune(rune, Charset::Unicode)))
            }
            Some(rune) => Err(format!("bare keys cannot contain {}", quote_rune(rune, Charset::Unicode))),
            None => {
                Err(format!("unexpected EOF; expected key separator {}", quote_rune(end, Charset::Unicode)))
            }
        }
    }

    fn pair(&mut self, table: &mut Table, depth: usize) -> Outcome<()> {
        let path = self.key('=')?;
        match self.peek() {
            Some('=') => self.at += 1,
            None => return Err("unexpected EOF; expected key separator '='".to_owned()),
            Some('\n' | '\r') => return Err("expected key separator '=', but got '\\n' instead".to_owned()),
            Some(rune)
                if !is_bare(rune)
                    && self.text.get(..self.at).is_some_and(|read| !read.ends_with([' ', '\t'])) =>
            {
                return Err(format!("bare keys cannot contain {}", quote_rune(rune, Charset::Unicode)));
            }
            Some(rune) => {
                return Err(format!(
                    "expected '.' or '=', but got {} instead",
                    quote_rune(rune, Charset::Unicode)
                ));
            }
        }
        self.last_key = dotted(&path);
        self.blanks();
        let value = self.value(depth)?;
        let (name, parents) = path.split_last().ok_or("unexpected '=': key name appears blank")?;
        let mut target = table;
        for parent in parents {
            target = target.child(parent, Made::Dotted).ok_or_else(|| defined(&dotted(&path)))?;
            if target.origin != Made::Dotted {
                return Err(defined(&dotted(&path)));
            }
        }
        if target.get(name).is_some() {
            return Err(defined(&dotted(&path)));
        }
        target.entries.push((name.clone(), value));
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Outcome<Entry> {
        let depth = depth.checked_sub(1).ok_or("the value nests too deeply")?;
        let Some(first) = self.peek() else {
            return Err("unexpected EOF; expected value".to_owned());
        };
        Ok(Entry::Value(match first {
            '[' => self.array(depth)?,
            '{' => return self.inline_table(depth).map(Entry::Table),
            '"' if self.take("\"\"\"") => self.long_text(true)?.into(),
            '"' => {
                self.at += 1;
                self.basic_text()?.into()
            }
            '\'' if self.take("'''") => self.long_text(false)?.into(),
            '\'' => {
                self.at += 1;
                self.literal_text()?.into()
            }
            't' | 'f' | 'i' | 'n' | '+' | '-' | '0'..='9' => self.plain()?,
            '.' => return Err("floats must start with a digit, not '.'".to_owned()),
            '\n' | '\r' => return Err("expected value but found '\\n' instead".to_owned()),
            _ => {
                return Err(format!(
                    "expected value but found {} instead",
                    quote_rune(first, Charset::Unicode)
                ));
            }
        }))
    }

    fn array(&mut self, depth: usize) -> Outcome<Value> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.gap()?;
            if self.take("]") {
                break;
            }
            if self.peek() == Some(',') {
                return Err("unexpected comma".to_owned());
            }
            if self.peek().is_none() {
                return Err("unexpected EOF; expected value".to_owned());
            }
            items.push(match deepen(|| self.value(depth))? {
                Entry::Value(value) => value,
                Entry::Table(table) => Value::Map(table.into_map()),
                Entry::Tables(_) => return Err("unexpected table".to_owned()),
            });
            self.gap()?;
            if !self.take(",") && self.peek() != Some(']') {
                let got = self
                    .peek()
                    .map_or_else(|| "end of file".to_owned(), |rune| quote_rune(rune, Charset::Unicode));
                return Err(format!("expected a comma (',') or array terminator (']'), but got {got}"));
            }
        }
        Ok(Value::list(items))
    }

    fn inline_table(&mut self, depth: usize) -> Outcome<Table> {
        self.at += 1;
        let mut table = Table { origin: Made::Header, ..Table::default() };
        loop {
            self.inline_gap()?;
            if self.take("}") {
                break;
            }
            if self.peek() == Some(',') {
                return Err("unexpected comma".to_owned());
            }
            deepen(|| self.pair(&mut table, depth))?;
            self.inline_gap()?;
            if self.take(",") {
                self.inline_gap()?;
                if self.peek() == Some('}') {
                    return Err("trailing comma not allowed in inline tables".to_owned());
                }
            } else if self.peek() != Some('}') {
                let got = self
                    .peek()
                    .map_or_else(|| "end of file".to_owned(), |rune| quote_rune(rune, Charset::Unicode));
                return Err(format!(
                    "expected a comma or an inline table terminator '}}', but got {got} instead"
                ));
            }
        }
        table.origin = Made::Inline;
        Ok(table)
    }

    fn inline_gap(&mut self) -> Outcome<()> {
        self.blanks();
        match self.peek() {
            Some('\n' | '\r') => Err("newlines not allowed within inline tables".to_owned()),
            Some('#') => Err("comments not allowed within inline tables".to_owned()),
            _ => Ok(()),
        }
    }

    fn literal_text(&mut self) -> Outcome<String> {
        let mut out = String::new();
        loop {
            match self.bump() {
                None => return Err("unexpected EOF; expected \"'\"".to_owned()),
                Some('\'') => return Ok(out),
                Some('\n') => return Err("strings cannot contain newlines".to_owned()),
                Some(rune) if is_control(rune) => return Err(control(rune, "strings")),
                Some(rune) => out.push(rune),
            }
        }
    }

    fn basic_text(&mut self) -> Outcome<String> {
        let mut out = String::new();
        loop {
            match self.bump() {
                None => return Err("unexpected EOF; expected '\"'".to_owned()),
                Some('"') => return Ok(out),
                Some('\n') => return Err("strings cannot contain newlines".to_owned()),
                Some('\\') => out.push(self.escape()?),
                Some(rune) if is_control(rune) => return Err(control(rune, "strings")),
                Some(rune) => out.push(rune),
            }
        }
    }

    /// Reads a text of several lines, behind its three quotation marks.
    fn long_text(&mut self, escapes: bool) -> Outcome<String> {
        let mark = if escapes { "\"\"\"" } else { "'''" };
        if !self.take("\n") {
            self.take("\r\n");
        }
        let mut out = String::new();
        loop {
            if self.take(mark) {
                // Up to two more marks belong to the text.
                let single = mark.get(..1).unwrap_or_default();
                for _ in 0..2 {
                    if self.take(single) {
                        out.push_str(single);
                    }
                }
                return Ok(out);
            }
            match self.bump() {
                None => return Err(format!("unexpected EOF; expected '{mark}'")),
                Some('\\') if escapes => {
                    let rest = self.rest().trim_start_matches([' ', '\t']);
                    if rest.starts_with('\n') || rest.starts_with("\r\n") {
                        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
                        self.at = self.text.len() - trimmed.len();
                    } else {
                        out.push(self.escape()?);
                    }
                }
                Some('\r') if self.peek() == Some('\n') => out.push('\r'),
                Some(rune) if is_control(rune) && rune != '\n' => {
                    return Err(control(rune, "multi-line strings"));
                }
                Some(rune) => out.push(rune),
            }
        }
    }

    fn escape(&mut self) -> Outcome<char> {
        let digits = match self.bump() {
            Some('b') => return Ok('\u{8}'),
            Some('t') => return Ok('\t'),
            Some('n') => return Ok('\n'),
            Some('f') => return Ok('\u{c}'),
            Some('r') => return Ok('\r'),
            Some('"') => return Ok('"'),
            Some('\\') => return Ok('\\'),
            Some('u') => 4,
            Some('U') => 8,
            Some(rune) => {
                return Err(format!(
                    "invalid escape character {}; only the following escape characters are allowed: \\b, \\t, \\n, \\f, \\r, \\\", \\\\, \\uXXXX, and \\UXXXXXXXX",
                    quote_rune(rune, Charset::Unicode)
                ));
            }
            None => return Err("unexpected EOF; expected '\"'".to_owned()),
        };
        let text = self.rest().get(..digits).unwrap_or_default();
        let is_hexadecimal = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hexadecimal {
            return Err(format!(
                "expected {} hexadecimal digits after '\\{}', but got {} instead",
                if digits == 4 { "four" } else { "eight" },
                if digits == 4 { 'u' } else { 'U' },
                crate::template::quote(text.as_bytes(), Charset::Unicode)
            ));
        }
        self.at += digits;
        let code = u32::from_str_radix(text, 16).ok();
        code.and_then(char::from_u32).ok_or_else(|| format!("\\u{text}: not a valid Unicode code point"))
    }

    /// Reads a truth value, a number or a date.
    fn plain(&mut self) -> Outcome<Value> {
        let rest = self.rest();
        let mut length = rest
            .find(|rune: char| !rune.is_ascii_alphanumeric() && !"+-_.:".contains(rune))
            .unwrap_or(rest.len());
        // A date and a time may be parted by a space.
        let bytes = rest.as_bytes();
        let is_date = length == 10 && bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-');
        if is_date && bytes.get(10) == Some(&b' ') && bytes.get(11).is_some_and(u8::is_ascii_digit) {
            let tail = rest.get(11..).unwrap_or_default();
            length = 11
                + tail
                    .find(|rune: char| !rune.is_ascii_alphanumeric() && !"+-.:".contains(rune))
                    .unwrap_or(tail.len());
        }
        let word = rest.get(..length).unwrap_or_default();
        let value = match word {
            "true" => Some(true.into()),
            "false" => Some(false.into()),
            "inf" | "+inf" => Some(f64::INFINITY.into()),
            "-inf" => Some(f64::NEG_INFINITY.into()),
            "nan" | "+nan" | "-nan" => Some(f64::NAN.into()),
            _ => None,
        };
        let value = match value {
            Some(value) => value,
            None if word.starts_with(['t', 'f', 'i', 'n']) => {
                return Err(format!(
                    "expected value but found {} instead",
                    crate::template::quote(word.as_bytes(), Charset::Unicode)
                ));
            }
            None if word.len() > 4 && bytes.get(4) == Some(&b'-') && !word.contains(['e', 'E'])
                || bytes.get(2) == Some(&b':') =>
            {
                self.date(word)?
            }
            None => number(word)?,
        };
        self.at += length;
        Ok(value)
    }

    fn date(&self, word: &str) -> Outcome<Value> {
        let text = word.replace([' ', 't'], "T").replace('z', "Z");
        if let Ok(parsed) = parse_time(b"2006-01-02T15:04:05.999999999Z07:00", text.as_bytes()) {
            return Ok(Value::native(Time::from_parsed(&parsed, &self.local)));
        }
        for (zone, layout) in LOCAL_LAYOUTS {
            if let Ok(parsed) = parse_time(layout.as_bytes(), text.as_bytes()) {
                return Ok(Value::native(Time::from_parsed(&parsed, &self.local).renamed(zone)));
            }
        }
        Err(format!("Invalid TOML Datetime: {}.", crate::template::quote(word.as_bytes(), Charset::Unicode)))
    }
}

/// What a date that names no zone looks like, each with the name that the Go library gives the reader's zone.
pub(super) const LOCAL_LAYOUTS: [(&str, &str); 3] = [
    ("datetime-local", "2006-01-02T15:04:05.999999999"),
    ("date-local", "2006-01-02"),
    ("time-local", "15:04:05.999999999"),
];

fn dotted(path: &[String]) -> String {
    let parts: Vec<String> = path.iter().map(|part| key_text(&Text::from(part.as_str()))).collect();
    parts.join(".")
}

fn is_bare(rune: char) -> bool {
    rune.is_ascii_alphanumeric() || rune == '_' || rune == '-'
}

fn is_control(rune: char) -> bool {
    matches!(rune, '\0'..='\u{8}' | '\u{a}'..='\u{1f}' | '\u{7f}')
}

fn control(rune: char, place: &str) -> String {
    format!("control characters are not allowed inside {place}: '0x{:02x}'", u32::from(rune))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Map;

    fn read(text: &str) -> Result<Map, String> {
        let mut reader = Reader { text, at: 0, local: "UTC".to_owned(), last_key: String::new() };
        reader.document().map(Table::into_map).map_err(|message| reader.failure(&message))
    }

    fn json(text: &str) -> String {
        let map = Value::Map(read(text).expect("the text is TOML"));
        aqueduct_manifest::json::write(&map.to_manifest().expect("the values have JSON"))
    }

    #[test]
    fn documents() {
        for (text, expected) in [
            ("", "{}"),
            ("a = 1\nb = \"x\" # c\n", r#"{"a":1,"b":"x"}"#),
            ("a.b.c = 1\na.d = 2", r#"{"a":{"b":{"c":1},"d":2}}"#),
            ("[t]\nx = 1\n[t.y]\nz = true", r#"{"t":{"x":1,"y":{"z":true}}}"#),
            ("[[p]]\nn = 1\n[p.q]\nr = 1\n[[p]]\nn = 2", r#"{"p":[{"n":1,"q":{"r":1}},{"n":2}]}"#),
            ("a = [1, # one\n 2,\n]\nb = [[1], ['x']]", r#"{"a":[1,2],"b":[[1],["x"]]}"#),
            ("i = { x = 1, y.z = 'q' }", r#"{"i":{"x":1,"y":{"z":"q"}}}"#),
            ("h = 0xff\no = 0o17\nb = 0b11\nu = 1_000\nn = -5", r#"{"b":3,"h":255,"n":-5,"o":15,"u":1000}"#),
            ("f = 1.5\ng = 1e3\nh = -0.5e-2", r#"{"f":1.5,"g":1000,"h":-0.005}"#),
            ("s = \"\"\"\na\\\n   b\n\"\"\"", r#"{"s":"ab\n"}"#),
            ("s = '''it's'''", r#"{"s":"it's"}"#),
            (r#"s = "\u00e9\t\"""#, r#"{"s":"é\t\""}"#),
            ("d = 1979-05-27T07:32:00Z", r#"{"d":"1979-05-27T07:32:00Z"}"#),
            ("d = 1979-05-27 07:32:00.5+02:00", r#"{"d":"1979-05-27T07:32:00.5+02:00"}"#),
            ("\"a b\" = 1\n'c' = 2", r#"{"a b":1,"c":2}"#),
        ] {
            assert_eq!(json(text), expected, "{text}");
        }
    }

    #[test]
    fn refused() {
        for (text, message) in [
            ("x", "toml: line 1: unexpected EOF; expected key separator '='"),
            ("a = 1\na = 2", "toml: line 2 (last key \"a\"): Key 'a' has already been defined."),
            ("a =", "toml: line 1 (last key \"a\"): unexpected EOF; expected value"),
            ("[a]\n[a]", "toml: line 2 (last key \"a\"): Key 'a' has already been defined."),
            ("a = 1\n[a.b]", "toml: line 2 (last key \"a.b\"): Key 'a' was already created as a hash."),
            (
                "[a]\n[[a]]",
                "toml: line 2 (last key \"a\"): Key 'a' was already created and cannot be used as an array.",
            ),
            ("= 1", "toml: line 1: unexpected '=': key name appears blank"),
            (
                "a = 1 b = 2",
                "toml: line 1 (last key \"a\"): expected a top-level item to end with a newline, comment, or EOF, but got 'b' instead",
            ),
        ] {
            assert_eq!(read(text).err().as_deref(), Some(message), "{text}");
        }
    }

    #[test]
    fn deep_values_are_refused() {
        assert!(read(&format!("a = {}", "[".repeat(100_000))).is_err());
        assert!(read(&format!("a = {}", "{ b = ".repeat(100_000))).is_err());
    }
}

#[cfg(test)]
mod properties {
    use proptest::prelude::*;

    use super::{Reader, Table};
    use crate::functions::toml_write::write;
    use crate::value::{ANY_MAP, Map, Value};

    fn value() -> impl Strategy<Value = String> {
        // JSON in, so that a failing case can be read.
        let leaf = prop_oneof![
            any::<bool>().prop_map(|value| value.to_string()),
            (-1000_i32..1000).prop_map(|value| value.to_string()),
            "[ -~é\n\t]{0,8}".prop_map(|text| aqueduct_manifest::json::write(&text.into())),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
                prop::collection::btree_map("[a-c. ]{0,3}", inner, 0..4).prop_map(|entries| {
                    let entries: Vec<String> =
                        entries.iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
                    format!("{{{}}}", entries.join(","))
                }),
            ]
        })
    }

    proptest! {
        /// What is written as TOML reads back as the same JSON.
        #[test]
        fn values_come_back(json in value()) {
            let plain = aqueduct_manifest::json::read(&json).expect("the strategy makes JSON");
            let map = Value::Map(Map::with_entries(&ANY_MAP, [("root", Value::from(&plain))]));
            let text = write(&map).expect("the value has TOML");
            let mut reader = Reader { text: &text, at: 0, local: "UTC".to_owned(), last_key: String::new() };
            let again = reader.document().map(Table::into_map);
            let again = again.map_err(|message| reader.failure(&message));
            prop_assert!(again.is_ok(), "{text}\n{again:?}");
            let again = Value::Map(again.unwrap_or_default()).to_manifest().expect("JSON");
            let before = map.to_manifest().expect("JSON");
            prop_assert_eq!(
                aqueduct_manifest::json::write(&again),
                aqueduct_manifest::json::write(&before),
                "{}", text
            );
        }

        #[test]
        fn any_text_is_read(text in "[ab=.\\[\\]{}\"',#\n 0-9tf\\\\+-]{0,40}") {
            let mut reader = Reader { text: &text, at: 0, local: "UTC".to_owned(), last_key: String::new() };
            let _ = reader.document().map_err(|message| reader.failure(&message));
        }
    }
}
