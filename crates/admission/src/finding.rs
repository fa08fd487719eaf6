//! The findings of admission about an object.

use aqueduct_apiserver::Cause;

/// One finding of a part of the admission chain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AdmissionFinding {
    /// The part of the chain: `pod-security`, `policy`, `limits`, `quota` or `custom-resource`.
    pub rule: &'static str,
    /// Its effect.
    pub action: Action,
    /// What is wrong.
    pub cause: Cause,
}

/// The effect of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// The object is refused.
    Deny,
    /// The object is accepted with a warning.
    Warn,
    /// The object is accepted, and the audit log of the server mentions it.
    Audit,
    /// Only a server knows, because the answer depends on the request.
    Unknown,
}

impl AdmissionFinding {
    /// Tells whether the object is refused.
    pub fn is_denial(&self) -> bool {
        self.action == Action::Deny
    }

    /// Returns a refusal of the object as a whole.
    pub(crate) fn forbidden(rule: &'static str, message: String) -> Self {
        Self::about(rule, Action::Deny, message)
    }

    /// Returns a finding about the object as a whole.
    pub(crate) fn about(rule: &'static str, action: Action, message: String) -> Self {
        Self { rule, action, cause: Cause { field: String::new(), reason: "Forbidden", message } }
    }
}
