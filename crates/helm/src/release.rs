//! From a chart and values to the manifests of a release.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::capabilities::Capabilities;
use crate::chart::Chart;
use crate::engine::{Rendered, TemplateFile};
use crate::manifests::{self, Hook, Manifest};
use crate::part::Part;
use crate::scope::{Release, scopes};
use crate::template::{Host, Limits};
use crate::value::Map;
use crate::values::coalesce::{Nulls, coalesce};
use crate::{Error, dependencies, schema};

/// The end of the name of the file that is shown to whoever installs the chart, not installed.
const NOTES: &str = "NOTES.txt";

/// A chart with values: which subcharts take part, and what values each chart sees.
#[derive(Debug)]
pub struct Prepared {
    part: Part,
    values: Map,
}

/// What a chart makes of a release.
#[derive(Debug)]
pub struct RenderedRelease {
    /// The files below `crds/`, those of subcharts after those of their parents.
    pub crds: Vec<CustomResourceDefinitions>,
    /// The documents to install, in the order of installation.
    pub manifests: Vec<Manifest>,
    /// The documents that run at events, in the order of installation.
    pub hooks: Vec<Hook>,
}

/// A file below `crds/`, which Helm does not render.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomResourceDefinitions {
    /// The path of the file, such as `chart/crds/widgets.yaml`.
    pub source: String,
    /// The contents.
    pub content: Arc<[u8]>,
}

/// A render that failed, with what there is to show of it.
#[derive(Clone, Debug)]
pub struct ReleaseError {
    /// Why.
    pub error: Error,
    /// The rendered files, where it is one of them that is no YAML.
    pub files: BTreeMap<Arc<str>, Rendered>,
}

impl From<Error> for ReleaseError {
    fn from(error: Error) -> Self {
        Self { error, files: BTreeMap::new() }
    }
}

impl Prepared {
    /// Works out which subcharts take part and what values they see.
    ///
    /// # Errors
    /// What Helm says of values that do not fit the subcharts.
    pub fn new(chart: &Arc<Chart>, values: &Map) -> Result<Self, Error> {
        Self::coalesced(Self::subcharts_of(chart, values)?, values)
    }

    /// Works out which subcharts take part.
    pub(crate) fn subcharts_of(chart: &Arc<Chart>, values: &Map) -> Result<Part, Error> {
        let mut part = Part::new(chart);
        dependencies::process(&mut part, values)?;
        Ok(part)
    }

    /// Works out what values the charts see.
    pub(crate) fn coalesced(part: Part, values: &Map) -> Result<Self, Error> {
        let values = coalesce(&part, values, Nulls::Remove)?;
        Ok(Self { part, values })
    }

    /// Returns `.Values` of the chart, with those of each subchart under its name.
    pub fn values(&self) -> &Map {
        &self.values
    }

    /// Returns the subcharts that take part, by their names joined with `/`, in the order of the names.
    pub fn subcharts(&self) -> Vec<String> {
        fn add(part: &Part, prefix: &str, paths: &mut Vec<String>) {
            for subpart in &part.subparts {
                let path = format!("{prefix}{}", subpart.name);
                add(subpart, &format!("{path}/"), paths);
                paths.push(path);
            }
        }
        let mut paths = Vec::new();
        add(&self.part, "", &mut paths);
        paths.sort();
        paths
    }

    /// Holds the values against the schemas of the charts.
    ///
    /// # Errors
    /// The findings, as Helm lists them.
    pub fn validate(&self) -> Result<(), Error> {
        schema::validate(&self.part, &self.values)
    }

    /// Renders the templates and sorts what they make.
    ///
    /// Templates can change the values that they see, so that this happens once.
    ///
    /// # Errors
    /// What Helm says of a template that fails, and of a rendered document that is no YAML.
    pub fn render(
        self,
        release: &Release,
        capabilities: &Capabilities,
        host: &mut dyn Host,
    ) -> Result<RenderedRelease, ReleaseError> {
        let mut files = self.output(release, capabilities, host)?;
        files.retain(|path, _| !path.ends_with(NOTES));
        let sorted = match manifests::sort(&files) {
            Ok(sorted) => sorted,
            Err(error) => return Err(ReleaseError { error, files }),
        };
        let mut crds = Vec::new();
        self.part.for_each_crd(&self.part.name, &mut |path, file| {
            let source = format!("{path}/{}", file.name);
            crds.push(CustomResourceDefinitions { source, content: Arc::clone(&file.bytes) });
        });
        Ok(RenderedRelease { crds, manifests: sorted.manifests, hooks: sorted.hooks })
    }

    /// Renders the templates, each file by its path from the top chart on.
    ///
    /// # Errors
    /// What Helm says of a template that fails.
    pub fn render_files(
        self,
        release: &Release,
        capabilities: &Capabilities,
        host: &mut dyn Host,
    ) -> Result<BTreeMap<Arc<str>, Rendered>, Error> {
        self.output(release, capabilities, host)
    }

    fn output(
        &self,
        release: &Release,
        capabilities: &Capabilities,
        host: &mut dyn Host,
    ) -> Result<BTreeMap<Arc<str>, Rendered>, Error> {
        let metadata = &self.part.chart.metadata;
        let kube_version = &capabilities.kube_version.normalized;
        if !metadata.kube_version.is_empty()
            && !dependencies::is_compatible(&metadata.kube_version, kube_version)
        {
            return Err(Error::new(format!(
                "chart requires kubeVersion: {} which is incompatible with Kubernetes {}",
                metadata.kube_version, capabilities.kube_version.version
            )));
        }
        let scopes = scopes(&self.part, &self.values, release, capabilities);
        let mut templates = Vec::new();
        for (index, scope) in scopes.iter().enumerate() {
            let chart = &scope.part.chart;
            let base_path: Arc<str> = format!("{}/templates", scope.path).into();
            for file in &chart.templates {
                let name = file.name.rsplit('/').next().unwrap_or(&file.name);
                if !chart.metadata.is_library() || name.starts_with('_') {
                    templates.push(TemplateFile {
                        path: format!("{}/{}", scope.path, file.name).into(),
                        base_path: Arc::clone(&base_path),
                        text: Arc::clone(&file.bytes),
                        scope: index,
                    });
                }
            }
        }
        let templates = self.part.chart.parsed(templates).map_err(Error::from)?;
        let roots: Vec<Map> = scopes.into_iter().map(|scope| scope.values).collect();
        Ok(templates.render(&roots, host, Limits::default())?)
    }
}

/// Checks that a chart can be installed: it is no library, and its dependencies are there.
///
/// # Errors
/// What Helm says of a chart that cannot.
pub fn check_installable(chart: &Chart) -> Result<(), Error> {
    match &*chart.metadata.chart_type {
        "" | "application" => dependencies::check_present(chart),
        other => Err(Error::new(format!("{other} charts are not installable"))),
    }
}
