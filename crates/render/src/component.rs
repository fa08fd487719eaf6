//! The trait that every kind implements, and the registry that finds a kind by its name.

use std::any::type_name;
use std::fmt;

use aqueduct_manifest::{Diagnostic, Object, Place, Pointer};
use aqueduct_model::{Fragment, Instance, Node, Services, schema};
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;

use crate::{Context, Link, Offer, Site};

/// A kind of component: the fields of its TOML file, and how they become objects.
///
/// serde reads the fields into the type, and its doc comments are the kind's reference page. Use
/// `#[serde(deny_unknown_fields, rename_all = "kebab-case")]`, so that a misspelt field is an error.
pub trait Component: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// The name of the kind, as `kind = "…"` writes it.
    const KIND: &'static str;

    /// What its objects depend on and decide about. A narrower horizon lets a review skip components that a change
    /// cannot affect.
    const HORIZON: Horizon = Horizon::Environment;

    /// Returns what other components can connect to or use.
    fn offer(&self, site: &Site<'_>) -> Offer {
        let _ = site;
        Offer::default()
    }

    /// Returns the components that this one needs, by names of its choice.
    fn links(&self) -> Vec<Link> {
        Vec::new()
    }

    /// Returns the platform's shared components that this one needs.
    fn shared(&self, services: &Services) -> Vec<Link> {
        let _ = services;
        Vec::new()
    }

    /// Returns the platform's files that the component reads, as written in its fields. `tenants/`, `blueprints/`,
    /// `charts/`, `kustomizations/` and `vendor/` are always read; files elsewhere are only read if they are listed
    /// here.
    fn sources(&self) -> Vec<SourceName<'_>> {
        Vec::new()
    }

    /// Returns the objects of one instance. Namespace and tracking labels are added afterwards.
    ///
    /// # Errors
    /// Returns why the component cannot be rendered, with the field that causes it; see also [`Context::report`].
    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error>;

    /// Returns which lines of foreign files wrote the objects; `None` if all content comes from the component's
    /// fields. This takes another render, so it is only called on request.
    fn writers(&self, context: &Context<'_>) -> Option<Writers> {
        let _ = context;
        None
    }
}

/// What a component's objects depend on, and what they decide about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Horizon {
    /// They depend on the component's fields, its tenant, and linked components (which its fields contain as
    /// `tenant/component`), and decide about no objects of other tenants.
    Links,
    /// They depend on the same, but can be of any kind, such as policies and definitions that apply to the whole
    /// cluster.
    Cluster,
    /// They depend on any component of the environment.
    Environment,
}

/// Returns the lines that wrote a field of a rendered object, last one first; empty for a field that they did not
/// write.
pub type Writers = Box<dyn Fn(&Object, &Pointer) -> Vec<FieldWriter>>;

/// A line of a template, a resource or a patch that wrote a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldWriter {
    /// Its place.
    pub place: Place,
    /// What wrote the field, such as ``template `web.labels` ``.
    pub what: String,
}

/// Files of the platform that a component reads, with a path for [`Site::source_path`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceName<'a> {
    /// A file, or a folder with everything in it.
    Files(&'a str),
    /// The folder of a kustomization, with all files that it is built from, wherever they are.
    Kustomization(&'a str),
    /// The folder of a chart, with everything in it, and the local charts that it depends on (`file://…`).
    Chart(&'a str),
}

/// Why a component cannot be rendered: the field, the problem, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: &'static str,
    field: Vec<String>,
    message: Box<str>,
    hint: Option<Box<str>>,
    diagnostics: Vec<Diagnostic>,
    /// Additional errors.
    others: Vec<Error>,
}

/// Errors of independent parts, collected so that all are reported at once.
#[derive(Debug, Default)]
pub struct Errors {
    found: Vec<Error>,
}

impl Errors {
    /// Adds an error.
    pub fn push(&mut self, error: Error) {
        self.found.push(error);
    }

    /// Returns a part, or an empty one if it has an error.
    pub fn take<T: Default>(&mut self, part: Result<T, Error>) -> T {
        part.map_err(|error| self.push(error)).unwrap_or_default()
    }

    /// Returns the parts without errors.
    pub fn all<T>(&mut self, parts: impl IntoIterator<Item = Result<T, Error>>) -> Vec<T> {
        parts.into_iter().filter_map(|part| part.map_err(|error| self.push(error)).ok()).collect()
    }

    /// Returns the result of all parts.
    ///
    /// # Errors
    /// Returns all collected errors.
    pub fn end<T>(self, whole: T) -> Result<T, Error> {
        let mut found = self.found.into_iter();
        match found.next() {
            None => Ok(whole),
            Some(mut first) => {
                first.others.extend(found);
                Err(first)
            }
        }
    }
}

impl Error {
    /// Returns an error about a field, given as a dotted path; the empty path is the whole component.
    pub fn field(path: &str, message: impl Into<String>) -> Self {
        Self {
            code: "component",
            field: path.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            message: message.into().into(),
            hint: None,
            diagnostics: Vec::new(),
            others: Vec::new(),
        }
    }

    /// Returns an error about a field whose path is given as parts, for keys that contain dots.
    pub fn path(path: &[&str], message: impl Into<String>) -> Self {
        Self { field: path.iter().map(|part| (*part).to_owned()).collect(), ..Self::field("", message) }
    }

    /// Returns an error that consists of diagnostics with their own places.
    pub fn diagnostics(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, ..Self::field("", "") }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into().into());
        self
    }

    /// Sets the diagnostic code of the error.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// Returns the diagnostics, placed at the fields of the instance.
    pub fn into_diagnostics(mut self, instance: &Instance) -> Vec<Diagnostic> {
        let others = std::mem::take(&mut self.others);
        let mut diagnostics = self.own_diagnostics(instance);
        for one in others.into_iter().flat_map(|other| other.into_diagnostics(instance)) {
            // Several parts can have an error in the same field.
            if !diagnostics.contains(&one) {
                diagnostics.push(one);
            }
        }
        diagnostics
    }

    fn own_diagnostics(self, instance: &Instance) -> Vec<Diagnostic> {
        if !self.diagnostics.is_empty() {
            return self.diagnostics;
        }
        // The longest part of the path that exists in the source, since a field can have its default.
        let found = (0..=self.field.len()).rev().find_map(|length| {
            let path: Vec<&str> = self.field[..length].iter().map(String::as_str).collect();
            instance.spec.find(&path).or_else(|| instance.common.find(&path).filter(|_| length > 0))
        });
        let mut diagnostic = found.unwrap_or(&instance.spec).diagnostic(self.code, self.message);
        if let Some(hint) = self.hint {
            diagnostic = diagnostic.hint(hint);
        }
        vec![diagnostic]
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.diagnostics.first() {
            Some(diagnostic) => write!(out, "{diagnostic}"),
            None => out.write_str(&self.message),
        }
    }
}

impl std::error::Error for Error {}

impl From<serde::de::value::Error> for Error {
    fn from(error: serde::de::value::Error) -> Self {
        Self::field("", error.to_string())
    }
}

/// A component of any kind: [`Component`] without its type.
pub trait AnyComponent: Send + Sync {
    /// Returns the name of the kind.
    fn kind(&self) -> &'static str;
    /// Returns what [`Component::offer`] returns.
    fn offer(&self, site: &Site<'_>) -> Offer;
    /// Returns what [`Component::links`] returns.
    fn links(&self) -> Vec<Link>;
    /// Returns what [`Component::shared`] returns.
    fn shared(&self, services: &Services) -> Vec<Link>;
    /// Returns what [`Component::sources`] returns.
    fn sources(&self) -> Vec<SourceName<'_>>;
    /// Returns what [`Component::render`] returns.
    ///
    /// # Errors
    /// As [`Component::render`].
    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error>;
    /// Returns what [`Component::writers`] returns.
    fn writers(&self, context: &Context<'_>) -> Option<Writers>;
}

impl<T: Component> AnyComponent for T {
    fn kind(&self) -> &'static str {
        T::KIND
    }

    fn offer(&self, site: &Site<'_>) -> Offer {
        Component::offer(self, site)
    }

    fn links(&self) -> Vec<Link> {
        Component::links(self)
    }

    fn shared(&self, services: &Services) -> Vec<Link> {
        Component::shared(self, services)
    }

    fn sources(&self) -> Vec<SourceName<'_>> {
        Component::sources(self)
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        Component::render(self, context)
    }

    fn writers(&self, context: &Context<'_>) -> Option<Writers> {
        Component::writers(self, context)
    }
}

/// Reads the fields of an instance into a component of a kind.
type Read = fn(&Node) -> (Option<Box<dyn AnyComponent>>, Vec<Diagnostic>);

/// One kind in a registry: its name and how to read it.
#[derive(Clone, Copy)]
pub struct RegisteredKind {
    /// The name of the kind.
    pub name: &'static str,
    /// The name of the Rust type, for messages.
    pub type_name: &'static str,
    /// What the objects depend on and decide about.
    pub horizon: Horizon,
    /// Returns the JSON Schema of the fields.
    pub schema: fn() -> Schema,
    read: Read,
}

impl RegisteredKind {
    /// Returns the kind that a type implements.
    pub fn of<T: Component>() -> Self {
        Self {
            name: T::KIND,
            type_name: type_name::<T>(),
            horizon: T::HORIZON,
            schema: schema::of::<T>,
            read: |node| {
                let (component, diagnostics) = node.read_leniently::<T>(T::KIND);
                (component.map(|component| Box::new(component) as Box<dyn AnyComponent>), diagnostics)
            },
        }
    }
}

impl fmt::Debug for RegisteredKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Kind({} = {})", self.name, self.type_name)
    }
}

/// The kinds that a platform may use, by name; the default has none.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    kinds: Vec<RegisteredKind>,
}

impl FromIterator<RegisteredKind> for Registry {
    fn from_iter<I: IntoIterator<Item = RegisteredKind>>(kinds: I) -> Self {
        let mut registry = Self::default();
        kinds.into_iter().for_each(|kind| registry.add(kind));
        registry
    }
}

impl Registry {
    /// Adds a kind. It replaces one with the same name, so that a platform can have its own `service`.
    #[must_use]
    pub fn with<T: Component>(mut self) -> Self {
        self.add(RegisteredKind::of::<T>());
        self
    }

    fn add(&mut self, kind: RegisteredKind) {
        match self.kinds.binary_search_by_key(&kind.name, |known| known.name) {
            Ok(at) => self.kinds[at] = kind,
            Err(at) => self.kinds.insert(at, kind),
        }
    }

    /// Returns the kinds by name.
    pub fn kinds(&self) -> &[RegisteredKind] {
        &self.kinds
    }

    /// Returns a kind by its name.
    pub fn kind(&self, name: &str) -> Option<&RegisteredKind> {
        self.kinds.iter().find(|kind| kind.name == name)
    }

    /// Returns the names of the kinds, in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.kinds.iter().map(|kind| kind.name).collect()
    }

    /// Returns the errors of fields that are part of no instance; missing fields are allowed, since another layer may
    /// set them.
    pub fn check(&self, fragment: &Fragment) -> Vec<Diagnostic> {
        let Some(kind) = self.kind(&fragment.kind) else { return Vec::new() };
        let (_, mut diagnostics) = (kind.read)(&fragment.node);
        // A rule about several fields of a table cannot be checked before all of them are there.
        diagnostics.retain(|found| match found.code {
            "missing-key" => false,
            "invalid-value" => !fragment.partial,
            _ => true,
        });
        diagnostics
    }

    /// Reads the fields of an instance into its kind as far as possible, and returns all errors. The model has
    /// already rejected instances of unknown kinds.
    pub fn read(&self, instance: &Instance) -> (Option<Box<dyn AnyComponent>>, Vec<Diagnostic>) {
        match self.kind(&instance.kind) {
            Some(kind) => (kind.read)(&instance.spec),
            None => {
                let unknown = instance
                    .spec
                    .diagnostic("unknown-kind", format!("unknown kind: `{}`", instance.kind))
                    .did_you_mean(&instance.kind, self.names());
                (None, vec![unknown])
            }
        }
    }
}
