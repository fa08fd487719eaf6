//! What the API server of Kubernetes refuses, without a server.
//!
//! A [`Server`] is asked to create an object, and answers as the API server of its version would with strict field
//! validation and the default features, before admission:
//! 1. `schema` holds the object against the structs of its kind: unknown fields and wrong types end the matter there.
//! 2. `rules` are what Kubernetes checks by hand, kind by kind, with the defaults in mind that it fills in before.
//!
//! [`defaulted`] fills in what an object leaves out, for those that ask further.
//!
//! What depends on other objects, on the cluster's addresses or on admission is not asked here.

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
pub use server::{Answer, Server};
