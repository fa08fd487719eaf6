//! The outside world that a template may ask: the clock, randomness, a cluster, a name service.

use std::sync::Arc;

use aqueduct_manifest as manifest;

use super::FunctionError;

/// The place of a call in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSite {
    /// The function.
    pub function: &'static str,
    /// The file as error messages refer to it.
    pub template: Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column in bytes, from 0 as in Go.
    pub column: u32,
}

/// A point in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The seconds since the start of 1970 in UTC.
    pub seconds: i64,
    /// The nanoseconds within the second.
    pub nanoseconds: u32,
}

/// What `lookup` requests from a cluster.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<'a> {
    /// The API version.
    pub api_version: &'a str,
    /// The kind.
    pub kind: &'a str,
    /// The namespace; empty for all namespaces.
    pub namespace: &'a str,
    /// The name; empty for all objects.
    pub name: &'a str,
}

/// Why a host does not answer; this becomes the function's error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

impl From<Refusal> for FunctionError {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.0)
    }
}

/// The world outside a render: everything that could make two renders differ.
///
/// A render that must give the same bytes every time uses a host that refuses. Every method but `time_zone` and
/// `searches_keys` is passed the place of the call, so that errors can point to it.
pub trait Host {
    /// Returns the current time.
    ///
    /// # Errors
    /// Fails if there is no clock.
    fn now(&mut self, site: &CallSite) -> Result<Moment, Refusal>;

    /// Returns the name of the time zone for local times.
    fn time_zone(&self) -> &str {
        "UTC"
    }

    /// Fills a buffer with random bytes.
    ///
    /// # Errors
    /// Fails if there is no randomness.
    fn random(&mut self, site: &CallSite, buffer: &mut [u8]) -> Result<(), Refusal>;

    /// Returns whether to search for RSA keys. If nobody will use the generated keys, a key of another kind, which
    /// takes no search, replaces them.
    fn searches_keys(&self) -> bool {
        true
    }

    /// Returns an object or a list of them; an empty map if nothing is found. By default nothing is, as in Helm
    /// without a cluster.
    ///
    /// # Errors
    /// Fails if there is no cluster.
    fn lookup(&mut self, _site: &CallSite, _query: &Lookup<'_>) -> Result<manifest::Map, Refusal> {
        Ok(manifest::Map::new())
    }

    /// Returns an address of a host name; empty if lookups are off, which is Helm's default.
    ///
    /// # Errors
    /// Fails if there is no name service.
    fn resolve(&mut self, _site: &CallSite, _name: &str) -> Result<String, Refusal> {
        Ok(String::new())
    }
}
