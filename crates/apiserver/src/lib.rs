//! What the API server of Kubernetes refuses, without a server.

mod cause;

pub use cause::Cause;
