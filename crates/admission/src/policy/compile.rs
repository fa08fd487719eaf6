//! Compiles policies, and reports what is wrong with those that do not compile.

use aqueduct_apiserver::Cause;
use aqueduct_apiserver::expressions::{self, ExpectedType, admission as scope};
use aqueduct_cel::{ExpressionScope, ExpressionType, Program};
use aqueduct_manifest::{Object, SmolStr, Value};

use super::{Policy, Validation};
use crate::pod::{items, text};

/// Returns what is wrong with the expressions of a ValidatingAdmissionPolicy.
pub fn check(policy: &Object) -> Vec<Cause> {
    compile(policy).err().unwrap_or_default()
}

const REASONS: &str = "\"Forbidden\", \"Invalid\", \"RequestEntityTooLarge\"";

/// Compiles a policy.
pub(crate) fn compile(object: &Object) -> Result<Policy, Vec<Cause>> {
    let spec = object.map.get("spec").cloned().unwrap_or_default();
    let mut compiler = Compiler { causes: Vec::new() };
    let param_kind = spec.get("paramKind").filter(|kind| !kind.is_null());
    let has_params = param_kind.is_some();
    let conditions = items(&spec, "matchConditions").iter().enumerate().filter_map(|(place, condition)| {
        let field = format!("spec.matchConditions[{place}].expression");
        let source = text(condition, &["expression"]);
        let program =
            compiler.expression(field, source, &scope(has_params, &[], true), ExpectedType::Condition)?;
        Some((source.to_owned(), program))
    });
    let conditions = conditions.collect();
    let mut types: Vec<(SmolStr, ExpressionType)> = Vec::new();
    let mut variables = Vec::new();
    for (place, variable) in items(&spec, "variables").iter().enumerate() {
        let field = format!("spec.variables[{place}].expression");
        let scope = scope(has_params, &types, true);
        let name = text(variable, &["name"]);
        let program =
            compiler.expression(field, text(variable, &["expression"]), &scope, ExpectedType::Variable);
        let of = program.as_ref().map_or(ExpressionType::Dyn, |program| program.result().clone());
        types.push((name.into(), of));
        variables.extend(program.map(|program| (name.to_owned(), program)));
    }
    let all = scope(has_params, &types, true);
    let without_authorizer = scope(has_params, &types, false);
    let mut validations = Vec::new();
    for (place, validation) in items(&spec, "validations").iter().enumerate() {
        let reason = text(validation, &["reason"]);
        if !matches!(reason, "" | "Forbidden" | "Invalid" | "RequestEntityTooLarge") {
            compiler.causes.push(Cause {
                field: format!("spec.validations[{place}].reason"),
                reason: "FieldValueNotSupported",
                message: format!("Unsupported value: {reason:?}: supported values: {REASONS}"),
            });
        }
        let field = format!("spec.validations[{place}].expression");
        let expression = text(validation, &["expression"]);
        let program = compiler.expression(field, expression, &all, ExpectedType::Condition);
        let field = format!("spec.validations[{place}].messageExpression");
        let message_source = text(validation, &["messageExpression"]);
        let message_expression = if message_source.is_empty() {
            None
        } else {
            compiler.expression(field, message_source, &without_authorizer, ExpectedType::Message)
        };
        validations.extend(program.map(|program| Validation {
            expression: expression.to_owned(),
            program,
            message: text(validation, &["message"]).to_owned(),
            message_expression,
        }));
    }
    let mut annotations = Vec::new();
    for (place, annotation) in items(&spec, "auditAnnotations").iter().enumerate() {
        let field = format!("spec.auditAnnotations[{place}].valueExpression");
        let source = text(annotation, &["valueExpression"]);
        let program = compiler.expression(field, source, &all, ExpectedType::Audit);
        annotations.extend(program.map(|program| (source.to_owned(), program)));
    }
    if !compiler.causes.is_empty() {
        return Err(compiler.causes);
    }
    Ok(Policy {
        name: object.name().to_owned(),
        ignores_failures: text(&spec, &["failurePolicy"]) == "Ignore",
        param_kind: param_kind
            .map(|kind| (text(kind, &["apiVersion"]).to_owned(), text(kind, &["kind"]).to_owned())),
        constraints: spec.get("matchConstraints").cloned().unwrap_or_default(),
        conditions,
        variables,
        validations,
        annotations,
    })
}

struct Compiler {
    causes: Vec<Cause>,
}

impl Compiler {
    fn expression(
        &mut self,
        field: String,
        source: &str,
        scope: &ExpressionScope,
        wanted: ExpectedType,
    ) -> Option<Program> {
        if source.trim().is_empty() {
            let message = "Required value: expression is not specified".to_owned();
            self.causes.push(Cause { field, reason: "FieldValueRequired", message });
            return None;
        }
        let fault = match expressions::compile(source, scope, wanted) {
            Ok(program) => return Some(program),
            Err(fault) => fault,
        };
        let message = format!("Invalid value: {source:?}: {fault}");
        self.causes.push(Cause { field, reason: "FieldValueInvalid", message });
        None
    }
}

/// Returns a namespace as expressions see it.
pub(super) fn namespace_value(namespace: Option<&Object>) -> Value {
    namespace.map_or(Value::Null, |namespace| Value::Map(namespace.map.clone()))
}
