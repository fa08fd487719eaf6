//! Helm charts rendered natively, byte for byte as Helm v4 does.

pub mod engine;
pub mod functions;
pub mod template;
pub mod value;
