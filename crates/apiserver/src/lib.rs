//! What the API server of Kubernetes refuses, without a server.

mod cause;
pub mod custom;

pub use cause::Cause;
