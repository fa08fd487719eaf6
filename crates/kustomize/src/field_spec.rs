//! Finds the fields of a field specification and changes them.

use aqueduct_manifest::{List, Map, SmolStr, Value};

use crate::decode::{Decode, Fields};
use crate::error::{Error, Result, Within};
use crate::id::Gvk;
use crate::step::Step;

/// The kinds and the path at which a transformer looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSpec {
    pub(crate) gvk: Gvk,
    pub(crate) path: SmolStr,
    pub(crate) create: bool,
}

impl Decode for FieldSpec {
    const NAME: &'static str = "FieldSpec";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self { gvk: Gvk::decode(fields)?, path: fields.text("path")?, create: fields.truth("create")? })
    }
}

/// What is inserted if the last part of a path is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Nothing: the field is skipped.
    Skip,
    /// A placeholder for a scalar.
    Scalar,
    /// An empty map for new entries.
    Map,
}

impl FieldSpec {
    /// Returns what is inserted for a missing field: nothing, unless the specification creates fields.
    pub(crate) fn missing(&self, created: Missing) -> Missing {
        if self.create { created } else { Missing::Skip }
    }
}

/// Returns the places of all fields at a path, creating missing parents on request.
pub(crate) fn places(object: &mut Map, path: &str, missing: Missing) -> Result<Vec<Vec<Step>>> {
    let parts = split(path);
    check_length(parts.len())?;
    let mut walk = Walk { missing, steps: Vec::new(), found: Vec::new() };
    walk.field(object, &parts).within(|| format!("at path '{path}'"))?;
    Ok(walk.found)
}

/// How many fields a path may have: each may be created, and nothing can read values that nest deeper.
const LENGTH_LIMIT: usize = 500;

/// Refuses a path that is too long.
pub(crate) fn check_length(length: usize) -> Result<()> {
    if length > LENGTH_LIMIT {
        return Err(Error::new(format!("a path of more than {LENGTH_LIMIT} fields")));
    }
    Ok(())
}

/// Splits a path at `/`; `\/` is a slash within a part. A leading slash is ignored.
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

struct Walk {
    missing: Missing,
    steps: Vec<Step>,
    found: Vec<Vec<Step>>,
}

impl Walk {
    fn value(&mut self, value: &mut Value, path: &[String]) -> Result<()> {
        if path.is_empty() {
            self.found.push(self.steps.clone());
            return Ok(());
        }
        match value {
            Value::Map(map) => self.field(map, path),
            Value::List(list) => list.make_mut().iter_mut().enumerate().try_for_each(|(index, element)| {
                self.step(Step::Index(index), |walk| walk.value(element, path))
            }),
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
        if name.is_empty() {
            return Err(Error::new("cannot set or create an empty field name"));
        }
        // Kustomize takes these for list elements, but this is a map.
        let is_element = name.parse::<i64>().is_ok() || (name.starts_with('[') && name.ends_with(']'));
        if is_element || name == "-" || name == "*" {
            return Err(Error::new(format!("fieldName: {name}: a map has no elements")));
        }
        let created = if is_list || self.missing == Missing::Skip {
            None
        } else if !rest.is_empty() || self.missing == Missing::Map {
            Some(Value::Map(Map::new()))
        } else {
            Some(Value::Null)
        };
        match map.get(name) {
            None => match created {
                Some(created) => map.insert(name, created),
                None => return Ok(()),
            },
            Some(Value::Null) => match created {
                // A prefix is added to `null` as it was written.
                Some(Value::Null) => None,
                Some(created) => map.insert(name, created),
                None if is_list => map.insert(name, List::new()),
                None => None,
            },
            Some(_) => None,
        };
        match map.get_mut(name) {
            Some(value) => self
                .step(Step::Key(name.into()), |walk| walk.value(value, rest))
                .within(|| format!("fieldName: {name}")),
            None => Ok(()),
        }
    }

    fn step(&mut self, step: Step, go: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.steps.push(step);
        let result = go(self);
        self.steps.pop();
        result
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
