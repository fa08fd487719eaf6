//! Go structs, pointers to them and named numbers: values with fields or methods of their own.

use std::any::Any;
use std::fmt;

use super::{Kind, Value};

/// A value of a Go type that is not basic, a slice or a map, such as `time.Time`.
pub trait Native: fmt::Debug {
    /// Returns the name that `%T` prints, such as `*semver.Version`.
    fn type_name(&self) -> &'static str;

    /// Returns the Go kind.
    fn kind(&self) -> Kind;

    /// Returns itself for downcasting to its Rust type.
    fn as_any(&self) -> &dyn Any;

    /// Returns the exported fields in declaration order.
    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// Returns an exported field.
    fn field(&self, name: &str) -> Option<Value> {
        self.fields().into_iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    /// Returns the result of `String()` or `Error()`, if the Go type has it.
    fn text(&self) -> Option<String> {
        None
    }

    /// Returns the result of `GoString()`, which `%#v` prints, if the Go type has it.
    fn go_text(&self) -> Option<String> {
        None
    }

    /// Returns the result of a `String` method of the pointer type. An action prints it if it holds an addressable
    /// value; other functions print the fields.
    fn pointer_text(&self) -> Option<String> {
        None
    }

    /// Returns all fields as `%v` prints them, including unexported ones.
    fn printed_fields(&self) -> Vec<(&'static str, Value)> {
        self.fields()
    }

    /// Returns the basic value of a named number or string, such as the `int64` of a `time.Duration`.
    fn underlying(&self) -> Option<Value> {
        None
    }

    /// Returns whether Go's `==` (or `reflect.DeepEqual`) considers them equal.
    fn equal(&self, other: &dyn Native) -> bool {
        self.type_name() == other.type_name() && self.text() == other.text()
    }

    /// Returns the fields as `encoding/json` writes them, if it gives them other names.
    fn json_fields(&self) -> Vec<(&'static str, Value)> {
        self.fields()
    }

    /// Returns what `encoding/json` makes of it: by default its underlying value or else its fields.
    fn to_json(&self) -> Value {
        if let Some(value) = self.underlying() {
            return value;
        }
        Value::Map(self.json_fields().into_iter().collect())
    }
}
