//! The names that CEL expressions in built-in kinds may use, and the types that they must return.

use aqueduct_cel::{Dialect, ExpressionScope, Program, Type};
use aqueduct_manifest::SmolStr;

/// The required type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
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
pub fn compile(source: &str, scope: &ExpressionScope, wanted: Wanted) -> Result<Program, String> {
    let program = Program::compile(source, scope).map_err(|error| error.message)?;
    let of = program.result();
    let (is_good, words) = match wanted {
        Wanted::Condition => (*of == Type::Bool, "bool"),
        Wanted::Match => (matches!(of, Type::Bool | Type::Dyn), "bool or the unknown type"),
        Wanted::Message => (*of == Type::String, "string"),
        Wanted::Audit => (matches!(of, Type::String | Type::Null), "one of [string null_type]"),
        Wanted::Variable => (true, ""),
    };
    if is_good { Ok(program) } else { Err(format!("must evaluate to {words} but got {of}")) }
}

/// Returns why a text is not an expression at all, whatever names it uses.
pub(crate) fn syntax_problem(source: &str) -> Option<String> {
    Program::compile(source, &ExpressionScope::new(Dialect::Unchecked)).err().map(|error| error.message)
}

/// Returns the names that the expressions of a policy or a webhook may use.
pub fn admission(has_params: bool, variables: &[(SmolStr, Type)], has_authorizer: bool) -> ExpressionScope {
    let mut scope = ExpressionScope::new(Dialect::Kubernetes)
        .with("object", Type::Dyn)
        .with("oldObject", Type::Dyn)
        .with("request", request())
        .with("namespaceObject", namespace());
    if has_params {
        scope = scope.with("params", Type::Dyn);
    }
    if has_authorizer {
        scope = scope.with("authorizer", Type::Opaque("kubernetes.authorization.Authorizer"));
    }
    if !variables.is_empty() {
        scope = scope.with("variables", Type::object("kubernetes.variables", variables.iter().cloned()));
    }
    scope
}

/// Returns the names that a device selector may use.
pub(crate) fn device() -> ExpressionScope {
    let of_domains = || Type::map(Type::String, Type::map(Type::String, Type::Dyn));
    let fields = [
        ("driver", Type::String),
        ("attributes", of_domains()),
        ("capacity", of_domains()),
        ("allowMultipleAllocations", Type::Bool),
    ];
    ExpressionScope::new(Dialect::Kubernetes).with("device", Type::object("kubernetes.DRADevice", fields))
}

fn texts<'a>(names: &'a [&'a str]) -> impl Iterator<Item = (&'a str, Type)> {
    names.iter().map(|name| (*name, Type::String))
}

fn request() -> Type {
    let kind = Type::object("kubernetes.GroupVersionKind", texts(&["group", "version", "kind"]));
    let resource = Type::object("kubernetes.GroupVersionResource", texts(&["group", "version", "resource"]));
    let user = texts(&["username", "uid"]).chain([
        ("groups", Type::list(Type::String)),
        ("extra", Type::map(Type::String, Type::list(Type::String))),
    ]);
    let texts = texts(&["subResource", "requestSubResource", "name", "namespace", "operation"]);
    let others = [
        ("kind", kind.clone()),
        ("requestKind", kind),
        ("resource", resource.clone()),
        ("requestResource", resource),
        ("userInfo", Type::object("kubernetes.UserInfo", user)),
        ("dryRun", Type::Bool),
        ("options", Type::Dyn),
    ];
    Type::object("kubernetes.AdmissionRequest", texts.chain(others))
}

fn namespace() -> Type {
    let map = || Type::map(Type::String, Type::String);
    let metadata = texts(&["name", "generateName", "namespace", "UID", "resourceVersion"]).chain([
        ("labels", map()),
        ("annotations", map()),
        ("creationTimestamp", Type::Timestamp),
        ("deletionTimestamp", Type::Timestamp),
        ("deletionGracePeriodSeconds", Type::Int),
        ("generation", Type::Int),
        ("finalizers", Type::list(Type::String)),
    ]);
    let spec = [("finalizers", Type::list(Type::String))];
    Type::object(
        "kubernetes.Namespace",
        [
            ("metadata", Type::object("kubernetes.NamespaceMetadata", metadata)),
            ("spec", Type::object("kubernetes.NamespaceSpec", spec)),
            ("status", Type::object("kubernetes.NamespaceStatus", texts(&["phase"]))),
        ],
    )
}
