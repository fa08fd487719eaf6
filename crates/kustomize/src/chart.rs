//! What a kustomization asks of whoever renders charts.

use aqueduct_manifest::Map;

use crate::file_system::FileSystem;

/// Renders charts.
pub trait ChartInflator {
    /// Returns what `helm template` would print.
    ///
    /// It is the text that the templates write, which is read just once. Objects would not do in its place: whether a
    /// value stood in quotes, in braces or was left out decides what later patches print, and a `List` is taken apart
    /// as it is written only where it is all that there is.
    ///
    /// # Errors
    /// Why the chart cannot be rendered, and what to do.
    fn inflate(&self, request: &ChartRequest<'_>) -> std::result::Result<String, ChartProblem>;
}

/// Why a chart cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartProblem {
    /// The message.
    pub message: String,
    /// What to do, where that is known.
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
    /// Where the chart lies.
    pub files: &'a dyn FileSystem,
    /// The folder with `Chart.yaml`.
    pub folder: &'a str,
    /// The name of the release; empty where a template makes it.
    pub release_name: &'a str,
    /// The namespace of the release; may be empty.
    pub namespace: &'a str,
    /// Values above the chart's own, the last ones winning.
    pub values: Vec<Map>,
    /// Whether the chart's `crds` folder is part of the output.
    pub include_crds: bool,
    /// Whether hooks are left out.
    pub skip_hooks: bool,
    /// Whether tests are left out.
    pub skip_tests: bool,
    /// API versions that the cluster is said to have, beyond Helm's own.
    pub api_versions: Vec<&'a str>,
    /// The version that the cluster is said to have.
    pub kube_version: Option<&'a str>,
    /// A template for the name of the release.
    pub name_template: Option<&'a str>,
}
