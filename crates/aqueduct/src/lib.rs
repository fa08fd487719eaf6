//! The compiler as a library, and the command-line kit around it.
//!
//! A [`Compiler`] turns the platform's files into rendered environments, without side effects. [`compile`] returns
//! the whole tree at once. [`Cli`] reads the files, and writes, compares or explains the output. A platform with
//! custom kinds needs a program of ten lines:
//!
//! ```no_run
//! use aqueduct::{Cli, Component, Context, Error, Object};
//!
//! /// A page that says one thing.
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Page { text: String }
//!
//! impl Component for Page {
//!     const KIND: &'static str = "page";
//!
//!     fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
//!         let mut page = aqueduct::Map::new();
//!         page.insert("apiVersion", "v1");
//!         page.insert("kind", "ConfigMap");
//!         page.map_entry("metadata").insert("name", context.name());
//!         page.map_entry("data").insert("index.html", self.text.as_str());
//!         Ok(vec![Object::new(page)])
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     Cli::new().component::<Page>().run()
//! }
//! ```

mod baseline;
mod cli;
mod command;
mod compiler;
mod cost;
mod impact;
mod in_manifest;
mod probe;
mod provenance;
mod reached;
mod removal;
mod report;
mod server;
mod shared;
mod sources;
mod terminal;
mod terraform;

pub use aqueduct_kinds as kinds;
/// The options and output of `helm template`, for programs that replace it.
pub mod helm {
    pub use crate::command::helm::{
        ReadFile, TemplateError, TemplateOptions, TemplateOutput, ValueOptions, read_file, template,
    };
}

pub use aqueduct_kinds::workload;
pub use aqueduct_manifest::{Diagnostic, Files, Map, Object, Severity, Value};
pub use aqueduct_model::{Selection, types};
pub use aqueduct_render::{
    Component, Context, Endpoint, Error, Horizon, Link, Offer, PodGroup, Registry, Site, SourceName, Target,
};
pub use cli::Cli;
pub use compiler::{
    Compilation, Compiler, FileContent, RenderedEnvironment, RenderedFile, SOURCES, compile, load,
};
pub use impact::{Impact, impact};
pub use report::{report, summary};
pub use sources::read_sources;

/// Returns the stock kinds: the general ones, and those of the catalogue.
pub fn stock() -> Registry {
    aqueduct_kinds::all().into_iter().chain(aqueduct_catalogue::all()).collect()
}
