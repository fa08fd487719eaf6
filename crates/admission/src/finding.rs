//! What admission has to say about an object.

use aqueduct_apiserver::Cause;

/// One answer of a part of the admission chain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AdmissionFinding {
    /// The part of the chain: `pod-security`, `policy`, `limits`, `quota` or `custom-resource`.
    pub rule: &'static str,
    /// What follows from it.
    pub action: Action,
    /// What is wrong.
    pub cause: Cause,
}

/// What follows from a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// The object is refused.
    Deny,
    /// The object is accepted with a warning.
    Warn,
    /// The object is accepted, and the log of the server says so.
    Audit,
    /// Only a server can tell, for the answer depends on who asks.
    Unknown,
}

impl AdmissionFinding {
    /// Makes a refusal of the object as a whole.
    pub(crate) fn forbidden(rule: &'static str, message: String) -> Self {
        Self::about(rule, Action::Deny, message)
    }

    /// Makes a finding about the object as a whole.
    pub(crate) fn about(rule: &'static str, action: Action, message: String) -> Self {
        Self { rule, action, cause: Cause { field: String::new(), reason: "Forbidden", message } }
    }
}
