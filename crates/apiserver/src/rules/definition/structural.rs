//! Structural schemas: each field is declared once with its type, and other constraints add no fields.

use aqueduct_manifest::Value;

use super::pattern;
use crate::field::Field;
use crate::report::Report;

const DEEPEST: usize = 64;

/// The position of a schema in a resource.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Root,
    Item,
    Field,
}

/// What a structural schema cannot contain.
const UNSUPPORTED: [&str; 7] =
    ["id", "$schema", "$ref", "patternProperties", "dependencies", "additionalItems", "definitions"];

/// Keywords whose value is one schema, a list of schemas, or a map of schemas.
const INNER: [&str; 3] = ["items", "additionalProperties", "not"];
const LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Returns why a schema is not structural, if it is not.
pub(super) fn unsupported(schema: &Value, depth: usize) -> Option<String> {
    if depth > DEEPEST {
        return None;
    }
    for name in UNSUPPORTED {
        let is_set = match schema.get(name) {
            None | Some(Value::Null) => false,
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Map(map)) if name != "additionalItems" => !map.is_empty(),
            Some(_) => true,
        };
        if is_set {
            return Some(format!(
                "OpenAPIV3Schema '{}' is not supported",
                name.strip_prefix("$s").map_or(name.to_owned(), |rest| format!("s{rest}"))
            ));
        }
    }
    if schema.get("x-kubernetes-preserve-unknown-fields").and_then(Value::as_bool) == Some(false) {
        return Some("'x-kubernetes-preserve-unknown-fields' must be true or undefined".to_owned());
    }
    if schema.get("items").is_some_and(|items| items.as_list().is_some_and(|list| !list.is_empty())) {
        return Some("OpenAPIV3Schema 'items' must be a schema, but is an array".to_owned());
    }
    let inner = INNER.iter().filter_map(|name| schema.get(name));
    let listed = LISTS.iter().filter_map(|name| schema.get(name)?.as_list()).flat_map(|list| list.iter());
    let named = schema.get("properties").and_then(Value::as_map).into_iter().flat_map(|map| map.values());
    inner.chain(listed).chain(named).find_map(|schema| unsupported(schema, depth + 1))
}

/// Checks a schema and all below it.
pub(super) fn check(schema: &Field<'_>, report: &mut Report) {
    invariants(schema, Level::Root, 0, report);
    complete(schema.value, schema, 0, report);
}

fn invariants(schema: &Field<'_>, level: Level, depth: usize, report: &mut Report) {
    if depth > DEEPEST {
        return;
    }
    let (kind, items, properties, entries) = (
        schema.get("type"),
        schema.get("items"),
        schema.get("properties"),
        schema.get("additionalProperties"),
    );
    let (is_either, preserves, is_embedded) = (
        schema.get("x-kubernetes-int-or-string").is_true(),
        schema.get("x-kubernetes-preserve-unknown-fields").is_true(),
        schema.get("x-kubernetes-embedded-resource").is_true(),
    );
    if kind.text() == "array" && (!items.is_set() || items.value.as_list().is_some()) {
        report.required(&items, "must be specified");
    }
    if items.value.as_map().is_some() {
        invariants(&items, Level::Item, depth + 1, report);
    }
    for (_, property) in properties.entries() {
        invariants(&property, Level::Field, depth + 1, report);
    }
    if entries.is_set() {
        if level == Level::Root {
            report.forbidden(&entries, "must not be used at the root");
        }
        if entries.value.as_map().is_some() {
            invariants(&entries, Level::Field, depth + 1, report);
        }
        if is_embedded {
            report.forbidden(&entries, "must not be used if x-kubernetes-embedded-resource is set");
        }
    }
    if is_either && preserves {
        report.invalid(
            &schema.get("x-kubernetes-preserve-unknown-fields"),
            "must be false if x-kubernetes-int-or-string is true",
        );
    }
    if is_either && is_embedded {
        report.invalid(
            &schema.get("x-kubernetes-embedded-resource"),
            "must be false if x-kubernetes-int-or-string is true",
        );
    }
    let skips = Skips { any: is_int_or_string(schema), first_all: first_all_is_int_or_string(schema) };
    values(schema, skips, depth, report);
    if is_embedded && kind.text() != "object" {
        if kind.is_empty() {
            report.required(&kind, "must be object if x-kubernetes-embedded-resource is true");
        } else {
            report.invalid(&kind, "must be object if x-kubernetes-embedded-resource is true");
        }
    } else if kind.is_empty() && !is_either && !preserves {
        let detail = match level {
            Level::Root => "must not be empty at the root",
            Level::Item => "must not be empty for specified array items",
            Level::Field => "must not be empty for specified object fields",
        };
        report.required(&kind, detail);
    }
    if level == Level::Root && !kind.is_empty() && kind.text() != "object" {
        report.invalid(&kind, "must be object at the root");
    }
    metadata(&properties, level == Level::Root, level == Level::Root || is_embedded, report);
    if is_embedded && !preserves && properties.is_empty() {
        report.required(
            &properties,
            "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
        );
    }
}

fn metadata(properties: &Field<'_>, is_root: bool, is_resource: bool, report: &mut Report) {
    if !is_resource {
        return;
    }
    for name in ["kind", "apiVersion"] {
        let property = properties.key(name);
        let kind = property.get("type");
        if property.is_set() && kind.text() != "string" {
            report.invalid(&kind, "must be string");
        }
    }
    let meta = properties.key("metadata");
    if !meta.is_set() {
        return;
    }
    let kind = meta.get("type");
    if kind.text() != "object" {
        report.invalid(&kind, "must be object");
    }
    let known = meta.get("properties");
    let only_names = known.entries().all(|(name, _)| matches!(name, "name" | "generateName"));
    let only_these = meta.fields().all(|(name, field)| {
        matches!(name, "type" | "default" | "properties")
            || !field.is_set()
            || field.value.as_str() == Some("")
    });
    if is_root && !(only_names && only_these) {
        report.forbidden(
            &meta,
            "must not specify anything other than name and generateName, but metadata is implicitly specified",
        );
    }
}

/// The two forms of int-or-string below `anyOf`.
#[derive(Clone, Copy, Default)]
struct Skips {
    any: bool,
    first_all: bool,
}

fn is_int_or_string(schema: &Field<'_>) -> bool {
    let any = schema.get("anyOf");
    let types: Vec<Option<&str>> = any
        .value
        .as_list()
        .map_or(&[][..], |list| list)
        .iter()
        .map(|entry| entry.as_map().filter(|map| map.len() == 1)?.get("type")?.as_str())
        .collect();
    types == [Some("integer"), Some("string")]
}

fn first_all_is_int_or_string(schema: &Field<'_>) -> bool {
    let all = schema.get("allOf");
    let first = all.index(0);
    is_int_or_string(&first)
}

fn values(schema: &Field<'_>, skips: Skips, depth: usize, report: &mut Report) {
    let (any, all, one, not) =
        (schema.get("anyOf"), schema.get("allOf"), schema.get("oneOf"), schema.get("not"));
    if !skips.any {
        for entry in any.items() {
            nested(&entry, Skips::default(), depth + 1, report);
        }
    }
    for (number, entry) in all.items().enumerate() {
        let skips = Skips { any: skips.first_all && number == 0, first_all: false };
        nested(&entry, skips, depth + 1, report);
    }
    for entry in one.items() {
        nested(&entry, Skips::default(), depth + 1, report);
    }
    if not.is_set() {
        nested(&not, Skips::default(), depth + 1, report);
    }
    let expression = schema.get("pattern");
    if let Some(problem) = pattern::problem(expression.text()) {
        report.invalid(
            &expression,
            format_args!("must be a valid regular expression, but isn't: error parsing regexp: {problem}"),
        );
    }
}

/// Checks a schema that only constrains values.
fn nested(schema: &Field<'_>, skips: Skips, depth: usize, report: &mut Report) {
    if depth > DEEPEST {
        return;
    }
    values(schema, skips, depth, report);
    let (items, properties) = (schema.get("items"), schema.get("properties"));
    if items.is_set() {
        nested(&items, Skips::default(), depth + 1, report);
    }
    for (_, property) in properties.entries() {
        nested(&property, Skips::default(), depth + 1, report);
    }
    for name in ["type", "title", "description", "x-kubernetes-list-map-keys", "x-kubernetes-validations"] {
        let field = schema.get(name);
        if !field.is_empty() {
            report.forbidden(&field, "must be empty to be structural");
        }
    }
    let entries = schema.get("additionalProperties");
    if entries.is_set() && entries.value.as_bool() != Some(false) {
        report.forbidden(&entries, "must be undefined to be structural");
    }
    for name in ["default", "x-kubernetes-list-type", "x-kubernetes-map-type"] {
        let field = schema.get(name);
        if field.is_set() {
            report.forbidden(&field, "must be undefined to be structural");
        }
    }
    for name in [
        "nullable",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
    ] {
        let field = schema.get(name);
        if field.is_true() {
            report.forbidden(&field, "must be false to be structural");
        }
    }
    let meta = properties.key("metadata");
    if meta.is_set() {
        report.forbidden(&meta, "must not be specified in a nested context");
    }
}

/// Checks that every field with constraints is also declared.
fn complete(values: &Value, schema: &Field<'_>, depth: usize, report: &mut Report) {
    if depth > DEEPEST {
        return;
    }
    let listed = LISTS.iter().filter_map(|name| values.get(name)?.as_list()).flat_map(|list| list.iter());
    for entry in listed.chain(values.get("not").filter(|not| not.as_map().is_some())) {
        complete_nested(entry, schema, depth + 1, report);
    }
}

fn complete_nested(values: &Value, schema: &Field<'_>, depth: usize, report: &mut Report) {
    if depth > DEEPEST {
        return;
    }
    complete(values, schema, depth, report);
    let properties = schema.get("properties");
    for (name, inner) in values.get("properties").and_then(Value::as_map).into_iter().flatten() {
        let property = properties.key(name);
        if property.is_set() {
            complete_nested(inner, &property, depth + 1, report);
        } else {
            report.required(&property, "because it is defined in a nested schema");
        }
    }
    if let Some(inner) = values.get("items").filter(|items| items.as_map().is_some()) {
        let items = schema.get("items");
        if items.is_set() {
            complete_nested(inner, &items, depth + 1, report);
        } else {
            report.required(&items, "because it is defined in a nested schema");
        }
    }
}
