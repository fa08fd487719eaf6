//! Whether a value meets a plain schema.

use std::cell::Cell;
use std::cmp::Ordering;

use serde_json::Number;

use super::Plain;
use crate::schema::format;
use crate::schema::part::{self, SchemaPart};
use crate::value::{List, Map, Text, Value};

/// How deep a walk goes: deeper than any chart, but bounded when a reference points to a part that contains it.
const DEPTH_LIMIT: usize = 200;
/// How many parts of a schema a walk checks before it gives up: parts that refer to themselves twice would be walked
/// forever.
const STEP_LIMIT: usize = 1_000_000;
/// The longest list that is checked for equal items.
const ITEMS_LIMIT: usize = 100;
/// From here on, not every whole number is representable as a float.
const WHOLE_LIMIT: f64 = 9e15;

/// A walk through a schema; whatever it does not know for certain is `None`.
pub(super) struct Walk<'a> {
    plain: &'a Plain,
    root: &'a SchemaPart,
    steps: Cell<usize>,
}

/// What a schema says about the members of a map.
#[derive(Default)]
struct Members<'a> {
    properties: Option<&'a part::Members>,
    patterns: Option<&'a part::Members>,
    additional: Option<&'a SchemaPart>,
}

/// The condition of a schema and its two branches.
#[derive(Default)]
struct Condition<'a> {
    condition: Option<&'a SchemaPart>,
    met: Option<&'a SchemaPart>,
    unmet: Option<&'a SchemaPart>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(plain: &'a Plain, root: &'a SchemaPart) -> Self {
        Self { plain, root, steps: Cell::new(0) }
    }

    pub(super) fn meets(&self, schema: &'a SchemaPart, value: &Value, depth: usize) -> Option<bool> {
        let keywords = match schema {
            SchemaPart::Bool(all) => return Some(*all),
            SchemaPart::Members(keywords) => keywords,
            _ => return None,
        };
        self.steps.set(self.steps.get() + 1);
        if depth > DEPTH_LIMIT || self.steps.get() > STEP_LIMIT {
            return None;
        }
        if self.plain.refers_alone
            && let Some(reference) = keywords.get("$ref")
        {
            return self.meets(target(self.root, reference.as_str()?)?, value, depth + 1);
        }
        let mut members = Members::default();
        let mut condition = Condition::default();
        for (keyword, wanted) in keywords.iter() {
            let holds = match keyword {
                "properties" => {
                    members.properties = wanted.as_members();
                    continue;
                }
                "patternProperties" => {
                    members.patterns = wanted.as_members();
                    continue;
                }
                "additionalProperties" => {
                    members.additional = Some(wanted);
                    continue;
                }
                "if" => {
                    condition.condition = Some(wanted);
                    continue;
                }
                "then" => {
                    condition.met = Some(wanted);
                    continue;
                }
                "else" => {
                    condition.unmet = Some(wanted);
                    continue;
                }
                "$ref" => self.meets(target(self.root, wanted.as_str()?)?, value, depth + 1)?,
                "allOf" | "anyOf" | "oneOf" => self.several(keyword, wanted.as_list()?, value, depth)?,
                "not" => !self.meets(wanted, value, depth + 1)?,
                "items" => match value {
                    Value::List(list) => self.items(wanted, list, depth)?,
                    _ => true,
                },
                _ => self.asserts(keyword, wanted, value)?,
            };
            if !holds {
                return Some(false);
            }
        }
        if let Value::Map(map) = value
            && (members.properties.is_some() || members.patterns.is_some() || members.additional.is_some())
            && !self.members(&members, map, depth)?
        {
            return Some(false);
        }
        let Some(asked) = condition.condition else { return Some(true) };
        let follows = if self.meets(asked, value, depth + 1)? { condition.met } else { condition.unmet };
        follows.map_or(Some(true), |follows| self.meets(follows, value, depth + 1))
    }

    fn several(&self, keyword: &str, parts: &'a [SchemaPart], value: &Value, depth: usize) -> Option<bool> {
        let mut verdicts = parts.iter().map(|part| self.meets(part, value, depth + 1));
        match keyword {
            "allOf" => all(verdicts),
            "anyOf" => all(verdicts.map(|met| met.map(|met| !met))).map(|none| !none),
            _ => {
                let met = verdicts.try_fold(0_usize, |met, verdict| Some(met + usize::from(verdict?)))?;
                Some(met == 1)
            }
        }
    }

    fn items(&self, part: &'a SchemaPart, list: &List, depth: usize) -> Option<bool> {
        all(list.items().iter().map(|item| self.meets(part, item, depth + 1)))
    }

    fn members(&self, members: &Members<'a>, map: &Map, depth: usize) -> Option<bool> {
        all(map.entries().iter().map(|(name, value)| {
            let name = name.as_str()?;
            let mut known = false;
            if let Some(part) = members.properties.and_then(|properties| properties.get(name)) {
                known = true;
                if !self.meets(part, value, depth + 1)? {
                    return Some(false);
                }
            }
            for (pattern, part) in members.patterns.into_iter().flat_map(part::Members::iter) {
                if self.plain.patterns.get(pattern)?.is_match(name) {
                    known = true;
                    if !self.meets(part, value, depth + 1)? {
                        return Some(false);
                    }
                }
            }
            match members.additional {
                Some(part) if !known => self.meets(part, value, depth + 1),
                _ => Some(true),
            }
        }))
    }

    /// Returns whether a value satisfies a keyword; annotations always pass.
    fn asserts(&self, keyword: &str, wanted: &SchemaPart, value: &Value) -> Option<bool> {
        let count = |length: usize, holds: fn(&u64, &u64) -> bool| {
            Some(holds(&u64::try_from(length).ok()?, &wanted.as_u64()?))
        };
        match (keyword, value) {
            ("type", _) => match wanted {
                SchemaPart::List(types) => {
                    all(types.iter().map(|name| Some(!is_of_type(value, name.as_str()?)?))).map(|none| !none)
                }
                name => is_of_type(value, name.as_str()?),
            },
            ("enum", _) => {
                all(wanted.as_list()?.iter().map(|one| Some(!equals(one, value)?))).map(|none| !none)
            }
            ("const", _) => equals(wanted, value),
            ("required", Value::Map(map)) => Some(
                wanted.as_list()?.iter().filter_map(SchemaPart::as_str).all(|name| map.contains_key(name)),
            ),
            ("minProperties", Value::Map(map)) => count(map.len(), u64::ge),
            ("maxProperties", Value::Map(map)) => count(map.len(), u64::le),
            ("minItems", Value::List(list)) => count(list.items().len(), u64::ge),
            ("maxItems", Value::List(list)) => count(list.items().len(), u64::le),
            ("uniqueItems", Value::List(list)) => {
                if wanted.as_bool()? {
                    are_unique(&list.items())
                } else {
                    Some(true)
                }
            }
            ("minLength", Value::String(text)) => count(text.as_str()?.chars().count(), u64::ge),
            ("maxLength", Value::String(text)) => count(text.as_str()?.chars().count(), u64::le),
            ("pattern", Value::String(text)) => {
                Some(self.plain.patterns.get(wanted.as_str()?)?.is_match(text.as_str()?))
            }
            ("format", Value::String(text)) if self.plain.asserts_formats => {
                Some(format::reason(wanted.as_str()?, text.as_str()?).is_none())
            }
            (
                "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum",
                Value::Int(..) | Value::Uint(..) | Value::Float(_),
            ) => {
                let order = Quantity::of(value)?.compare(&Quantity::written(wanted.as_number()?)?)?;
                Some(match keyword {
                    "minimum" => order.is_ge(),
                    "maximum" => order.is_le(),
                    "exclusiveMinimum" => order.is_gt(),
                    _ => order.is_lt(),
                })
            }
            ("multipleOf", Value::Int(..) | Value::Uint(..) | Value::Float(_)) => {
                match Quantity::of(value)? {
                    Quantity::Whole(number) => Some(number % i128::from(wanted.as_u64()?) == 0),
                    Quantity::Other(_) => None,
                }
            }
            _ => Some(true),
        }
    }
}

/// Returns the part of a schema that a reference points to; `None` if its position does not lead to one.
pub(super) fn target<'a>(root: &'a SchemaPart, reference: &str) -> Option<&'a SchemaPart> {
    let place = reference.strip_prefix('#')?;
    if place.contains('%') { None } else { root.pointer(place) }
}

/// Combines verdicts: a failure decides, otherwise an unknown one does.
fn all(verdicts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut unknown = false;
    for verdict in verdicts {
        match verdict {
            Some(false) => return Some(false),
            Some(true) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(true)
}

fn is_of_type(value: &Value, name: &str) -> Option<bool> {
    Some(match value {
        Value::Nil | Value::NilInterface => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::String(_) => name == "string",
        Value::List(_) => name == "array",
        Value::Map(_) => name == "object",
        Value::Int(..) | Value::Uint(..) | Value::Float(_) => match Quantity::of(value)? {
            Quantity::Whole(_) => matches!(name, "integer" | "number"),
            Quantity::Other(number) if name == "integer" && number.fract() == 0.0 => return None,
            Quantity::Other(_) => name == "number",
        },
        Value::Bytes(_) | Value::Complex(..) | Value::Native(_) => return None,
    })
}

/// A number, stored as an integer if it certainly is one.
enum Quantity {
    Whole(i128),
    Other(f64),
}

impl Quantity {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Int(_, number) => Some(Self::Whole((*number).into())),
            Value::Uint(_, number) => Some(Self::Whole((*number).into())),
            Value::Float(number) => Self::float(*number),
            _ => None,
        }
    }

    fn written(number: &Number) -> Option<Self> {
        let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
        whole.map(Self::Whole).or_else(|| Self::float(number.as_f64()?))
    }

    fn float(number: f64) -> Option<Self> {
        // NaN and infinities do not exist in JSON.
        number.is_finite().then(|| {
            let is_whole = number.fract() == 0.0 && number.abs() < WHOLE_LIMIT;
            if is_whole { Self::Whole(number as i128) } else { Self::Other(number) }
        })
    }

    fn compare(&self, other: &Self) -> Option<Ordering> {
        let exact = |number: i128| (number.unsigned_abs() < WHOLE_LIMIT as u128).then_some(number as f64);
        match (self, other) {
            (Self::Whole(left), Self::Whole(right)) => Some(left.cmp(right)),
            (Self::Whole(left), Self::Other(right)) => exact(*left)?.partial_cmp(right),
            (Self::Other(left), Self::Whole(right)) => left.partial_cmp(&exact(*right)?),
            (Self::Other(left), Self::Other(right)) => left.partial_cmp(right),
        }
    }
}

/// Returns whether a value equals the one in a schema.
fn equals(wanted: &SchemaPart, value: &Value) -> Option<bool> {
    match (wanted, value) {
        (_, Value::Bytes(_) | Value::Complex(..) | Value::Native(_)) => None,
        (SchemaPart::Null, Value::Nil | Value::NilInterface) => Some(true),
        (SchemaPart::Bool(wanted), Value::Bool(value)) => Some(wanted == value),
        (SchemaPart::Text(wanted), Value::String(text)) => Some(wanted == text.as_str()?),
        (SchemaPart::Number(wanted), Value::Int(..) | Value::Uint(..) | Value::Float(_)) => {
            let order = Quantity::of(value)?.compare(&Quantity::written(wanted)?)?;
            Some(order.is_eq())
        }
        (_, Value::Float(number)) if !number.is_finite() => None,
        (SchemaPart::List(wanted), Value::List(list)) => {
            let items = list.items();
            if items.len() != wanted.len() {
                return Some(false);
            }
            all(wanted.iter().zip(items.iter()).map(|(wanted, item)| equals(wanted, item)))
        }
        (SchemaPart::Members(wanted), Value::Map(map)) => {
            let entries = map.entries();
            if !entries.iter().all(|(name, _)| name.as_str().is_some()) {
                return None;
            }
            if entries.len() != wanted.len() {
                return Some(false);
            }
            all(wanted.iter().map(|(name, wanted)| match map.get(name) {
                Some(value) => equals(wanted, &value),
                None => Some(false),
            }))
        }
        _ => Some(false),
    }
}

/// Returns whether no two items of a list are equal; only lists of strings are decided.
fn are_unique(items: &[Value]) -> Option<bool> {
    if items.len() < 2 {
        return Some(true);
    }
    let texts: Vec<&Text> = items.iter().take(ITEMS_LIMIT).filter_map(Value::as_text).collect();
    if texts.len() < items.len() || texts.iter().any(|text| text.as_str().is_none()) {
        return None;
    }
    Some(texts.iter().enumerate().all(|(index, text)| !texts.iter().take(index).any(|before| before == text)))
}
