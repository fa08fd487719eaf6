//! Admission policies and their bindings.

use std::collections::BTreeSet;

use aqueduct_cel::{ExpressionScope, ExpressionType, KEYWORDS, Program};
use aqueduct_manifest::SmolStr;

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::expressions::{self, ExpectedType};
use crate::rules::selector;

/// Refuses the names reserved for manifest-based configuration.
pub(crate) fn not_static(root: &Field<'_>, report: &mut Report) {
    let meta = root.get("metadata");
    let name = meta.get("name");
    if name.text().ends_with(".static.k8s.io") {
        report.invalid(
            &name,
            "names ending with \".static.k8s.io\" are reserved for static manifest-based configurations and cannot be managed via the API",
        );
    }
}

/// Checks the matched requests.
pub(crate) fn rule(rule: &Field<'_>, report: &mut Report) {
    let (operations, groups, versions, resources) =
        (rule.get("operations"), rule.get("apiGroups"), rule.get("apiVersions"), rule.get("resources"));
    for (list, what) in [(&operations, "operations"), (&groups, "API groups"), (&versions, "API versions")] {
        report.needs(list);
        if list.len() > 1 && list.has("*") {
            report.invalid(list, format_args!("if '*' is present, must not specify other {what}"));
        }
    }
    for operation in operations.items() {
        report.one_of(&operation, &["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]);
    }
    for version in versions.items() {
        report.needs(&version);
    }
    rule_resources(&resources, report);
    report.set_is_one_of(&rule.get("scope"), &["*", "Cluster", "Namespaced"]);
}

fn rule_resources(resources: &Field<'_>, report: &mut Report) {
    report.needs(resources);
    let (mut whole, mut parts) = (BTreeSet::new(), BTreeSet::new());
    let mut last_is_plain = false;
    for resource in resources.items() {
        let text = resource.text();
        if text.is_empty() {
            report.required(&resource, "");
            continue;
        }
        let Some((name, part)) = text.split_once('/') else {
            last_is_plain = text != "*";
            continue;
        };
        if whole.contains(name) {
            report.invalid(&resource, format_args!("if '{name}/*' is present, must not specify {text}"));
        }
        if parts.contains(part) {
            report.invalid(&resource, format_args!("if '*/{part}' is present, must not specify {text}"));
        }
        if part == "*" {
            whole.insert(name.to_owned());
        }
        if name == "*" {
            parts.insert(part.to_owned());
        }
    }
    if resources.len() > 1 && resources.has("*/*") {
        report.invalid(resources, "if '*/*' is present, must not specify other resources");
    }
    if resources.has("*") && last_is_plain {
        report.invalid(resources, "if '*' is present, must not specify other resources without subresources");
    }
}

/// Checks the match conditions of a webhook or policy.
pub(crate) fn conditions(list: &Field<'_>, has_params: bool, report: &mut Report) {
    if list.len() > 64 {
        report.too_many(list, 64);
    }
    let mut seen = BTreeSet::new();
    let scope = expressions::admission(has_params, &[], true);
    for condition in list.items() {
        let (name, expression) = (condition.get("name"), condition.get("expression"));
        if expression.text().trim().is_empty() {
            report.required(&expression, "");
        } else {
            compile(&expression, &scope, ExpectedType::Condition, report);
        }
        if report.needs(&name) {
            report.format(&name, names::qualified_name);
            if !seen.insert(name.text().to_owned()) {
                report.duplicate(&name);
            }
        }
    }
}

fn compile(
    expression: &Field<'_>,
    scope: &ExpressionScope,
    wanted: ExpectedType,
    report: &mut Report,
) -> Option<Program> {
    let compiled = expressions::compile(expression.text(), scope, wanted);
    compiled.map_err(|problem| report.invalid(expression, problem)).ok()
}

fn match_resources(matching: &Field<'_>, report: &mut Report) {
    report.set_is_one_of(&matching.get("matchPolicy"), &["Equivalent", "Exact"]);
    selector::labels(&matching.get("namespaceSelector"), report);
    selector::labels(&matching.get("objectSelector"), report);
    for list in ["resourceRules", "excludeResourceRules"] {
        for entry in matching.get(list).items() {
            let mut seen = BTreeSet::new();
            for name in entry.get("resourceNames").items() {
                report.format(&name, names::path_segment);
                if !seen.insert(name.text().to_owned()) {
                    report.duplicate(&name);
                }
            }
            rule(&entry, report);
        }
    }
}

fn param_kind(kind: &Field<'_>, report: &mut Report) {
    let (version, name) = (kind.get("apiVersion"), kind.get("kind"));
    let text = version.text();
    match text.matches('/').count() {
        _ if text.is_empty() => report.required(&version, ""),
        0 | 1 => {
            let (group, number) = text.split_once('/').unwrap_or(("", text));
            if !group.is_empty()
                && let Some(problem) = names::subdomain(group)
            {
                report.invalid(&version, problem);
            }
            if number.is_empty() {
                report.invalid(&version, "version must be specified");
            } else if let Some(problem) = names::label_1035(number) {
                report.invalid(&version, problem);
            }
        }
        _ => report.invalid(&version, format_args!("unexpected GroupVersion string: {text}")),
    }
    if report.needs(&name)
        && let Some(problem) = names::label_1035(&name.text().to_lowercase())
    {
        report.invalid(&name, format_args!("may have mixed case, but should otherwise match: {problem}"));
    }
}

/// Tells whether CEL, or the API server that embeds it, reserves a word.
fn is_kept(word: &str) -> bool {
    KEYWORDS.contains(&word) || matches!(word, "__type__" | "__proto__")
}

/// Checks variables, and returns their types for the following expressions.
fn variables(list: &Field<'_>, has_params: bool, report: &mut Report) -> Vec<(SmolStr, ExpressionType)> {
    let mut known = Vec::new();
    for variable in list.items() {
        let (name, expression) = (variable.get("name"), variable.get("expression"));
        if name.text().trim().is_empty() {
            report.required(&name, "name is not specified");
        } else if names::c_identifier(name.text()).is_some() || is_kept(name.text()) {
            report.invalid(&name, "must be a valid CEL identifier");
        }
        let mut of = ExpressionType::Dyn;
        if expression.text().trim().is_empty() {
            report.required(&expression, "expression is not specified");
        } else {
            let scope = expressions::admission(has_params, &known, true);
            if let Some(program) = compile(&expression, &scope, ExpectedType::Variable, report) {
                of = program.result().clone();
            }
        }
        known.push((name.text().into(), of));
    }
    known
}

pub(crate) fn validating(root: &Field<'_>, report: &mut Report) {
    not_static(root, report);
    let (meta, spec) = (root.get("metadata"), root.get("spec"));
    let (matching, kind) = (spec.get("matchConstraints"), spec.get("paramKind"));
    let has_params = kind.is_set();
    report.set_is_one_of(&spec.get("failurePolicy"), &["Fail", "Ignore"]);
    if has_params {
        param_kind(&kind, report);
    }
    if matching.is_set() {
        match_resources(&matching, report);
        report.needs(&matching.get("resourceRules"));
    } else {
        report.required(&matching, "");
    }
    conditions(&spec.get("matchConditions"), has_params, report);
    let known = variables(&spec.get("variables"), has_params, report);
    let scope = expressions::admission(has_params, &known, true);
    let (validations, audits) = (spec.get("validations"), spec.get("auditAnnotations"));
    if validations.is_empty() && audits.is_empty() {
        for list in [&validations, &audits] {
            report.required(list, "validations or auditAnnotations must contain at least one item");
        }
        return;
    }
    let message_scope = expressions::admission(has_params, &known, false);
    for validation in validations.items() {
        self::validation(&validation, &scope, &message_scope, report);
    }
    if audits.len() > 20 {
        report.invalid(&audits, "must not have more than 20 auditAnnotations");
    }
    let policy = meta.get("name");
    let mut keys = BTreeSet::new();
    for audit in audits.items() {
        let (key, value) = (audit.get("key"), audit.get("valueExpression"));
        if policy.is_empty() && meta.get("generateName").is_empty() {
            report.invalid(&key, "requires metadata.name be non-empty");
        } else if let Some(problem) = names::qualified_name(&format!("{}/{}", policy.text(), key.text())) {
            report.invalid(&key, problem);
        }
        if value.text().trim().is_empty() {
            report.required(&value, "valueExpression is not specified");
        } else if value.text().trim().len() > 5 * 1024 {
            report.required(&value, "must not exceed 5120 bytes in length");
        } else {
            compile(&value, &scope, ExpectedType::Audit, report);
        }
        if !keys.insert(key.text().to_owned()) {
            report.duplicate(&key);
        }
    }
}

fn validation(
    validation: &Field<'_>,
    scope: &ExpressionScope,
    message_scope: &ExpressionScope,
    report: &mut Report,
) {
    let (expression, message, message_expression) =
        (validation.get("expression"), validation.get("message"), validation.get("messageExpression"));
    if expression.text().trim().is_empty() {
        report.required(&expression, "expression is not specified");
    } else {
        compile(&expression, scope, ExpectedType::Condition, report);
    }
    if !message_expression.is_empty() {
        if message_expression.text().trim().is_empty() {
            report.invalid(&message_expression, "must be non-empty if specified");
        } else {
            compile(&message_expression, message_scope, ExpectedType::Message, report);
        }
    }
    if !message.is_empty() && message.text().trim().is_empty() {
        report.invalid(&message, "must be non-empty if specified");
    } else if message.text().trim().contains(['\n', '\r']) {
        report.invalid(&message, "must not contain line breaks");
    }
    report.set_is_one_of(&validation.get("reason"), &["Forbidden", "Invalid", "RequestEntityTooLarge"]);
}

pub(crate) fn mutating(root: &Field<'_>, report: &mut Report) {
    not_static(root, report);
    let spec = root.get("spec");
    let (matching, kind) = (spec.get("matchConstraints"), spec.get("paramKind"));
    let has_params = kind.is_set();
    report.set_is_one_of(&spec.get("failurePolicy"), &["Fail", "Ignore"]);
    if has_params {
        param_kind(&kind, report);
    }
    if matching.is_set() {
        match_resources(&matching, report);
        let rules = matching.get("resourceRules");
        report.needs(&rules);
        for rule in rules.items() {
            for operation in rule.get("operations").items() {
                if !matches!(operation.text(), "*" | "CONNECT" | "CREATE" | "UPDATE") {
                    let place = rules.with("operations", operation.value);
                    report.unsupported(&place, &["*", "CONNECT", "CREATE", "UPDATE"]);
                }
            }
        }
    } else {
        report.required(&matching, "");
    }
    conditions(&spec.get("matchConditions"), has_params, report);
    variables(&spec.get("variables"), has_params, report);
    report.needs_one_of(&spec.get("reinvocationPolicy"), &["IfNeeded", "Never"]);
    let mutations = spec.get("mutations");
    report.needs(&mutations);
    for mutation in mutations.items() {
        let kind = mutation.get("patchType");
        report.needs_one_of(&kind, &["ApplyConfiguration", "JSONPatch"]);
        for (name, field) in [("ApplyConfiguration", "applyConfiguration"), ("JSONPatch", "jsonPatch")] {
            let patch = mutation.get(field);
            if kind.text() == name {
                if patch.is_set() {
                    let expression = patch.get("expression");
                    if expression.text().trim().is_empty() {
                        report.required(&expression, "expression is not specified");
                    } else if let Some(problem) = expressions::syntax_problem(expression.text()) {
                        // Patches may use the types of all kinds.
                        report.invalid(&expression, problem);
                    }
                } else {
                    report.required(&patch, &format!("must be specified when patchType is {name}"));
                }
            } else if patch.is_set() && matches!(kind.text(), "ApplyConfiguration" | "JSONPatch") {
                report
                    .invalid(&patch, format_args!("must not be specified when patchType is {}", kind.text()));
            }
        }
    }
}

pub(crate) fn validating_binding(root: &Field<'_>, report: &mut Report) {
    binding(root, report);
    let spec = root.get("spec");
    let actions = spec.get("validationActions");
    report.needs(&actions);
    let mut seen = BTreeSet::new();
    for action in actions.items() {
        report.one_of(&action, &["Audit", "Deny", "Warn"]);
        if !seen.insert(action.text().to_owned()) {
            report.duplicate(&action);
        }
    }
    if actions.has("Deny") && actions.has("Warn") {
        report.invalid(&actions, "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)");
    }
}

pub(crate) fn mutating_binding(root: &Field<'_>, report: &mut Report) {
    binding(root, report);
}

fn binding(root: &Field<'_>, report: &mut Report) {
    not_static(root, report);
    let spec = root.get("spec");
    let (policy, params, matching) =
        (spec.get("policyName"), spec.get("paramRef"), spec.get("matchResources"));
    report.needs_format(&policy, names::subdomain);
    if params.is_set() {
        let (name, wanted, action) =
            (params.get("name"), params.get("selector"), params.get("parameterNotFoundAction"));
        if !name.is_empty() {
            report.format(&name, names::path_segment);
            if wanted.is_set() {
                report.forbidden(&name, "name and selector are mutually exclusive");
            }
        } else if !wanted.is_set() {
            report.required(&params, "one of name or selector must be specified");
        }
        selector::labels(&wanted, report);
        if action.is_set() {
            report.one_of(&action, &["Deny", "Allow"]);
        } else {
            report.required(&action, "");
        }
    }
    if matching.is_set() {
        match_resources(&matching, report);
    }
}
