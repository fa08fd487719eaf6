//! Kubernetes YAML as data.
//!
//! Everything that Aqueduct reads or writes passes through this crate: a [`Value`] is any JSON-model
//! value, an [`Object`] is a Kubernetes resource, [`yaml`] is the one door for YAML, [`patch`] changes
//! objects, a [`Quantity`] is an amount, [`secret`] tells secrets, [`Files`] is the input folder in memory, and a
//! [`Diagnostic`] says what is wrong and where. [`float`], [`json`] and [`Hash`] write what the tools of Kubernetes write.
//! The crate has no clock, no environment variables and no network.

mod apis;
mod deserialize;
mod diagnostic;
mod files;
pub mod float;
mod hash;
pub mod json;
mod object;
pub mod patch;
mod place;
mod quantity;
pub mod secret;
mod serialize;
mod value;
pub mod yaml;

pub use apis::{KUBERNETES_APIS, KubernetesApi, plural};
pub use deserialize::from_value;
pub use diagnostic::{Diagnostic, Label, Severity, closest};
pub use files::{FileError, Files};
pub use hash::{Hash, hex};
pub use object::{Object, ObjectKey};
pub use place::{Lines, Place, Position, Span};
pub use quantity::{NoQuantity, Quantity};
pub use serialize::to_value;
pub use smol_str::{SmolStr, format_smolstr};
pub use value::{List, Map, MapIter, Value};
