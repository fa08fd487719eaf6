//! `values.schema.json`: values held against a JSON Schema, findings in the words that Helm prints.

mod cost;
mod finding;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{
    Draft, JsonType, PatternOptions, ReferencingError, Retrieve, Uri, ValidationError, Validator,
};
use serde_json::Value as Json;

use crate::Error;
use crate::chart::decode::go_float;
use crate::part::Part;
use crate::template::{Charset, quote};
use crate::value::{Map, Value};

/// The schema of a chart's values; compiled when it is first needed.
#[derive(Debug)]
pub(crate) struct Schema {
    bytes: Arc<[u8]>,
    /// The schema itself and what was made of it.
    compiled: OnceLock<Result<(Json, Validator), String>>,
}

/// Holds values against the schemas of a chart and of its subcharts.
pub(crate) fn validate(part: &Part, values: &Map) -> Result<(), Error> {
    let mut findings = String::new();
    validate_part(part, values, &mut findings);
    if findings.is_empty() {
        return Ok(());
    }
    Err(Error::new(format!(
        "values don't meet the specifications of the schema(s) in the following chart(s):\n{findings}"
    )))
}

fn validate_part(part: &Part, values: &Map, findings: &mut String) {
    if let Some(schema) = &part.chart.schema
        && let Err(message) = schema.validate(values)
    {
        findings.push_str(&format!("{}:\n{message}", part.name));
    }
    for subpart in &part.subparts {
        match values.get(&subpart.name) {
            None => {}
            Some(value) if value.is_nil() => {}
            Some(Value::Map(values)) => validate_part(subpart, &values, findings),
            Some(other) => findings.push_str(&format!(
                "{}:\ninvalid type for values: expected object (map), got {}\n",
                subpart.name,
                other.type_name()
            )),
        }
    }
}

impl Schema {
    pub(crate) fn new(bytes: Arc<[u8]>) -> Self {
        Self { bytes, compiled: OnceLock::new() }
    }

    fn validate(&self, values: &Map) -> Result<(), String> {
        let compiled = self.compiled.get_or_init(|| compile(&self.bytes));
        let (schema, validator) = compiled.as_ref().map_err(String::clone)?;
        let instance = to_json(&Value::Map(values.clone()));
        if !cost::is_within_limit(schema, &instance) {
            return Err(format!(
                "the values would be held against parts of the schema more than {} times: its references meet the same \
                 parts over and over\n",
                cost::LIMIT
            ));
        }
        let mut lines = String::new();
        let errors: Vec<ValidationError<'_>> = validator.iter_errors(&instance).collect();
        finding::describe(&errors, &mut lines);
        if lines.is_empty() { Ok(()) } else { Err(lines) }
    }
}

fn compile(bytes: &[u8]) -> Result<(Json, Validator), String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // The reader of JSON here says what Go's says.
    aqueduct_manifest::json::read_bytes(bytes).map_err(|error| match &*error.message {
        "unexpected end of JSON input" if bytes.trim_ascii().is_empty() => "EOF".to_owned(),
        "unexpected end of JSON input" => "unexpected EOF".to_owned(),
        message => message.to_owned(),
    })?;
    let mut schema: Json = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    // The draft is told by hand, since the names that Helm's library accepts are more than others do.
    let draft = draft(schema.get("$schema"));
    prepare(&mut schema);
    let validator = jsonschema::options()
        .with_draft(draft)
        .with_base_uri("file:///values.schema.json")
        .with_retriever(NoRetriever)
        // Patterns that look around are beyond Go's regular expressions, and Helm refuses them.
        .with_pattern_options(PatternOptions::regex())
        // Helm does not look into texts.
        .without_content_media_type_support("application/json")
        .without_content_encoding_support("base64")
        .build(&schema)
        .map_err(|error| match error.kind() {
            // Why is all there is to say: what is not in the schema is always retrieved.
            ValidationErrorKind::Referencing(ReferencingError::Unretrievable { source, .. }) => {
                source.to_string()
            }
            ValidationErrorKind::Referencing(ReferencingError::PointerToNowhere { pointer }) => {
                format!("json-pointer in \"file:///values.schema.json#{pointer}\" not found")
            }
            _ => error.to_string(),
        })?;
    Ok((schema, validator))
}

/// Takes out the names of the draft, in parts of the schema too, and says that there are no properties where
/// none are allowed: only then does a finding name the members that are too many.
fn prepare(schema: &mut Json) {
    match schema {
        Json::Object(members) => {
            if members.get("$schema").is_some_and(Json::is_string) {
                members.remove("$schema");
            }
            if members.get("additionalProperties") == Some(&Json::Bool(false)) {
                members.entry("properties").or_insert_with(|| Json::Object(serde_json::Map::new()));
            }
            members.values_mut().for_each(prepare);
        }
        Json::Array(items) => items.iter_mut().for_each(prepare),
        _ => {}
    }
}

fn draft(url: Option<&Json>) -> Draft {
    let url = url.and_then(Json::as_str).unwrap_or_default();
    let url = url.split('#').next().unwrap_or_default();
    let url = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).unwrap_or(url);
    match url {
        "json-schema.org/draft/2019-09/schema" => Draft::Draft201909,
        "json-schema.org/draft-07/schema" => Draft::Draft7,
        "json-schema.org/draft-06/schema" => Draft::Draft6,
        "json-schema.org/draft-04/schema" => Draft::Draft4,
        _ => Draft::Draft202012,
    }
}

/// Loads nothing: a chart has to carry the schemas that it refers to.
struct NoRetriever;

impl Retrieve for NoRetriever {
    fn retrieve(
        &self,
        uri: &Uri<String>,
    ) -> Result<Json, Box<dyn std::error::Error + Send + Sync + 'static>> {
        // Helm takes a URN that nobody resolves for a schema that everything meets.
        if uri.scheme().as_str() == "urn" {
            return Ok(Json::Bool(true));
        }
        Err(format!(
            "the schema refers to `{uri}`, which is not part of the chart: Helm may fetch it from there, but schemas are \
             never fetched here"
        )
        .into())
    }
}

fn message(error: &ValidationError<'_>) -> Cow<'static, str> {
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
        Kind::Format { format } => format!("{} is not valid {format}", display(instance)),
        Kind::Minimum { limit } => compared("minimum", limit),
        Kind::Maximum { limit } => compared("maximum", limit),
        Kind::ExclusiveMinimum { limit } => compared("exclusiveMinimum", limit),
        Kind::ExclusiveMaximum { limit } => compared("exclusiveMaximum", limit),
        Kind::MultipleOf { multiple_of } => {
            format!("multipleOf: got {}, want {}", number(instance), go_float(*multiple_of))
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

/// Writes a number as Go's library for languages does in English.
fn localized(value: f64) -> String {
    let plain = go_float(value);
    let Some((digits, exponent)) = plain.split_once('e') else { return grouped(&plain) };
    let raised = exponent.chars().filter_map(|character| match character {
        '-' => Some('⁻'),
        digit => digit.to_digit(10).and_then(|digit| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(digit as usize)),
    });
    format!("{digits}×10{}", raised.collect::<String>())
}

/// Puts commas between the thousands of a decimal number.
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

fn quoted(text: &str) -> String {
    let escaped = quote(text.as_bytes(), Charset::Unicode).replace("\\\"", "\"").replace('\'', "\\'");
    let inner = escaped.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(&escaped);
    format!("'{inner}'")
}

/// Converts values; whole floats become integers, which JSON Schema does not tell apart from them.
fn to_json(value: &Value) -> Json {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Int(_, value) => (*value).into(),
        Value::Uint(_, value) => (*value).into(),
        Value::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => (*value as i64).into(),
        Value::Float(value) => (*value).into(),
        Value::String(text) => text.to_str().into(),
        Value::List(list) => list.items().iter().map(to_json).collect(),
        Value::Map(map) => map
            .entries()
            .into_iter()
            .map(|(key, value)| (key.to_str().into_owned(), to_json(&value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Nil | Value::NilInterface | Value::Bytes(_) | Value::Complex(..) | Value::Native(_) => {
            Json::Null
        }
    }
}
