//! The syntax of `--set` and similar flags: `a.b[0].c=value,d={x,y}`.

use serde_json::Deserializer;

use crate::template::{Charset, quote, quote_rune};
use crate::value::{Kind, List, Map, Text, Value};

/// The highest index in a list.
const MAXIMUM_INDEX: i64 = 65536;
/// How many elements indices may create in all lists together; Helm continues until memory runs out.
pub(super) const MAXIMUM_ELEMENTS: usize = 1 << 20;
/// How deep names may nest.
const MAXIMUM_DEPTH: usize = 30;
/// How deep lists in lists may nest; Helm has no limit.
const MAXIMUM_LIST_DEPTH: usize = 500;

/// How the value of a setting is interpreted.
pub enum Notation<'a> {
    /// Integers, booleans and `null` get their types.
    Typed,
    /// Everything is a string.
    Text,
    /// The value is a file name and stands for the file's contents.
    File(&'a dyn Fn(&str) -> Result<Vec<u8>, String>),
    /// The value is JSON.
    Json,
    /// Everything up to the end of the setting is a string.
    Literal,
}

/// Applies one argument to values. `room` is the number of elements that indices may still create.
pub(super) fn set(
    argument: &str,
    values: &Map,
    notation: &Notation<'_>,
    room: &mut usize,
) -> Result<(), String> {
    let mut parser = Parser { text: argument, at: 0, notation, room };
    loop {
        match parser.key(values, 0, 0) {
            Ok(()) => {}
            Err(Failure::End) => return Ok(()),
            Err(Failure::Message(message)) => return Err(message),
        }
    }
}

enum Failure {
    /// The end of the argument was reached.
    End,
    Message(String),
}

fn fail<T>(message: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Message(message.into()))
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    notation: &'a Notation<'a>,
    room: &'a mut usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        Some(character)
    }

    fn is_json(&self) -> bool {
        matches!(self.notation, Notation::Json)
    }

    fn is_literal(&self) -> bool {
        matches!(self.notation, Notation::Literal)
    }

    /// Reads up to one of the characters and returns which one; `None` at the end.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let mut text = String::new();
        while let Some(character) = self.next() {
            if stops.contains(&character) {
                return (text, Some(character));
            }
            if character == '\\' && !self.is_literal() {
                match self.next() {
                    Some(escaped) => text.push(escaped),
                    None => break,
                }
            } else {
                text.push(character);
            }
        }
        (text, None)
    }

    /// Reads a name and what follows it into a map.
    fn key(&mut self, values: &Map, depth: usize, list_depth: usize) -> Result<(), Failure> {
        let stops: &[char] = if self.is_literal() { &['=', '[', '.'] } else { &['=', '[', ',', '.'] };
        let (key, stop) = self.until(stops);
        match stop {
            None if key.is_empty() => Err(Failure::End),
            None => fail(format!("key {} has no value", quoted(&key))),
            Some('[') => {
                let index = self.index()?;
                let list = match values.get(&key) {
                    None => Vec::new(),
                    Some(Value::List(list)) => list.items().to_vec(),
                    Some(other) => return wrong_type(&other, "[]interface {}"),
                };
                let (list, result) = self.item(list, index, depth, list_depth);
                put(values, &key, Value::list(list));
                result
            }
            Some('=') => self.value(|value| put(values, &key, value)),
            Some(',') => {
                put(values, &key, "".into());
                fail(format!("key {} has no value (cannot end with ,)", quoted(&key)))
            }
            Some(_) => {
                if depth + 1 > MAXIMUM_DEPTH {
                    return fail(format!(
                        "value name nested level is greater than maximum supported nested level of {MAXIMUM_DEPTH}"
                    ));
                }
                let inner = match values.get(&key) {
                    None => Map::new(),
                    Some(Value::Map(map)) => map,
                    Some(other) => return wrong_type(&other, "map[string]interface {}"),
                };
                let result = self.key(&inner, depth + 1, list_depth);
                if inner.is_empty() {
                    if result.is_ok() {
                        return fail(format!("key map {} has no value", quoted(&key)));
                    }
                } else {
                    put(values, &key, Value::Map(inner));
                }
                result
            }
        }
    }

    /// Reads a value after `=`.
    fn value(&mut self, put: impl FnOnce(Value)) -> Result<(), Failure> {
        match self.notation {
            Notation::Json => {
                if self.is_empty_value() {
                    put(Value::Nil);
                    return Ok(());
                }
                put(self.json()?);
                self.is_empty_value();
                Ok(())
            }
            Notation::Literal => {
                let rest = self.rest().to_owned();
                self.at = self.text.len();
                put(rest.into());
                Ok(())
            }
            Notation::Typed | Notation::Text | Notation::File(_) => match self.peek() {
                None => {
                    put("".into());
                    Err(Failure::End)
                }
                Some('{') => {
                    put(self.list()?);
                    Ok(())
                }
                Some(_) => {
                    let (text, _) = self.until(&[',']);
                    put(self.read(&text)?);
                    Ok(())
                }
            },
        }
    }

    /// Reads `{a,b}`.
    fn list(&mut self) -> Result<Value, Failure> {
        self.next();
        let mut items = Vec::new();
        loop {
            let (text, stop) = self.until(&[',', '}']);
            if stop.is_none() {
                return fail("list must terminate with '}'");
            }
            items.push(self.read(&text)?);
            if stop == Some('}') {
                if self.peek() == Some(',') {
                    self.next();
                }
                return Ok(Value::list(items));
            }
        }
    }

    /// Reads what follows an index into a list.
    fn item(
        &mut self,
        mut list: Vec<Value>,
        index: i64,
        depth: usize,
        list_depth: usize,
    ) -> (Vec<Value>, Result<(), Failure>) {
        if index < 0 {
            return (list, fail(format!("negative {index} index not allowed")));
        }
        if list_depth > MAXIMUM_LIST_DEPTH {
            return (list, fail(format!("lists nest deeper than {MAXIMUM_LIST_DEPTH} levels")));
        }
        let (text, stop) = self.until(&['[', '.', '=']);
        if !text.is_empty() {
            let characters: Vec<String> =
                text.chars().map(|character| quote_rune(character, Charset::Unicode)).collect();
            let message = format!("unexpected data at end of array index: [{}]", characters.join(" "));
            return (list, fail(message));
        }
        let present = usize::try_from(index).ok().and_then(|index| list.get(index)).cloned();
        let (item, result) = match stop {
            None => return (list, Err(Failure::End)),
            Some('=') => {
                let mut item = Value::Nil;
                let result = self.value(|value| item = value);
                // If the argument ends right after `=`, the value is an empty string; that is not a failure here.
                match result {
                    Err(Failure::Message(_)) => return (list, result),
                    Err(Failure::End) | Ok(()) => (item, Ok(())),
                }
            }
            Some('[') => {
                let inner = match present {
                    None | Some(Value::Nil) => Vec::new(),
                    Some(Value::List(list)) => list.items().to_vec(),
                    Some(other) => return (list, wrong_type(&other, "[]interface {}")),
                };
                let next = match self.index() {
                    Ok(next) => next,
                    Err(failure) => return (list, Err(failure)),
                };
                let (inner, result) = self.item(inner, next, depth, list_depth + 1);
                if result.is_err() {
                    return (list, result);
                }
                (Value::List(List::new(inner)), result)
            }
            Some(_) => {
                let inner = match present {
                    Some(Value::Map(map)) => map,
                    _ => Map::new(),
                };
                let place = usize::try_from(index).ok().and_then(|index| list.get_mut(index));
                if let Some(place) = place {
                    *place = Value::Map(inner.clone());
                }
                let result = self.key(&inner, depth, list_depth + 1);
                if result.is_err() {
                    return (list, result);
                }
                (Value::Map(inner), result)
            }
        };
        if index > MAXIMUM_INDEX {
            let message =
                format!("index of {index} is greater than maximum supported index of {MAXIMUM_INDEX}");
            return (list, fail(message));
        }
        let index = index as usize;
        if list.len() <= index {
            *self.room = match self.room.checked_sub(index + 1 - list.len()) {
                Some(room) => room,
                None => return (list, fail(format!("more than {MAXIMUM_ELEMENTS} elements of lists"))),
            };
            list.resize(index + 1, Value::Nil);
        }
        if let Some(place) = list.get_mut(index) {
            *place = item;
        }
        (list, result)
    }

    fn index(&mut self) -> Result<i64, Failure> {
        let (text, stop) = self.until(&[']']);
        if stop.is_none() {
            return Err(Failure::End);
        }
        let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
        let reason = if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            "invalid syntax"
        } else {
            "value out of range"
        };
        text.parse().or_else(|_| {
            fail(format!("error parsing index: strconv.Atoi: parsing {}: {reason}", quoted(&text)))
        })
    }

    /// Skips whitespace and a comma; returns whether there was nothing else.
    fn is_empty_value(&mut self) -> bool {
        loop {
            match self.peek() {
                None => return true,
                Some(',') => {
                    self.next();
                    return true;
                }
                Some(character) if character.is_whitespace() => {
                    self.next();
                }
                Some(_) => return false,
            }
        }
    }

    fn json(&mut self) -> Result<Value, Failure> {
        debug_assert!(self.is_json(), "only JSON is read as JSON");
        let mut stream = Deserializer::from_str(self.rest()).into_iter::<serde_json::Value>();
        let value = match stream.next() {
            Some(Ok(value)) => from_json(&value),
            Some(Err(error)) => return fail(error.to_string()),
            None => Value::Nil,
        };
        let length = stream.byte_offset();
        self.at += length;
        Ok(value)
    }

    fn read(&self, text: &str) -> Result<Value, Failure> {
        match self.notation {
            Notation::Typed => Ok(typed(text)),
            Notation::File(file) => match file(text) {
                Ok(bytes) => Ok(Value::string(Text::from_bytes(bytes))),
                Err(message) => fail(message),
            },
            Notation::Text | Notation::Json | Notation::Literal => Ok(text.into()),
        }
    }
}

/// Sets a key, unless it is empty.
fn put(values: &Map, key: &str, value: Value) {
    if !key.is_empty() {
        values.insert(key, value);
    }
}

fn wrong_type<T>(value: &Value, wanted: &str) -> Result<T, Failure> {
    let actual = if value.is_nil() { "nil" } else { value.type_name() };
    fail(format!("unable to parse key: interface conversion: interface {{}} is {actual}, not {wanted}"))
}

fn typed(text: &str) -> Value {
    if text.eq_ignore_ascii_case("true") {
        return true.into();
    }
    if text.eq_ignore_ascii_case("false") {
        return false.into();
    }
    if text.eq_ignore_ascii_case("null") {
        return Value::Nil;
    }
    if (text == "0" || !text.starts_with('0'))
        && let Ok(integer) = text.parse()
    {
        return Value::Int(Kind::Int64, integer);
    }
    text.into()
}

/// Converts JSON as `encoding/json` does: every number is a `float64`.
pub(super) fn from_json(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(value) => (*value).into(),
        serde_json::Value::Number(number) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(text) => text.as_str().into(),
        serde_json::Value::Array(items) => Value::list(items.iter().map(from_json).collect()),
        serde_json::Value::Object(entries) => {
            Value::Map(entries.iter().map(|(key, value)| (key.as_str(), from_json(value))).collect())
        }
    }
}

/// Quotes as Go's `%q` does.
fn quoted(text: &str) -> String {
    quote(text.as_bytes(), Charset::Unicode)
}
