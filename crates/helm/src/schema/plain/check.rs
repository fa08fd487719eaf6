//! Whether a schema is well formed and only uses known keywords.

use std::collections::BTreeSet;

use super::Plain;
use crate::schema::part::SchemaPart;
use regex::Regex;

/// Keywords that constrain values in some draft and are not walked.
const BEYOND: &[&str] = &[
    "additionalItems",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "maxContains",
    "minContains",
    "prefixItems",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
];

const TYPES: &[&str] = &["array", "boolean", "integer", "null", "number", "object", "string"];

/// The longest list of names that is checked for duplicates.
const NAMES_LIMIT: usize = 100;

/// Checks a whole schema and records what a walk needs; `None` if it is not plain.
pub(super) fn check(schema: &SchemaPart, plain: &mut Plain) -> Option<()> {
    let mut check = Check { root: schema, plain, targets: BTreeSet::new() };
    let SchemaPart::Members(keywords) = schema else { return check.schema(schema) };
    let of_root = |(keyword, value): (&str, &SchemaPart)| keyword == "$id" && is_plain_address(value);
    let mut keywords = keywords.iter().filter(|keyword| !of_root(*keyword));
    keywords.try_for_each(|(keyword, value)| check.keyword(keyword, value))
}

struct Check<'a> {
    root: &'a SchemaPart,
    plain: &'a mut Plain,
    /// The targets of references that are not met on the way.
    targets: BTreeSet<&'a str>,
}

impl<'a> Check<'a> {
    fn schema(&mut self, schema: &'a SchemaPart) -> Option<()> {
        match schema {
            SchemaPart::Bool(_) => Some(()),
            SchemaPart::Members(members) => {
                members.iter().try_for_each(|(keyword, value)| self.keyword(keyword, value))
            }
            _ => None,
        }
    }

    fn keyword(&mut self, keyword: &str, value: &'a SchemaPart) -> Option<()> {
        let holds = match keyword {
            "type" => match value {
                SchemaPart::List(types) => {
                    !types.is_empty() && types.iter().all(is_type) && are_unique(types)?
                }
                one => is_type(one),
            },
            "properties" | "definitions" | "$defs" => {
                return value.as_members()?.values().try_for_each(|part| self.schema(part));
            }
            "patternProperties" => {
                return value.as_members()?.iter().try_for_each(|(pattern, part)| {
                    self.pattern(pattern)?;
                    self.schema(part)
                });
            }
            "additionalProperties" | "items" | "not" | "if" | "then" | "else" => return self.schema(value),
            "allOf" | "anyOf" | "oneOf" => {
                let parts = value.as_list().filter(|parts| !parts.is_empty())?;
                return parts.iter().try_for_each(|part| self.schema(part));
            }
            "$ref" => return self.reference(value.as_str()?),
            "pattern" => return self.pattern(value.as_str()?),
            "required" => {
                let names = value.as_list()?;
                names.iter().all(|name| name.as_str().is_some()) && are_unique(names)?
            }
            "enum" => value.as_list().is_some() && is_inert(value),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => value.as_number().is_some(),
            "multipleOf" => value.as_u64().is_some_and(|number| number > 0),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
                value.as_u64().is_some()
            }
            "uniqueItems" | "readOnly" | "writeOnly" | "deprecated" => value.as_bool().is_some(),
            "$schema" | "$comment" | "title" | "description" | "format" => value.as_str().is_some(),
            "examples" => value.as_list().is_some() && is_inert(value),
            _ if keyword.starts_with('$') || BEYOND.contains(&keyword) => false,
            // An annotation.
            _ => is_inert(value),
        };
        holds.then_some(())
    }

    fn reference(&mut self, reference: &'a str) -> Option<()> {
        self.plain.refers = true;
        let target = super::meet::target(self.root, reference)?;
        let named = ["#/definitions/", "#/$defs/"].iter().find_map(|start| reference.strip_prefix(start));
        // These are met on the way.
        if reference == "#" || named.is_some_and(|name| !name.contains('/')) {
            return Some(());
        }
        if self.targets.insert(reference) { self.schema(target) } else { Some(()) }
    }

    fn pattern(&mut self, pattern: &str) -> Option<()> {
        if !self.plain.patterns.contains_key(pattern) && jsonschema_regex::is_valid_ecma_regex(pattern) {
            let regex = Regex::new(&jsonschema_regex::to_rust_regex(pattern).ok()?).ok()?;
            self.plain.patterns.insert(pattern.to_owned(), regex);
        }
        self.plain.patterns.contains_key(pattern).then_some(())
    }
}

fn is_type(name: &SchemaPart) -> bool {
    name.as_str().is_some_and(|name| TYPES.contains(&name))
}

/// Returns whether no string occurs twice.
fn are_unique(texts: &[SchemaPart]) -> Option<bool> {
    let is_new = |(index, text)| !texts.iter().take(index).any(|before| before == text);
    (texts.len() <= NAMES_LIMIT).then(|| texts.iter().enumerate().all(is_new))
}

/// Returns whether the `$id` of the whole schema changes nothing: references by position still resolve within it.
fn is_plain_address(name: &SchemaPart) -> bool {
    let address = name.as_str().and_then(|name| name.strip_prefix("https://")).unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/');
    address.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
        && address.bytes().all(is_plain)
        // That is where the metaschemas are.
        && !address.starts_with("json-schema.org")
}

/// Returns whether a value contains nothing that could be taken for a named part or a reference elsewhere.
fn is_inert(value: &SchemaPart) -> bool {
    let is_local = |value: &SchemaPart| value.as_str().is_some_and(|reference| reference.starts_with('#'));
    match value {
        SchemaPart::Members(members) => members.iter().all(|(name, value)| match name {
            "$ref" => is_local(value),
            name => !name.starts_with('$') && is_inert(value),
        }),
        SchemaPart::List(items) => items.iter().all(is_inert),
        _ => true,
    }
}
