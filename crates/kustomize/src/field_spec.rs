//! Walks to the fields that a field specification names and changes them there.

use aqueduct_manifest::yaml::is_text_key;
use aqueduct_manifest::{List, Map, Value};

use crate::error::{Error, Result, Within};
use crate::id::Gvk;
use crate::kustomization::FieldSpec;
use crate::resource::unsupported_key;

/// What is put where the last part of a path is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Nothing: the field is passed over.
    Skip,
    /// An empty text, for a scalar to be set.
    Scalar,
    /// An empty map, for entries to be set.
    Map,
}

/// Changes every field that the specification names, if it speaks of the object's kind.
pub(crate) fn apply(
    object: &mut Map,
    gvk: &Gvk,
    field_spec: &FieldSpec,
    missing: Missing,
    change: &mut dyn FnMut(&mut Value) -> Result<()>,
) -> Result<()> {
    if !gvk.is_selected(&field_spec.gvk) {
        return Ok(());
    }
    apply_path(object, &field_spec.path, if field_spec.create { missing } else { Missing::Skip }, change)
}

/// Changes every field at a path, whatever the object's kind.
pub(crate) fn apply_path(
    object: &mut Map,
    path: &str,
    missing: Missing,
    change: &mut dyn FnMut(&mut Value) -> Result<()>,
) -> Result<()> {
    let parts = split(path);
    check_length(parts.len())?;
    let mut walk = Walk { missing, change };
    walk.field(object, &parts).within(|| format!("at path '{path}'"))
}

/// How many fields a path may have: each may be made, and what nests deeper can be read by nobody.
const LENGTH_LIMIT: usize = 500;

/// Refuses a path that is too long.
pub(crate) fn check_length(length: usize) -> Result<()> {
    if length > LENGTH_LIMIT {
        return Err(Error::new(format!("a path of more than {LENGTH_LIMIT} fields")));
    }
    Ok(())
}

/// Splits a path at `/`, where `\/` stands for a slash within a part. A slash in front means nothing.
pub(crate) fn split(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in path.strip_prefix('/').unwrap_or(path).split('/') {
        match parts.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push('/');
                last.push_str(part);
            }
            _ => parts.push(part.to_owned()),
        }
    }
    parts
}

struct Walk<'a> {
    missing: Missing,
    change: &'a mut dyn FnMut(&mut Value) -> Result<()>,
}

impl Walk<'_> {
    fn value(&mut self, value: &mut Value, path: &[String]) -> Result<()> {
        if path.is_empty() {
            return (self.change)(value);
        }
        match value {
            Value::Map(map) => self.field(map, path),
            Value::List(list) => list.make_mut().iter_mut().try_for_each(|element| self.value(element, path)),
            Value::Null => Ok(()),
            _ => Err(Error::new("expected sequence or mapping node")),
        }
    }

    fn field(&mut self, map: &mut Map, path: &[String]) -> Result<()> {
        let Some((part, rest)) = path.split_first() else { return Ok(()) };
        let (name, is_list) = match part.strip_suffix("[]") {
            Some(name) => (name, true),
            None => (part.as_str(), false),
        };
        let created = if is_list || self.missing == Missing::Skip {
            None
        } else if !rest.is_empty() || self.missing == Missing::Map {
            Some(Value::Map(Map::new()))
        } else {
            Some(Value::from(""))
        };
        match map.get(name) {
            None => match created {
                Some(created) => map.insert(name, created),
                None => return Ok(()),
            },
            Some(Value::Null) => match created {
                Some(created) => map.insert(name, created),
                None if is_list => map.insert(name, List::new()),
                None => None,
            },
            Some(_) => None,
        };
        match map.get_mut(name) {
            Some(value) => self.value(value, rest).within(|| format!("fieldName: {name}")),
            None => Ok(()),
        }
    }
}

/// Sets an entry of a map.
pub(crate) fn set_entry(target: &mut Value, key: &str, value: impl Into<Value>) -> Result<()> {
    match target {
        Value::Map(map) => {
            if !map.contains_key(key) && !is_text_key(key) {
                return Err(unsupported_key(key, "a map"));
            }
            map.insert(key, value);
            Ok(())
        }
        other => {
            Err(Error::new(format!("wrong node kind: expected MappingNode but got {}", node_kind(other))))
        }
    }
}

/// Sets a scalar.
pub(crate) fn set_scalar(target: &mut Value, value: impl Into<Value>) -> Result<()> {
    if matches!(target, Value::Map(_) | Value::List(_)) {
        return Err(Error::new(format!(
            "wrong node kind: expected ScalarNode but got {}",
            node_kind(target)
        )));
    }
    *target = value.into();
    Ok(())
}

fn node_kind(value: &Value) -> &'static str {
    match value {
        Value::Map(_) => "MappingNode",
        Value::List(_) => "SequenceNode",
        _ => "ScalarNode",
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn splits_at_bare_slashes() {
        assert_eq!(split("metadata/annotations/a.io\\/b"), ["metadata", "annotations", "a.io/b"]);
        assert_eq!(split("spec"), ["spec"]);
        assert_eq!(split("/metadata/name"), ["metadata", "name"]);
    }
}
