//! Which workload reaches which under the network policies of a set of objects.
//!
//! 1. [`Network::of`] reads the objects: pods of every kind of workload, namespaces, NetworkPolicies, and the Services
//!    behind Ingresses and Routes.
//! 2. Pods that no policy distinguishes become one class, so the work grows with the number of policies, not of
//!    pods.
//! 3. [`Network::connections`] lists which end reaches which on which ports, [`Network::explain`] returns the policies
//!    that decide it, and [`difference`] compares two networks.
//! 4. [`print`](mod@print) writes lists, tables and JSON; [`graph`] draws.
//!
//! It does not consider extensions of network plugins, other kinds of policies, and pods that an operator creates from
//! custom resources.

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
pub use workload::{ConnectionEnd, NetworkPeer};
