//! Documents inside of texts, such as the files in a ConfigMap: what differs in them, by structure or by line.

use aqueduct_manifest::{Sign, Value, json, line_diff, yaml};

use crate::diff::{Edit, FieldChange, differences};

/// What differs between two texts of more than a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Inside {
    /// Both are YAML or JSON, and differ in these fields.
    Fields(Vec<FieldChange>),
    /// Lines that go, with `-` before them, and lines that come, with `+`.
    Lines(Vec<String>),
}

/// The largest text that is looked into.
const LARGEST: usize = 1 << 20;

/// Returns what differs inside of a text; nothing where the field is no such text.
pub fn inside(change: &FieldChange) -> Option<Inside> {
    let Edit::Set { old: Some(Value::String(old)), new: Some(Value::String(new)) } = &change.edit else {
        return None;
    };
    if !old.contains('\n') && !new.contains('\n') || old.len().max(new.len()) > LARGEST {
        return None;
    }
    if let (Some(old), Some(new)) = (document(old), document(new)) {
        let fields = differences(None, &old, &new);
        // Without a difference in what they mean they differ in their lines.
        if !fields.is_empty() {
            return Some(Inside::Fields(fields));
        }
    }
    let hunks = line_diff(old, new, 0);
    let lines = hunks.iter().flat_map(|hunk| &hunk.lines).filter(|(sign, _)| *sign != Sign::Same);
    let lines = lines.map(|(sign, line)| format!("{}{}", sign.as_char(), line.trim_end_matches('\n')));
    Some(Inside::Lines(lines.collect()))
}

/// Reads a text that has a structure.
fn document(text: &str) -> Option<Value> {
    let value = if text.trim_start().starts_with(['{', '[']) { json::read(text).ok() } else { None };
    let value = value.or_else(|| yaml::read(text).ok())?;
    // Almost any text is YAML, but hardly one of several fields by chance.
    match &value {
        Value::Map(map) if !map.is_empty() => Some(value),
        Value::List(list) if list.iter().any(|item| item.as_map().is_some()) => Some(value),
        _ => None,
    }
}
