//! JSON pointers (RFC 6901) as the Go library reads them: text before the first `/` is ignored, and list indices are
//! whatever `strconv.Atoi` accepts.

use crate::Value;
use crate::patch::error::OperationError;

/// Splits a pointer into the keys of the containers and the last key; `None` if it has no `/`.
pub(super) fn split(pointer: &str) -> Option<(Vec<String>, String)> {
    let mut keys: Vec<String> = pointer.split('/').skip(1).map(unescape).collect();
    let last = keys.pop()?;
    Some((keys, last))
}

/// Undoes `~1` and `~0` in one pass.
fn unescape(key: &str) -> String {
    let mut parts = key.split('~');
    let mut text = parts.next().unwrap_or("").to_owned();
    for part in parts {
        match part.as_bytes().first() {
            Some(b'0') => text.push('~'),
            Some(b'1') => text.push('/'),
            // Not an escape sequence, so the tilde is literal.
            _ => {
                text.push('~');
                text.push_str(part);
                continue;
            }
        }
        text.push_str(&part[1..]);
    }
    text
}

/// Returns the container that a pointer's last key is in.
pub(super) fn container<'a>(root: &'a mut Value, keys: &[String]) -> Option<&'a mut Value> {
    keys.iter()
        .try_fold(root, |value, key| match value {
            Value::Map(map) => map.get_mut(key),
            Value::List(list) => {
                let index = existing(key, list.len()).ok()?;
                list.make_mut().get_mut(index)
            }
            _ => None,
        })
        .filter(|value| matches!(value, Value::Map(_) | Value::List(_)))
}

/// Returns the index of an existing element; negative indices count from the end.
pub(super) fn existing(key: &str, length: usize) -> Result<usize, OperationError> {
    within(number(key)?, length)
}

/// Returns the index at which an element can be inserted, up to one after the last.
pub(super) fn insertion(key: &str, length: usize) -> Result<usize, OperationError> {
    let index = number(key).map_err(|error| {
        OperationError::caused(format!("value was not a proper array index: '{key}'"), error)
    })?;
    within(index, length.saturating_add(1))
}

fn within(index: i64, length: usize) -> Result<usize, OperationError> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let place = if index < 0 { index.saturating_add(length) } else { index };
    usize::try_from(place).ok().filter(|_| place < length).ok_or_else(|| {
        OperationError::caused(format!("Unable to access invalid index: {index}"), "invalid index referenced")
    })
}

/// Parses a number as `strconv.Atoi` does.
fn number(key: &str) -> Result<i64, OperationError> {
    let digits = key.strip_prefix(['+', '-']).unwrap_or(key);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let reason = if is_number { "value out of range" } else { "invalid syntax" };
    let number = if is_number { key.parse().ok() } else { None };
    number.ok_or_else(|| OperationError::caused(format!("strconv.Atoi: parsing {key:?}"), reason))
}
