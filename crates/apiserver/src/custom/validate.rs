//! Checks an object against its schema, as a server does.

use std::cmp::Ordering;

use aqueduct_manifest::{Map, Value, json};

use super::fill::join;
use super::schema::{Kind, ListKind, Schema};
use super::{formats, metadata};
use crate::Cause;

/// Returns what is wrong; values that are unchanged from the old object are skipped.
pub(super) fn check(schema: &Schema, new: &Value, old: Option<&Value>) -> Vec<Cause> {
    let mut causes = Vec::new();
    node(schema, new, old, "", &mut causes);
    causes
}

/// Tells whether rules are not evaluated when there is such a fault.
pub(super) fn is_blocking(cause: &Cause) -> bool {
    const REASONS: [&str; 5] = [
        "FieldValueNotSupported",
        "FieldValueRequired",
        "FieldValueTooLong",
        "FieldValueTooMany",
        "FieldValueTypeInvalid",
    ];
    REASONS.contains(&cause.reason)
}

fn push(causes: &mut Vec<Cause>, field: &str, reason: &'static str, message: String) {
    causes.push(Cause { field: field.to_owned(), reason, message });
}

fn node(schema: &Schema, new: &Value, old: Option<&Value>, path: &str, causes: &mut Vec<Cause>) {
    if old == Some(new) {
        return;
    }
    if new.is_null() && schema.is_nullable {
        enumeration(schema, new, path, causes);
        return;
    }
    let before = causes.len();
    own_type(schema, new, path, causes);
    if causes.len() > before {
        return alternatives(schema, new, path, causes);
    }
    enumeration(schema, new, path, causes);
    match new {
        Value::String(text) => of_text(schema, text, path, causes),
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => of_number(schema, new, path, causes),
        Value::List(list) => of_list(schema, list, old, path, causes),
        Value::Map(map) => of_map(schema, map, old, path, causes),
        Value::Bool(_) | Value::Null => {}
    }
    alternatives(schema, new, path, causes);
}

/// Returns the name of a value's type in schemas.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) => "integer",
        Value::Float(number) if is_whole(*number) => "integer",
        Value::Uint(_) | Value::Float(_) => "number",
        Value::String(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
    }
}

fn is_whole(number: f64) -> bool {
    number.fract() == 0.0 && number.abs() < 9e15
}

fn own_type(schema: &Schema, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let given = kind_of(value);
    let wanted = match schema.of {
        _ if schema.is_int_or_string => "integer,string",
        Kind::Any | Kind::Unknown => return,
        Kind::Object => "object",
        Kind::Array => "array",
        Kind::String => "string",
        Kind::Integer => "integer",
        Kind::Number => "number",
        Kind::Boolean => "boolean",
    };
    let is_good =
        wanted.split(',').any(|wanted| wanted == given) || (wanted == "number" && given == "integer");
    if !is_good {
        let message =
            format!("Invalid value: \"{given}\": {path} in body must be of type {wanted}: \"{given}\"");
        push(causes, path, "FieldValueTypeInvalid", message);
    }
}

fn enumeration(schema: &Schema, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let Some(all) = &schema.bounds.enumeration else { return };
    if !all.iter().any(|one| same(one, value)) {
        let list: Vec<String> = all.iter().map(json::write_raw).collect();
        let message =
            format!("Unsupported value: {}: supported values: {}", json::write_raw(value), list.join(", "));
        push(causes, path, "FieldValueNotSupported", message);
    }
}

/// Tells whether two values are equal, comparing numbers by value.
fn same(left: &Value, right: &Value) -> bool {
    left == right || compare(left, right) == Some(Ordering::Equal)
}

fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

fn of_text(schema: &Schema, text: &str, path: &str, causes: &mut Vec<Cause>) {
    let bounds = &schema.bounds;
    let length = text.chars().count();
    let quoted = json::write_raw(&Value::from(text));
    if let Some(most) = bounds.max_length.filter(|most| length > *most) {
        push(causes, path, "FieldValueTooLong", format!("Too long: may not be more than {most} bytes"));
    }
    if let Some(least) = bounds.min_length.filter(|least| length < *least) {
        let message =
            format!("Invalid value: {quoted}: {path} in body should be at least {least} chars long");
        push(causes, path, "FieldValueInvalid", message);
    }
    if let Some(pattern) = bounds.pattern.as_ref().filter(|pattern| !pattern.fits(text)) {
        let message = format!("Invalid value: {quoted}: {path} in body should match '{}'", pattern.source);
        push(causes, path, "FieldValueInvalid", message);
    }
    if let Some(format) = bounds.format.as_ref().filter(|format| !formats::has(format, text)) {
        let message = format!("Invalid value: {quoted}: {path} in body must be of type {format}: {quoted}");
        push(causes, path, "FieldValueTypeInvalid", message);
    }
}

fn of_number(schema: &Schema, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let bounds = &schema.bounds;
    let printed = json::write_raw(value);
    let mut refuse = |what: String| {
        push(
            causes,
            path,
            "FieldValueInvalid",
            format!("Invalid value: {printed}: {path} in body should be {what}"),
        );
    };
    if let Some(most) = &bounds.maximum {
        let order = compare(value, most);
        if order == Some(Ordering::Greater) || (bounds.is_maximum_exclusive && order == Some(Ordering::Equal))
        {
            let or = if bounds.is_maximum_exclusive { "" } else { " or equal to" };
            refuse(format!("less than{or} {}", json::write_raw(most)));
        }
    }
    if let Some(least) = &bounds.minimum {
        let order = compare(value, least);
        if order == Some(Ordering::Less) || (bounds.is_minimum_exclusive && order == Some(Ordering::Equal)) {
            let or = if bounds.is_minimum_exclusive { "" } else { " or equal to" };
            refuse(format!("greater than{or} {}", json::write_raw(least)));
        }
    }
    if let (Some(step), Some(number)) = (bounds.multiple_of.filter(|step| *step > 0.0), value.as_f64()) {
        let ratio = number / step;
        if (ratio - ratio.round()).abs() > 1e-9 {
            refuse(format!("a multiple of {step}"));
        }
    }
    let is_in_range = match bounds.format.as_deref() {
        Some("int32") => value.as_f64().is_none_or(|number| i32::try_from(number as i64).is_ok()),
        Some("int64") => !matches!(value, Value::Uint(_)),
        _ => true,
    };
    if !is_in_range && matches!(schema.of, Kind::Integer | Kind::Number) {
        let format = bounds.format.as_deref().unwrap_or("");
        let message = format!(
            "Invalid value: \"\": Checked value must be of type integer with format {format} in {path}"
        );
        push(causes, path, "FieldValueInvalid", message);
    }
}

fn of_list(schema: &Schema, list: &[Value], old: Option<&Value>, path: &str, causes: &mut Vec<Cause>) {
    let bounds = &schema.bounds;
    if let Some(most) = bounds.max_items.filter(|most| list.len() > *most) {
        too_many(list.len(), most, path, causes);
    }
    if let Some(least) = bounds.min_items.filter(|least| list.len() < *least) {
        let message =
            format!("Invalid value: {}: {path} in body should have at least {least} items", list.len());
        push(causes, path, "FieldValueInvalid", message);
    }
    let old_items = old.and_then(Value::as_list);
    for (place, item) in list.iter().enumerate() {
        let path = format!("{path}[{place}]");
        if let Some(items) = &schema.items {
            let old = old_items.and_then(|old| counterpart(&schema.list, item, old));
            node(items, item, old, &path, causes);
        }
        if list[..place].iter().any(|earlier| is_duplicate(&schema.list, earlier, item)) {
            let shown = match &schema.list {
                ListKind::Map(keys) => Value::Map(key_of(keys, item)),
                _ => item.clone(),
            };
            push(
                causes,
                &path,
                "FieldValueDuplicate",
                format!("Duplicate value: {}", json::write_raw(&shown)),
            );
        }
    }
}

fn too_many(count: usize, most: usize, path: &str, causes: &mut Vec<Cause>) {
    let items = if most == 1 { "item" } else { "items" };
    push(causes, path, "FieldValueTooMany", format!("Too many: {count}: must have at most {most} {items}"));
}

/// Returns the item of an old list that corresponds to an item; only items of lists with keys have one.
pub(super) fn counterpart<'a>(kind: &ListKind, item: &Value, old: &'a [Value]) -> Option<&'a Value> {
    match kind {
        ListKind::Map(keys) => old.iter().find(|one| key_of(keys, one) == key_of(keys, item)),
        _ => None,
    }
}

fn is_duplicate(kind: &ListKind, earlier: &Value, item: &Value) -> bool {
    match kind {
        ListKind::Atomic => false,
        ListKind::Set => same(earlier, item),
        ListKind::Map(keys) => item.as_map().is_some() && key_of(keys, earlier) == key_of(keys, item),
    }
}

fn key_of(keys: &[String], item: &Value) -> Map {
    keys.iter().filter_map(|key| Some((key.as_str(), item.get(key)?.clone()))).collect()
}

fn of_map(schema: &Schema, map: &Map, old: Option<&Value>, path: &str, causes: &mut Vec<Cause>) {
    let bounds = &schema.bounds;
    if let Some(most) = bounds.max_properties.filter(|most| map.len() > *most) {
        too_many(map.len(), most, path, causes);
    }
    if let Some(least) = bounds.min_properties.filter(|least| map.len() < *least) {
        let message =
            format!("Invalid value: {}: {path} in body should have at least {least} properties", map.len());
        push(causes, path, "FieldValueInvalid", message);
    }
    for required in schema.required.iter().filter(|name| !map.contains_key(name)) {
        push(causes, &join(path, required), "FieldValueRequired", "Required value".to_owned());
    }
    if schema.is_embedded {
        embedded(map, path, causes);
    }
    for (key, value) in map {
        if let Some(schema) = schema.under(key) {
            node(schema, value, old.and_then(|old| old.get(key)), &join(path, key), causes);
        }
    }
}

/// An embedded resource.
fn embedded(map: &Map, path: &str, causes: &mut Vec<Cause>) {
    for field in ["apiVersion", "kind"] {
        let path = join(path, field);
        match map.get(field).map(|value| value.as_str().unwrap_or("")) {
            None => push(causes, &path, "FieldValueRequired", "Required value".to_owned()),
            Some("") => {
                push(causes, &path, "FieldValueInvalid", "Invalid value: \"\": must not be empty".to_owned())
            }
            Some(version) if field == "apiVersion" && version.matches('/').count() > 1 => {
                let message =
                    format!("Invalid value: \"{version}\": unexpected GroupVersion string: {version}");
                push(causes, &path, "FieldValueInvalid", message);
            }
            Some(_) => {}
        }
    }
    if let Some(inner) = map.get("metadata") {
        causes.extend(metadata::labels(inner, &join(path, "metadata")));
    }
}

fn alternatives(schema: &Schema, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let faults = |schema: &Schema| {
        let mut causes = Vec::new();
        node(schema, value, None, path, &mut causes);
        causes
    };
    let mut found = Vec::new();
    let mut refuse = |what: &str, inner: Vec<Cause>| {
        push(&mut found, path, "FieldValueInvalid", format!("Invalid value: \"\": \"{path}\" must {what}"));
        found.extend(inner);
    };
    if let Some(not) = &schema.not
        && faults(not).is_empty()
    {
        refuse("not validate the schema (not)", Vec::new());
    }
    if !schema.one_of.is_empty() {
        let mut each: Vec<Vec<Cause>> = schema.one_of.iter().map(faults).collect();
        match each.iter().filter(|one| one.is_empty()).count() {
            1 => {}
            0 => refuse("validate one and only one schema (oneOf). Found none valid", each.swap_remove(0)),
            many => {
                let what =
                    format!("validate one and only one schema (oneOf). Found {many} valid alternatives");
                refuse(&what, Vec::new());
            }
        }
    }
    if !schema.any_of.is_empty() {
        let mut each: Vec<Vec<Cause>> = schema.any_of.iter().map(faults).collect();
        if each.iter().all(|one| !one.is_empty()) {
            refuse("validate at least one schema (anyOf)", each.swap_remove(0));
        }
    }
    let all: Vec<Cause> = schema.all_of.iter().flat_map(faults).collect();
    if !all.is_empty() {
        refuse("validate all the schemas (allOf)", all);
    }
    causes.extend(found);
}
