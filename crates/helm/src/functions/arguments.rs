//! The arguments of a call, extracted with the types that the function declared.

use crate::template::FunctionError;
use crate::value::{List, Map, Text, Value};

/// What every function returns.
pub(super) type Answer = Result<Value, FunctionError>;

/// The arguments of one call. The evaluator has checked them against the declared parameters, so a mismatch here
/// means that the registry declares something else than the function takes.
#[derive(Clone, Copy)]
pub(super) struct Arguments<'a>(pub(super) &'a [Value]);

impl<'a> Arguments<'a> {
    /// Returns an argument of any type.
    pub(super) fn value(self, index: usize) -> Result<&'a Value, FunctionError> {
        self.0.get(index).ok_or_else(|| FunctionError::new(format!("argument {} is missing", index + 1)))
    }

    /// Returns the arguments from an index on.
    pub(super) fn from(self, index: usize) -> &'a [Value] {
        self.0.get(index..).unwrap_or_default()
    }

    /// Returns a `string`.
    pub(super) fn text(self, index: usize) -> Result<&'a Text, FunctionError> {
        let value = self.value(index)?;
        value.as_text().ok_or_else(|| unexpected(value, "string"))
    }

    /// Returns the bytes of a `string`.
    pub(super) fn bytes(self, index: usize) -> Result<&'a [u8], FunctionError> {
        self.text(index).map(Text::as_bytes)
    }

    /// Returns an integer.
    pub(super) fn int(self, index: usize) -> Result<i64, FunctionError> {
        let value = self.value(index)?;
        value.as_i64().ok_or_else(|| unexpected(value, "int"))
    }

    /// Returns a `bool`.
    pub(super) fn boolean(self, index: usize) -> Result<bool, FunctionError> {
        let value = self.value(index)?;
        value.as_bool().ok_or_else(|| unexpected(value, "bool"))
    }

    /// Returns a map.
    pub(super) fn map(self, index: usize) -> Result<&'a Map, FunctionError> {
        let value = self.value(index)?;
        value.as_map().ok_or_else(|| unexpected(value, "map[string]interface {}"))
    }

    /// Returns a slice.
    pub(super) fn list(self, index: usize) -> Result<&'a List, FunctionError> {
        let value = self.value(index)?;
        value.as_list().ok_or_else(|| unexpected(value, "[]interface {}"))
    }
}

fn unexpected(value: &Value, expected: &str) -> FunctionError {
    FunctionError::new(format!("wrong type for value; expected {expected}; got {}", value.type_name()))
}

/// Returns the error of Go's runtime for something that its code did not check.
pub(super) fn runtime_error(message: &str) -> FunctionError {
    FunctionError::new(format!("runtime error: {message}"))
}

/// Returns the error of Go's runtime when a `nil` is asked for its type.
pub(super) fn nil_dereference() -> FunctionError {
    runtime_error("invalid memory address or nil pointer dereference")
}
