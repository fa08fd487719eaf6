//! JSON Patch (RFC 6902) as in Kustomize, with the behaviour of the Go library `evanphx/json-patch` 4: `replace` of a
//! missing key adds it, `null` is not a container, and `test` of a missing key against `null` passes.

use crate::patch::error::OperationError;
use crate::patch::pointer;
use crate::{Map, Value, json, yaml};

/// How many bytes all copies of a patch may contain. Otherwise, a few copies of copies would fill any memory.
const COPY_LIMIT: usize = 8 << 20;

/// One step of a JSON patch.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    fields: Map,
}

/// Reads a JSON patch: JSON where the text starts with `[`, YAML otherwise.
///
/// # Errors
/// Returns an error for invalid text, and for a document that is not a list of maps. `null` is an empty patch.
pub fn read_operations(text: &str) -> Result<Vec<Operation>, OperationError> {
    let document = if text.starts_with('[') {
        json::read(text).map_err(|error| OperationError(error.to_string()))?
    } else {
        let mut document = yaml::read(text).map_err(|error| OperationError(error.to_string()))?;
        // YAML is converted to JSON, where `1.0` becomes `1`. A text that is already JSON keeps its digits.
        change_numbers(&mut document, as_json_reads);
        document
    };
    let list = match document {
        Value::Null => return Ok(Vec::new()),
        Value::List(list) => list,
        other => return Err(OperationError(format!("a JSON patch must be a list, not a {}", other.kind()))),
    };
    list.iter().map(Operation::from_value).collect()
}

/// Applies the operations in order. If one fails, the target does not change.
///
/// As in Go, all numbers in the result have been converted to 64-bit floats.
///
/// # Errors
/// Returns the Go library's error for the first operation that does not apply.
pub fn json6902(target: &mut Value, operations: &[Operation]) -> Result<(), OperationError> {
    let mut document = target.clone();
    change_numbers(&mut document, as_json_reads);
    let mut room = COPY_LIMIT;
    for operation in operations {
        operation.apply(&mut document, &mut room)?;
    }
    match &document {
        Value::List(_) => {
            return Err(OperationError(json::mismatch(&document, "map[string]interface {}")));
        }
        // The Go library treats an empty result as no result.
        Value::Map(map) if map.is_empty() => return Ok(()),
        _ => {}
    }
    change_numbers(&mut document, as_float);
    *target = document;
    Ok(())
}

impl Operation {
    /// Reads an operation from its fields `op`, `path`, `from` and `value`.
    ///
    /// Errors in them only occur when the operation is applied.
    ///
    /// # Errors
    /// Returns an error for a value that is not a map.
    pub fn from_value(value: &Value) -> Result<Self, OperationError> {
        match value {
            Value::Map(fields) => Ok(Self { fields: fields.clone() }),
            Value::Null => Ok(Self { fields: Map::new() }),
            other => Err(OperationError(format!("an operation must be a map, not a {}", other.kind()))),
        }
    }

    fn apply(&self, document: &mut Value, room: &mut usize) -> Result<(), OperationError> {
        match self.fields.get("op").and_then(Value::as_str).unwrap_or("unknown") {
            "add" => self.add(document),
            "remove" => self.remove(document),
            "replace" => self.replace(document),
            "move" => self.shift(document),
            "copy" => self.copy(document, room),
            "test" => self.test(document),
            other => Err(OperationError(format!("Unexpected kind: {other}"))),
        }
    }

    fn add(&self, document: &mut Value) -> Result<(), OperationError> {
        let path = self.path().map_err(|_| OperationError::missing("add operation failed to decode path"))?;
        let (container, key) = find(document, path).ok_or_else(|| {
            OperationError::missing(format!("add operation does not apply: doc is missing path: \"{path}\""))
        })?;
        let value = self.value();
        check_depth(path, &value)?;
        add(container, key, value)
            .map_err(|error| OperationError::caused(format!("error in add for path: '{path}'"), error))
    }

    fn remove(&self, document: &mut Value) -> Result<(), OperationError> {
        let path =
            self.path().map_err(|_| OperationError::missing("remove operation failed to decode path"))?;
        let (container, key) = find(document, path).ok_or_else(|| {
            OperationError::missing(format!(
                "remove operation does not apply: doc is missing path: \"{path}\""
            ))
        })?;
        remove(container, &key)
            .map_err(|error| OperationError::caused(format!("error in remove for path: '{path}'"), error))
    }

    fn replace(&self, document: &mut Value) -> Result<(), OperationError> {
        let path = self
            .path()
            .map_err(|error| OperationError::caused("replace operation failed to decode path", error))?;
        if path.is_empty() {
            // A scalar instead of a document is silently ignored.
            if let value @ (Value::Map(_) | Value::List(_)) = self.value() {
                *document = value;
            }
            return Ok(());
        }
        let (container, key) = find(document, path).ok_or_else(|| {
            OperationError::missing(format!("replace operation does not apply: doc is missing path: {path}"))
        })?;
        let value = self.value();
        check_depth(path, &value)?;
        match container {
            Value::List(list) => {
                let element =
                    pointer::existing(&key, list.len()).ok().and_then(|index| list.make_mut().get_mut(index));
                let element = element.ok_or_else(|| {
                    OperationError::missing(format!(
                        "replace operation does not apply: doc is missing key: {path}"
                    ))
                })?;
                *element = value;
                Ok(())
            }
            container => add(container, key, value),
        }
    }

    fn shift(&self, document: &mut Value) -> Result<(), OperationError> {
        let from = self
            .from()
            .map_err(|error| OperationError::caused("move operation failed to decode from", error))?;
        let (container, key) = find(document, from).ok_or_else(|| {
            OperationError::missing(format!(
                "move operation does not apply: doc is missing from path: {from}"
            ))
        })?;
        let moved = get(container, &key)
            .and_then(|value| remove(container, &key).map(|()| value))
            .map_err(|error| OperationError::caused(format!("error in move for path: '{key}'"), error))?;
        let path = self
            .path()
            .map_err(|error| OperationError::caused("move operation failed to decode path", error))?;
        let (container, key) = find(document, path).ok_or_else(|| {
            OperationError::missing(format!(
                "move operation does not apply: doc is missing destination path: {path}"
            ))
        })?;
        check_depth(path, &moved)?;
        add(container, key, moved)
            .map_err(|error| OperationError::caused(format!("error in move for path: '{path}'"), error))
    }

    fn copy(&self, document: &mut Value, room: &mut usize) -> Result<(), OperationError> {
        let from = self
            .from()
            .map_err(|error| OperationError::caused("copy operation failed to decode from", error))?;
        let (container, key) = find(document, from).ok_or_else(|| {
            OperationError::missing(format!(
                "copy operation does not apply: doc is missing from path: {from}"
            ))
        })?;
        let copied = get(container, &key)
            .map_err(|error| OperationError::caused(format!("error in copy for from: '{from}'"), error))?;
        let weight = copied.weight(*room).ok_or_else(|| {
            OperationError(format!("the copies of a patch may contain no more than {COPY_LIMIT} bytes"))
        })?;
        *room = room.saturating_sub(weight);
        let path =
            self.path().map_err(|_| OperationError::missing("copy operation failed to decode path"))?;
        let (container, key) = find(document, path).ok_or_else(|| {
            OperationError::missing(format!(
                "copy operation does not apply: doc is missing destination path: {path}"
            ))
        })?;
        check_depth(path, &copied)?;
        add(container, key, copied)
            .map_err(|error| OperationError::caused("error while adding value during copy", error))
    }

    fn test(&self, document: &mut Value) -> Result<(), OperationError> {
        let path = self
            .path()
            .map_err(|error| OperationError::caused("test operation failed to decode path", error))?;
        let found = if path.is_empty() {
            document.clone()
        } else {
            let (container, key) = find(document, path).ok_or_else(|| {
                OperationError::missing(format!("test operation does not apply: is missing path: {path}"))
            })?;
            get(container, &key)
                .map_err(|error| OperationError::caused(format!("error in test for path: '{path}'"), error))?
        };
        if found == self.value() {
            Ok(())
        } else {
            Err(OperationError::caused(format!("testing value {path} failed"), "test failed"))
        }
    }

    fn path(&self) -> Result<&str, OperationError> {
        self.text("path", "operation missing path field")
    }

    fn from(&self) -> Result<&str, OperationError> {
        self.text("from", "operation, missing from field")
    }

    fn text(&self, field: &str, missing: &str) -> Result<&str, OperationError> {
        match self.fields.get(field) {
            Some(Value::String(text)) => Ok(text),
            None | Some(Value::Null) => Err(OperationError::missing(missing)),
            Some(other) => Err(OperationError(json::mismatch(other, "string"))),
        }
    }

    fn value(&self) -> Value {
        self.fields.get("value").cloned().unwrap_or_default()
    }
}

/// Returns the container of a path and the key in it.
fn find<'a>(document: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let (keys, last) = pointer::split(path)?;
    Some((pointer::container(document, &keys)?, last))
}

/// Checks that a value does not make the document too deep to be read.
fn check_depth(path: &str, value: &Value) -> Result<(), OperationError> {
    if path.matches('/').count() + value.depth() > yaml::MAX_DEPTH {
        return Err(OperationError(format!("the result would nest deeper than {} levels", yaml::MAX_DEPTH)));
    }
    Ok(())
}

fn get(container: &Value, key: &str) -> Result<Value, OperationError> {
    match container {
        Value::List(list) => {
            let index = pointer::existing(key, list.len())?;
            Ok(list.get(index).cloned().unwrap_or_default())
        }
        container => Ok(container.get(key).cloned().unwrap_or_default()),
    }
}

fn add(container: &mut Value, key: String, value: Value) -> Result<(), OperationError> {
    match container {
        Value::List(list) if key == "-" => list.push(value),
        Value::List(list) => {
            let index = pointer::insertion(&key, list.len())?;
            list.make_mut().insert(index, value);
        }
        Value::Map(map) => {
            map.insert(key, value);
        }
        _ => {}
    }
    Ok(())
}

fn remove(container: &mut Value, key: &str) -> Result<(), OperationError> {
    match container {
        Value::List(list) => {
            let index = pointer::existing(key, list.len())?;
            list.make_mut().remove(index);
            Ok(())
        }
        Value::Map(map) if map.contains_key(key) => {
            map.remove(key);
            Ok(())
        }
        _ => Err(OperationError::missing(format!("Unable to remove nonexistent key: {key}"))),
    }
}

/// Replaces the numbers of a value.
fn change_numbers(value: &mut Value, change: fn(&Value) -> Value) {
    match value {
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => *value = change(value),
        Value::List(list) if list.iter().any(may_hold_numbers) => {
            list.make_mut().iter_mut().for_each(|value| change_numbers(value, change));
        }
        Value::Map(map) if map.iter().any(|(_, value)| may_hold_numbers(value)) => {
            map.values_mut().for_each(|value| change_numbers(value, change));
        }
        _ => {}
    }
}

/// Avoids copying shared maps and lists if there is nothing to change.
fn may_hold_numbers(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(_) | Value::String(_))
}

/// Writes whole floats as integers.
fn as_json_reads(number: &Value) -> Value {
    match number {
        Value::Float(number) => whole(*number),
        number => number.clone(),
    }
}

/// Converts a number to a 64-bit float, and whole numbers back to integers.
fn as_float(number: &Value) -> Value {
    number.as_f64().map_or(Value::Null, whole)
}

/// Returns a float as the integer that Go's JSON writes for it: the shortest digits of the float, followed by zeros.
/// A float that fits no integer stays the same.
fn whole(number: f64) -> Value {
    if number.fract() != 0.0 || !number.is_finite() {
        return Value::Float(number);
    }
    let digits = number.to_string();
    let negative = || digits.parse().map(Value::Int).ok();
    digits.parse::<u64>().map(Value::from).ok().or_else(negative).unwrap_or(Value::Float(number))
}
