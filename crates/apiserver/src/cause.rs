//! What is wrong with an object, in the words of the API server.

/// One reason for refusing an object or warning about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// The field in the API server's notation, such as `spec.ports[0].port`; empty for the object as a whole.
    pub field: String,
    /// The API server's name for the reason, such as `FieldValueInvalid`.
    pub reason: &'static str,
    /// What is wrong: the invalid value, and what is expected.
    pub message: String,
}
