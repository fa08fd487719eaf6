//! Schema findings in the wording of Helm's library.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aqueduct_manifest::float;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value as Json;

use super::format;
use crate::template::{Charset, quote};

pub(super) fn message(error: &ValidationError<'_>) -> Cow<'static, str> {
    use ValidationErrorKind as Kind;
    let instance = error.instance();
    let number = |value: &Json| value.as_f64().map(localized).unwrap_or_default();
    let count = instance
        .as_array()
        .map(Vec::len)
        .or_else(|| instance.as_object().map(serde_json::Map::len))
        .or_else(|| instance.as_str().map(|text| text.chars().count()))
        .unwrap_or_default();
    let got = |keyword: &str, limit: u64| {
        format!("{keyword}: got {}, want {}", grouped(&count.to_string()), grouped(&limit.to_string()))
    };
    let compared =
        |keyword: &str, limit: &Json| format!("{keyword}: got {}, want {}", number(instance), number(limit));
    Cow::Owned(match error.kind() {
        Kind::Type { kind } => format!("got {}, want {}", type_of(instance), wanted_types(kind)),
        Kind::Enum { options } => {
            let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
            if options.iter().any(|option| option.is_array() || option.is_object()) {
                return "'enum' failed".into();
            }
            let shown: Vec<String> = options.iter().map(display).collect();
            let one_of = if shown.len() == 1 { "" } else { "one of " };
            format!("value must be {one_of}{}", shown.join(", "))
        }
        Kind::Constant { expected_value } if expected_value.is_array() || expected_value.is_object() => {
            return "'const' failed".into();
        }
        Kind::Constant { expected_value } => format!("value must be {}", display(expected_value)),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let mut names: Vec<String> = unexpected.iter().map(|name| quoted(name)).collect();
            names.sort();
            format!("additional properties {} not allowed", names.join(", "))
        }
        Kind::AdditionalItems { limit } => {
            format!("last {} additionalItem(s) not allowed", count.saturating_sub(*limit))
        }
        Kind::AnyOf { .. } => return "'anyOf' failed".into(),
        Kind::OneOfNotValid { .. } => return "'oneOf' failed, none matched".into(),
        Kind::OneOfMultipleValid { context } => {
            let matched: Vec<String> = context
                .iter()
                .enumerate()
                .filter(|(_, errors)| errors.is_empty())
                .map(|(index, _)| index.to_string())
                .take(2)
                .collect();
            format!("'oneOf' failed, subschemas {} matched", matched.join(", "))
        }
        Kind::Not { .. } => return "'not' failed".into(),
        Kind::FalseSchema => return "false schema".into(),
        Kind::Pattern { pattern } => {
            format!("{} does not match pattern {}", display(instance), quoted(pattern))
        }
        Kind::Format { format: name } => {
            let reason = instance.as_str().and_then(|text| format::reason(name, text));
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("{} is not valid {name}{reason}", display(instance))
        }
        Kind::Minimum { limit } => compared("minimum", limit),
        Kind::Maximum { limit } => compared("maximum", limit),
        Kind::ExclusiveMinimum { limit } => compared("exclusiveMinimum", limit),
        Kind::ExclusiveMaximum { limit } => compared("exclusiveMaximum", limit),
        Kind::MultipleOf { multiple_of } => {
            format!("multipleOf: got {}, want {}", number(instance), float::shortest(*multiple_of))
        }
        Kind::MinLength { limit } => got("minLength", *limit),
        Kind::MaxLength { limit } => got("maxLength", *limit),
        Kind::MinItems { limit } => got("minItems", *limit),
        Kind::MaxItems { limit } => got("maxItems", *limit),
        Kind::MinProperties { limit } => got("minProperties", *limit),
        Kind::MaxProperties { limit } => got("maxProperties", *limit),
        Kind::UniqueItems => equal_items(instance),
        Kind::Contains => return "no items match contains schema".into(),
        Kind::PropertyNames { error } => format!("invalid propertyName {}", display(error.instance())),
        _ => error.to_string(),
    })
}

/// Formats a number as Go's language library does for English.
fn localized(value: f64) -> String {
    let plain = float::shortest(value);
    let Some((digits, exponent)) = plain.split_once('e') else { return grouped(&plain) };
    let raised = exponent.chars().filter_map(|character| match character {
        '-' => Some('⁻'),
        digit => digit.to_digit(10).and_then(|digit| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(digit as usize)),
    });
    format!("{digits}×10{}", raised.collect::<String>())
}

/// Inserts commas between the thousands of a decimal number.
fn grouped(number: &str) -> String {
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let whole = number.find('.').unwrap_or(number.len());
    let mut out = sign.to_owned();
    for (at, character) in number.char_indices() {
        if at > 0 && at < whole && (whole - at) % 3 == 0 {
            out.push(',');
        }
        out.push(character);
    }
    out
}

fn equal_items(instance: &Json) -> String {
    let items = instance.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (second, item) in items.iter().enumerate() {
        if let Some(first) = seen.insert(item.to_string(), second) {
            return format!("items at {first} and {second} are equal");
        }
    }
    "items are equal".to_owned()
}

fn wanted_types(kind: &TypeKind) -> String {
    let order = [
        JsonType::Null,
        JsonType::Boolean,
        JsonType::Number,
        JsonType::Integer,
        JsonType::String,
        JsonType::Array,
        JsonType::Object,
    ];
    let wanted: Vec<String> = match kind {
        TypeKind::Single(single) => vec![single.to_string()],
        TypeKind::Multiple(set) => order
            .into_iter()
            .filter(|wanted| set.iter().any(|present| present == *wanted))
            .map(|wanted| wanted.to_string())
            .collect(),
    };
    wanted.join(" or ")
}

fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

fn display(value: &Json) -> String {
    match value {
        Json::Null => "<nil>".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(number) => number.to_string(),
        Json::String(text) => quoted(text),
        Json::Array(_) | Json::Object(_) => "value".to_owned(),
    }
}

pub(super) fn quoted(text: &str) -> String {
    let escaped = quote(text.as_bytes(), Charset::Unicode).replace("\\\"", "\"").replace('\'', "\\'");
    let inner = escaped.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(&escaped);
    format!("'{inner}'")
}
