//! The schema of one version of a custom resource.

use std::collections::BTreeSet;

use aqueduct_manifest::Value;

use super::{default, path, structural};
use crate::custom;
use crate::field::Field;
use crate::report::Report;

const DEEPEST: usize = 64;

/// The keywords allowed at the root of a schema with a status subresource.
const AT_ROOT: [&str; 22] = [
    "description",
    "type",
    "format",
    "title",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "multipleOf",
    "required",
    "items",
    "properties",
    "externalDocs",
    "example",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
];

/// Checks a schema.
pub(super) fn check(schema: &Field<'_>, has_status: bool, report: &mut Report) {
    if !schema.is_set() {
        return;
    }
    let before = report.errors.len();
    if has_status {
        root_fields(schema, report);
    }
    let nullable = schema.get("nullable");
    if nullable.is_true() {
        report.forbidden(&nullable, "nullable cannot be true at the root");
    }
    let unsupported = structural::unsupported(schema.value, 0);
    let mut is_structural = unsupported.is_none();
    if is_structural {
        let before = report.errors.len();
        structural::check(schema, report);
        if report.errors.len() == before {
            default::check(schema, true, 0, report);
        }
        is_structural = report.errors.len() == before;
    }
    let place = Surroundings { is_root: true, defaults: true, in_meta: false, is_correlated: true };
    Walk { has_rules: is_structural }.check(schema, place, 0, report);
    if let Some(problem) = unsupported
        && report.errors.len() == before
    {
        report.invalid_as(schema, "", problem);
    }
}

fn root_fields(schema: &Field<'_>, report: &mut Report) {
    let kind = schema.get("type");
    if !kind.is_empty() && kind.text() != "object" {
        return report.invalid(
            &kind,
            "only \"object\" is allowed as the type at the root of the schema if the status subresource is enabled",
        );
    }
    let is_other = |(name, field): (&str, Field<'_>)| {
        let is_zero = match field.value {
            Value::Null | Value::Bool(false) => true,
            Value::String(text) => text.is_empty(),
            _ => false,
        };
        !is_zero && !AT_ROOT.contains(&name)
    };
    if schema.fields().any(is_other) {
        report.invalid(
            schema,
            format_args!("only {AT_ROOT:?} fields are allowed at the root of the schema if the status subresource is enabled"),
        );
    }
}

/// What applies at the position of a schema.
#[derive(Clone, Copy)]
struct Surroundings {
    is_root: bool,
    /// Whether a default is allowed here.
    defaults: bool,
    in_meta: bool,
    /// Whether the old value for a new one can be identified.
    is_correlated: bool,
}

struct Walk {
    /// Whether rules are compiled, which needs a structural schema.
    has_rules: bool,
}

impl Walk {
    fn check(&self, schema: &Field<'_>, place: Surroundings, depth: usize, report: &mut Report) {
        if depth > DEEPEST || schema.value.as_map().is_none() {
            return;
        }
        let before = report.errors.len();
        unsupported(schema, place, report);
        let (entries, properties, items) =
            (schema.get("additionalProperties"), schema.get("properties"), schema.get("items"));
        let inner = Surroundings { is_root: false, ..place };
        if entries.is_set() {
            if !properties.is_empty() && entries.value.as_bool() != Some(true) {
                report.forbidden(&entries, "additionalProperties and properties are mutual exclusive");
            }
            let place = Surroundings { defaults: inner.defaults && !inner.in_meta, ..inner };
            self.check(&entries, place, depth + 1, report);
        }
        let is_resource = place.is_root || schema.get("x-kubernetes-embedded-resource").is_true();
        let is_atomic = schema.get("x-kubernetes-map-type").text() == "atomic";
        for (name, property) in properties.entries() {
            let is_meta = is_resource && matches!(name, "metadata" | "kind" | "apiVersion");
            let place = Surroundings {
                in_meta: inner.in_meta || is_meta,
                defaults: inner.defaults && !(is_meta && place.is_root),
                is_correlated: inner.is_correlated && !is_atomic,
                ..inner
            };
            self.check(&property, place, depth + 1, report);
        }
        let valueless = Walk { has_rules: false };
        valueless.check(&schema.get("not"), inner, depth + 1, report);
        for list in ["allOf", "oneOf", "anyOf"] {
            for entry in schema.get(list).items() {
                valueless.check(&entry, inner, depth + 1, report);
            }
        }
        for (_, definition) in schema.get("definitions").entries() {
            valueless.check(&definition, inner, depth + 1, report);
        }
        let list_kind = schema.get("x-kubernetes-list-type");
        let of_items =
            Surroundings { is_correlated: inner.is_correlated && list_kind.text() == "map", ..inner };
        self.check(&items, of_items, depth + 1, report);
        for item in items.items() {
            self.check(&item, of_items, depth + 1, report);
        }
        extensions(schema, report);
        list_keys(schema, report);
        self.rules(schema, place, before, report);
    }

    fn rules(&self, schema: &Field<'_>, place: Surroundings, before: usize, report: &mut Report) {
        let rules = schema.get("x-kubernetes-validations");
        for rule in rules.items() {
            rule_texts(schema.value, &rule, report);
        }
        if !self.has_rules || report.errors.len() > before {
            return;
        }
        if !rules.is_empty()
            && schema.get("type").is_empty()
            && !schema.get("x-kubernetes-int-or-string").is_true()
        {
            report.invalid(&rules, "rules need a type to be compiled");
        }
        if rules.is_empty() {
            return;
        }
        let of = custom::expression_type(schema.value, place.is_root);
        for rule in rules.items() {
            let (expression, message, optional) =
                (rule.get("rule"), rule.get("messageExpression"), rule.get("optionalOldSelf"));
            let problems = custom::rule_problems(rule.value, &of);
            for (field, problem) in [&expression, &message].into_iter().zip(problems) {
                if let Some(problem) = problem {
                    report.invalid(field, problem);
                }
            }
            if names_word(expression.text(), "oldSelf") {
                if !place.is_correlated {
                    report.invalid(
                        &expression,
                        "oldSelf cannot be used on the uncorrelatable portion of the schema",
                    );
                }
            } else if optional.is_set() {
                report.invalid(&optional, "may not be set if oldSelf is not used in rule");
            }
        }
    }
}

/// Tells whether an expression uses a name, outside strings.
fn names_word(expression: &str, word: &str) -> bool {
    let mut quote = None;
    let mut current = String::new();
    let mut letters = expression.chars().chain(std::iter::once(' '));
    while let Some(letter) = letters.next() {
        if let Some(end) = quote {
            if letter == '\\' {
                letters.next();
            } else if letter == end {
                quote = None;
            }
            continue;
        }
        if letter.is_alphanumeric() || letter == '_' {
            current.push(letter);
            continue;
        }
        if current == word {
            return true;
        }
        current.clear();
        if matches!(letter, '"' | '\'') {
            quote = Some(letter);
        }
    }
    false
}

fn unsupported(schema: &Field<'_>, place: Surroundings, report: &mut Report) {
    const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
    let kind = schema.get("type");
    if kind.text() == "null" {
        report.forbidden(&kind, "type cannot be set to null, use nullable as an alternative");
    } else {
        report.default_or_one_of(&kind, &TYPES);
    }
    let default = schema.get("default");
    if default.is_set() && !place.defaults {
        report.forbidden(&default, "must not be set");
    }
    for name in ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"] {
        let field = schema.get(name);
        let is_empty = matches!(name, "id" | "patternProperties" | "definitions") && field.is_empty();
        if field.is_set() && !is_empty {
            report.forbidden(&field, &format!("{name} is not supported"));
        }
    }
    let items = schema.get("items");
    if items.value.as_list().is_some() && !items.is_empty() {
        report.forbidden(&items, "items must be a schema object and not an array");
    }
    if place.in_meta && schema.get("x-kubernetes-embedded-resource").is_true() {
        report.forbidden(
            &schema.get("x-kubernetes-embedded-resource"),
            "must not be used inside of resource meta",
        );
    }
    let unique = schema.get("uniqueItems");
    if unique.is_true() {
        report.forbidden(
            &unique,
            "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
        );
    }
}

fn typed(schema: &Field<'_>, wanted: &str, why: &str, report: &mut Report) {
    let kind = schema.get("type");
    let detail = format!("must be {wanted} if {why} is specified");
    if kind.is_empty() {
        report.required(&kind, &detail);
    } else {
        report.invalid(&kind, detail);
    }
}

fn extensions(schema: &Field<'_>, report: &mut Report) {
    let (preserve, map, list, kind, items) = (
        schema.get("x-kubernetes-preserve-unknown-fields"),
        schema.get("x-kubernetes-map-type"),
        schema.get("x-kubernetes-list-type"),
        schema.get("type"),
        schema.get("items"),
    );
    if preserve.value.as_bool() == Some(false) {
        report.invalid(&preserve, "must be true or undefined");
    }
    if map.is_set() && kind.text() != "object" {
        typed(schema, "object", "x-kubernetes-map-type", report);
    }
    report.set_is_one_of(&map, &["atomic", "granular"]);
    if list.is_set() && kind.text() != "array" {
        typed(schema, "array", "x-kubernetes-list-type", report);
    } else if list.text() == "set" && items.is_set() {
        const DETAIL: &str = "must be atomic as item of a list with x-kubernetes-list-type=set";
        let (inner_list, inner_map) =
            (items.get("x-kubernetes-list-type"), items.get("x-kubernetes-map-type"));
        match items.get("type").text() {
            "array" if inner_list.is_set() && inner_list.text() != "atomic" => {
                report.invalid(&inner_list, DETAIL)
            }
            "object" if inner_map.text() != "atomic" => report.invalid(&inner_map, DETAIL),
            _ => {}
        }
    }
    report.set_is_one_of(&list, &["atomic", "set", "map"]);
}

fn list_keys(schema: &Field<'_>, report: &mut Report) {
    let (list, keys, items) =
        (schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys"), schema.get("items"));
    if !keys.is_empty() && list.text() != "map" {
        const DETAIL: &str = "must be map if x-kubernetes-list-map-keys is non-empty";
        if list.is_set() {
            report.invalid(&list, DETAIL);
        } else {
            report.required(&list, DETAIL);
        }
    }
    if !matches!(list.text(), "map" | "set") {
        return;
    }
    let (kind, properties, nullable) = (items.get("type"), items.get("properties"), items.get("nullable"));
    if nullable.is_true() {
        report.forbidden(
            &nullable,
            &format!("cannot be nullable when x-kubernetes-list-type is {}", list.text()),
        );
    }
    if list.text() != "map" {
        return;
    }
    if keys.is_empty() {
        report.required(&keys, "must not be empty if x-kubernetes-list-type is map");
    }
    if !items.is_set() {
        return report.required(&items, "must have a schema if x-kubernetes-list-type is map");
    }
    if kind.text() != "object" {
        report.invalid(&kind, "must be object if parent array's x-kubernetes-list-type is map");
    }
    let required = items.get("required");
    let mut seen = BTreeSet::new();
    for key in keys.items() {
        let property = properties.key(key.text());
        if property.is_set() {
            let (kind, default, nullable) =
                (property.get("type"), property.get("default"), property.get("nullable"));
            if matches!(kind.text(), "array" | "object") {
                report
                    .invalid(&kind, "must be a scalar type if parent array's x-kubernetes-list-type is map");
            }
            if !required.has(key.text()) && !default.is_set() {
                report.required(
                    &default,
                    "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
                );
            }
            if nullable.is_true() {
                report.forbidden(
                    &nullable,
                    "this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
                );
            }
        } else if kind.text() == "object" {
            report.invalid(&keys, "entries must all be names of item properties");
        }
        if !seen.insert(key.text().to_owned()) {
            report.invalid(&keys, "must not contain duplicate entries");
        }
    }
}

/// Checks the fields of a rule other than its expression.
fn rule_texts(schema: &Value, rule: &Field<'_>, report: &mut Report) {
    let (expression, message, message_expression, reason, place) = (
        rule.get("rule"),
        rule.get("message"),
        rule.get("messageExpression"),
        rule.get("reason"),
        rule.get("fieldPath"),
    );
    let breaks = |text: &str| text.contains(['\n', '\r']);
    let (rule_text, message_text) = (expression.text().trim(), message.text().trim());
    if rule_text.is_empty() {
        report.required(&expression, "rule is not specified");
    } else if !message.is_empty() && message_text.is_empty() {
        report.invalid(&message, "must be non-empty if specified");
    } else if breaks(message_text) {
        report.invalid(&message, "must not contain line breaks");
    } else if breaks(rule_text) && message_text.is_empty() {
        report.required(&message, "message must be specified if rule contains line breaks");
    }
    if !message_expression.is_empty() && message_expression.text().trim().is_empty() {
        report.required(&message_expression, "messageExpression must be non-empty if specified");
    }
    report.set_is_one_of(
        &reason,
        &["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"],
    );
    if !place.is_empty() {
        if breaks(place.text()) {
            report.invalid(&place, "must not contain line breaks");
        } else if path::find(schema, place.text()).is_none() {
            report.invalid(&place, "must be a valid path");
        }
    }
}
