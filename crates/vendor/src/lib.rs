//! Remote Helm charts, fetched once and kept in the repository.
//!
//! A platform names charts by repository and version range. [`vendor`] resolves them to exact versions,
//! fetches them with everything they depend on into `vendor/charts/`, and writes down in `aqueduct.lock`
//! what it fetched and the digest of each. A render needs no network: [`verify`] is a pure function that
//! says whether a chart is locked, there, and unaltered.

mod credentials;
mod digest;
mod error;
mod fetch;
mod http;
mod lock;
mod registry;
mod repository;
mod request;
mod store;
mod verify;

pub use credentials::Credentials;
pub use error::Error;
pub use fetch::Client;
pub use lock::{Lock, LockedChart};
pub use request::{Request, Source};
pub use store::{Update, vendor};
pub use verify::verify;

/// The folder of the vendored charts, relative to the platform.
pub const FOLDER: &str = "vendor/charts";

/// The file that says which charts are vendored, relative to the platform.
pub const LOCK_FILE: &str = "aqueduct.lock";
