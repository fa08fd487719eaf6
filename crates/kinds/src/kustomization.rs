//! `kustomization`: a kustomization, built in this process.

mod charts;

use std::collections::BTreeMap;

use aqueduct_kustomize::{Build, Options, build};
use aqueduct_manifest::{Diagnostic, Object, Pointer};
use aqueduct_model::types::Name;
use aqueduct_render::{
    Component, Context, Error, FieldWriter, Horizon, Link, Offer, Site, SourceName, Target, Writers,
};
use schemars::JsonSchema;
use serde::Deserialize;

use self::charts::Charts;
use crate::foreign::{EndpointField, PolicyField, foreign_offer, is_same};

/// A kustomization, built in this process as by `kustomize build`.
///
/// The path may contain `${environment.name}`, or differ by environment. `aqueduct vendor` fetches remote bases and
/// resources once. Each render verifies them against `aqueduct.lock`, and rendering never fetches anything. Charts in
/// `helmCharts` are rendered in this process from their local folder, with the environment's APIs. Schemas that they
/// refer to by URL are vendored. Functions that run programs are not supported.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kustomization {
    /// The folder, relative to the tenant's folder, or with a leading `/`, to the platform's.
    pub path: String,
    /// Components that must start first.
    #[serde(default)]
    pub links: BTreeMap<Name, Target>,
    /// The endpoints that other components can link to, by name.
    #[serde(default)]
    pub endpoints: BTreeMap<Name, EndpointField>,
    /// The connections that the pods may open and accept (default: the pods of the component can reach each other).
    #[serde(default)]
    pub policies: BTreeMap<Name, PolicyField>,
}

impl Component for Kustomization {
    const KIND: &'static str = "kustomization";
    const HORIZON: Horizon = Horizon::Cluster;

    fn sources(&self) -> Vec<SourceName<'_>> {
        vec![SourceName::Kustomization(&self.path)]
    }

    fn offer(&self, site: &Site<'_>) -> Offer {
        foreign_offer(site, &self.endpoints, &self.policies, site.selector())
    }

    fn links(&self) -> Vec<Link> {
        Link::table(&self.links).collect()
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let path = context.source_folder("path", &self.path)?;
        let built = built(context, &path, false).map_err(|error| refusal(context, &error))?;
        Ok(built.objects)
    }

    fn writers(&self, context: &Context<'_>) -> Option<Writers> {
        let path = context.source_folder("path", &self.path).ok()?;
        let built = built(context, &path, true).ok()?;
        Some(Box::new(move |object: &Object, field: &Pointer| {
            let mut all = built.objects.iter().zip(&built.traces);
            let Some((made, trace)) = all.find(|(made, _)| is_same(made, object)) else { return Vec::new() };
            if field.find(&made.map).is_none() && !field.is_empty() {
                return Vec::new();
            }
            // A change within the operation did not write the field itself.
            let wrote =
                trace.changes.iter().rev().filter(|change| field.is_below(&Pointer::read(&change.pointer)));
            let causes = wrote.map(|change| &change.cause).chain([&trace.source]);
            causes
                .map(|cause| FieldWriter { place: cause.place.clone(), what: cause.step.to_string() })
                .collect()
        }))
    }
}

fn built(context: &Context<'_>, path: &str, trace: bool) -> Result<Build, aqueduct_kustomize::Error> {
    let charts = Charts { context };
    let options = Options {
        enable_helm: true,
        trace,
        remotes: Some(context.inputs),
        charts: Some(&charts),
        ..Options::default()
    };
    build(context.inputs.files, path, &options)
}

/// Returns the build error, at its place in the kustomization if known, or else at the path.
fn refusal(context: &Context<'_>, error: &aqueduct_kustomize::Error) -> Error {
    let Some((message, place)) = error.located() else {
        let failure = Error::field("path", error.to_string());
        return match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        };
    };
    let diagnostic = Diagnostic::error("remote", message).at(&*place.file, place.span, "");
    let path = context.instance.spec.find(&["path"]).unwrap_or(&context.instance.spec);
    let diagnostic = path.label(diagnostic, "which this component builds");
    Error::diagnostics(vec![match error.hint() {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }])
}
