//! The differences between two values, field by field and lossless: [`patch`] makes the new value from the old one.
//!
//! List entries are matched by their keys if the schema of the kind has some, by their names if all have one, or by
//! themselves if none is repeated. The order of such a list is a difference of its own.

use std::collections::BTreeMap;

use aqueduct_apiserver::FieldType;
use aqueduct_manifest::{List, SmolStr, Value, json};

use crate::path::{Path, PathStep};

/// A field that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// Its path.
    pub path: Path,
    /// Its old and new value.
    pub edit: Edit,
}

/// How a field differs.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// The old and the new value; `None` if there is no such field.
    Set {
        /// The old value.
        old: Option<Value>,
        /// The new value.
        new: Option<Value>,
    },
    /// The keys of a list in their old and new order.
    Order {
        /// The order of the old list.
        old: Vec<SmolStr>,
        /// The order of the new list.
        new: Vec<SmolStr>,
    },
}

/// Returns the differences between an old and a new value.
pub fn differences(kind: Option<FieldType>, old: &Value, new: &Value) -> Vec<FieldChange> {
    let mut found = Vec::new();
    walk(kind, &Path::default(), old, new, &mut found);
    found
}

fn walk(kind: Option<FieldType>, path: &Path, old: &Value, new: &Value, found: &mut Vec<FieldChange>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Value::Map(before), Value::Map(after)) => {
            for (name, value) in before {
                let (step, field) = (PathStep::Field(name.clone()), kind.and_then(|kind| kind.field(name)));
                match after.get(name) {
                    Some(new) => walk(field, &path.join(step), value, new, found),
                    None => found.push(set(path.join(step), Some(value), None)),
                }
            }
            for (name, value) in after {
                if !before.contains_key(name) {
                    found.push(set(path.join(PathStep::Field(name.clone())), None, Some(value)));
                }
            }
        }
        (Value::List(before), Value::List(after)) if !before.is_empty() && !after.is_empty() => {
            lists(kind, path, before, after, found);
        }
        _ => found.push(set(path.clone(), Some(old), Some(new))),
    }
}

fn set(path: Path, old: Option<&Value>, new: Option<&Value>) -> FieldChange {
    FieldChange { path, edit: Edit::Set { old: old.cloned(), new: new.cloned() } }
}

fn lists(kind: Option<FieldType>, path: &Path, old: &List, new: &List, found: &mut Vec<FieldChange>) {
    let entry = kind.and_then(FieldType::entry);
    let Some((before, after)) = keys(kind, old, new) else {
        if old.len() == new.len() {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                walk(entry, &path.join(PathStep::Index(index)), old, new, found);
            }
        } else {
            let (old, new) = (Value::List(old.clone()), Value::List(new.clone()));
            found.push(set(path.clone(), Some(&old), Some(&new)));
        }
        return;
    };
    let places: BTreeMap<&SmolStr, usize> = after.iter().zip(0..).collect();
    let known: BTreeMap<&SmolStr, usize> = before.iter().zip(0..).collect();
    for (key, value) in before.iter().zip(old) {
        let path = path.join(PathStep::Entry(key.clone()));
        match places.get(key).and_then(|place| new.get(*place)) {
            Some(new) => walk(entry, &path, value, new, found),
            None => found.push(set(path, Some(value), None)),
        }
    }
    for (key, value) in after.iter().zip(new) {
        if !known.contains_key(key) {
            found.push(set(path.join(PathStep::Entry(key.clone())), None, Some(value)));
        }
    }
    // The order that the changes above lead to: what stays, then what is added.
    let mut order: Vec<&SmolStr> = before.iter().filter(|key| places.contains_key(key)).collect();
    order.extend(after.iter().filter(|key| !known.contains_key(key)));
    if order != after.iter().collect::<Vec<_>>() {
        found.push(FieldChange { path: path.clone(), edit: Edit::Order { old: before, new: after } });
    }
}

/// Returns what identifies the entries of two lists, if something does in both.
fn keys(kind: Option<FieldType>, old: &List, new: &List) -> Option<(Vec<SmolStr>, Vec<SmolStr>)> {
    let by_schema = |value: &Value| kind.and_then(|kind| kind.key_of(value)).map(SmolStr::from);
    let by_name = |value: &Value| {
        let name = value.get("name").and_then(Value::as_str)?;
        Some(SmolStr::from(format!("name={name}")))
    };
    let by_itself = |value: &Value| Some(SmolStr::from(json::write_raw(value)));
    if let Some(keys) = both(old, new, &by_schema).or_else(|| both(old, new, &by_name)) {
        return Some(keys);
    }
    // Entries that are changed in place are identified by position.
    let is_plain = |list: &List| list.iter().all(|value| !matches!(value, Value::Map(_) | Value::List(_)));
    if old.len() == new.len() && !(is_plain(old) && is_plain(new)) {
        return None;
    }
    both(old, new, &by_itself)
}

fn both(
    old: &List,
    new: &List,
    key: &dyn Fn(&Value) -> Option<SmolStr>,
) -> Option<(Vec<SmolStr>, Vec<SmolStr>)> {
    let all = |list: &List| -> Option<Vec<SmolStr>> {
        let keys: Vec<SmolStr> = list.iter().map(key).collect::<Option<_>>()?;
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        sorted.dedup();
        (sorted.len() == keys.len()).then_some(keys)
    };
    Some((all(old)?, all(new)?))
}

/// Returns the new value that results from applying differences to the old one; `None` if they do not belong
/// to this value.
pub fn patch(kind: Option<FieldType>, old: &Value, changes: &[FieldChange]) -> Option<Value> {
    let mut value = old.clone();
    for change in changes {
        apply(kind, &mut value, &change.path.0, &change.edit)?;
    }
    Some(value)
}

fn apply(kind: Option<FieldType>, value: &mut Value, path: &[PathStep], edit: &Edit) -> Option<()> {
    let Some((step, rest)) = path.split_first() else {
        match edit {
            Edit::Set { new, .. } => *value = new.clone()?,
            Edit::Order { new, .. } => {
                let list = value.as_list_mut()?;
                let mut ordered = Vec::with_capacity(new.len());
                for key in new {
                    ordered.push(list.get(find(kind, list, key)?)?.clone());
                }
                *list = ordered.into();
            }
        }
        return Some(());
    };
    let set = if let (true, Edit::Set { new, .. }) = (rest.is_empty(), edit) { Some(new) } else { None };
    match step {
        PathStep::Field(name) => {
            let map = value.as_map_mut()?;
            match set {
                Some(Some(new)) => drop(map.insert(name.clone(), new.clone())),
                Some(None) => drop(map.remove(name)?),
                None => apply(kind.and_then(|kind| kind.field(name)), map.get_mut(name)?, rest, edit)?,
            }
        }
        PathStep::Entry(key) => {
            let list = value.as_list_mut()?;
            match (set, find(kind, list, key)) {
                (Some(Some(new)), None) => list.push(new.clone()),
                (Some(Some(new)), Some(at)) => *list.make_mut().get_mut(at)? = new.clone(),
                (Some(None), Some(at)) => drop(list.make_mut().remove(at)),
                (None, Some(at)) => {
                    apply(kind.and_then(FieldType::entry), list.make_mut().get_mut(at)?, rest, edit)?
                }
                (_, None) => return None,
            }
        }
        PathStep::Index(at) => {
            let entry = kind.and_then(FieldType::entry);
            apply(entry, value.as_list_mut()?.make_mut().get_mut(*at)?, rest, edit)?;
        }
    }
    Some(())
}

fn find(kind: Option<FieldType>, list: &List, key: &SmolStr) -> Option<usize> {
    list.iter().position(|value| {
        kind.and_then(|kind| kind.key_of(value)).is_some_and(|known| known == *key)
            || value
                .get("name")
                .and_then(Value::as_str)
                .is_some_and(|name| key.strip_prefix("name=") == Some(name))
            || json::write_raw(value) == *key
    })
}
