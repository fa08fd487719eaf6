//! What a template can call: a function with Go's parameter types, the context that it is given, and the
//! world outside that it may ask.

use std::fmt;
use std::sync::Arc;

use aqueduct_manifest as manifest;

use super::FunctionError;
use super::evaluate::Evaluator;
use super::tree::Tree;
use crate::value::{Type, Value};

/// A function, or a method whose receiver is the first argument.
///
/// The evaluator checks and converts the arguments as Go's `text/template` does before it calls: an
/// argument of a parameter of type `string` is a [`Value::String`], and so on.
pub struct Function {
    /// The name in templates.
    pub name: &'static str,
    /// The types of the parameters; a method's receiver is not among them.
    pub parameters: &'static [Type],
    /// The type of the arguments that may follow the parameters.
    pub variadic: Option<Type>,
    /// Why no template can call it, in the words of `text/template`: Go methods may have results that it has no use
    /// for.
    pub unfit: Option<&'static str>,
    /// The work.
    pub call: fn(&mut Call<'_, '_>, &[Value]) -> Result<Value, FunctionError>,
}

impl fmt::Debug for Function {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name)
    }
}

impl Function {
    /// Returns a function with a fixed number of parameters.
    pub const fn new(
        name: &'static str,
        parameters: &'static [Type],
        call: fn(&mut Call<'_, '_>, &[Value]) -> Result<Value, FunctionError>,
    ) -> Self {
        Self { name, parameters, variadic: None, unfit: None, call }
    }

    /// Returns a function that takes any number of arguments of one type after its parameters.
    pub const fn variadic(
        name: &'static str,
        parameters: &'static [Type],
        rest: Type,
        call: fn(&mut Call<'_, '_>, &[Value]) -> Result<Value, FunctionError>,
    ) -> Self {
        Self { name, parameters, variadic: Some(rest), unfit: None, call }
    }

    /// Returns a method without parameters that no template can call.
    pub const fn unfit(name: &'static str, reason: &'static str) -> Self {
        Self { unfit: Some(reason), ..Self::new(name, &[], |_, _| Ok(Value::Nil)) }
    }
}

/// What a function is given besides its arguments.
pub struct Call<'run, 'call> {
    pub(crate) evaluator: &'call mut Evaluator<'run>,
    pub(super) function: &'static str,
    pub(super) tree: &'call Tree,
    pub(super) position: u32,
}

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

impl Call<'_, '_> {
    /// Returns the place of this call.
    pub fn site(&self) -> CallSite {
        let (line, column) = self.tree.source.place(self.position);
        CallSite { function: self.function, template: Arc::clone(&self.tree.source.name), line, column }
    }

    /// Returns the present time.
    ///
    /// # Errors
    /// The host has no clock.
    pub fn now(&mut self) -> Result<Moment, FunctionError> {
        let site = self.site();
        self.evaluator.host.now(&site).map_err(FunctionError::from)
    }

    /// Returns the name of the zone that local times are told in, such as `UTC`.
    pub fn time_zone(&self) -> &str {
        self.evaluator.host.time_zone()
    }

    /// Fills a buffer with random bytes.
    ///
    /// # Errors
    /// The host has no randomness.
    pub fn random(&mut self, buffer: &mut [u8]) -> Result<(), FunctionError> {
        let site = self.site();
        self.evaluator.host.random(&site, buffer).map_err(FunctionError::from)
    }

    /// Tells whether the host wants keys that have to be searched for.
    pub fn searches_keys(&self) -> bool {
        self.evaluator.host.searches_keys()
    }

    /// Returns an object of the cluster, or the list of them where the name is empty; an empty map where
    /// there is none.
    ///
    /// # Errors
    /// The host has no cluster.
    pub fn lookup(&mut self, query: &Lookup<'_>) -> Result<manifest::Map, FunctionError> {
        let site = self.site();
        self.evaluator.host.lookup(&site, query).map_err(FunctionError::from)
    }

    /// Returns an address of a host name; empty where none is known.
    ///
    /// # Errors
    /// The host has no name service.
    pub fn resolve(&mut self, name: &str) -> Result<String, FunctionError> {
        let site = self.site();
        self.evaluator.host.resolve(&site, name).map_err(FunctionError::from)
    }
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
