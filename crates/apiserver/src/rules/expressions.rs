//! The question whether an expression of CEL compiles, which somebody else answers.

use aqueduct_manifest::Value;

/// Where an expression stands, which decides what it may name and what it must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Use<'a> {
    /// In a webhook or a policy, with `object`, `oldObject`, `request`, `namespaceObject` and `authorizer`.
    Admission {
        /// What it must be.
        wanted: Wanted,
        /// Whether `params` is known.
        has_params: bool,
        /// The names and expressions of the variables before it; `None` where the word `variables` is not known.
        variables: Option<&'a [(&'a str, &'a str)]>,
    },
    /// What a device must be, with `device`; true or false.
    Device,
    /// A rule of a custom resource, with `self` of a schema; true or false.
    Rule(&'a Value),
    /// The message of a rule of a custom resource; text.
    RuleMessage(&'a Value),
}

/// What an expression in a webhook or a policy must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// True or false.
    Condition,
    /// Text; here `authorizer` is not known.
    Message,
    /// Text or null.
    Audit,
    /// Anything.
    Variable,
    /// An `Object` that is applied.
    Configuration,
    /// A list of `JSONPatch`.
    Patches,
}

/// Knows CEL.
pub trait Expressions: Sync {
    /// Says why an expression does not compile; `None` where it does, or where that is not known.
    fn problem(&self, expression: &str, place: Use<'_>) -> Option<String>;
}

/// Takes every expression for correct.
pub(crate) struct NoExpressions;

impl Expressions for NoExpressions {
    fn problem(&self, _: &str, _: Use<'_>) -> Option<String> {
        None
    }
}
