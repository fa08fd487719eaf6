//! The names that CEL expressions in built-in kinds may use, and the types that they must return.

use aqueduct_cel::{CelDialect, ExpressionScope, ExpressionType, Program};
use aqueduct_manifest::SmolStr;

/// The required type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedType {
    /// A boolean.
    Condition,
    /// A boolean, as far as that is known statically.
    Match,
    /// A string.
    Message,
    /// A string or null.
    Audit,
    /// Anything.
    Variable,
}

/// Compiles an expression, or returns what is wrong with it in the API server's words.
pub fn compile(source: &str, scope: &ExpressionScope, wanted: ExpectedType) -> Result<Program, String> {
    let program = Program::compile(source, scope).map_err(|error| error.message)?;
    let of = program.result();
    let (is_good, words) = match wanted {
        ExpectedType::Condition => (*of == ExpressionType::Bool, "bool"),
        ExpectedType::Match => {
            (matches!(of, ExpressionType::Bool | ExpressionType::Dyn), "bool or the unknown type")
        }
        ExpectedType::Message => (*of == ExpressionType::String, "string"),
        ExpectedType::Audit => {
            (matches!(of, ExpressionType::String | ExpressionType::Null), "one of [string null_type]")
        }
        ExpectedType::Variable => (true, ""),
    };
    if is_good { Ok(program) } else { Err(format!("must evaluate to {words} but got {of}")) }
}

/// Returns why a text is not an expression at all, whatever names it uses.
pub(crate) fn syntax_problem(source: &str) -> Option<String> {
    Program::compile(source, &ExpressionScope::new(CelDialect::Unchecked)).err().map(|error| error.message)
}

/// Returns the names that the expressions of a policy or a webhook may use.
pub fn admission(
    has_params: bool,
    variables: &[(SmolStr, ExpressionType)],
    has_authorizer: bool,
) -> ExpressionScope {
    let mut scope = ExpressionScope::new(CelDialect::Kubernetes)
        .with("object", ExpressionType::Dyn)
        .with("oldObject", ExpressionType::Dyn)
        .with("request", request())
        .with("namespaceObject", namespace());
    if has_params {
        scope = scope.with("params", ExpressionType::Dyn);
    }
    if has_authorizer {
        scope = scope.with("authorizer", ExpressionType::Opaque("kubernetes.authorization.Authorizer"));
    }
    if !variables.is_empty() {
        scope = scope
            .with("variables", ExpressionType::object("kubernetes.variables", variables.iter().cloned()));
    }
    scope
}

/// Returns the names that a device selector may use.
pub(crate) fn device() -> ExpressionScope {
    let of_domains = || {
        ExpressionType::map(
            ExpressionType::String,
            ExpressionType::map(ExpressionType::String, ExpressionType::Dyn),
        )
    };
    let fields = [
        ("driver", ExpressionType::String),
        ("attributes", of_domains()),
        ("capacity", of_domains()),
        ("allowMultipleAllocations", ExpressionType::Bool),
    ];
    ExpressionScope::new(CelDialect::Kubernetes)
        .with("device", ExpressionType::object("kubernetes.DRADevice", fields))
}

fn texts<'a>(names: &'a [&'a str]) -> impl Iterator<Item = (&'a str, ExpressionType)> {
    names.iter().map(|name| (*name, ExpressionType::String))
}

fn request() -> ExpressionType {
    let kind = ExpressionType::object("kubernetes.GroupVersionKind", texts(&["group", "version", "kind"]));
    let resource =
        ExpressionType::object("kubernetes.GroupVersionResource", texts(&["group", "version", "resource"]));
    let user = texts(&["username", "uid"]).chain([
        ("groups", ExpressionType::list(ExpressionType::String)),
        ("extra", ExpressionType::map(ExpressionType::String, ExpressionType::list(ExpressionType::String))),
    ]);
    let texts = texts(&["subResource", "requestSubResource", "name", "namespace", "operation"]);
    let others = [
        ("kind", kind.clone()),
        ("requestKind", kind),
        ("resource", resource.clone()),
        ("requestResource", resource),
        ("userInfo", ExpressionType::object("kubernetes.UserInfo", user)),
        ("dryRun", ExpressionType::Bool),
        ("options", ExpressionType::Dyn),
    ];
    ExpressionType::object("kubernetes.AdmissionRequest", texts.chain(others))
}

fn namespace() -> ExpressionType {
    let map = || ExpressionType::map(ExpressionType::String, ExpressionType::String);
    let metadata = texts(&["name", "generateName", "namespace", "UID", "resourceVersion"]).chain([
        ("labels", map()),
        ("annotations", map()),
        ("creationTimestamp", ExpressionType::Timestamp),
        ("deletionTimestamp", ExpressionType::Timestamp),
        ("deletionGracePeriodSeconds", ExpressionType::Int),
        ("generation", ExpressionType::Int),
        ("finalizers", ExpressionType::list(ExpressionType::String)),
    ]);
    let spec = [("finalizers", ExpressionType::list(ExpressionType::String))];
    ExpressionType::object(
        "kubernetes.Namespace",
        [
            ("metadata", ExpressionType::object("kubernetes.NamespaceMetadata", metadata)),
            ("spec", ExpressionType::object("kubernetes.NamespaceSpec", spec)),
            ("status", ExpressionType::object("kubernetes.NamespaceStatus", texts(&["phase"]))),
        ],
    )
}
