//! What the API server of Kubernetes refuses, without a server.
//!
//! A [`Server`] is asked to create an object, and answers like the API server of its version would before
//! admission, with strict field validation and default features:
//! 1. `schema` checks the object against the structs of its kind; unknown fields and wrong types end the checks there.
//! 2. `rules` are the checks that Kubernetes has in code, kind by kind, performed after it fills in defaults.
//!
//! [`defaulted`] fills in what an object omits, for callers that need it.
//!
//! Checks that depend on other objects, on the cluster's addresses or on admission are not included.

mod cause;
pub mod custom;
mod defaults;
mod field;
mod names;
mod report;
mod rules;
mod schema;
mod server;

pub use cause::Cause;
pub use defaults::defaulted;
pub use rules::expressions;
pub use schema::field_type::FieldType;
pub use server::{Response, Server};
