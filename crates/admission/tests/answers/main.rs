//! What this crate says, against the answers of real servers.

mod corpus;
mod limits;
mod pod_security;
mod policies;
