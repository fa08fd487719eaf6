//! The admission chain of Kubernetes, without a server.
//!
//! A [`Cluster`] takes objects in the order in which a server would receive them. Each is judged by what is in the cluster
//! at that point: the [Pod Security](pod_security) labels of its namespace, the validating admission policies, the
//! LimitRanges and ResourceQuotas, and, for a custom resource, its definition.

mod cluster;
mod defaults;
mod finding;
mod limits;
mod pod;
pub mod pod_security;
pub mod policy;
mod quota;
mod resources;

pub use cluster::{AdmissionVerdict, Cluster, RULERS};
pub use finding::{Action, AdmissionFinding};
pub use pod::pod_of;
