//! Validating admission policies and their bindings.
//!
//! A policy is compiled when it enters the cluster. One that does not compile is refused, as by a server. For each
//! object, the policies that match it (`matching`) are evaluated once per binding and parameter.

mod compile;
mod evaluate;
mod matching;

use aqueduct_cel::Program;
use aqueduct_manifest::{Object, Value};

pub use compile::check;
pub(crate) use compile::compile;
pub(crate) use evaluate::{Params, Request, Scope, admit};

/// A policy that compiles.
#[derive(Debug)]
pub(crate) struct Policy {
    name: String,
    /// Errors are ignored.
    ignores_failures: bool,
    param_kind: Option<(String, String)>,
    constraints: Value,
    conditions: Vec<(String, Program)>,
    variables: Vec<(String, Program)>,
    validations: Vec<Validation>,
    /// What is written to the audit log; it only matters if it fails.
    annotations: Vec<(String, Program)>,
}

/// One rule of a policy.
#[derive(Debug)]
struct Validation {
    expression: String,
    program: Program,
    message: String,
    message_expression: Option<Program>,
}

/// A binding of a policy.
#[derive(Debug)]
pub(crate) struct Binding {
    name: String,
    policy: String,
    actions: Vec<String>,
    param_ref: Option<Value>,
    resources: Option<Value>,
}

impl Binding {
    /// Reads a binding.
    pub(crate) fn new(object: &Object) -> Self {
        let spec = object.map.get("spec").cloned().unwrap_or_default();
        Self {
            name: object.name().to_owned(),
            policy: crate::pod::text(&spec, &["policyName"]).to_owned(),
            actions: crate::pod::items(&spec, "validationActions")
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            param_ref: spec.get("paramRef").filter(|reference| !reference.is_null()).cloned(),
            resources: spec.get("matchResources").filter(|resources| !resources.is_null()).cloned(),
        }
    }
}
