//! What a template can call: functions with Go parameter types, and what they receive.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use aqueduct_manifest as manifest;

use super::FunctionError;
use super::host::{CallSite, Host, Lookup, Moment};
use super::source::TemplateText;
use crate::value::{Text, Type, Value};

/// The result of a call.
pub type Answer = Result<Value, FunctionError>;

/// A function, or a method whose receiver is the first argument.
///
/// Before calling, the evaluator checks and converts the arguments as Go's `text/template` does: an argument for a
/// `string` parameter is a [`Value::String`], and so on. [`Function::typed`] makes a function from a closure; the
/// built-in ones are constants.
pub struct Function {
    /// The name in templates.
    pub name: &'static str,
    /// The types of the parameters, without a method's receiver.
    pub parameters: &'static [Type],
    /// The type of any further arguments after the parameters.
    pub variadic: Option<Type>,
    /// Whether the result depends on more than the arguments.
    pub asks: Asks,
    /// Why no template can call it, in the wording of `text/template`, which does not accept every result type of Go
    /// methods.
    pub(super) unfit: Option<&'static str>,
    pub(super) special: Special,
    /// The first bytes of the name, for fast comparisons.
    prefix: u64,
    body: Body,
}

/// Whether a function asks the host for anything that differs from run to run: the clock, randomness, a cluster, a
/// host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Equal arguments give equal results. The function cannot reach the host.
    Nothing,
    /// Some arguments make it ask: a date function without a date uses the current time.
    Sometimes,
    /// It always asks.
    Always,
}

/// What sets a function apart for the evaluator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special {
    None,
    And,
    Or,
    Call,
    /// Walks everything that its arguments contain.
    Walks,
    /// Parses a string into a value.
    Reads,
}

type Plain = fn(&mut Call<'_>, &[Value]) -> Answer;
/// The body of a function made from a closure.
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

    /// Returns a function whose body is a closure.
    pub(super) fn closure(name: &'static str, parameters: &'static [Type], work: Arc<Closure>) -> Self {
        Self { body: Body::Closure(work), ..Self::new(name, parameters, |_, _| Ok(Value::Nil)) }
    }

    /// Returns a method without parameters that no template can call.
    pub(crate) const fn unfit(name: &'static str, reason: &'static str) -> Self {
        let mut function = Self::new(name, &[], |_, _| Ok(Value::Nil));
        function.unfit = Some(reason);
        function
    }

    /// Marks the function as one that asks the host. [`Call`] gives only marked functions access to the host.
    #[must_use]
    pub const fn asking(mut self, asks: Asks) -> Self {
        self.asks = asks;
        self
    }

    /// Marks a function that the evaluator handles specially.
    #[must_use]
    pub(crate) const fn special(mut self, special: Special) -> Self {
        self.special = special;
        self
    }

    /// Compares the name with another one whose prefix is known.
    pub(super) fn compare(&self, to: u64, name: &str) -> Ordering {
        self.prefix.cmp(&to).then_with(|| self.name.cmp(name))
    }

    /// Runs the function.
    pub(super) fn call(&self, call: &mut Call<'_>, arguments: &[Value]) -> Answer {
        match &self.body {
            Body::Plain(work) => work(call, arguments),
            Body::Closure(work) => work(call, arguments),
        }
    }
}

/// Returns the first eight bytes of a name as a number that sorts like them.
pub(super) const fn prefix(name: &[u8]) -> u64 {
    let mut prefix = 0;
    let mut at = 0;
    while at < 8 {
        prefix = prefix << 8 | if at < name.len() { name[at] as u64 } else { 0 };
        at += 1;
    }
    prefix
}

/// What the evaluator does on behalf of a function.
pub(super) trait World {
    fn host(&mut self) -> &mut dyn Host;

    /// Counts work as the given number of steps.
    fn spend(&mut self, steps: usize) -> Result<(), FunctionError>;

    /// Runs a template by name.
    fn include(&mut self, name: &Text, dot: Value) -> Result<Text, FunctionError>;

    /// Runs a string as a template.
    fn run_text(&mut self, source: &Text, dot: Value) -> Result<Text, FunctionError>;
}

/// What a function receives besides its arguments.
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

    /// Returns the host if the function is marked as asking it.
    fn host(&mut self) -> Result<(&mut dyn Host, CallSite), FunctionError> {
        if self.function.asks == Asks::Nothing {
            let name = self.function.name;
            return Err(FunctionError::new(format!("`{name}` asks the host and is not marked so")));
        }
        let site = self.site();
        Ok((self.world.host(), site))
    }

    /// Returns the current time.
    ///
    /// # Errors
    /// Fails if the host has no clock.
    pub fn now(&mut self) -> Result<Moment, FunctionError> {
        let (host, site) = self.host()?;
        host.now(&site).map_err(FunctionError::from)
    }

    /// Returns the name of the time zone for local times, such as `UTC`.
    pub fn time_zone(&mut self) -> String {
        self.world.host().time_zone().to_owned()
    }

    /// Fills a buffer with random bytes.
    ///
    /// # Errors
    /// Fails if the host has no randomness.
    pub fn random(&mut self, buffer: &mut [u8]) -> Result<(), FunctionError> {
        let (host, site) = self.host()?;
        host.random(&site, buffer).map_err(FunctionError::from)
    }

    /// Returns whether the host wants keys whose generation takes a search.
    pub fn searches_keys(&mut self) -> bool {
        self.world.host().searches_keys()
    }

    /// Returns an object of the cluster, or a list if the name is empty; an empty map if nothing is found.
    ///
    /// # Errors
    /// Fails if the host has no cluster.
    pub fn lookup(&mut self, query: &Lookup<'_>) -> Result<manifest::Map, FunctionError> {
        let (host, site) = self.host()?;
        host.lookup(&site, query).map_err(FunctionError::from)
    }

    /// Returns an address of a host name; empty if none is known.
    ///
    /// # Errors
    /// Fails if the host has no name service.
    pub fn resolve(&mut self, name: &str) -> Result<String, FunctionError> {
        let (host, site) = self.host()?;
        host.resolve(&site, name).map_err(FunctionError::from)
    }

    /// Counts work as the given number of render steps: call it for anything that takes longer than a few
    /// microseconds, in proportion to the time taken.
    ///
    /// # Errors
    /// Fails if the render has used up its steps.
    pub fn spend(&mut self, steps: usize) -> Result<(), FunctionError> {
        self.world.spend(steps)
    }

    /// Runs a template by name, as `include` does, and returns its output.
    ///
    /// # Errors
    /// Fails if there is no such template, or if it fails.
    pub fn include(&mut self, name: &Text, dot: Value) -> Result<Text, FunctionError> {
        self.world.include(name, dot)
    }

    /// Runs a string as a template, as `tpl` does, and returns its output.
    ///
    /// # Errors
    /// Fails if the string is not a valid template, or if the template fails.
    pub fn run_text(&mut self, source: &Text, dot: Value) -> Result<Text, FunctionError> {
        self.world.run_text(source, dot)
    }
}
