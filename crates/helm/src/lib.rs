//! Helm charts rendered natively, byte for byte as Helm v4 does.
//!
//! A [`Chart`] is read from a folder, a packed file or memory, and then shared. [`ValueOptions`] makes the
//! user's values; [`Prepared`] works out which subcharts take part and what each chart sees;
//! [`Prepared::render`] runs the templates in the [`engine`] and returns the manifests in the order of
//! installation. [`template()`] is all of that as `helm template` does it. What would make two renders
//! differ, such as the clock, comes from a [`template::Host`] that the caller gives.

mod capabilities;
mod chart;
mod dependencies;
pub mod engine;
mod error;
mod files;
pub mod functions;
mod manifests;
mod part;
mod pattern;
mod release;
mod schema;
mod scope;
pub mod template;
mod template_command;
pub mod value;
mod values;

pub use capabilities::{Capabilities, KubeVersion};
pub use chart::{Chart, Dependency, File, Maintainer, Metadata, unpack};
pub use error::Error;
pub use manifests::{Hook, HookEvent, Manifest};
pub use release::{CustomResourceDefinitions, Prepared, ReleaseError, RenderedRelease, check_installable};
pub use scope::Release;
pub use template_command::{TemplateError, TemplateOptions, TemplateOutput, read_file, template};
pub use values::{ReadFile, ValueOptions, read_values};
