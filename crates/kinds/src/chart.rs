//! `chart`: a Helm chart, rendered in this process.

mod answers;
mod finding;
mod reproducible;
mod writers;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_acquire::{ChartSource, WantedChart};
use aqueduct_helm::template::Tracing;
use aqueduct_helm::{
    Capabilities, Engine, HookEvent, KubeVersion, Manifest, Prepared, Release, RenderedRelease,
    check_installable,
};
use aqueduct_manifest::{Files, KubernetesApi, Lines, Map, Object, Place, Value};
use aqueduct_model::types::Name;
use aqueduct_render::{
    Component, Context, Error, GatheredChart, Horizon, Link, Offer, Problem, Site, SourceName, Target,
    Writers,
};
use schemars::JsonSchema;
use serde::Deserialize;

use self::answers::Answers;
use crate::foreign::{EndpointField, PolicyField, foreign_offer, read_objects};
use crate::workload::FreeTable;

/// A Helm chart, rendered in this process as by `helm template`.
///
/// The chart is in the repository, or `aqueduct vendor` fetches it once. Each render verifies it against
/// `aqueduct.lock`, and rendering never fetches anything. Values can differ by environment like any field. Use
/// `patches` for changes that the chart's values do not cover. If a field differs from render to render, because it
/// comes from `randAlphaNum`, `genCA`, `now` or the like, this is an error with the field, the line of the template
/// and the value to set. The chart's tests are omitted. Its other hooks are kept, and Argo CD runs them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChartRelease {
    /// The folder of the chart, relative to the tenant's folder, or with a leading `/`, to the platform's.
    pub path: Option<String>,
    /// The chart's repository: `https://…` with an `index.yaml`, or `oci://…`.
    pub repository: Option<String>,
    /// The name of the chart in its repository (default: the component's).
    pub name: Option<String>,
    /// The version in the repository, or a range such as `^1.2` (default: the newest vendored version).
    pub version: Option<String>,
    /// The name of the release (default: the component's).
    pub release: Option<Name>,
    /// Values files, relative to the tenant's folder; each overrides the ones before it.
    #[serde(default)]
    pub value_files: Vec<String>,
    /// Values, which override those in files; `${link.<name>.address}` is expanded.
    #[serde(default)]
    pub values: FreeTable,
    /// Values files in the chart's own folder, such as `values-production.yaml`; overridden by `value-files`.
    #[serde(default)]
    pub chart_value_files: Vec<String>,
    /// Whether to omit the CustomResourceDefinitions in the chart's `crds/` folder.
    #[serde(default)]
    pub skip_crds: bool,
    /// Whether values are validated against the chart's `values.schema.json` (default: true). Schemas that it refers
    /// to by URL are vendored.
    pub schema_validation: Option<SchemaValidation>,
    /// API versions that the chart sees in addition to those of the environment.
    #[serde(default)]
    pub api_versions: Vec<String>,
    /// Components whose addresses the values use, and which must start first.
    #[serde(default)]
    pub links: BTreeMap<Name, Target>,
    /// The endpoints that other components can link to, by name.
    #[serde(default)]
    pub endpoints: BTreeMap<Name, EndpointField>,
    /// The connections that the pods may open and accept (default: the pods of the release can reach each other).
    #[serde(default)]
    pub policies: BTreeMap<Name, PolicyField>,
}

/// Whether values are validated against a chart's schema.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaValidation {
    /// Whether they are validated.
    pub enabled: bool,
    /// Why they are not.
    pub reason: String,
}

impl ChartRelease {
    fn release<'a>(&'a self, site: &Site<'a>) -> &'a str {
        self.release.as_ref().map_or(site.name(), Name::as_str)
    }

    /// Tells whether values are validated against the chart's schema.
    pub fn is_validated(&self) -> bool {
        self.schema_validation.as_ref().is_none_or(|validation| validation.enabled)
    }

    /// Returns the remote chart to fetch; `None` for a chart in the repository itself.
    ///
    /// # Errors
    /// Returns an error if both or neither of `path` and `repository` are set, or if the URL is invalid.
    pub fn request(&self, site: &Site<'_>) -> Result<Option<WantedChart>, Error> {
        match (&self.path, &self.repository) {
            (Some(_), None) => Ok(None),
            (None, Some(address)) => Ok(Some(WantedChart {
                name: self.name.clone().unwrap_or_else(|| site.name().to_owned()),
                source: ChartSource::parse(address).map_err(|error| problem("repository", error.into()))?,
                version: self.version.clone().unwrap_or_default(),
            })),
            _ => Err(Error::field("", "a chart needs exactly one of `path` and `repository`")),
        }
    }

    /// Returns the folder of the chart, and the field that refers to it.
    fn folder(&self, context: &Context<'_>) -> Result<(&'static str, String), Error> {
        match (self.request(&context.site)?, &self.path) {
            (Some(request), _) => {
                let folder = context.inputs.vendored(&request);
                Ok(("repository", folder.map_err(|found| problem("repository", found))?))
            }
            (None, path) => Ok(("path", context.source_folder("path", path.as_deref().unwrap_or_default())?)),
        }
    }

    /// Renders the chart once more, and records which template wrote what.
    fn traced(&self, context: &Context<'_>) -> Option<(Templates, RenderedRelease)> {
        let (_, folder) = self.folder(context).ok()?;
        let chart = context.inputs.chart(&folder).ok()?;
        let values = aqueduct_helm::value::Map::from(&self.values(context, &folder).ok()?);
        let release = Release::new(self.release(&context.site), context.namespace());
        let engine = Engine::new().tracing(Tracing::Includes);
        let capabilities = capabilities(context, self.api_versions.iter().cloned()).ok()?;
        let prepared = Prepared::new(&chart, &values).ok()?;
        let rendered = prepared.render(&engine, &release, &capabilities, &mut Answers::new(0, None));
        Some((Templates { files: context.inputs.files.clone(), folder, chart }, rendered.ok()?))
    }

    fn values(&self, context: &Context<'_>, folder: &str) -> Result<Map, Error> {
        let mut values = Map::new();
        for file in &self.chart_value_files {
            let path = context.source_path("chart-value-files", &format!("/{folder}/{file}"))?;
            let text = Some(&path).filter(|path| path.starts_with(folder));
            let text = text.and_then(|path| context.inputs.files.text(path)).ok_or_else(|| {
                let message = format!("the chart has no such text file: `{file}`");
                Error::field("chart-value-files", message).hint(format!("the chart is in `{folder}`"))
            })?;
            let read = aqueduct_helm::read_values(text.as_bytes())
                .map_err(|error| Error::field("chart-value-files", format!("{file}: {error}")))?;
            merge(&mut values, &read);
        }
        for file in &self.value_files {
            let text = context.source("value-files", file)?;
            let read = aqueduct_helm::read_values(text.as_bytes())
                .map_err(|error| Error::field("value-files", format!("{file}: {error}")))?;
            merge(&mut values, &read);
        }
        match context.expand_value(&["values"], &Value::Map(self.values.0.clone()))? {
            Value::Map(own) => merge(&mut values, &own),
            _ => return Err(Error::field("values", "the values must be a table")),
        }
        Ok(values)
    }
}

/// Returns the capabilities that a chart sees: the APIs of the environment's Kubernetes version, and additional ones.
pub(crate) fn capabilities(
    context: &Context<'_>,
    more: impl Iterator<Item = String>,
) -> Result<Capabilities, Error> {
    let environment = context.environment();
    let kube_version = KubeVersion::parse(&environment.kubernetes.to_string())
        .map_err(|error| Error::field("", error.to_string()))?;
    let mut api_versions = KubernetesApi::names(environment.kubernetes.minor);
    api_versions.push("argoproj.io/v1alpha1".to_owned());
    let definitions = context.inputs.definitions_of(environment);
    let named = environment.apis.iter().map(ToString::to_string).chain(definitions.apis.iter().cloned());
    for api in named.chain(more) {
        // If a kind is served, so is its version.
        if let Some((version, kind)) = api.rsplit_once('/')
            && kind.starts_with(|letter: char| letter.is_ascii_uppercase())
        {
            api_versions.push(version.to_owned());
        }
        api_versions.push(api);
    }
    let api_versions = api_versions.into_iter().map(Into::into).collect();
    Ok(Capabilities { kube_version, api_versions, ..Capabilities::default() })
}

fn problem(field: &str, problem: Problem) -> Error {
    let error = Error::field(field, problem.message);
    match problem.hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Merges values over others: tables are merged, everything else is replaced. `null` stays, since it removes a
/// default.
fn merge(values: &mut Map, above: &Map) {
    for (key, value) in above {
        match (values.get_mut(key), value) {
            (Some(Value::Map(below)), Value::Map(above)) => merge(below, above),
            _ => drop(values.insert(key.clone(), value.clone())),
        }
    }
}

impl Component for ChartRelease {
    const KIND: &'static str = "chart";
    const HORIZON: Horizon = Horizon::Cluster;

    fn sources(&self) -> Vec<SourceName<'_>> {
        let chart = self.path.iter().map(|path| SourceName::Chart(path));
        chart.chain(self.value_files.iter().map(|path| SourceName::Files(path))).collect()
    }

    fn offer(&self, site: &Site<'_>) -> Offer {
        let labels = [("app.kubernetes.io/instance".to_owned(), self.release(site).to_owned())];
        foreign_offer(site, &self.endpoints, &self.policies, BTreeMap::from(labels))
    }

    fn links(&self) -> Vec<Link> {
        Link::table(&self.links).collect()
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let (field, folder) = self.folder(context)?;
        let chart = context.inputs.chart(&folder).map_err(|found| problem(field, found))?;
        let wrong = |error: aqueduct_helm::Error| Error::field(field, error.to_string());
        check_installable(&chart).map_err(wrong)?;
        let values = aqueduct_helm::value::Map::from(&self.values(context, &folder)?);
        let prepare = || Prepared::new(&chart, &values).map_err(wrong);
        let prepared = prepare()?;
        if self.is_validated() {
            const LEFT_OUT: &str =
                "or turn it off: `schema-validation = { enabled = false, reason = \"…\" }`";
            if let Some(found) = chart.schema_problem() {
                let hint = found.hint.as_deref().unwrap_or_default();
                return Err(Error::field(field, &*found.message).hint(format!("{hint}; {LEFT_OUT}")));
            }
            prepared.validate().map_err(|error| {
                if !error.to_string().contains("never fetched here") {
                    return Error::field("values", error.to_string());
                }
                wrong(error).hint(LEFT_OUT.trim_start_matches("or "))
            })?;
        }
        let release = Release::new(self.release(&context.site), context.namespace());
        let capabilities = capabilities(context, self.api_versions.iter().cloned())?;
        let prepared = Cell::new(Some(prepared));
        let files = context.inputs.files.clone();
        let templates = Templates { files, folder: folder.clone(), chart: Arc::clone(&chart) };
        let as_rendered = RefCell::new(None);
        let once = |answers: &mut Answers<'_>| {
            // A render changes its values, so each needs its own copy.
            let prepared = prepared.take().map_or_else(prepare, Ok)?;
            let rendered = prepared.render(&Engine::new(), &release, &capabilities, answers);
            let mut rendered = rendered.map_err(|failure| {
                let environment = context.environment();
                let of_the_version = failure.error.to_string().starts_with("chart requires kubeVersion");
                let error = wrong(failure.error);
                if of_the_version && environment.kubernetes.patch.is_none() {
                    return error.hint(format!(
                        "`{0}` counts as `{0}.0`: if the cluster is newer, set the patch version in `kubernetes` of `environments.{1}`",
                        environment.kubernetes, environment.name
                    ));
                }
                error
            })?;
            if self.skip_crds {
                rendered.crds.clear();
            }
            let objects = objects(&templates, &rendered)?;
            // The patches are applied to the result later, and may remove the differing fields.
            as_rendered.borrow_mut().get_or_insert_with(|| objects.clone());
            context.patched(objects)
        };
        let (objects, causes) = reproducible::render(&once)?;
        if causes.is_empty() {
            return Ok(as_rendered.into_inner().unwrap_or(objects));
        }
        let prepared = prepare()?;
        let found = finding::Chart {
            context,
            templates: &templates,
            has_value: &|path| has_value(prepared.values(), path),
            objects: &objects,
        };
        Err(Error::diagnostics(causes.iter().map(|cause| found.finding(cause)).collect()))
    }

    fn writers(&self, context: &Context<'_>) -> Option<Writers> {
        let (templates, rendered) = self.traced(context)?;
        Some(writers::of(templates, rendered))
    }
}

/// Tells whether there is a value at a path of names.
fn has_value(values: &aqueduct_helm::value::Map, path: &str) -> bool {
    match path.split_once('.') {
        Some((name, rest)) => {
            values.get(name).as_ref().and_then(|value| value.as_map()).is_some_and(|map| has_value(map, rest))
        }
        None => values.contains_key(path),
    }
}

/// Returns the objects of a release, without Helm's test hooks.
fn objects(templates: &Templates, rendered: &RenderedRelease) -> Result<Vec<Object>, Error> {
    let mut objects = Vec::new();
    for definitions in &rendered.crds {
        let text = String::from_utf8_lossy(&definitions.content);
        objects.extend(read(&templates.file(&definitions.source), &text)?);
    }
    let is_test = |event: &HookEvent| *event == HookEvent::Test;
    let hooks = rendered.hooks.iter().filter(|hook| !hook.events.iter().any(is_test));
    for manifest in rendered.manifests.iter().chain(hooks.map(|hook| &hook.manifest)) {
        // Helm ends each document with a newline, whether or not it has one.
        let found = read(&manifest.source, &format!("{}\n", manifest.content))?;
        let origin = templates.origin(manifest);
        objects.extend(found.into_iter().map(|object| Object { origin: Some(origin.clone()), ..object }));
    }
    Ok(objects)
}

/// The templates of a chart, as files of the platform.
struct Templates {
    /// The texts are shared with the platform's files.
    files: Files,
    /// The folder of the chart.
    folder: String,
    chart: Arc<GatheredChart>,
}

impl Templates {
    /// Returns the template and line that made an object.
    fn origin(&self, manifest: &Manifest) -> Place {
        match &manifest.place {
            Some(place) if place.template.contains('/') => self.place(&place.template, place.line),
            _ => self.place(&manifest.source, 0),
        }
    }

    /// Returns the file of a template, whose name begins with the chart's name instead of the folder's.
    fn file(&self, template: &str) -> String {
        let inside = template.split_once('/').map_or(template, |(_, inside)| inside);
        self.chart.origin(&format!("{}/{inside}", self.folder))
    }

    fn place(&self, template: &str, line: u32) -> Place {
        let file = self.file(template);
        let span = self.files.text(&file).and_then(|text| Lines::new(text).span(line));
        Place { file: file.into(), span }
    }
}

fn read(source: &str, text: &str) -> Result<Vec<Object>, Error> {
    read_objects(source, text).map_err(|found| {
        let messages: Vec<String> = found.iter().map(|diagnostic| diagnostic.message.clone()).collect();
        Error::field("", format!("{source} renders an invalid manifest: {}", messages.join("; ")))
    })
}
