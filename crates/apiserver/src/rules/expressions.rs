//! The question whether an expression of CEL compiles, which somebody else answers.

/// Where an expression stands, which decides what it may name and what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use<'a> {
    /// A condition that must be true or false, with `object`, `oldObject`, `request`, `params` where the policy has a
    /// kind of parameters, `authorizer`, and variables.
    Condition {
        /// Whether `params` is known.
        has_params: bool,
        /// The names and expressions of the variables before; `None` where the word `variables` is not known.
        variables: Option<&'a [(&'a str, &'a str)]>,
    },
    /// As a condition, but it must be text.
    Message {
        /// Whether `params` is known.
        has_params: bool,
        /// The names and expressions of the variables before.
        variables: Option<&'a [(&'a str, &'a str)]>,
    },
    /// As a condition, but it must be text or null.
    Audit {
        /// Whether `params` is known.
        has_params: bool,
        /// The names and expressions of the variables before.
        variables: Option<&'a [(&'a str, &'a str)]>,
    },
    /// As a condition, of any type.
    Variable {
        /// Whether `params` is known.
        has_params: bool,
        /// The names and expressions of the variables before.
        variables: Option<&'a [(&'a str, &'a str)]>,
    },
    /// What a device must be, with `device`.
    Device,
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
