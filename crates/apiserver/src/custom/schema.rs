//! The schema of a custom resource, parsed once.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aqueduct_cel::ExpressionType;
use aqueduct_manifest::{SmolStr, Value};
use regex::Regex;

use super::rules::{Compiled, Rule};

/// How deeply schemas may be nested.
const DEEPEST: usize = 64;

/// One node of a schema.
#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) of: Kind,
    pub(super) properties: BTreeMap<SmolStr, Schema>,
    pub(super) items: Option<Box<Schema>>,
    pub(super) additional: Option<Additional>,
    pub(super) required: Vec<String>,
    pub(super) default: Option<Value>,
    pub(super) is_nullable: bool,
    pub(super) is_int_or_string: bool,
    pub(super) preserves_unknown: bool,
    pub(super) is_embedded: bool,
    pub(super) list: ListKind,
    pub(super) bounds: Bounds,
    pub(super) all_of: Vec<Schema>,
    pub(super) any_of: Vec<Schema>,
    pub(super) one_of: Vec<Schema>,
    pub(super) not: Option<Box<Schema>>,
    pub(super) rules: Vec<Rule>,
    /// The rules as programs, compiled when first needed.
    pub(super) compiled: OnceLock<Compiled>,
}

/// The required type of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Any,
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
    /// A word that is not a type. The definition is wrong, and nothing else is reported because of it.
    Unknown,
}

/// What a map may contain in addition to its properties.
#[derive(Debug)]
pub(super) enum Additional {
    Anything,
    Schema(Box<Schema>),
}

/// How the items of a list are identified.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum ListKind {
    #[default]
    Atomic,
    Set,
    Map(Vec<String>),
}

/// The bounds of a value.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    pub(super) enumeration: Option<Vec<Value>>,
    pub(super) minimum: Option<Value>,
    pub(super) maximum: Option<Value>,
    pub(super) is_minimum_exclusive: bool,
    pub(super) is_maximum_exclusive: bool,
    pub(super) multiple_of: Option<f64>,
    pub(super) min_length: Option<usize>,
    pub(super) max_length: Option<usize>,
    pub(super) min_items: Option<usize>,
    pub(super) max_items: Option<usize>,
    pub(super) min_properties: Option<usize>,
    pub(super) max_properties: Option<usize>,
    pub(super) pattern: Option<Pattern>,
    pub(super) format: Option<String>,
}

/// A regular expression, compiled when it is first used. Most of those in definitions never are.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) source: String,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Tells whether a text matches; an invalid regular expression is no constraint.
    pub(super) fn fits(&self, text: &str) -> bool {
        self.regex
            .get_or_init(|| Regex::new(&self.source).ok())
            .as_ref()
            .is_none_or(|regex| regex.is_match(text))
    }
}

impl Schema {
    /// Parses a schema; parts that are nested too deeply accept anything.
    pub(super) fn read(value: &Value, depth: usize) -> Self {
        if depth > DEEPEST {
            return Self { preserves_unknown: true, ..Self::default() };
        }
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let flag = |key: &str| value.get(key).and_then(Value::as_bool) == Some(true);
        let list = |key: &str| value.get(key).and_then(Value::as_list).cloned().unwrap_or_default();
        let texts =
            |key: &str| list(key).iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
        let schemas = |key: &str| list(key).iter().map(|one| Self::read(one, depth + 1)).collect::<Vec<_>>();
        let properties = value.get("properties").and_then(Value::as_map).into_iter().flatten();
        Self {
            of: match text("type") {
                Some("object") => Kind::Object,
                Some("array") => Kind::Array,
                Some("string") => Kind::String,
                Some("integer") => Kind::Integer,
                Some("number") => Kind::Number,
                Some("boolean") => Kind::Boolean,
                Some(_) => Kind::Unknown,
                None => Kind::Any,
            },
            properties: properties.map(|(name, one)| (name.clone(), Self::read(one, depth + 1))).collect(),
            items: value.get("items").map(|items| Box::new(Self::read(items, depth + 1))),
            additional: match value.get("additionalProperties") {
                Some(Value::Bool(true)) => Some(Additional::Anything),
                Some(schema @ Value::Map(_)) => {
                    Some(Additional::Schema(Box::new(Self::read(schema, depth + 1))))
                }
                _ => None,
            },
            required: texts("required"),
            default: value.get("default").filter(|default| !default.is_null()).cloned(),
            is_nullable: flag("nullable"),
            is_int_or_string: flag("x-kubernetes-int-or-string"),
            preserves_unknown: flag("x-kubernetes-preserve-unknown-fields"),
            is_embedded: flag("x-kubernetes-embedded-resource"),
            list: match text("x-kubernetes-list-type") {
                Some("set") => ListKind::Set,
                Some("map") => ListKind::Map(texts("x-kubernetes-list-map-keys")),
                _ => ListKind::Atomic,
            },
            bounds: Bounds::read(value),
            all_of: schemas("allOf"),
            any_of: schemas("anyOf"),
            one_of: schemas("oneOf"),
            not: value.get("not").map(|not| Box::new(Self::read(not, depth + 1))),
            rules: list("x-kubernetes-validations").iter().map(Rule::read).collect(),
            compiled: OnceLock::new(),
        }
    }

    /// Returns the schema of the value for a key of a map.
    pub(super) fn under(&self, key: &str) -> Option<&Schema> {
        self.properties.get(key).or(match &self.additional {
            Some(Additional::Schema(schema)) => Some(schema),
            _ => None,
        })
    }

    /// Returns the type of a value in expressions.
    pub(super) fn expression_type(&self, is_resource: bool) -> ExpressionType {
        if self.is_int_or_string {
            return ExpressionType::Dyn;
        }
        match self.of {
            Kind::Boolean => ExpressionType::Bool,
            Kind::Integer => ExpressionType::Int,
            Kind::Number => ExpressionType::Double,
            Kind::String => match self.bounds.format.as_deref() {
                Some("byte") => ExpressionType::Bytes,
                Some("date" | "date-time") => ExpressionType::Timestamp,
                Some("duration") => ExpressionType::Duration,
                _ => ExpressionType::String,
            },
            Kind::Array => {
                let of =
                    self.items.as_ref().map_or(ExpressionType::Dyn, |items| items.expression_type(false));
                if self.list == ListKind::Atomic { ExpressionType::list(of) } else { ExpressionType::set(of) }
            }
            Kind::Object => self.object_type(is_resource || self.is_embedded),
            Kind::Any | Kind::Unknown => ExpressionType::Dyn,
        }
    }

    fn object_type(&self, is_resource: bool) -> ExpressionType {
        match &self.additional {
            Some(Additional::Schema(schema)) => {
                return ExpressionType::map(ExpressionType::String, schema.expression_type(false));
            }
            Some(Additional::Anything) => {
                return ExpressionType::map(ExpressionType::String, ExpressionType::Dyn);
            }
            None => {}
        }
        // Values without a type are not visible to expressions.
        let is_seen = |one: &Schema| one.of != Kind::Any || one.is_int_or_string;
        let own = self
            .properties
            .iter()
            .filter(|(name, one)| is_seen(one) && (!is_resource || *name != "metadata"));
        let mut fields: BTreeMap<SmolStr, ExpressionType> = BTreeMap::new();
        for (name, property) in own {
            let of = property.expression_type(false);
            fields.extend(aqueduct_cel::selectors(name).into_iter().map(|name| (name.into(), of.clone())));
        }
        if is_resource {
            fields.insert("apiVersion".into(), ExpressionType::String);
            fields.insert("kind".into(), ExpressionType::String);
            let metadata = ExpressionType::object(
                "metadata",
                [("name", ExpressionType::String), ("generateName", ExpressionType::String)],
            );
            fields.insert("metadata".into(), metadata);
        }
        // Objects in different places have different types, distinguished by their fields.
        let names: Vec<&str> = fields.keys().map(SmolStr::as_str).collect();
        ExpressionType::object(&format!("object({})", names.join(",")), fields.clone())
    }
}

impl Bounds {
    fn read(value: &Value) -> Self {
        let size =
            |key: &str| value.get(key).and_then(Value::as_i64).and_then(|size| usize::try_from(size).ok());
        let flag = |key: &str| value.get(key).and_then(Value::as_bool) == Some(true);
        let pattern = value.get("pattern").and_then(Value::as_str);
        Self {
            enumeration: value.get("enum").and_then(Value::as_list).map(|list| list.to_vec()),
            minimum: value.get("minimum").cloned(),
            maximum: value.get("maximum").cloned(),
            is_minimum_exclusive: flag("exclusiveMinimum"),
            is_maximum_exclusive: flag("exclusiveMaximum"),
            multiple_of: value.get("multipleOf").and_then(Value::as_f64),
            min_length: size("minLength"),
            max_length: size("maxLength"),
            min_items: size("minItems"),
            max_items: size("maxItems"),
            min_properties: size("minProperties"),
            max_properties: size("maxProperties"),
            pattern: pattern.map(|source| Pattern { source: source.to_owned(), regex: OnceLock::new() }),
            format: value.get("format").and_then(Value::as_str).map(str::to_owned),
        }
    }
}
