//! The interface to the caller's chart renderer.

use aqueduct_manifest::Map;

use crate::file_system::FileSystem;

/// Renders charts.
pub trait ChartInflator {
    /// Returns what `helm template` would print.
    ///
    /// This is the text that the templates write, which is parsed only once. Objects would not be enough: whether a
    /// value was quoted, in braces or omitted affects what later patches print, and a `List` is split up as written
    /// only if nothing else is in the text.
    ///
    /// # Errors
    /// Fails if the chart cannot be rendered, with a hint if there is one.
    fn inflate(&self, request: &ChartRequest<'_>) -> std::result::Result<String, ChartProblem>;
}

/// Why a chart cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartProblem {
    /// The message.
    pub message: String,
    /// What to do, if known.
    pub hint: Option<String>,
}

impl From<String> for ChartProblem {
    fn from(message: String) -> Self {
        Self { message, hint: None }
    }
}

/// A chart to be rendered.
#[derive(Clone)]
pub struct ChartRequest<'a> {
    /// Where the chart is.
    pub files: &'a dyn FileSystem,
    /// The folder with `Chart.yaml`.
    pub folder: &'a str,
    /// The name of the release; empty if it comes from a template.
    pub release_name: &'a str,
    /// The namespace of the release; may be empty.
    pub namespace: &'a str,
    /// Values that override the chart's own; later ones win.
    pub values: Vec<Map>,
    /// Whether the chart's `crds` folder is part of the output.
    pub include_crds: bool,
    /// Whether to omit hooks.
    pub skip_hooks: bool,
    /// Whether to omit tests.
    pub skip_tests: bool,
    /// API versions that the cluster is assumed to have, in addition to Helm's own.
    pub api_versions: Vec<&'a str>,
    /// The Kubernetes version that the cluster is assumed to have.
    pub kube_version: Option<&'a str>,
    /// A template for the release name.
    pub name_template: Option<&'a str>,
}
