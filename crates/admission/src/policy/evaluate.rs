//! Evaluates a policy for an object.

use std::collections::BTreeMap;

use aqueduct_cel::{Datum, EvaluationError, Program, Unknown, Variables};
use aqueduct_manifest::{Map, Object, SmolStr, Value};

use super::compile::namespace_value;
use super::matching::{converted, fits, is_about};
use super::{Binding, Policy, Validation};
use crate::finding::{Action, AdmissionFinding};
use crate::pod::text;

const RULE: &str = "policy";

/// An object to be created, and its surroundings.
pub(crate) struct Request<'a> {
    /// The object with its defaults.
    pub(crate) object: &'a Object,
    /// The name of its resource, such as `deployments`.
    pub(crate) resource: &'a str,
    pub(crate) is_namespaced: bool,
    pub(crate) namespace: Option<&'a Object>,
    /// The minor version of Kubernetes.
    pub(crate) minor: u32,
    /// The versions in which the kind is served, if a definition lists them.
    pub(crate) versions: &'a [SmolStr],
}

/// What policies need to know about a cluster.
pub(crate) trait Params {
    /// Returns the scope of the objects of a kind.
    fn scope_of(&self, api_version: &str, kind: &str) -> Scope;

    /// Tells whether the defaults are known that a server would fill into objects of a kind.
    fn is_defined(&self, api_version: &str, kind: &str) -> bool;

    /// Returns the objects of a kind in a namespace; the empty one means cluster-scoped objects.
    fn objects<'a>(&'a self, api_version: &str, kind: &str, namespace: &str) -> Vec<&'a Object>;
}

/// The scope of the objects of a kind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Namespaced,
    Cluster,
    /// The kind does not exist.
    Missing,
    /// Unknown, because the kind may be defined elsewhere.
    Unknown,
}

/// Judges a request by a policy and its bindings.
pub(crate) fn admit(
    policy: &Policy,
    bindings: &BTreeMap<SmolStr, Binding>,
    request: &Request<'_>,
    params: &dyn Params,
) -> Vec<AdmissionFinding> {
    let bindings: Vec<&Binding> = bindings.values().filter(|binding| binding.policy == policy.name).collect();
    if bindings.is_empty() || !is_about(Some(&policy.constraints), request) {
        return Vec::new();
    }
    let converted = converted(&policy.constraints, request);
    let request = &Request { object: converted.as_ref().unwrap_or(request.object), ..*request };
    let mut findings = Vec::new();
    if let Some((api_version, kind)) = &policy.param_kind {
        let name = &policy.name;
        match params.scope_of(api_version, kind) {
            Scope::Missing if policy.ignores_failures => return findings,
            Scope::Missing => {
                let message = format!(
                    "ValidatingAdmissionPolicy '{name}' denied request: failed to configure policy: failed to find \
                     resource referenced by paramKind: '{api_version}, Kind={kind}'"
                );
                findings.push(AdmissionFinding::forbidden(RULE, message));
                return findings;
            }
            Scope::Unknown => {
                let message = format!(
                    "ValidatingAdmissionPolicy '{name}' takes parameters of {api_version}, Kind={kind}, but \
                     there is no definition or object of that kind; if the cluster does not define it either, \
                     everything is denied"
                );
                findings.push(AdmissionFinding::about(RULE, Action::Unknown, message));
                return findings;
            }
            Scope::Namespaced | Scope::Cluster => {}
        }
    }
    for binding in bindings {
        if !is_about(binding.resources.as_ref(), request) {
            continue;
        }
        match params_of(policy, binding, request, params) {
            Ok(all) => {
                for param in all {
                    findings.extend(judge(policy, binding, request, param));
                }
            }
            Err(fault) if !policy.ignores_failures => findings.push(AdmissionFinding::forbidden(
                RULE,
                format!(
                    "ValidatingAdmissionPolicy '{}' with binding '{}' denied request: failed to configure binding: {fault}",
                    policy.name, binding.name
                ),
            )),
            Err(_) => {}
        }
    }
    findings
}

/// A parameter of a policy.
#[derive(Clone, Copy)]
struct Param<'a> {
    object: &'a Object,
    /// It may have more fields than written, because its kind is not defined here.
    is_open: bool,
}

/// Returns the parameters of a binding; a single `None` if the policy takes none.
fn params_of<'a>(
    policy: &Policy,
    binding: &Binding,
    request: &Request<'_>,
    params: &'a dyn Params,
) -> Result<Vec<Option<Param<'a>>>, String> {
    let (Some((api_version, kind)), Some(reference)) = (&policy.param_kind, &binding.param_ref) else {
        return Ok(vec![None]);
    };
    let is_namespaced = params.scope_of(api_version, kind) == Scope::Namespaced;
    let namespace = match text(reference, &["namespace"]) {
        _ if !is_namespaced => "",
        "" if !request.is_namespaced => {
            return Err(
                "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
                    .to_owned(),
            );
        }
        "" => request.object.namespace(),
        named => named,
    };
    let mut found = params.objects(api_version, kind, namespace);
    match text(reference, &["name"]) {
        "" => found.retain(|param| fits(reference.get("selector"), param.labels())),
        name => found.retain(|param| param.name() == name),
    }
    if found.is_empty() && text(reference, &["parameterNotFoundAction"]) == "Deny" {
        return Err("no params found for policy binding with `Deny` parameterNotFoundAction".to_owned());
    }
    let is_open = !params.is_defined(api_version, kind);
    Ok(found.into_iter().map(|object| Some(Param { object, is_open })).collect())
}

/// The result of an expression.
enum Answer {
    Yes,
    No,
    Error(String),
    Unknown,
}

/// The variables of an evaluation, and the marker for what only a server knows.
struct Evaluation {
    variables: Variables,
    unknown: Unknown,
    /// A field that is missing in the parameter may be set in the cluster.
    has_open_params: bool,
}

impl Evaluation {
    fn new(policy: &Policy, request: &Request<'_>, param: Option<Param<'_>>) -> Self {
        let unknown = Unknown::new();
        let mut variables = Variables::new()
            .with("object", Datum::new(&Value::Map(request.object.map.clone())))
            .with("oldObject", Datum::new(&Value::Null))
            .with("request", request_value(request, &unknown))
            .with("namespaceObject", Datum::new(&namespace_value(request.namespace)))
            .with("authorizer", unknown.datum());
        if policy.param_kind.is_some() {
            let value = param.map_or(Value::Null, |param| Value::Map(param.object.map.clone()));
            variables.set("params", Datum::new(&value));
        }
        Self { variables, unknown, has_open_params: param.is_some_and(|param| param.is_open) }
    }

    /// Computes the variables of a policy. A failing one matters only to expressions that use it.
    fn compute(&mut self, policy: &Policy) {
        let mut known: BTreeMap<SmolStr, Result<Datum, String>> = BTreeMap::new();
        for (name, program) in &policy.variables {
            let datum = program.evaluate(&self.variables).map_err(|error| error.to_string());
            let datum = if self.unknown.take() { Ok(self.unknown.datum()) } else { datum };
            known.insert(name.into(), datum);
            self.variables.set("variables", Datum::lazy(known.clone()));
        }
    }

    fn ask(&self, program: &Program) -> Answer {
        let answer = program.evaluate(&self.variables);
        if self.unknown.take() {
            return Answer::Unknown;
        }
        match answer {
            // A server has a different limit, so nothing is reported when ours is reached.
            Err(EvaluationError::TooCostly) => Answer::Unknown,
            Err(EvaluationError::Failed(_)) if self.has_open_params => Answer::Unknown,
            Err(EvaluationError::Failed(error)) => Answer::Error(error),
            Ok(datum) => match datum.as_bool() {
                Some(true) => Answer::Yes,
                Some(false) => Answer::No,
                None => Answer::Error("no such overload".to_owned()),
            },
        }
    }

    fn text(&self, program: &Program) -> Option<String> {
        let text = program.evaluate(&self.variables).ok()?.as_str()?.trim().to_owned();
        (!self.unknown.take() && !text.is_empty() && !text.contains('\n')).then_some(text)
    }
}

fn judge(
    policy: &Policy,
    binding: &Binding,
    request: &Request<'_>,
    param: Option<Param<'_>>,
) -> Vec<AdmissionFinding> {
    let mut evaluation = Evaluation::new(policy, request, param);
    let mut faults = Vec::new();
    let mut is_unknown = false;
    for (expression, program) in &policy.conditions {
        match evaluation.ask(program) {
            Answer::Yes => {}
            // A condition that is false takes precedence over others that fail.
            Answer::No => return Vec::new(),
            Answer::Error(error) => faults.push(failed(expression, &error)),
            Answer::Unknown => is_unknown = true,
        }
    }
    if policy.ignores_failures && !faults.is_empty() {
        return Vec::new();
    }
    if faults.is_empty() && !is_unknown {
        evaluation.compute(policy);
        for validation in &policy.validations {
            match evaluation.ask(&validation.program) {
                Answer::Yes => {}
                Answer::No => faults.push(message(validation, &evaluation)),
                Answer::Error(_) if policy.ignores_failures => {}
                Answer::Error(error) => faults.push(failed(&validation.expression, &error)),
                Answer::Unknown => is_unknown = true,
            }
        }
        for (expression, program) in policy.annotations.iter().filter(|_| !policy.ignores_failures) {
            match program.evaluate(&evaluation.variables) {
                _ if evaluation.unknown.take() => is_unknown = true,
                Err(EvaluationError::Failed(error)) => faults.push(failed(expression, &error)),
                _ => {}
            }
        }
    }
    report(policy, binding, faults, is_unknown)
}

fn failed(expression: &str, error: &str) -> String {
    format!("expression '{expression}' resulted in error: {error}")
}

fn message(validation: &Validation, evaluation: &Evaluation) -> String {
    let computed = validation.message_expression.as_ref().and_then(|program| evaluation.text(program));
    computed.unwrap_or_else(|| match validation.message.trim() {
        "" => format!("failed expression: {}", validation.expression.trim()),
        message => message.to_owned(),
    })
}

fn report(
    policy: &Policy,
    binding: &Binding,
    faults: Vec<String>,
    is_unknown: bool,
) -> Vec<AdmissionFinding> {
    let who = format!("ValidatingAdmissionPolicy '{}' with binding '{}'", policy.name, binding.name);
    let mut findings = Vec::new();
    for fault in faults {
        for action in &binding.actions {
            findings.push(match action.as_str() {
                "Deny" => AdmissionFinding::forbidden(RULE, format!("{who} denied request: {fault}")),
                "Warn" => AdmissionFinding::about(
                    RULE,
                    Action::Warn,
                    format!("Validation failed for {who}: {fault}"),
                ),
                _ => AdmissionFinding::about(
                    RULE,
                    Action::Audit,
                    format!("Validation failed for {who}: {fault}"),
                ),
            });
        }
    }
    if is_unknown {
        let message = format!(
            "{who} depends on what only a server knows, such as who creates the object or what is filled in"
        );
        findings.push(AdmissionFinding::about(RULE, Action::Unknown, message));
    }
    findings
}

/// Returns the request as expressions see it; a server omits empty strings.
fn request_value(request: &Request<'_>, unknown: &Unknown) -> Datum {
    let object = request.object;
    let named = |last: &str, name: &str| {
        let entries = [("group", object.group()), ("version", object.version()), (last, name)];
        Datum::new(&Value::Map(Map::from_iter(entries)))
    };
    let text = |text: &str| Datum::new(&Value::from(text));
    let is_namespace = object.group().is_empty() && object.kind() == "Namespace";
    let namespace = if is_namespace { object.name() } else { object.namespace() };
    let options = Map::from_iter([("apiVersion", "meta.k8s.io/v1"), ("kind", "CreateOptions")]);
    let mut entries = BTreeMap::from([
        ("kind", named("kind", object.kind())),
        ("requestKind", named("kind", object.kind())),
        ("resource", named("resource", request.resource)),
        ("requestResource", named("resource", request.resource)),
        ("name", text(object.name())),
        ("operation", text("CREATE")),
        ("userInfo", unknown.datum()),
        ("dryRun", Datum::new(&Value::Bool(false))),
        ("options", Datum::new(&Value::Map(options))),
    ]);
    if !namespace.is_empty() {
        entries.insert("namespace", text(namespace));
    }
    Datum::lazy(entries.into_iter().map(|(name, datum)| (SmolStr::from(name), Ok(datum))).collect())
}
