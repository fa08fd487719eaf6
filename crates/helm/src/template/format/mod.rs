//! Go's `fmt`: every value as `print`, `printf` and `println` write it.

mod directive;
mod float;
mod integer;
mod text;

use super::FunctionError;
use super::rune::count;
use crate::stack::deepen;
use crate::value::{Kind, List, Map, Native, Text, Value};

/// How deep values may nest before they are taken to contain themselves.
const DEPTH_LIMIT: usize = 1000;
/// How many bytes one call may print.
const SIZE_LIMIT: usize = 1 << 25;

/// Formats like Go's `fmt.Sprint`, with a space between operands when neither is a string.
///
/// # Errors
/// Fails if a value contains itself or its output exceeds the size limit.
pub fn sprint(values: &[Value]) -> Result<Text, FunctionError> {
    if let [Value::String(text)] = values {
        return Ok(text.clone());
    }
    let mut printer = Printer::new(Vec::new());
    let mut after_string = true;
    for value in values {
        let string = value.kind() == Kind::String;
        if !string && !after_string {
            printer.out.push(b' ');
        }
        printer.argument(value, 'v');
        after_string = string;
    }
    printer.finish().map(Text::from)
}

/// Formats like Go's `fmt.Sprintln`, with spaces between all operands and a newline at the end.
///
/// # Errors
/// Fails if a value contains itself or its output exceeds the size limit.
pub fn sprintln(values: &[Value]) -> Result<Text, FunctionError> {
    let mut printer = Printer::new(Vec::new());
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            printer.out.push(b' ');
        }
        printer.argument(value, 'v');
    }
    printer.out.push(b'\n');
    printer.finish().map(Text::from)
}

/// Formats like Go's `fmt.Sprintf`.
///
/// # Errors
/// Fails if a value contains itself or its output exceeds the size limit.
pub fn sprintf(format: &[u8], values: &[Value]) -> Result<Text, FunctionError> {
    let mut printer = Printer::new(Vec::new());
    printer.directives(format, values);
    printer.finish().map(Text::from)
}

/// Appends a value as an action writes it; a pointer is written as what it points to.
pub(crate) fn write_value(out: &mut Vec<u8>, value: &Value) -> Result<(), FunctionError> {
    match value {
        Value::Nil => out.extend_from_slice(b"<no value>"),
        Value::String(text) => out.extend_from_slice(text.as_bytes()),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int(_, value) => {
            use std::io::Write as _;
            write!(out, "{value}").expect("a vector takes every write");
        }
        Value::Native(native) if native.kind() == Kind::Pointer && native.text().is_none() => {
            let mut printer = Printer::new(std::mem::take(out));
            printer.structure(native.as_ref(), 'v', 0);
            *out = printer.finish()?;
        }
        Value::Native(native) if let Some(text) = native.pointer_text() => {
            out.extend_from_slice(text.as_bytes())
        }
        other => {
            let mut printer = Printer::new(std::mem::take(out));
            printer.argument(other, 'v');
            *out = printer.finish()?;
        }
    }
    Ok(())
}

/// Formats like Go's `%v`; a value that contains itself gives an empty string.
pub fn print(value: &Value) -> Text {
    value.to_text().unwrap_or_default()
}

impl Value {
    /// Formats the value like Go's `%v`.
    ///
    /// # Errors
    /// Fails if the value contains itself or its output exceeds the size limit.
    pub fn to_text(&self) -> Result<Text, FunctionError> {
        sprint(std::slice::from_ref(self))
    }
}

/// The flags of a directive.
#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    width: Option<usize>,
    precision: Option<usize>,
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    /// `%+v`, where `+` does not mean a sign.
    plus_v: bool,
    /// `%#v`, Go syntax.
    sharp_v: bool,
}

/// The output so far, and how to format the current operand.
struct Printer {
    out: Vec<u8>,
    start: usize,
    flags: Flags,
    /// Set within `%!verb(type=value)`, where methods are not called.
    erring: bool,
    endless: Option<String>,
}

impl Printer {
    fn new(out: Vec<u8>) -> Self {
        Self { start: out.len(), out, flags: Flags::default(), erring: false, endless: None }
    }

    fn finish(self) -> Result<Vec<u8>, FunctionError> {
        match self.endless {
            Some(message) => Err(FunctionError::new(message)),
            None if self.out.len() - self.start > SIZE_LIMIT => {
                Err(FunctionError::new(format!("cannot print a value of more than {SIZE_LIMIT} bytes")))
            }
            None => Ok(self.out),
        }
    }

    fn write(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Writes `length` blanks, or zeros if the flags pad with zeros on the left.
    fn padding(&mut self, length: usize) {
        let byte = if self.flags.zero && !self.flags.minus { b'0' } else { b' ' };
        self.out.resize(self.out.len() + length, byte);
    }

    fn pad(&mut self, bytes: &[u8]) {
        let missing = self.flags.width.unwrap_or(0).saturating_sub(count(bytes));
        if self.flags.minus {
            self.out.extend_from_slice(bytes);
            self.padding(missing);
        } else {
            self.padding(missing);
            self.out.extend_from_slice(bytes);
        }
    }

    fn pad_without_zeros(&mut self, bytes: &[u8]) {
        let zero = std::mem::replace(&mut self.flags.zero, false);
        self.pad(bytes);
        self.flags.zero = zero;
    }

    fn bad_verb(&mut self, value: &Value, verb: char) {
        self.bad_verb_of(value.type_name(), value, verb);
    }

    fn bad_verb_of(&mut self, type_name: &str, value: &Value, verb: char) {
        let erring = std::mem::replace(&mut self.erring, true);
        self.write("%!");
        self.push(verb);
        self.out.push(b'(');
        if value.is_nil() {
            self.write("<nil>");
        } else {
            self.write(type_name);
            self.out.push(b'=');
            self.value(value, 'v', 0);
        }
        self.out.push(b')');
        self.erring = erring;
    }

    fn push(&mut self, rune: char) {
        self.out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// Prints an operand.
    fn argument(&mut self, value: &Value, verb: char) {
        match (value, verb) {
            (Value::Nil | Value::NilInterface, 'T' | 'v') => self.pad(b"<nil>"),
            (Value::Nil | Value::NilInterface, _) => self.bad_verb(value, verb),
            (_, 'T') => self.string(value.type_name().as_bytes(), 's', value),
            (_, 'p') => self.pointer(value),
            _ => self.value(value, verb, 0),
        }
    }

    fn value(&mut self, value: &Value, verb: char, depth: usize) {
        if depth > DEPTH_LIMIT {
            self.endless.get_or_insert_with(|| "cannot print a value that holds itself".to_owned());
        } else if self.out.len() - self.start > SIZE_LIMIT {
            self.endless
                .get_or_insert_with(|| format!("cannot print a value of more than {SIZE_LIMIT} bytes"));
        }
        if self.endless.is_some() {
            return;
        }
        match value {
            Value::Nil | Value::NilInterface => {
                self.write(if self.flags.sharp_v { "interface {}(nil)" } else { "<nil>" });
            }
            Value::Bool(truth) => match verb {
                't' | 'v' => self.pad(if *truth { b"true" } else { b"false" }),
                _ => self.bad_verb(value, verb),
            },
            Value::Int(_, number) => self.integer(number.unsigned_abs(), Some(*number < 0), verb, value),
            Value::Uint(_, number) => self.integer(*number, None, verb, value),
            Value::Float(number) => self.float(*number, verb, value),
            Value::Complex(real, imaginary) => self.complex(*real, *imaginary, verb, value),
            Value::String(text) => self.string(text.as_bytes(), verb, value),
            Value::Bytes(bytes) => self.bytes(bytes, verb, value, depth),
            Value::List(_) | Value::Map(_) if verb == 'w' && depth == 0 => self.bad_verb(value, verb),
            Value::List(list) => deepen(|| self.list(list, verb, depth)),
            Value::Map(map) => deepen(|| self.map(map, verb, depth)),
            Value::Native(native) => {
                if verb == 'w' && !self.erring {
                    self.bad_verb(value, verb);
                } else if !self.methods(native.as_ref(), verb) {
                    self.native(native.as_ref(), verb, depth);
                }
            }
        }
    }

    fn list(&mut self, list: &List, verb: char, depth: usize) {
        let go = self.flags.sharp_v;
        if go {
            self.write(list.list_type().name);
            if list.is_nil() {
                return self.write("(nil)");
            }
        }
        self.out.push(if go { b'{' } else { b'[' });
        for (index, item) in list.items().iter().enumerate() {
            if index > 0 {
                self.write(if go { ", " } else { " " });
            }
            self.value(item, verb, depth + 1);
        }
        self.out.push(if go { b'}' } else { b']' });
    }

    fn map(&mut self, map: &Map, verb: char, depth: usize) {
        let go = self.flags.sharp_v;
        if go {
            self.write(map.map_type().name);
            if map.is_nil() {
                return self.write("(nil)");
            }
            self.out.push(b'{');
        } else {
            self.write("map[");
        }
        for (index, (key, item)) in map.entries().into_iter().enumerate() {
            if index > 0 {
                self.write(if go { ", " } else { " " });
            }
            self.value(&Value::String(key), verb, depth + 1);
            self.out.push(b':');
            self.value(&item, verb, depth + 1);
        }
        self.out.push(if go { b'}' } else { b']' });
    }

    /// Prints the result of the `GoString` method, or of `String` or `Error` if the verb accepts strings.
    fn methods(&mut self, native: &dyn Native, verb: char) -> bool {
        if !self.erring && self.flags.sharp_v {
            let text = native.go_text();
            text.iter().for_each(|text| self.pad(text.as_bytes()));
            return text.is_some();
        }
        if self.erring || self.flags.sharp_v || !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
            return false;
        }
        let Some(text) = native.text() else { return false };
        self.string(text.as_bytes(), verb, &Value::Nil);
        true
    }

    fn native(&mut self, native: &dyn Native, verb: char, depth: usize) {
        if let Some(value) = native.underlying() {
            if "vdboOxXcqU".contains(verb) {
                return self.value(&value, verb, depth);
            }
            return self.bad_verb_of(native.type_name(), &value, verb);
        }
        if native.kind() == Kind::Pointer {
            if depth > 0 {
                return self.write("0xc000000000");
            }
            self.out.push(b'&');
        }
        self.structure(native, verb, depth);
    }

    fn structure(&mut self, native: &dyn Native, verb: char, depth: usize) {
        let go = self.flags.sharp_v;
        if go {
            self.write(native.type_name().trim_start_matches('*'));
        }
        self.out.push(b'{');
        for (index, (name, value)) in native.printed_fields().into_iter().enumerate() {
            if index > 0 {
                self.write(if go { ", " } else { " " });
            }
            if go || self.flags.plus_v {
                self.write(name);
                self.out.push(b':');
            }
            self.value(&value, verb, depth + 1);
        }
        self.out.push(b'}');
    }

    /// Prints an address. Go's differ from run to run; this one is constant.
    fn pointer(&mut self, value: &Value) {
        match value.kind() {
            Kind::Slice | Kind::Map | Kind::Pointer => self.write("0xc000000000"),
            _ => self.bad_verb(value, 'p'),
        }
    }
}
