//! Paths of replacements: `spec.containers.[name=web].image`, `data.app\.properties`, `args.*`, `ports.0`.

use aqueduct_manifest::{List, Map, Value};
use regex::Regex;

use crate::error::{Error, Result};
use crate::field::plain;
use crate::step::Step;
use crate::text;

/// Splits a path at dots; `\.` and a dot between brackets belong to a part.
///
/// Brackets around a dotted key, such as `[cert-manager.io/inject-ca-from]`, are removed; those of an element,
/// `[name=a.b]`, stay. A leading dot is ignored.
pub(super) fn split(path: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for piece in path.strip_prefix('.').unwrap_or(path).split('.') {
        match pieces.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push('.');
                last.push_str(piece);
            }
            _ => pieces.push(piece.to_owned()),
        }
    }
    let mut parts = Vec::with_capacity(pieces.len());
    let mut pieces = pieces.into_iter();
    while let Some(mut part) = pieces.next() {
        if part.starts_with('[') && !part.ends_with(']') {
            for piece in pieces.by_ref() {
                part.push('.');
                part.push_str(&piece);
                if piece.ends_with(']') {
                    break;
                }
            }
            if !part.contains('=') {
                part = part.trim_matches(['[', ']']).to_owned();
            }
        }
        parts.push(part);
    }
    parts
}

/// What is created at the end of a path that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Create {
    Nothing,
    Scalar,
    List,
    Map,
}

impl Create {
    /// Returns what to create so that a value can be put there.
    pub(super) fn like(value: &Value) -> Self {
        match value {
            Value::Map(_) => Self::Map,
            Value::List(_) => Self::List,
            _ => Self::Scalar,
        }
    }

    pub(super) fn value_before(self, next: Option<&String>) -> Value {
        match next {
            Some(part) if is_list_part(part) => Value::List(List::new()),
            Some(_) => Value::Map(Map::new()),
            None => match self {
                Self::Map => Value::Map(Map::new()),
                Self::List => Value::List(List::new()),
                Self::Scalar | Self::Nothing => Value::Null,
            },
        }
    }
}

fn is_list_part(part: &str) -> bool {
    part.parse::<i64>().is_ok() || is_bracketed(part)
}

fn is_bracketed(part: &str) -> bool {
    part.starts_with('[') && part.ends_with(']')
}

pub(super) fn bracketed(part: &str) -> Result<(&str, &str)> {
    let inner = part.trim_start_matches('[').trim_end_matches(']');
    inner
        .split_once('=')
        .ok_or_else(|| Error::new("list path element must contain fieldName=fieldValue for element to match"))
}

/// Returns the steps to the single value at a path.
pub(super) fn lookup(mut value: &Value, path: &[String]) -> Result<Option<Vec<Step>>> {
    let mut steps = Vec::new();
    for part in path.iter().map(|part| part.trim()).filter(|part| !part.is_empty()) {
        if value.is_null() {
            return Ok(None);
        }
        let list = || value.as_list().ok_or_else(|| Error::wrong_kind("SequenceNode", value));
        let step = if let Ok(index) = part.parse::<i64>() {
            let index = usize::try_from(index)
                .map_err(|_| Error::new(format!("array index {index} cannot be negative")))?;
            list()?;
            Some(Step::Index(index))
        } else if part == "-" {
            list()?.len().checked_sub(1).map(Step::Index)
        } else if is_bracketed(part) {
            let (field, wanted) = bracketed(part)?;
            let is_wanted = |element: &Value| {
                let found = if field.is_empty() { Some(element) } else { element.get(field) };
                found.is_some_and(|found| text::of(found) == wanted)
            };
            list()?.iter().position(is_wanted).map(Step::Index)
        } else if value.as_map().is_some() {
            Some(Step::Key(part.into()))
        } else {
            return Err(Error::wrong_kind("MappingNode", value));
        };
        let next = step.as_ref().and_then(|step| match step {
            Step::Key(key) => value.get(key),
            Step::Index(index) => value.as_list()?.get(*index),
        });
        let Some(next) = next else { return Ok(None) };
        value = next;
        steps.extend(step);
    }
    Ok(Some(steps))
}

/// Returns the steps to every value that a path matches, creating missing ones on request.
pub(super) fn find(value: &mut Value, path: &[String], create: Create) -> Result<Vec<Found>> {
    let mut search = Search { create, steps: Vec::new(), created: false, found: Vec::new() };
    search.walk(value, path)?;
    Ok(search.found)
}

/// A match: the path to it, and whether it was created.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) steps: Vec<Step>,
    pub(super) created: bool,
}

struct Search {
    create: Create,
    steps: Vec<Step>,
    created: bool,
    found: Vec<Found>,
}

impl Search {
    fn walk(&mut self, value: &mut Value, path: &[String]) -> Result<()> {
        let Some((part, rest)) = path.split_first() else {
            self.found.push(Found { steps: self.steps.clone(), created: self.created });
            return Ok(());
        };
        if let Ok(index) = part.parse::<i64>() {
            self.index(value, index, rest)
        } else if is_bracketed(part) {
            self.matching(value, part, rest)
        } else if part == "*" {
            match value {
                Value::List(list) => (0..list.len()).try_for_each(|index| self.element(list, index, rest)),
                Value::Null => Ok(()),
                other => Err(Error::wrong_kind("SequenceNode", other)),
            }
        } else {
            self.field(value, part, rest)
        }
    }

    fn field(&mut self, value: &mut Value, name: &str, rest: &[String]) -> Result<()> {
        if value.is_null() {
            if self.create == Create::Nothing {
                return Ok(());
            }
            *value = Value::Map(Map::new());
        }
        let Value::Map(map) = value else { return Err(Error::wrong_kind("MappingNode", value)) };
        let created = self.created;
        if !map.contains_key(name) {
            if self.create == Create::Nothing {
                return Ok(());
            }
            self.created = true;
            map.insert(name, self.create.value_before(rest.first()));
        }
        let Some(field) = map.get_mut(name) else { return Ok(()) };
        self.steps.push(Step::Key(name.into()));
        let result = self.walk(field, rest);
        self.steps.pop();
        self.created = created;
        result
    }

    fn index(&mut self, value: &mut Value, index: i64, rest: &[String]) -> Result<()> {
        let Value::List(list) = value else { return Err(Error::wrong_kind("SequenceNode", value)) };
        let length = list.len();
        let index =
            usize::try_from(index).map_err(|_| Error::new(format!("index {index} cannot be negative")))?;
        let created = self.created;
        if index == length && self.create != Create::Nothing {
            self.created = true;
            list.push(self.create.value_before(rest.first()));
        } else if index >= length {
            return Err(Error::new(format!("index {index} specified but only {length} elements found")));
        }
        let result = self.element(list, index, rest);
        self.created = created;
        result
    }

    fn matching(&mut self, value: &mut Value, part: &str, rest: &[String]) -> Result<()> {
        let (field, pattern) = bracketed(part)?;
        let regex =
            Regex::new(pattern).map_err(|_| Error::new(format!("error parsing regexp: `{pattern}`")))?;
        let list = match value {
            Value::List(list) => list,
            Value::Null if self.create == Create::Nothing => return Ok(()),
            other => return Err(Error::wrong_kind("SequenceNode", other)),
        };
        let before = self.found.len();
        for index in 0..list.len() {
            let found = list
                .get(index)
                .and_then(|element| if field.is_empty() { Some(element) } else { element.get(field) });
            if !found.is_some_and(|found| regex.is_match(text::of(found).trim())) {
                continue;
            }
            if field.is_empty() {
                // The rest of the path is ignored after a matching scalar.
                self.steps.push(Step::Index(index));
                self.found.push(Found { steps: self.steps.clone(), created: self.created });
                self.steps.pop();
            } else {
                self.element(list, index, rest)?;
            }
        }
        if self.found.len() > before || self.create == Create::Nothing {
            return Ok(());
        }
        let made = if field.is_empty() {
            Value::from(pattern)
        } else {
            Value::Map(Map::from_iter([(field, resolved(pattern))]))
        };
        let index = list.len();
        list.push(made);
        self.element(list, index, if field.is_empty() { &[] } else { rest })
    }

    fn element(&mut self, list: &mut List, index: usize, rest: &[String]) -> Result<()> {
        let Some(element) = list.make_mut().get_mut(index) else { return Ok(()) };
        self.steps.push(Step::Index(index));
        let result = self.walk(element, rest);
        self.steps.pop();
        result
    }
}

/// Returns the value of a plain scalar.
pub(super) fn resolved(text: &str) -> Value {
    plain(text).value
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::Value;

    use super::{Create, find, lookup, split};
    use crate::step;

    fn value(text: &str) -> Value {
        aqueduct_manifest::yaml::read(text).expect("the values of these tests are well formed")
    }

    #[test]
    fn splits() {
        assert_eq!(split("a.b"), ["a", "b"]);
        assert_eq!(split("data.app\\.yaml.x"), ["data", "app.yaml", "x"]);
        assert_eq!(split("a.[image=x.y/z:1.0].b"), ["a", "[image=x.y/z:1.0]", "b"]);
        assert_eq!(split("a.[x.y/z.v].b"), ["a", "x.y/z.v", "b"]);
        assert_eq!(split("a.[x].[y\\.z]"), ["a", "[x]", "[y.z]"]);
        assert_eq!(split("a.[x.y"), ["a", "x.y"]);
        assert_eq!(split(".a"), ["a"]);
        assert_eq!(split(""), [""]);
    }

    #[test]
    fn gets() {
        let mut object = value("a: [{k: x, v: 1}, {k: z, v: 2}]\n");
        for (path, expected) in [
            ("a.0.v", Some(Value::Int(1))),
            ("a.-.v", Some(Value::Int(2))),
            ("a.[k=z].v", Some(Value::Int(2))),
            ("a.2.v", None),
            ("b", None),
        ] {
            let steps = lookup(&object, &split(path)).expect("the paths are well formed");
            let found = steps.and_then(|steps| step::at(&mut object, &steps).cloned());
            assert_eq!(found, expected, "{path}");
        }
        assert!(lookup(&object, &split("a.b")).is_err());
    }

    #[test]
    fn makes_what_is_missing() {
        let mut object = value("a: {}\n");
        let found =
            find(&mut object, &split("a.b.[k=x].v"), Create::Scalar).expect("the path is well formed");
        assert!(found.iter().all(|found| found.created) && found.len() == 1);
        assert_eq!(object, value("a: {b: [{k: x, v: null}]}\n"));
        assert!(find(&mut object, &split("a.c"), Create::Nothing).is_ok_and(|found| found.is_empty()));
    }

    #[test]
    fn matches_many() {
        let mut object = value("a: [{k: x1}, {k: x2}, {k: z}]\n");
        for (path, count) in [("a.*.k", 3), ("a.[k=x].k", 2), ("a.[k=^z$]", 1)] {
            let found = find(&mut object, &split(path), Create::Nothing).expect("the paths are well formed");
            assert_eq!(found.len(), count, "{path}");
        }
    }
}
