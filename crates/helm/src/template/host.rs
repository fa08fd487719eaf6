//! The world outside that a template may ask: the clock, randomness, a cluster, a name service.

use std::sync::Arc;

use aqueduct_manifest as manifest;

use super::FunctionError;

/// The place of a call in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSite {
    /// The function.
    pub function: &'static str,
    /// The file, as error messages name it.
    pub template: Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column in bytes, from 0 as Go counts.
    pub column: u32,
}

/// A point in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The seconds since 1970 in UTC.
    pub seconds: i64,
    /// The nanoseconds in the second.
    pub nanoseconds: u32,
}

/// What `lookup` asks of a cluster.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<'a> {
    /// The API version.
    pub api_version: &'a str,
    /// The kind.
    pub kind: &'a str,
    /// The namespace; empty for all.
    pub namespace: &'a str,
    /// The name; empty for all.
    pub name: &'a str,
}

/// Why a host does not answer; becomes the function's error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

impl From<Refusal> for FunctionError {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.0)
    }
}

/// The world outside of a render: everything that would make two renders differ.
///
/// A render that has to give the same bytes each time passes a host that refuses; every method is told
/// where the call stands, so that the report can name it.
pub trait Host {
    /// Returns the present time.
    ///
    /// # Errors
    /// There is no clock.
    fn now(&mut self, site: &CallSite) -> Result<Moment, Refusal>;

    /// Returns the name of the zone that local times are told in.
    fn time_zone(&self) -> &str {
        "UTC"
    }

    /// Fills a buffer with random bytes.
    ///
    /// # Errors
    /// There is no randomness.
    fn random(&mut self, site: &CallSite, buffer: &mut [u8]) -> Result<(), Refusal>;

    /// Tells whether RSA keys are searched for. Where nobody is to use what a render makes up, a key of
    /// another kind, which takes no search, stands in their place.
    fn searches_keys(&self) -> bool {
        true
    }

    /// Returns an object or a list of them; an empty map where there is none, as without a cluster.
    ///
    /// # Errors
    /// There is no cluster.
    fn lookup(&mut self, _site: &CallSite, _query: &Lookup<'_>) -> Result<manifest::Map, Refusal> {
        Ok(manifest::Map::new())
    }

    /// Returns an address of a host name; empty where lookups are off, as Helm has them by default.
    ///
    /// # Errors
    /// There is no name service.
    fn resolve(&mut self, _site: &CallSite, _name: &str) -> Result<String, Refusal> {
        Ok(String::new())
    }
}
