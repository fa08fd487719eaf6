//! Which workload reaches which, as the network policies of a set of objects have it.
//!
//! 1. [`Network::of`] reads the objects: pods of every kind of workload, namespaces, NetworkPolicies, and the Services
//!    behind Ingresses and Routes.
//! 2. Pods that no policy tells apart become one class, so that what is computed grows with the policies and not with the
//!    pods.
//! 3. [`Network::connections`] lists who reaches whom and on which ports, [`Network::explain`] names the policies that
//!    decide it, and [`difference`] compares two networks.
//! 4. [`print`](mod@print) writes lists, tables and JSON; [`graph`] draws.
//!
//! What a network plugin adds of its own, policies of other kinds, and pods that an operator makes from custom resources
//! are not seen.

mod addresses;
mod classes;
mod crossing;
mod crowd;
mod difference;
mod explain;
pub mod graph;
mod network;
mod policy;
mod ports;
pub mod print;
mod published;
mod workload;

pub use addresses::AddressRange;
pub use crossing::{Crossing, Opening, Owners};
pub use crowd::Ends;
pub use difference::{ConnectionChange, difference};
pub use explain::{ConnectionExplanation, Verdict};
pub use network::{Connection, Network};
pub use policy::{Direction, PolicyName};
pub use ports::{Ports, Protocol};
pub use workload::{ConnectionEnd, Workload};
