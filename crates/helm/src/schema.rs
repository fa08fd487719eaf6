//! `values.schema.json`: checks values against a JSON Schema and reports findings as Helm prints them.

mod cost;
mod finding;
mod format;
mod message;
mod part;
mod plain;

use std::sync::{Arc, OnceLock};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{
    Draft, PatternOptions, ReferencingError, Retrieve, Uri, ValidationError, ValidationOptions, Validator,
};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use self::part::SchemaPart;
use self::plain::Plain;
use crate::value::{Map, Value};

/// The schema of a chart's values; read on first use, and compiled only if values may violate it.
#[derive(Debug)]
pub(crate) struct Schema {
    bytes: Arc<[u8]>,
    read: OnceLock<Result<Read, String>>,
}

/// A schema and what was derived from it.
#[derive(Debug)]
struct Read {
    bytes: Arc<[u8]>,
    schema: SchemaPart,
    draft: Draft,
    plain: Option<Plain>,
    compiled: OnceLock<Result<Compiled, String>>,
}

/// A schema in the form that the jsonschema library takes.
#[derive(Debug)]
struct Compiled {
    schema: Json,
    validator: Validator,
}

impl Schema {
    pub(crate) fn new(bytes: Arc<[u8]>) -> Self {
        Self { bytes, read: OnceLock::new() }
    }

    pub(crate) fn validate(&self, values: &Map) -> Result<(), String> {
        let read = self.read.get_or_init(|| Read::new(&self.bytes)).as_ref().map_err(String::clone)?;
        if read.is_certainly_met(values) { Ok(()) } else { read.validate(values) }
    }
}

impl Read {
    fn new(bytes: &Arc<[u8]>) -> Result<Self, String> {
        let schema: SchemaPart = read(bytes)?;
        // The draft is determined by hand, because Helm's library accepts more names for drafts than others do.
        let draft = draft(schema.as_members().and_then(|members| members.get("$schema")?.as_str()));
        let plain = Plain::of(&schema, draft);
        Ok(Self { bytes: Arc::clone(bytes), schema, draft, plain, compiled: OnceLock::new() })
    }

    fn is_certainly_met(&self, values: &Map) -> bool {
        let Some(plain) = &self.plain else { return false };
        // Without references there is little to compare.
        (!plain.refers() || cost::is_within_limit(&self.schema, &to_json(&Value::Map(values.clone()))))
            && plain.verdict(&self.schema, values) == Some(true)
    }

    fn validate(&self, values: &Map) -> Result<(), String> {
        let compiled = self.compiled.get_or_init(|| compile(read(&self.bytes)?, self.draft));
        let Compiled { schema, validator } = compiled.as_ref().map_err(String::clone)?;
        let instance = to_json(&Value::Map(values.clone()));
        if !cost::is_within_limit(&self.schema, &instance) {
            return Err(format!(
                "checking the values would take more than {} comparisons with parts of the schema: its references \
                 lead to the same parts over and over\n",
                cost::LIMIT
            ));
        }
        let mut lines = String::new();
        let errors: Vec<ValidationError<'_>> = validator.iter_errors(&instance).collect();
        // A part that refers to others cannot be compiled on its own.
        let compile = |part: &Json| options(self.draft).build(part).ok();
        finding::describe(&errors, schema, &compile, &mut lines);
        if lines.is_empty() { Ok(()) } else { Err(lines) }
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| no_json(bytes, &error))
}

fn compile(mut schema: Json, draft: Draft) -> Result<Compiled, String> {
    prepare(&mut schema);
    let validator = options(draft).build(&schema).map_err(|error| match error.kind() {
        // Anything outside the schema has to be retrieved, so the reason for the refusal is all there is to report.
        ValidationErrorKind::Referencing(ReferencingError::Unretrievable { source, .. }) => {
            source.to_string()
        }
        ValidationErrorKind::Referencing(ReferencingError::PointerToNowhere { pointer }) => {
            format!("json-pointer in \"file:///values.schema.json#{pointer}\" not found")
        }
        _ => error.to_string(),
    })?;
    Ok(Compiled { schema, validator })
}

/// Returns the options for reading schemas.
fn options(draft: Draft) -> ValidationOptions<'static> {
    let options = jsonschema::options()
        .with_draft(draft)
        .with_base_uri("file:///values.schema.json")
        .with_retriever(NoRetriever)
        // Go's regular expressions have no lookaround, and Helm refuses patterns that use it.
        .with_pattern_options(PatternOptions::regex())
        // Helm does not inspect the contents of strings.
        .without_content_media_type_support("application/json")
        .without_content_encoding_support("base64");
    format::ALL
        .iter()
        .fold(options, |options, (name, check)| options.with_format(*name, |text: &str| check(text).is_ok()))
}

/// Reports invalid JSON in Go's wording; text that only this library rejects is reported in its own.
fn no_json(bytes: &[u8], error: &serde_json::Error) -> String {
    match aqueduct_manifest::json::read_bytes(bytes) {
        Ok(_) => error.to_string(),
        Err(error) => match &*error.message {
            "unexpected end of JSON input" if bytes.trim_ascii().is_empty() => "EOF".to_owned(),
            "unexpected end of JSON input" => "unexpected EOF".to_owned(),
            message => message.to_owned(),
        },
    }
}

/// Removes the names of drafts, including those in nested schemas, and adds empty `properties` where additional ones
/// are forbidden: only then does a finding list the surplus members.
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

fn draft(url: Option<&str>) -> Draft {
    let url = url.unwrap_or_default();
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

/// Fetches nothing: a chart has to include the schemas that it refers to.
struct NoRetriever;

impl Retrieve for NoRetriever {
    fn retrieve(
        &self,
        uri: &Uri<String>,
    ) -> Result<Json, Box<dyn std::error::Error + Send + Sync + 'static>> {
        // Helm treats an unresolvable URN as a schema that accepts everything.
        if uri.scheme().as_str() == "urn" {
            return Ok(Json::Bool(true));
        }
        Err(format!(
            "values.schema.json refers to `{uri}`, which is not part of the chart: Helm may fetch it from there, but schemas are \
             never fetched here"
        )
        .into())
    }
}

/// Converts values to JSON; whole floats become integers, which JSON Schema does not distinguish.
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
