//! The answers of this crate, compared with those of real servers.

mod corpus;
mod limits;
mod pod_security;
mod policies;
