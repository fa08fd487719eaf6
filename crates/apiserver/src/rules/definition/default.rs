//! Checks whether a default fits the schema around it.

use aqueduct_manifest::{Quantity, Value};
use regex::Regex;

use crate::field::Field;
use crate::report::Report;

/// The depth to which a default is checked.
const DEEPEST: usize = 64;

/// Checks the defaults of a schema and of all below it.
pub(super) fn check(schema: &Field<'_>, is_root: bool, depth: usize, report: &mut Report) {
    if depth > DEEPEST {
        return;
    }
    let default = schema.get("default");
    if default.is_set() {
        if has_unknown(schema.value, default.value, 0) {
            report.invalid(&default, "must not have unknown fields");
        }
        fits(schema.value, &default, 0, report);
    }
    let items = schema.get("items");
    if items.value.as_map().is_some() {
        check(&items, false, depth + 1, report);
    }
    let is_resource = is_root || schema.get("x-kubernetes-embedded-resource").is_true();
    let properties = schema.get("properties");
    for (name, property) in properties.entries() {
        // The metadata of resources has its own rules.
        if !(is_resource && matches!(name, "metadata" | "apiVersion" | "kind")) {
            check(&property, false, depth + 1, report);
        }
    }
}

fn flag(schema: &Value, name: &str) -> bool {
    schema.get(name).and_then(Value::as_bool) == Some(true)
}

/// Tells whether pruning would remove something from a value.
fn has_unknown(schema: &Value, value: &Value, depth: usize) -> bool {
    if depth > DEEPEST
        || flag(schema, "x-kubernetes-preserve-unknown-fields")
        || flag(schema, "x-kubernetes-embedded-resource")
    {
        return false;
    }
    match value {
        Value::Map(map) => {
            let entries = schema.get("additionalProperties");
            map.iter().any(|(key, value)| {
                match schema.get("properties").and_then(|properties| properties.get(key)) {
                    Some(property) => has_unknown(property, value, depth + 1),
                    None => match entries {
                        Some(Value::Bool(true)) => false,
                        Some(schema @ Value::Map(_)) => has_unknown(schema, value, depth + 1),
                        _ => true,
                    },
                }
            })
        }
        Value::List(list) => match schema.get("items") {
            Some(items) => list.iter().any(|value| has_unknown(items, value, depth + 1)),
            None => false,
        },
        _ => false,
    }
}

fn fits(schema: &Value, field: &Field<'_>, depth: usize, report: &mut Report) {
    if depth > DEEPEST {
        return;
    }
    let value = field.value;
    if value.is_null() {
        if !flag(schema, "nullable") && depth > 0 {
            report.invalid(field, "must not be null");
        }
        return;
    }
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    let is_right = match kind {
        "string" => value.as_str().is_some(),
        "boolean" => value.as_bool().is_some(),
        "integer" => {
            matches!(value, Value::Int(_) | Value::Uint(_))
                || matches!(value, Value::Float(number) if number.fract() == 0.0)
        }
        "number" => value.as_f64().is_some(),
        "array" => value.as_list().is_some(),
        "object" => value.as_map().is_some(),
        "" => true,
        _ => false,
    };
    if !is_right {
        return report.invalid(field, format_args!("in body must be of type {kind}"));
    }
    if let Some(Value::List(allowed)) = schema.get("enum")
        && !allowed.is_empty()
        && !allowed.iter().any(|allowed| same(allowed, value))
    {
        report.invalid(field, "is not one of the values of `enum`");
    }
    if let Some(number) = value.as_f64() {
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        if bound("maximum")
            .is_some_and(|most| number > most || number == most && flag(schema, "exclusiveMaximum"))
        {
            report.invalid(field, "in body should be less than the maximum");
        }
        if bound("minimum")
            .is_some_and(|least| number < least || number == least && flag(schema, "exclusiveMinimum"))
        {
            report.invalid(field, "in body should be greater than the minimum");
        }
    }
    let pattern = schema.get("pattern").and_then(Value::as_str);
    if let (Some(text), Some(pattern)) = (value.as_str(), pattern)
        && Regex::new(pattern).is_ok_and(|regex| !regex.is_match(text))
    {
        report.invalid(field, format_args!("in body should match '{pattern}'"));
    }
    let limit =
        |name: &str| schema.get(name).and_then(Value::as_i64).and_then(|limit| usize::try_from(limit).ok());
    let size = match value {
        Value::String(text) => Some((text.chars().count(), "minLength", "maxLength")),
        Value::List(list) => Some((list.len(), "minItems", "maxItems")),
        Value::Map(map) => Some((map.len(), "minProperties", "maxProperties")),
        _ => None,
    };
    if let Some((size, least, most)) = size {
        if limit(least).is_some_and(|limit| size < limit) {
            report.invalid(field, format_args!("is less than `{least}`"));
        }
        if limit(most).is_some_and(|limit| size > limit) {
            report.invalid(field, format_args!("is more than `{most}`"));
        }
    }
    if let Some(Value::List(needed)) = schema.get("required")
        && value.as_map().is_some()
    {
        for name in needed.iter().filter_map(Value::as_str) {
            if value.get(name).is_none() {
                report.required(&field.get(name), "");
            }
        }
    }
    if let (Value::List(_), Some(items)) = (value, schema.get("items")) {
        for item in field.items() {
            fits(items, &item, depth + 1, report);
        }
    }
    for (name, inner) in field.fields() {
        let property = schema.get("properties").and_then(|properties| properties.get(name));
        let entries = schema.get("additionalProperties").filter(|entries| entries.as_map().is_some());
        if let Some(schema) = property.or(entries) {
            fits(schema, &inner, depth + 1, report);
        }
    }
}

/// Tells whether two values are equal, comparing numbers by value.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (
            Value::Int(_) | Value::Uint(_) | Value::Float(_),
            Value::Int(_) | Value::Uint(_) | Value::Float(_),
        ) => Quantity::read(left) == Quantity::read(right),
        _ => left == right,
    }
}
