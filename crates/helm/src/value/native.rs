//! Go structs, pointers to them and named numbers: what has fields or methods of its own.

use std::any::Any;
use std::fmt;

use super::{Kind, Value};

/// A value of a Go type that is neither basic nor a slice nor a map, such as `time.Time`.
pub trait Native: fmt::Debug {
    /// Returns the name that `%T` prints, such as `*semver.Version`.
    fn type_name(&self) -> &'static str;

    /// Returns the Go kind.
    fn kind(&self) -> Kind;

    /// Returns itself for a cast to its Rust type.
    fn as_any(&self) -> &dyn Any;

    /// Returns the exported fields in the order of their declaration.
    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// Returns an exported field.
    fn field(&self, name: &str) -> Option<Value> {
        self.fields().into_iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    /// Returns what `String()` or `Error()` says, where the Go type has it.
    fn text(&self) -> Option<String> {
        None
    }

    /// Returns what `GoString()` says, where the Go type has it: `%#v` prints that.
    fn go_text(&self) -> Option<String> {
        None
    }

    /// Returns what a `String` method of the pointer says: an action prints it where it holds the value in
    /// its place, other functions print the fields.
    fn pointer_text(&self) -> Option<String> {
        None
    }

    /// Returns all fields as `%v` prints them, which are more than the exported ones.
    fn printed_fields(&self) -> Vec<(&'static str, Value)> {
        self.fields()
    }

    /// Returns the basic value of a named number or text, such as the `int64` of a `time.Duration`.
    fn underlying(&self) -> Option<Value> {
        None
    }

    /// Tells whether Go's `==` (or `reflect.DeepEqual`) holds them for equal.
    fn equal(&self, other: &dyn Native) -> bool {
        self.type_name() == other.type_name() && self.text() == other.text()
    }

    /// Returns the fields as `encoding/json` writes them, where they have names of their own there.
    fn json_fields(&self) -> Vec<(&'static str, Value)> {
        self.fields()
    }

    /// Returns what `encoding/json` makes of it; by default its text or else its fields.
    fn to_json(&self) -> Value {
        if let Some(value) = self.underlying() {
            return value;
        }
        Value::Map(self.json_fields().into_iter().collect())
    }
}
