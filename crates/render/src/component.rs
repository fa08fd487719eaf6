//! The trait that every kind implements, and the registry that finds a kind by its name.

use std::any::type_name;
use std::fmt;

use aqueduct_manifest::{Diagnostic, Object, Place, Pointer};
use aqueduct_model::{Fragment, Instance, Node, Services, schema};
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;

use crate::{Context, Link, Offer, Site};

/// A kind of component: the fields that a component's TOML file takes, and how they become objects.
///
/// The type is what serde reads the fields into; its doc comments are the reference page of the kind.
/// Use `#[serde(deny_unknown_fields, rename_all = "kebab-case")]`, so that a misspelt field is an error.
pub trait Component: DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// The name of the kind, as `kind = "…"` writes it.
    const KIND: &'static str;

    /// How far its objects look. With a shorter one than this, a review need not render components that a change cannot
    /// reach.
    const HORIZON: Horizon = Horizon::Environment;

    /// Returns what other components can reach or use of this one.
    fn offer(&self, site: &Site<'_>) -> Offer {
        let _ = site;
        Offer::default()
    }

    /// Returns the components that this one needs, by the names it gives them.
    fn links(&self) -> Vec<Link> {
        Vec::new()
    }

    /// Returns the components that this one needs because the platform shares them.
    fn shared(&self, services: &Services) -> Vec<Link> {
        let _ = services;
        Vec::new()
    }

    /// Returns what the component reads of the platform's files, as its fields name it. What lies in
    /// `tenants/`, `blueprints/`, `charts/`, `kustomizations/` and `vendor/` is there in any case; what lies
    /// elsewhere is read where it is named here.
    fn sources(&self) -> Vec<SourceName<'_>> {
        Vec::new()
    }

    /// Returns the objects of one instance. Namespace and tracking labels are added afterwards.
    ///
    /// # Errors
    /// What cannot be rendered, with the field that causes it; see also [`Context::report`].
    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error>;

    /// Returns what tells of the objects which lines of foreign files wrote them; nothing where the fields of the
    /// component say it all. It takes another render and is asked for only where somebody wants to know.
    fn writers(&self, context: &Context<'_>) -> Option<Writers> {
        let _ = context;
        None
    }
}

/// What the objects of a component follow from, and what they decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Horizon {
    /// They follow from the fields of the component, its tenant, and the components that it is linked with, which its fields
    /// name as `tenant/component`; none of them decides about objects of other tenants.
    Links,
    /// They follow from the same, and may be of any kind: policies and definitions hold in the whole cluster.
    Cluster,
    /// They follow from any component of the environment.
    Environment,
}

/// Returns which lines wrote a field of a rendered object, the last one first; nothing of a field that they did not
/// write.
pub type Writers = Box<dyn Fn(&Object, &Pointer) -> Vec<FieldWriter>>;

/// A line of a template, a resource or a patch that wrote a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldWriter {
    /// Where it is.
    pub place: Place,
    /// What it is, such as ``template `web.labels` ``.
    pub what: String,
}

/// What a component reads of the platform's files, by a path as [`Site::source_path`] takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceName<'a> {
    /// A file, or a folder with all that lies below it.
    Files(&'a str),
    /// The folder of a kustomization: what that is made of, wherever it lies.
    Kustomization(&'a str),
    /// The folder of a chart: what lies below it, and the charts beside it that it depends on (`file://…`).
    Chart(&'a str),
}

/// Why a component cannot be rendered: the field, what is wrong with it, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: &'static str,
    field: Vec<String>,
    message: Box<str>,
    hint: Option<Box<str>>,
    diagnostics: Vec<Diagnostic>,
    /// What is wrong beside it.
    others: Vec<Error>,
}

/// Errors of parts that do not need one another, gathered so that all of them are told at once.
#[derive(Debug, Default)]
pub struct Errors {
    found: Vec<Error>,
}

impl Errors {
    /// Keeps an error.
    pub fn push(&mut self, error: Error) {
        self.found.push(error);
    }

    /// Returns a part, or an empty one in the place of one that is wrong.
    pub fn take<T: Default>(&mut self, part: Result<T, Error>) -> T {
        part.map_err(|error| self.push(error)).unwrap_or_default()
    }

    /// Returns the parts that are not wrong.
    pub fn all<T>(&mut self, parts: impl IntoIterator<Item = Result<T, Error>>) -> Vec<T> {
        parts.into_iter().filter_map(|part| part.map_err(|error| self.push(error)).ok()).collect()
    }

    /// Returns what was made of the parts.
    ///
    /// # Errors
    /// All that is wrong with them.
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
    /// Returns an error about a field, named by its dotted path; the empty path is the whole component.
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

    /// Returns an error about a field whose path is given part by part, for keys that hold dots.
    pub fn path(path: &[&str], message: impl Into<String>) -> Self {
        Self { field: path.iter().map(|part| (*part).to_owned()).collect(), ..Self::field("", message) }
    }

    /// Returns an error that already consists of diagnostics with places of their own.
    pub fn diagnostics(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, ..Self::field("", "") }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into().into());
        self
    }

    /// Gives the error the name of a rule.
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
            // Several parts may stumble over the same field.
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
        // The longest part of the path that the source has: a field may stand at its default.
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
    /// How far the objects look.
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
    /// Adds a kind; one of the same name is replaced, so that a platform can bring its own `service`.
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

    /// Returns what a kind refuses of fields that are part of no instance; what is missing may yet come.
    pub fn check(&self, fragment: &Fragment) -> Vec<Diagnostic> {
        let Some(kind) = self.kind(&fragment.kind) else { return Vec::new() };
        let (_, mut diagnostics) = (kind.read)(&fragment.node);
        // A rule over several fields of a table cannot hold before all of them are there.
        diagnostics.retain(|found| match found.code {
            "missing-key" => false,
            "invalid-value" => !fragment.partial,
            _ => true,
        });
        diagnostics
    }

    /// Reads the fields of an instance into its kind, and returns what can be made of them beside every field
    /// that the kind refuses. An instance of an unknown kind is refused by the model before.
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
