//! `manifests`: plain YAML manifests from the source, as they are.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_model::types::Name;
use aqueduct_render::{Component, Context, Error, Horizon, Link, Offer, Site, SourceName, Target};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::foreign::{EndpointField, PolicyField, check_pods, manifest_offer, read_objects};

/// Plain YAML manifests, as they are.
///
/// Each file may contain several documents, and a `List` is split into its items. Namespace and labels are added,
/// patches are applied, and the checks treat the objects like any others.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifests {
    /// A file, or a folder in which all `.yaml`, `.yml` and `.json` files are read; relative to the tenant's folder,
    /// or with a leading `/`, to the platform's.
    pub path: String,
    /// Components that the pods in `policies` connect to, and which must start first.
    #[serde(default)]
    pub links: BTreeMap<Name, Target>,
    /// The endpoints that other components can link to, by name.
    #[serde(default)]
    pub endpoints: BTreeMap<Name, EndpointField>,
    /// The connections that groups of pods may open and accept, by group name.
    #[serde(default)]
    pub policies: BTreeMap<Name, PolicyField>,
}

impl Component for Manifests {
    const KIND: &'static str = "manifests";
    const HORIZON: Horizon = Horizon::Cluster;

    fn sources(&self) -> Vec<SourceName<'_>> {
        vec![SourceName::Files(&self.path)]
    }

    fn offer(&self, site: &Site<'_>) -> Offer {
        manifest_offer(site, &self.endpoints, &self.policies)
    }

    fn links(&self) -> Vec<Link> {
        Link::table(&self.links).collect()
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        check_pods(context, &self.endpoints, &self.policies);
        let path = context.source_path("path", &self.path)?;
        let mut objects = Vec::new();
        let mut diagnostics = Vec::new();
        for (file, text) in crate::foreign::texts(context, "path", &self.path, &["yaml", "yml", "json"])? {
            match read_objects(file, text) {
                Ok(found) => objects.extend(found),
                Err(found) if file == path => diagnostics.extend(found),
                Err(found) => {
                    let hint = format!(
                        "every file in `{}` is read as a manifest: move other files elsewhere",
                        self.path
                    );
                    diagnostics.extend(found.into_iter().map(|diagnostic| diagnostic.hint(hint.clone())));
                }
            }
        }
        if !diagnostics.is_empty() {
            return Err(Error::diagnostics(diagnostics));
        }
        Ok(objects)
    }
}
