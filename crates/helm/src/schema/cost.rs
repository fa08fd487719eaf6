//! How often values are compared with parts of a schema.
//!
//! A reference is followed every time it is met, so a short chain of schemas that each refer twice to the next one
//! would take more comparisons than anyone waits for. The comparisons are counted first, visiting each pair of part
//! and value once.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::part::SchemaPart;
use crate::stack::deepen;

/// The most comparisons that are made.
pub(super) const LIMIT: usize = 300_000;

/// Returns whether checking a value against a schema stays within the limit.
pub(super) fn is_within_limit(schema: &SchemaPart, instance: &Json) -> bool {
    let mut names = BTreeMap::new();
    let mut refers = false;
    collect(schema, &mut names, &mut refers);
    // Without references the schema is as large as it looks.
    !refers || Counter { root: schema, names, known: BTreeMap::new() }.count(schema, instance) <= LIMIT
}

/// Collects the parts that have names of their own, and whether anything refers to other parts.
fn collect<'a>(schema: &'a SchemaPart, names: &mut BTreeMap<&'a str, &'a SchemaPart>, refers: &mut bool) {
    match schema {
        SchemaPart::Members(members) => {
            for key in ["$id", "id", "$anchor", "$dynamicAnchor"] {
                if let Some(name) = members.get(key).and_then(SchemaPart::as_str) {
                    names.insert(last_part(name), schema);
                }
            }
            for (key, value) in members.iter() {
                *refers |= REFERENCES.contains(&key);
                collect(value, names, refers);
            }
        }
        SchemaPart::List(items) => items.iter().for_each(|item| collect(item, names, refers)),
        _ => {}
    }
}

/// The keywords that refer to other parts.
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

/// Returns what distinguishes a name from others: what follows its last `/`, without `#`.
fn last_part(name: &str) -> &str {
    name.trim_matches('#').rsplit(['/', '#']).next().unwrap_or(name)
}

struct Counter<'a> {
    root: &'a SchemaPart,
    names: BTreeMap<&'a str, &'a SchemaPart>,
    /// The counts for pairs of part and value, by their addresses.
    known: BTreeMap<(*const SchemaPart, *const Json), usize>,
}

impl<'a> Counter<'a> {
    fn count(&mut self, schema: &'a SchemaPart, instance: &'a Json) -> usize {
        let SchemaPart::Members(members) = schema else { return 1 };
        let place = (std::ptr::from_ref(schema), std::ptr::from_ref(instance));
        if let Some(count) = self.known.get(&place) {
            return *count;
        }
        if self.known.len() > LIMIT {
            return LIMIT + 1;
        }
        // A part that refers back to itself is not followed again.
        self.known.insert(place, 1);
        let mut count = 1_usize;
        for (keyword, value) in members.iter() {
            count = count.saturating_add(deepen(|| self.keyword(keyword, value, instance)));
        }
        self.known.insert(place, count);
        count
    }

    fn keyword(&mut self, keyword: &str, value: &'a SchemaPart, instance: &'a Json) -> usize {
        match keyword {
            "$ref" | "$dynamicRef" | "$recursiveRef" => match self.target(value) {
                Some(target) => self.count(target, instance),
                None => 1,
            },
            "allOf" | "anyOf" | "oneOf" => self.sum(value.as_list().into_iter().flatten(), &[instance]),
            "not" | "if" | "then" | "else" => self.count(value, instance),
            "dependentSchemas" | "dependencies" => {
                self.sum(value.as_members().into_iter().flat_map(|parts| parts.values()), &[instance])
            }
            "properties" => {
                let members = value.as_members().zip(instance.as_object());
                let pairs = members.into_iter().flat_map(|(parts, values)| {
                    parts.iter().filter_map(|(name, part)| Some((part, values.get(name)?)))
                });
                pairs.fold(0, |sum: usize, (part, value)| sum.saturating_add(self.count(part, value)))
            }
            // A name is not a value of the instance; the cost of one is the same for all.
            "propertyNames" => {
                let names = instance.as_object().map_or(0, serde_json::Map::len);
                if names == 0 { 0 } else { self.count(value, instance).saturating_mul(names) }
            }
            "patternProperties" => {
                let parts = value.as_members().into_iter().flat_map(|parts| parts.values());
                self.sum(parts, &children(instance))
            }
            "items" | "prefixItems" if value.as_list().is_some() => {
                let pairs = value.as_list().into_iter().flatten().zip(children(instance));
                pairs.fold(0, |sum: usize, (part, value)| sum.saturating_add(self.count(part, value)))
            }
            "items" | "additionalItems" | "contains" | "unevaluatedItems" if instance.is_array() => {
                self.sum(std::iter::once(value), &children(instance))
            }
            "additionalProperties" | "unevaluatedProperties" if instance.is_object() => {
                self.sum(std::iter::once(value), &children(instance))
            }
            _ => 0,
        }
    }

    fn sum(&mut self, parts: impl Iterator<Item = &'a SchemaPart>, values: &[&'a Json]) -> usize {
        let mut sum = 0_usize;
        for part in parts {
            for value in values {
                sum = sum.saturating_add(self.count(part, value));
            }
        }
        sum
    }

    /// Returns the part that a reference points to, if it is in this schema.
    fn target(&self, reference: &SchemaPart) -> Option<&'a SchemaPart> {
        let reference = reference.as_str()?;
        let reference = without_escapes(reference);
        let (document, fragment) = reference.split_once('#').unwrap_or((&reference, ""));
        let document = match document {
            "" => self.root,
            name => self.names.get(last_part(name)).copied().unwrap_or(self.root),
        };
        match fragment {
            "" => Some(document),
            path if path.starts_with('/') => document.pointer(path),
            name => self.names.get(name).copied(),
        }
    }
}

/// Returns a reference with its percent-encoding decoded.
fn without_escapes(reference: &str) -> String {
    let mut parts = reference.split('%');
    let mut plain = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let split = part.split_at_checked(2);
        let escape = split.and_then(|(digits, rest)| Some((u8::from_str_radix(digits, 16).ok()?, rest)));
        let (byte, rest) = escape.unwrap_or((b'%', part));
        plain.push(byte);
        plain.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// Returns the direct children of a value.
fn children(value: &Json) -> Vec<&Json> {
    match value {
        Json::Object(members) => members.values().collect(),
        Json::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    }
}
