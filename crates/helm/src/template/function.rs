//! What a template can call: a function with Go's parameter types, and what it is given.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use aqueduct_manifest as manifest;

use super::FunctionError;
use super::host::{CallSite, Host, Lookup, Moment};
use super::source::TemplateText;
use crate::value::{Text, Type, Value};

/// What a call comes to.
pub type Answer = Result<Value, FunctionError>;

/// A function, or a method whose receiver is the first argument.
///
/// The evaluator checks and converts the arguments as Go's `text/template` does before it calls: an
/// argument of a parameter of type `string` is a [`Value::String`], and so on. [`Function::typed`] makes one of a
/// closure; the stock ones are constants.
pub struct Function {
    /// The name in templates.
    pub name: &'static str,
    /// The types of the parameters; a method's receiver is not among them.
    pub parameters: &'static [Type],
    /// The type of the arguments that may follow the parameters.
    pub variadic: Option<Type>,
    /// Whether the result depends on more than the arguments.
    pub asks: Asks,
    /// Why no template can call it, in the words of `text/template`: Go methods may have results that it has no use
    /// for.
    pub(super) unfit: Option<&'static str>,
    pub(super) special: Special,
    /// The first letters of the name, for comparisons.
    prefix: u64,
    body: Body,
}

/// Whether a function asks the host for what differs from run to run: the clock, randomness, a cluster, a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Equal arguments give equal results. What the host would say is not to be had.
    Nothing,
    /// Some arguments make it ask: a date function that is given no date takes the present.
    Sometimes,
    /// It always asks.
    Always,
}

/// What the evaluator has to know of some functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special {
    None,
    And,
    Or,
    Call,
    /// Goes through all that its arguments hold.
    Walks,
    /// Reads a text and makes a value of it.
    Reads,
}

type Plain = fn(&mut Call<'_>, &[Value]) -> Answer;
/// The work of a function that was made of a closure.
pub(super) type Closure = dyn Fn(&mut Call<'_>, &[Value]) -> Answer + Send + Sync;

enum Body {
    Plain(Plain),
    Closure(Arc<Closure>),
}

impl fmt::Debug for Function {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name)
    }
}

impl Function {
    /// Returns a function with a fixed number of parameters.
    pub const fn new(name: &'static str, parameters: &'static [Type], work: Plain) -> Self {
        Self {
            name,
            parameters,
            variadic: None,
            asks: Asks::Nothing,
            unfit: None,
            special: Special::None,
            prefix: prefix(name.as_bytes()),
            body: Body::Plain(work),
        }
    }

    /// Returns a function that takes any number of arguments of one type after its parameters.
    pub const fn variadic(name: &'static str, parameters: &'static [Type], rest: Type, work: Plain) -> Self {
        let mut function = Self::new(name, parameters, work);
        function.variadic = Some(rest);
        function
    }

    /// Returns a function that a closure does the work of.
    pub(super) fn closure(name: &'static str, parameters: &'static [Type], work: Arc<Closure>) -> Self {
        Self { body: Body::Closure(work), ..Self::new(name, parameters, |_, _| Ok(Value::Nil)) }
    }

    /// Returns a method without parameters that no template can call.
    pub(crate) const fn unfit(name: &'static str, reason: &'static str) -> Self {
        let mut function = Self::new(name, &[], |_, _| Ok(Value::Nil));
        function.unfit = Some(reason);
        function
    }

    /// Marks the function as one that asks the host. [`Call`] gives the host to marked functions only.
    #[must_use]
    pub const fn asking(mut self, asks: Asks) -> Self {
        self.asks = asks;
        self
    }

    /// Marks a function that the evaluator treats on its own.
    #[must_use]
    pub(crate) const fn special(mut self, special: Special) -> Self {
        self.special = special;
        self
    }

    /// Compares the name with another one, of which the prefix is known.
    pub(super) fn compare(&self, to: u64, name: &str) -> Ordering {
        self.prefix.cmp(&to).then_with(|| self.name.cmp(name))
    }

    /// Does the work.
    pub(super) fn call(&self, call: &mut Call<'_>, arguments: &[Value]) -> Answer {
        match &self.body {
            Body::Plain(work) => work(call, arguments),
            Body::Closure(work) => work(call, arguments),
        }
    }
}

/// Returns the first eight letters of a name as a number that is as large as they come late.
pub(super) const fn prefix(name: &[u8]) -> u64 {
    let mut prefix = 0;
    let mut at = 0;
    while at < 8 {
        prefix = prefix << 8 | if at < name.len() { name[at] as u64 } else { 0 };
        at += 1;
    }
    prefix
}

/// What the evaluator does for a function.
pub(super) trait World {
    fn host(&mut self) -> &mut dyn Host;

    /// Counts work as so many steps.
    fn spend(&mut self, steps: usize) -> Result<(), FunctionError>;

    /// Runs a template by its name.
    fn include(&mut self, name: &Text, dot: Value) -> Result<Text, FunctionError>;

    /// Runs a text as a template.
    fn run_text(&mut self, source: &Text, dot: Value) -> Result<Text, FunctionError>;
}

/// What a function is given besides its arguments.
pub struct Call<'call> {
    pub(super) world: &'call mut (dyn World + 'call),
    pub(super) function: &'call Function,
    pub(super) source: &'call TemplateText,
    pub(super) position: u32,
}

impl Call<'_> {
    /// Returns the place of this call.
    pub fn site(&self) -> CallSite {
        let (line, column) = self.source.place(self.position);
        CallSite { function: self.function.name, template: Arc::clone(&self.source.name), line, column }
    }

    /// Returns the host, for a function that is marked as one that asks it.
    fn host(&mut self) -> Result<(&mut dyn Host, CallSite), FunctionError> {
        if self.function.asks == Asks::Nothing {
            let name = self.function.name;
            return Err(FunctionError::new(format!("`{name}` asks the host and is not marked so")));
        }
        let site = self.site();
        Ok((self.world.host(), site))
    }

    /// Returns the present time.
    ///
    /// # Errors
    /// The host has no clock.
    pub fn now(&mut self) -> Result<Moment, FunctionError> {
        let (host, site) = self.host()?;
        host.now(&site).map_err(FunctionError::from)
    }

    /// Returns the name of the zone that local times are told in, such as `UTC`.
    pub fn time_zone(&mut self) -> String {
        self.world.host().time_zone().to_owned()
    }

    /// Fills a buffer with random bytes.
    ///
    /// # Errors
    /// The host has no randomness.
    pub fn random(&mut self, buffer: &mut [u8]) -> Result<(), FunctionError> {
        let (host, site) = self.host()?;
        host.random(&site, buffer).map_err(FunctionError::from)
    }

    /// Tells whether the host wants keys that have to be searched for.
    pub fn searches_keys(&mut self) -> bool {
        self.world.host().searches_keys()
    }

    /// Returns an object of the cluster, or the list of them where the name is empty; an empty map where
    /// there is none.
    ///
    /// # Errors
    /// The host has no cluster.
    pub fn lookup(&mut self, query: &Lookup<'_>) -> Result<manifest::Map, FunctionError> {
        let (host, site) = self.host()?;
        host.lookup(&site, query).map_err(FunctionError::from)
    }

    /// Returns an address of a host name; empty where none is known.
    ///
    /// # Errors
    /// The host has no name service.
    pub fn resolve(&mut self, name: &str) -> Result<String, FunctionError> {
        let (host, site) = self.host()?;
        host.resolve(&site, name).map_err(FunctionError::from)
    }

    /// Counts work as so many steps of the render: what takes longer than a few microseconds, in proportion.
    ///
    /// # Errors
    /// The render has taken as many steps as it may.
    pub fn spend(&mut self, steps: usize) -> Result<(), FunctionError> {
        self.world.spend(steps)
    }

    /// Runs a template by its name, as `include` does, and returns what it writes.
    ///
    /// # Errors
    /// There is no such template, or it fails.
    pub fn include(&mut self, name: &Text, dot: Value) -> Result<Text, FunctionError> {
        self.world.include(name, dot)
    }

    /// Runs a text as a template, as `tpl` does, and returns what it writes.
    ///
    /// # Errors
    /// The text is no template, or it fails.
    pub fn run_text(&mut self, source: &Text, dot: Value) -> Result<Text, FunctionError> {
        self.world.run_text(source, dot)
    }
}
