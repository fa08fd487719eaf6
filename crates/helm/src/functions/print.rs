//! Values as strings: what sprig's `toString` and `toStrings` make of any value.

use std::rc::Rc;

use crate::template::FunctionError;
use crate::value::{Kind, Text, Value};

/// Returns a string as it is, and anything else as Go's `%v` prints it.
pub(super) fn text_of(value: &Value) -> Result<Text, FunctionError> {
    match value {
        Value::Bytes(bytes) => Ok(Text::from_bytes(bytes)),
        Value::Nil | Value::NilInterface => Ok("<nil>".into()),
        _ => value.to_text(),
    }
}

/// Returns the elements of a slice of any type.
pub(super) fn elements(value: &Value) -> Option<Rc<Vec<Value>>> {
    match value {
        Value::List(list) => Some(list.items()),
        Value::Bytes(bytes) => {
            Some(Rc::new(bytes.iter().map(|byte| Value::Uint(Kind::Uint8, (*byte).into())).collect()))
        }
        _ => None,
    }
}

/// Returns the elements of a slice as strings without its `nil`s, or anything else as a single string.
pub(super) fn texts_of(value: &Value) -> Result<Vec<Text>, FunctionError> {
    if value.is_nil() {
        return Ok(Vec::new());
    }
    match elements(value) {
        Some(items) => items.iter().filter(|item| !item.is_nil()).map(text_of).collect(),
        None => Ok(vec![text_of(value)?]),
    }
}
