//! A schema as it was read: walking and counting need neither hashing nor sorted members.

use std::fmt;

use aqueduct_manifest::SmolStr;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

/// A part of a schema, or any JSON in one.
#[derive(Debug, PartialEq)]
pub(super) enum SchemaPart {
    Null,
    Bool(bool),
    Number(Number),
    Text(SmolStr),
    List(Vec<SchemaPart>),
    Members(Members),
}

/// The members of an object; each name occurs once.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Members(Vec<(SmolStr, SchemaPart)>);

/// Up to this many members, duplicates are found by comparing all pairs.
const FEW: usize = 16;

impl SchemaPart {
    pub(super) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Returns the number if it is a non-negative integer.
    pub(super) fn as_u64(&self) -> Option<u64> {
        self.as_number()?.as_u64()
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn as_members(&self) -> Option<&Members> {
        match self {
            Self::Members(members) => Some(members),
            _ => None,
        }
    }

    /// Returns what a JSON pointer points to.
    pub(super) fn pointer(&self, pointer: &str) -> Option<&Self> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self, |part, token| match part {
            Self::Members(members) if token.contains('~') => {
                members.get(&token.replace("~1", "/").replace("~0", "~"))
            }
            Self::Members(members) => members.get(token),
            Self::List(items) => {
                let is_index = token == "0" || !token.starts_with(['0', '+']);
                items.get(token.parse::<usize>().ok().filter(|_| is_index)?)
            }
            _ => None,
        })
    }
}

impl Members {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, name: &str) -> Option<&SchemaPart> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, part)| part)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &SchemaPart)> {
        self.0.iter().map(|(name, part)| (name.as_str(), part))
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &SchemaPart> {
        self.0.iter().map(|(_, part)| part)
    }

    /// Keeps the last of several members with the same name, as JSON parsers do.
    fn without_doubles(mut self) -> Self {
        let are_unique = if self.len() <= FEW {
            let is_new = |(at, (name, _)): (usize, &(SmolStr, SchemaPart))| {
                !self.0.iter().take(at).any(|(before, _)| before == name)
            };
            self.0.iter().enumerate().all(is_new)
        } else {
            let mut names: Vec<&SmolStr> = self.0.iter().map(|(name, _)| name).collect();
            names.sort_unstable();
            names.windows(2).all(|pair| pair.first() != pair.last())
        };
        if !are_unique {
            self.0.reverse();
            self.0.sort_by(|(left, _), (right, _)| left.cmp(right));
            self.0.dedup_by(|(later, _), (earlier, _)| later == earlier);
        }
        self
    }
}

impl<'de> Deserialize<'de> for SchemaPart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor)
    }
}

struct PartVisitor;

impl<'de> Visitor<'de> for PartVisitor {
    type Value = SchemaPart;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any valid JSON value")
    }

    fn visit_unit<E>(self) -> Result<SchemaPart, E> {
        Ok(SchemaPart::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<SchemaPart, E> {
        Ok(SchemaPart::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<SchemaPart, E> {
        Ok(SchemaPart::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<SchemaPart, E> {
        Ok(SchemaPart::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<SchemaPart, E> {
        Ok(Number::from_f64(value).map_or(SchemaPart::Null, SchemaPart::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<SchemaPart, E> {
        Ok(SchemaPart::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<SchemaPart, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(SchemaPart::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<SchemaPart, A::Error> {
        let mut members = Members::default();
        while let Some(entry) = entries.next_entry()? {
            members.0.push(entry);
        }
        Ok(SchemaPart::Members(members.without_doubles()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::SchemaPart;

    #[test]
    fn pointers_and_doubles() {
        let text = r#"{"a": {"b/c": [1, {"d~": "x"}], "": null}, "e": 1, "e": 2.5, "f": [[true]], "e": -3}"#;
        let part: SchemaPart = serde_json::from_str(text).expect("it is JSON");
        let json: Json = serde_json::from_str(text).expect("it is JSON");
        let pointers = [
            "",
            "/",
            "/a",
            "/a/",
            "/a/b~1c",
            "/a/b~1c/0",
            "/a/b~1c/1/d~0",
            "/a/b~1c/00",
            "/a/b~1c/+1",
            "/a/b~1c/2",
            "/e",
            "/e/0",
            "/f/0/0",
            "a",
            "/a/b/c",
        ];
        for pointer in pointers {
            let expected = json.pointer(pointer).map(|json| {
                serde_json::from_value::<SchemaPart>(json.clone()).expect("what was read can be read")
            });
            // Both look the same once sorted.
            assert_eq!(part.pointer(pointer).map(sorted), expected.as_ref().map(sorted), "{pointer}");
        }
    }

    fn sorted(part: &SchemaPart) -> String {
        match part {
            SchemaPart::List(items) => format!("{:?}", items.iter().map(sorted).collect::<Vec<_>>()),
            SchemaPart::Members(members) => {
                let mut members: Vec<String> =
                    members.iter().map(|(name, part)| format!("{name:?}: {}", sorted(part))).collect();
                members.sort();
                format!("{members:?}")
            }
            other => format!("{other:?}"),
        }
    }
}
