//! Fetches charts and remotes of kustomizations once and stores them in the repository.
//!
//! A platform refers to charts by repository and version range, and its kustomizations refer to git
//! repositories and files on the web. [`vendor`] resolves them to exact versions and commits, fetches them
//! into `vendor/` with everything that they depend on, and records what it fetched, with a digest of each, in
//! `aqueduct.lock`. A render needs no network: [`verify`] and [`verify_remote`] are pure functions that check
//! whether something is locked, present and unaltered.

mod address;
mod checkout;
mod copies;
mod credentials;
mod digest;
mod docker_credential;
mod error;
mod fetch;
mod git;
mod http;
mod lock;
mod names;
mod registry;
mod repository;
mod request;
mod schemas;
mod store;
mod umbrella;
mod verify;
mod write;

pub use credentials::HostLogins;
pub use error::Error;
pub use fetch::Client;
pub use lock::{Lock, LockedChart, LockedRemote};
pub use request::{ChartSource, WantedChart};
pub use schemas::bundled as bundled_schema;
pub use store::{Update, Wanted, vendor};
pub use umbrella::{Assembly, Expected, neighbours};
pub use verify::{verify, verify_remote};

/// The folder of everything that is vendored, relative to the platform.
pub const FOLDER: &str = "vendor";

/// The folder of the vendored charts.
const CHARTS: &str = "vendor/charts";

/// The folder of the remotes of kustomizations.
const KUSTOMIZATIONS: &str = "vendor/kustomizations";

/// The file that lists what is vendored, relative to the platform.
pub const LOCK_FILE: &str = "aqueduct.lock";
