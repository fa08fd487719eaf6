//! The admission chain of Kubernetes, without a server.
//!
//! A [`Cluster`] is made of objects in the order in which a server would be asked. Each is judged by what stands in
//! the cluster by then: the [Pod Security](pod_security) labels of its namespace, the validating admission policies,
//! the LimitRanges and ResourceQuotas, and for a custom resource its definition.

mod cluster;
mod defaults;
mod finding;
mod limits;
mod pod;
pub mod pod_security;
pub mod policy;
mod quota;
mod resources;

pub use cluster::{Cluster, RULERS};
pub use finding::{Action, AdmissionFinding};
pub use pod::pod_of;
