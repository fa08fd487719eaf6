//! The rules of schemas, `x-kubernetes-validations`.

use aqueduct_cel::{CelDialect, Datum, EvaluationError, ExpressionScope, ExpressionType, Program, Variables};
use aqueduct_manifest::{List, Map, SmolStr, Value, json};

use super::fill::join;
use super::schema::{Additional, Kind, ListKind, Schema};
use super::validate::counterpart;
use crate::Cause;

/// One rule of a schema.
#[derive(Debug)]
pub(super) struct Rule {
    source: String,
    message: String,
    message_expression: String,
    reason: String,
    field_path: String,
    has_optional_old: bool,
}

/// The rules of a node as programs, with the type of its value.
#[derive(Debug)]
pub(super) struct Compiled {
    of: ExpressionType,
    rules: Vec<CompiledRule>,
}

#[derive(Debug)]
struct CompiledRule {
    program: Result<Program, String>,
    message: Option<Result<Program, String>>,
    /// The rule is about a transition.
    is_transition: bool,
}

impl Rule {
    /// Parses a rule.
    pub(super) fn read(value: &Value) -> Self {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        Self {
            source: text("rule"),
            message: text("message"),
            message_expression: text("messageExpression"),
            reason: text("reason"),
            field_path: text("fieldPath"),
            has_optional_old: value.get("optionalOldSelf").and_then(Value::as_bool) == Some(true),
        }
    }

    /// Returns why the rule does not compile, and why its message does not.
    pub(super) fn problems(&self, of: &ExpressionType) -> [Option<String>; 2] {
        let CompiledRule { program, message, .. } = self.compile(of);
        [program.err(), message.and_then(Result::err)]
    }

    fn compile(&self, of: &ExpressionType) -> CompiledRule {
        let plain = ExpressionScope::new(CelDialect::Kubernetes).with("self", of.clone());
        let old = if self.has_optional_old { ExpressionType::optional(of.clone()) } else { of.clone() };
        let whole = plain.with("oldSelf", old);
        let message = (!self.message_expression.is_empty())
            .then(|| compile(&self.message_expression, &whole, &ExpressionType::String));
        CompiledRule {
            program: compile(&self.source, &whole, &ExpressionType::Bool),
            message,
            is_transition: !self.has_optional_old && names_old(&self.source),
        }
    }
}

fn compile(source: &str, scope: &ExpressionScope, wanted: &ExpressionType) -> Result<Program, String> {
    let program = Program::compile(source, scope).map_err(|error| error.message)?;
    if program.result() == wanted || *program.result() == ExpressionType::Dyn {
        Ok(program)
    } else {
        Err(format!("must evaluate to {wanted} but got {}", program.result()))
    }
}

/// Tells whether an expression uses the old value.
fn names_old(source: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    source.match_indices("oldSelf").any(|(place, name)| {
        !source[..place].ends_with(is_letter) && !source[place + name.len()..].starts_with(is_letter)
    })
}

impl Schema {
    fn programs(&self, is_resource: bool) -> &Compiled {
        self.compiled.get_or_init(|| {
            let of = self.expression_type(is_resource);
            let rules = self.rules.iter().map(|rule| rule.compile(&of)).collect();
            Compiled { of, rules }
        })
    }
}

/// Returns the rules of a schema that do not compile.
pub(super) fn check(schema: &Schema, path: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    check_node(schema, path, true, &mut causes);
    causes
}

fn check_node(schema: &Schema, path: &str, is_resource: bool, causes: &mut Vec<Cause>) {
    if !schema.rules.is_empty() {
        let compiled = &schema.programs(is_resource).rules;
        for (place, (rule, compiled)) in schema.rules.iter().zip(compiled).enumerate() {
            let field = |last: &str| format!("{path}.x-kubernetes-validations[{place}].{last}");
            let mut refuse = |last: &str, source: &str, fault: &str| {
                let message = format!("Invalid value: {}: {fault}", json::write_raw(&Value::from(source)));
                causes.push(Cause { field: field(last), reason: "FieldValueInvalid", message });
            };
            match &compiled.program {
                Err(_) if rule.source.trim().is_empty() => {
                    let message = "Required value: rule is not specified".to_owned();
                    causes.push(Cause { field: field("rule"), reason: "FieldValueRequired", message });
                    continue;
                }
                Err(fault) => refuse("rule", &rule.source, fault),
                Ok(_) => {}
            }
            if let Some(Err(fault)) = &compiled.message {
                refuse("messageExpression", &rule.message_expression, fault);
            }
        }
    }
    for (name, property) in &schema.properties {
        check_node(property, &format!("{path}.properties[{name}]"), false, causes);
    }
    if let Some(items) = &schema.items {
        check_node(items, &format!("{path}.items"), false, causes);
    }
    if let Some(Additional::Schema(inner)) = &schema.additional {
        check_node(inner, &format!("{path}.additionalProperties"), false, causes);
    }
}

/// Evaluates the rules for an object.
pub(super) fn evaluate(schema: &Schema, new: &Value, old: Option<&Value>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let old = old.map_or(Old::Created, Old::Value);
    node(schema, new, old, "", true, &mut causes);
    causes
}

/// The old value.
#[derive(Clone, Copy)]
enum Old<'a> {
    /// The object is new.
    Created,
    /// The object is not new, but the old value is unknown or was absent.
    Absent,
    Value(&'a Value),
}

impl<'a> Old<'a> {
    fn then(self, next: impl FnOnce(&'a Value) -> Option<&'a Value>) -> Self {
        match self {
            Self::Value(value) => {
                next(value).filter(|value| !value.is_null()).map_or(Self::Absent, Self::Value)
            }
            other => other,
        }
    }
}

fn node(schema: &Schema, new: &Value, old: Old<'_>, path: &str, is_resource: bool, causes: &mut Vec<Cause>) {
    if new.is_null() {
        return;
    }
    if !schema.rules.is_empty() {
        own(schema, new, old, path, is_resource, causes);
    }
    match new {
        Value::Map(map) => {
            for (key, value) in map {
                if let Some(schema) = schema.under(key) {
                    node(schema, value, old.then(|old| old.get(key)), &join(path, key), false, causes);
                }
            }
        }
        Value::List(list) => {
            let Some(items) = &schema.items else { return };
            for (place, item) in list.iter().enumerate() {
                let old = old.then(|old| counterpart(&schema.list, item, old.as_list()?));
                node(items, item, old, &format!("{path}[{place}]"), false, causes);
            }
        }
        _ => {}
    }
}

fn own(schema: &Schema, new: &Value, old: Old<'_>, path: &str, is_resource: bool, causes: &mut Vec<Cause>) {
    let compiled = schema.programs(is_resource);
    let datum = |value: &Value| Datum::typed(&ordered(schema, value), &compiled.of);
    let mut variables = Variables::new().with("self", datum(new));
    for (rule, program) in schema.rules.iter().zip(&compiled.rules) {
        match old {
            Old::Value(old) if rule.has_optional_old => variables.set("oldSelf", datum(old).into_optional()),
            Old::Value(old) => variables.set("oldSelf", datum(old)),
            _ if rule.has_optional_old => variables.set("oldSelf", Datum::none()),
            _ if program.is_transition => continue,
            _ => {}
        }
        // For an unchanged value, a broken rule is only a warning.
        if !program.is_transition && matches!(old, Old::Value(old) if old == new) {
            continue;
        }
        let Ok(main) = &program.program else { continue };
        let (field, fault) = match main.evaluate(&variables) {
            Ok(datum) if datum.as_bool() == Some(true) => continue,
            Ok(_) => (format!("{path}{}", rule.field_path), fault(rule, program, &variables)),
            Err(EvaluationError::TooCostly) => continue,
            Err(EvaluationError::Failed(error)) => {
                let what = if rule.message.is_empty() { &rule.source } else { &rule.message };
                (path.to_owned(), format!("{error} evaluating rule: {what}"))
            }
        };
        causes.push(cause(rule, field.trim_start_matches('.'), new, &fault));
    }
}

fn fault(rule: &Rule, program: &CompiledRule, variables: &Variables) -> String {
    let computed = match &program.message {
        Some(Ok(message)) => message.evaluate(variables).ok(),
        _ => None,
    };
    let text = computed.as_ref().and_then(Datum::as_str).map(str::trim).unwrap_or("");
    match (text, rule.message.trim()) {
        ("", "") => format!("failed rule: {}", rule.source.trim()),
        ("", message) => message.to_owned(),
        (text, message) if text.contains('\n') && !message.is_empty() => message.to_owned(),
        (text, _) if text.contains('\n') => format!("failed rule: {}", rule.source.trim()),
        (text, _) => text.to_owned(),
    }
}

fn cause(rule: &Rule, field: &str, value: &Value, fault: &str) -> Cause {
    let shown = match value {
        Value::Map(_) | Value::List(_) => String::new(),
        scalar => format!("{}: ", json::write_raw(scalar)),
    };
    let (reason, message) = match rule.reason.as_str() {
        "FieldValueForbidden" => ("FieldValueForbidden", format!("Forbidden: {fault}")),
        "FieldValueRequired" => ("FieldValueRequired", format!("Required value: {fault}")),
        "FieldValueDuplicate" => {
            ("FieldValueDuplicate", format!("Duplicate value: {}", shown.trim_end_matches(": ")))
        }
        _ => ("FieldValueInvalid", format!("Invalid value: {shown}{fault}")),
    };
    Cause { field: field.to_owned(), reason, message }
}

/// Returns a value with its sets in one order, because sets are equal in any order.
fn ordered(schema: &Schema, value: &Value) -> Value {
    match value {
        Value::List(list) => {
            let mut items: Vec<Value> = match &schema.items {
                Some(of) => list.iter().map(|item| ordered(of, item)).collect(),
                None => list.to_vec(),
            };
            if schema.list == ListKind::Set {
                items.sort_by_cached_key(json::write);
            }
            Value::List(List::from(items))
        }
        Value::Map(map) if schema.of == Kind::Object => {
            let entries = map.iter().map(|(key, value)| {
                let value = schema.under(key).map_or_else(|| value.clone(), |schema| ordered(schema, value));
                (SmolStr::clone(key), value)
            });
            Value::Map(Map::from_iter(entries.filter(|(_, value)| !value.is_null())))
        }
        other => other.clone(),
    }
}
