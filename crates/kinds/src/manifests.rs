//! `manifests`: plain YAML of the source, taken as it is.

use aqueduct_manifest::Object;
use aqueduct_render::{Component, Context, Error, SourceName};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::foreign::{Patch, patched, read_objects};

/// Plain YAML manifests, taken as they are.
///
/// Each file may hold several documents; a `List` is taken apart. Namespace and labels are added, patches
/// applied, and the checks look at the objects like at any other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifests {
    /// A file, or a folder of which every `.yaml`, `.yml` and `.json` is read; relative to the tenant's folder, or
    /// with a leading `/` to the platform's.
    pub path: String,
    /// Changes to the objects.
    #[serde(default)]
    pub patches: Vec<Patch>,
}

impl Component for Manifests {
    const KIND: &'static str = "manifests";

    fn sources(&self) -> Vec<SourceName<'_>> {
        vec![SourceName::Files(&self.path)]
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let mut objects = Vec::new();
        let mut diagnostics = Vec::new();
        for (file, text) in crate::foreign::texts(context, "path", &self.path, &["yaml", "yml", "json"])? {
            match read_objects(file, text) {
                Ok(found) => objects.extend(found),
                Err(found) => diagnostics.extend(found),
            }
        }
        if !diagnostics.is_empty() {
            return Err(Error::diagnostics(diagnostics));
        }
        patched(objects, &self.patches)
    }
}
