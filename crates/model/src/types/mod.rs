//! The types of single values: names, hosts, quantities, images, schedules and so on.
//!
//! Every value is parsed when its file is read, so that a violated limit of Kubernetes is reported with file and
//! line, before the API server sees it. Each type prints itself as in a manifest, and describes itself as a JSON
//! Schema.

mod cidr;
mod cluster;
mod component_peer;
mod date;
mod duration;
mod environment_variable;
mod host;
mod image;
mod label;
mod name;
pub(crate) mod parsed;
mod path;
mod percentage;
mod port;
mod quantity;
mod reference;
mod scalar_or_table;
mod schedule;
mod secret;
mod url;
mod version;

pub use cidr::Cidr;
pub use cluster::TargetCluster;
pub use component_peer::ComponentPeer;
pub use date::Date;
pub use duration::Duration;
pub use environment_variable::EnvironmentVariable;
pub use host::{HostPattern, Hostname};
pub use image::Image;
pub use label::{LabelKey, LabelValue};
pub use name::{Name, NameSuffix, Subdomain};
pub use parsed::Invalid;
pub use path::{HttpPath, OutputPath};
pub use percentage::Percentage;
pub use port::{Port, PortName};
pub use quantity::{Cpu, Memory};
pub use reference::Reference;
pub use scalar_or_table::ScalarOrTable;
pub use schedule::Schedule;
pub use secret::{ConfigKey, SecretKeyReference};
pub use url::{Repository, Url};
pub use version::{ApiVersion, KubernetesVersion};
