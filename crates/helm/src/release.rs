//! From a chart and values to the manifests of a release.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::yaml::{self, Dialect, Step};
use aqueduct_manifest::{Object, Value};

use crate::capabilities::Capabilities;
use crate::chart::Chart;
use crate::engine::{Engine, Rendered, TemplateFile, Writer};
use crate::manifests::{self, Hook, Manifest};
use crate::part::ReleaseChart;
use crate::scope::{Release, scopes};
use crate::template::Host;
use crate::value::{Map, Text};
use crate::values::coalesce::{Nulls, coalesce};
use crate::{Error, dependencies};

/// The suffix of the file that is shown to whoever installs the chart instead of being installed.
const NOTES: &str = "NOTES.txt";

/// A chart with values: which subcharts take part, and which values each chart sees.
#[derive(Debug)]
pub struct Prepared {
    part: ReleaseChart,
    values: Map,
}

/// The result of rendering a chart for a release.
#[derive(Debug)]
pub struct RenderedRelease {
    /// The files below `crds/`; those of subcharts come after those of their parents.
    pub crds: Vec<CustomResourceDefinitions>,
    /// The documents to install, in installation order.
    pub manifests: Vec<Manifest>,
    /// The documents that run at events, in installation order.
    pub hooks: Vec<Hook>,
    /// The rendered `NOTES.txt`, which the chart shows to whoever installs it.
    pub notes: Option<Text>,
    files: BTreeMap<Arc<str>, Rendered>,
}

/// A file below `crds/`, which Helm does not render.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomResourceDefinitions {
    /// The path of the file, such as `chart/crds/widgets.yaml`.
    pub source: String,
    /// The contents.
    pub content: Arc<[u8]>,
}

/// A failed render, with whatever there is to show of it.
#[derive(Clone, Debug)]
pub struct ReleaseError {
    /// Why it failed.
    pub error: Error,
    /// The rendered files, if the failure is that one of them is not valid YAML.
    pub files: BTreeMap<Arc<str>, Rendered>,
}

impl From<Error> for ReleaseError {
    fn from(error: Error) -> Self {
        Self { error, files: BTreeMap::new() }
    }
}

impl RenderedRelease {
    /// Returns the objects to install: those of `crds/`, then the others in installation order, without hooks.
    ///
    /// # Errors
    /// Fails if a document is not valid YAML or not an object.
    pub fn objects(&self) -> Result<Vec<Object>, Error> {
        let mut objects = Vec::new();
        let crds = self.crds.iter().map(|crd| (&*crd.source, String::from_utf8_lossy(&crd.content)));
        let manifests =
            self.manifests.iter().map(|manifest| (&*manifest.source, manifest.content.as_str().into()));
        for (source, text) in crds.chain(manifests) {
            let fail = |message: String| Error::new(message).context(format!("{source} renders no object"));
            // Helm ends each document with a newline, which becomes part of a block scalar in its last line.
            let documents = yaml::read_documents(&format!("{text}\n"), Dialect::Sigs)
                .map_err(|error| fail(error.to_string()))?;
            for document in documents {
                match document.value {
                    Value::Null => {}
                    Value::Map(map) => objects.push(Object::new(map)),
                    other => return Err(fail(format!("a document is a {}", other.kind()))),
                }
            }
        }
        Ok(objects)
    }

    /// Returns which templates wrote a line of a document, from the file's own to the innermost; lines count from 1.
    ///
    /// How far the chain goes depends on the [`Tracing`](crate::template::Tracing) of the engine; see
    /// [`Rendered::writers`].
    pub fn writers(&self, manifest: &Manifest, line: u32) -> Vec<Writer> {
        let mut lines = manifest.content.split_inclusive('\n');
        let before: usize = lines.by_ref().take(line.saturating_sub(1) as usize).map(str::len).sum();
        let blanks = lines.next().map(|line| line.len() - line.trim_start().len());
        blanks.map(|blanks| self.writers_at(manifest, before + blanks)).unwrap_or_default()
    }

    /// Returns which templates wrote a value of a document, given by its JSON pointer; empty if there is no such
    /// value.
    ///
    /// A scalar is attributed to what wrote its first character, and a map or list to what wrote its key.
    pub fn writers_of(&self, manifest: &Manifest, pointer: &str) -> Vec<Writer> {
        let byte = byte_of(&manifest.content, pointer);
        byte.map(|byte| self.writers_at(manifest, byte)).unwrap_or_default()
    }

    fn writers_at(&self, manifest: &Manifest, byte: usize) -> Vec<Writer> {
        let file = self.files.get(&manifest.source);
        file.map(|file| file.writers_at(manifest.start + byte)).unwrap_or_default()
    }
}

/// Returns the byte of a document at which a scalar begins, or the key of a map or list.
fn byte_of(text: &str, pointer: &str) -> Option<usize> {
    let document = yaml::read_documents(text, Dialect::Sigs).ok()?.into_iter().next()?;
    let mut value = &document.value;
    let names: Vec<String> =
        pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
    let mut steps = Vec::with_capacity(names.len());
    for name in &names {
        let step = match value {
            Value::List(_) => Step::Index(name.parse().ok()?),
            _ => Step::Key(name),
        };
        value = match step {
            Step::Index(index) => value.as_list()?.get(index)?,
            Step::Key(name) => value.get(name)?,
        };
        steps.push(step);
    }
    let position = match value {
        Value::Map(_) | Value::List(_) => document.spans.key(&steps),
        _ => document.spans.value(&steps),
    }?;
    let mut lines = text.split_inclusive('\n');
    let above: usize = lines.by_ref().take(position.line.saturating_sub(1) as usize).map(str::len).sum();
    let before = lines.next()?.chars().take(position.column.saturating_sub(1) as usize);
    Some(above + before.map(char::len_utf8).sum::<usize>())
}

impl Prepared {
    /// Works out which subcharts take part and which values they see.
    ///
    /// # Errors
    /// Fails with Helm's message if the values do not fit the subcharts.
    pub fn new(chart: &Arc<Chart>, values: &Map) -> Result<Self, Error> {
        let mut part = ReleaseChart::new(chart);
        dependencies::process(&mut part, values)
            .map_err(|error| error.context("chart dependencies processing failed"))?;
        let values = coalesce(&part, values, Nulls::Remove)?;
        Ok(Self { part, values })
    }

    /// Returns `.Values` of the chart, with the values of each subchart under its name.
    pub fn values(&self) -> &Map {
        &self.values
    }

    /// Returns the subcharts that take part as names joined with `/`, sorted.
    pub fn subcharts(&self) -> Vec<String> {
        fn add(part: &ReleaseChart, prefix: &str, paths: &mut Vec<String>) {
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

    /// Checks the values against the schemas of the charts.
    ///
    /// # Errors
    /// Fails with the findings as Helm lists them.
    pub fn validate(&self) -> Result<(), Error> {
        self.part.validate(&self.values)
    }

    /// Renders the templates and sorts the resulting documents.
    ///
    /// Templates can modify the values that they see, so this consumes the prepared chart.
    ///
    /// # Errors
    /// Fails with Helm's message if a template fails or a rendered document is not valid YAML.
    pub fn render(
        self,
        engine: &Engine,
        release: &Release,
        capabilities: &Capabilities,
        host: &mut dyn Host,
    ) -> Result<RenderedRelease, ReleaseError> {
        let mut files = self.render_files(engine, release, capabilities, host)?;
        let notes =
            files.get(&*format!("{}/templates/{NOTES}", self.part.name)).map(|notes| notes.text.clone());
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
        Ok(RenderedRelease { crds, manifests: sorted.manifests, hooks: sorted.hooks, notes, files })
    }

    /// Renders the templates, keyed by their paths starting at the root chart.
    ///
    /// Templates can modify the values that they see, so this consumes the prepared chart.
    ///
    /// # Errors
    /// Fails with Helm's message if a template fails.
    pub fn render_files(
        &self,
        engine: &Engine,
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
        let templates = self.part.chart.parsed(templates, engine)?;
        let roots: Vec<Map> = scopes.into_iter().map(|scope| scope.values).collect();
        Ok(engine.render(&templates, &roots, host)?)
    }
}

/// Checks that a chart can be installed: it is not a library and its dependencies are present.
///
/// # Errors
/// Fails with Helm's message if it cannot.
pub fn check_installable(chart: &Chart) -> Result<(), Error> {
    match &*chart.metadata.chart_type {
        "" | "application" => dependencies::check_present(chart),
        other => Err(Error::new(format!("{other} charts are not installable"))),
    }
}

/// Renders the template of a release name, which sees no values.
///
/// # Errors
/// Fails if the template cannot be rendered.
pub fn release_name(template: &str, host: &mut dyn Host) -> Result<String, Error> {
    let path: Arc<str> = "name-template".into();
    let file = TemplateFile {
        path: Arc::clone(&path),
        base_path: "".into(),
        text: template.as_bytes().into(),
        scope: 0,
    };
    let engine = Engine::new();
    let rendered = engine.render(&engine.parse(vec![file])?, &[], host)?;
    Ok(rendered.get(&path).map(|file| file.text.to_str().into_owned()).unwrap_or_default())
}
