//! `chart`: a Helm chart, rendered in this process.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use aqueduct_helm::template::{CallSite, Host, Lookup, Moment, Refusal};
use aqueduct_helm::{Capabilities, HookEvent, KubeVersion, Manifest, Prepared, Release, check_installable};
use aqueduct_manifest::{Map, Object, Origin, Value};
use aqueduct_model::types::Name;
use aqueduct_vendor::{Request, Source};
use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::inputs::Problem;
use crate::source::{EndpointField, Patch, PolicyField, foreign_offer, patched, read_objects};
use crate::workload::Table;
use crate::{Component, Context, Error, Link, Offer, Site, SourceName, Target};

/// A Helm chart, rendered in this process as `helm template` renders it.
///
/// The chart lies in the repository, or is fetched once with `aqueduct vendor` and held against
/// `aqueduct.lock` at each render; nothing is fetched while rendering. The values are layered by
/// environment like every field. What a chart does not offer is changed by `patches`. Functions whose
/// result differs from run to run, such as `randAlphaNum`, `genCA` and `now`, are errors that name each
/// place. Tests of the chart are left out; its other hooks are kept, and Argo CD runs them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Chart {
    /// The folder of the chart: relative to the tenant's folder, or with a leading `/` to the platform's.
    pub path: Option<String>,
    /// The chart's repository: `https://…` with an `index.yaml`, or `oci://…`.
    pub repository: Option<String>,
    /// The name of the chart in its repository; the component's where it is not given.
    pub name: Option<String>,
    /// The version in the repository, or a range such as `^1.2`; the newest that was vendored where it is
    /// not given.
    pub version: Option<String>,
    /// The name of the release; the component's where it is not given.
    pub release: Option<Name>,
    /// Files of values, relative to the tenant's folder, each above the ones before it.
    #[serde(default)]
    pub value_files: Vec<String>,
    /// Values, above those of files; `${link.<name>.address}` is expanded.
    #[serde(default)]
    pub values: Table,
    /// API versions that the chart sees beside those of the environment.
    #[serde(default)]
    pub api_versions: Vec<String>,
    /// Components whose addresses the values name, and which must start first.
    #[serde(default)]
    pub links: BTreeMap<Name, Target>,
    /// What other components can reach of this one, by name.
    #[serde(default)]
    pub endpoints: BTreeMap<Name, EndpointField>,
    /// What the pods may reach and who may reach them; all pods of the release among themselves where
    /// none is given.
    #[serde(default)]
    pub policies: BTreeMap<Name, PolicyField>,
    /// Changes to the rendered objects.
    #[serde(default)]
    pub patches: Vec<Patch>,
}

impl Chart {
    fn release<'a>(&'a self, site: &Site<'a>) -> &'a str {
        self.release.as_ref().map_or(site.name(), Name::as_str)
    }

    /// Returns the chart that is fetched from elsewhere; `None` for one of the repository itself.
    ///
    /// # Errors
    /// Both or neither of `path` and `repository`, and an address that is none.
    pub fn request(&self, site: &Site<'_>) -> Result<Option<Request>, Error> {
        match (&self.path, &self.repository) {
            (Some(_), None) => Ok(None),
            (None, Some(address)) => Ok(Some(Request {
                name: self.name.clone().unwrap_or_else(|| site.name().to_owned()),
                source: Source::parse(address).map_err(|error| problem("repository", error.into()))?,
                version: self.version.clone().unwrap_or_default(),
            })),
            _ => Err(Error::field("", "a chart needs exactly one of `path` and `repository`")),
        }
    }

    fn values(&self, context: &Context<'_>) -> Result<Map, Error> {
        let mut values = Map::new();
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

    fn capabilities(&self, context: &Context<'_>) -> Result<Capabilities, Error> {
        let environment = context.environment();
        let kube_version = KubeVersion::parse(&environment.kubernetes.to_string())
            .map_err(|error| Error::field("", error.to_string()))?;
        let mut capabilities = Capabilities { kube_version, ..Capabilities::default() };
        let known = environment.apis.iter().map(ToString::to_string);
        let known = known.chain(["argoproj.io/v1alpha1".to_owned()]).chain(self.api_versions.iter().cloned());
        capabilities.api_versions.extend(known.map(Into::into));
        Ok(capabilities)
    }
}

fn problem(field: &str, problem: Problem) -> Error {
    let error = Error::field(field, problem.message);
    match problem.hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Lays values over others: tables merge, everything else replaces; `null` stays, for it removes a default.
fn merge(values: &mut Map, above: &Map) {
    for (key, value) in above {
        match (values.get_mut(key), value) {
            (Some(Value::Map(below)), Value::Map(above)) => merge(below, above),
            _ => drop(values.insert(key.clone(), value.clone())),
        }
    }
}

impl Component for Chart {
    const KIND: &'static str = "chart";

    fn sources(&self) -> Vec<SourceName<'_>> {
        self.path.iter().chain(&self.value_files).map(|path| SourceName::Files(path)).collect()
    }

    fn offer(&self, site: &Site<'_>) -> Offer {
        let labels = [("app.kubernetes.io/instance".to_owned(), self.release(site).to_owned())];
        foreign_offer(site, &self.endpoints, &self.policies, BTreeMap::from(labels))
    }

    fn links(&self) -> Vec<Link> {
        Link::table(&self.links).collect()
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let (field, folder) = match (self.request(&context.site)?, &self.path) {
            (Some(request), _) => {
                let folder =
                    context.inputs.vendored(&request).map_err(|found| problem("repository", found))?;
                ("repository", folder)
            }
            (None, path) => ("path", context.source_folder("path", path.as_deref().unwrap_or_default())?),
        };
        let chart = context.inputs.chart(&folder).map_err(|found| problem(field, found))?;
        let wrong = |error: aqueduct_helm::Error| Error::field(field, error.to_string());
        check_installable(&chart).map_err(wrong)?;
        let values = self.values(context)?;
        let prepared = Prepared::new(&chart, &aqueduct_helm::value::Map::from(&values)).map_err(wrong)?;
        prepared.validate().map_err(|error| Error::field("values", error.to_string()))?;
        let release = Release::new(self.release(&context.site), context.namespace());
        let mut host = Reproducible::new(&release);
        let rendered = prepared.render(&release, &self.capabilities(context)?, &mut host);
        let calls = host.calls.into_inner();
        if !calls.is_empty() {
            return Err(irreproducible(context, &folder, &calls));
        }
        let rendered = rendered.map_err(|failure| wrong(failure.error))?;
        let mut objects = Vec::new();
        for definitions in &rendered.crds {
            let text = String::from_utf8_lossy(&definitions.content);
            objects.extend(read(&definitions.source, &text)?);
        }
        let is_test = |event: &HookEvent| *event == HookEvent::Test;
        let hooks = rendered.hooks.iter().filter(|hook| !hook.events.iter().any(is_test));
        let parent = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        for manifest in rendered.manifests.iter().chain(hooks.map(|hook| &hook.manifest)) {
            let found = read(&manifest.source, &manifest.content)?;
            objects.extend(
                found.into_iter().map(|object| Object { origin: Some(origin(parent, manifest)), ..object }),
            );
        }
        patched(objects, &self.patches)
    }
}

/// Returns the template and line that made an object, as a path of the platform's folder.
fn origin(parent: &str, manifest: &Manifest) -> Origin {
    let slash = if parent.is_empty() { "" } else { "/" };
    let (file, line) = match &manifest.place {
        Some(place) if place.template.contains('/') => (&place.template, place.line),
        _ => (&manifest.source, 0),
    };
    Origin { file: format!("{parent}{slash}{file}").into(), line }
}

fn read(source: &str, text: &str) -> Result<Vec<Object>, Error> {
    read_objects(source, text).map_err(|found| {
        let messages: Vec<String> = found.iter().map(|diagnostic| diagnostic.message.clone()).collect();
        Error::field("", format!("{source} renders what is no object: {}", messages.join("; ")))
    })
}

/// A host that answers so that the render goes on, and writes down who asked.
struct Reproducible {
    calls: RefCell<BTreeSet<(String, u32, u32, &'static str)>>,
    seed: Vec<u8>,
    counter: u64,
}

impl Reproducible {
    fn new(release: &Release) -> Self {
        let seed = format!("{}/{}", release.namespace, release.name).into_bytes();
        Self { calls: RefCell::default(), seed, counter: 0 }
    }

    fn note(&self, site: &CallSite) {
        self.calls.borrow_mut().insert((site.template.to_string(), site.line, site.column, site.function));
    }
}

impl Host for Reproducible {
    fn now(&mut self, site: &CallSite) -> Result<Moment, Refusal> {
        self.note(site);
        Ok(Moment::default())
    }

    /// The bytes are never written anywhere; they must differ, since keys are made from them.
    fn random(&mut self, site: &CallSite, buffer: &mut [u8]) -> Result<(), Refusal> {
        self.note(site);
        for chunk in buffer.chunks_mut(32) {
            self.counter += 1;
            let digest =
                Sha256::new().chain_update(&self.seed).chain_update(self.counter.to_le_bytes()).finalize();
            chunk.iter_mut().zip(digest).for_each(|(byte, random)| *byte = random);
        }
        Ok(())
    }

    fn lookup(&mut self, site: &CallSite, _query: &Lookup<'_>) -> Result<Map, Refusal> {
        self.note(site);
        Ok(Map::new())
    }

    fn resolve(&mut self, site: &CallSite, _name: &str) -> Result<String, Refusal> {
        self.note(site);
        Ok(String::new())
    }
}

/// Returns one diagnostic for each call whose result differs from run to run.
fn irreproducible(
    context: &Context<'_>,
    folder: &str,
    calls: &BTreeSet<(String, u32, u32, &'static str)>,
) -> Error {
    let spec = &context.instance.spec;
    let parent = folder.rsplit_once('/').map_or(String::new(), |(parent, _)| format!("{parent}/"));
    let diagnostics = calls.iter().map(|(template, line, column, function)| {
        // The first part of a template's name is the chart's, which need not be the folder's.
        let inside = template.split_once('/').map_or(template.as_str(), |(_, inside)| inside);
        let file = if context.inputs.files.get(&format!("{parent}{template}")).is_some() {
            format!("{parent}{template}")
        } else {
            format!("{folder}/{inside}")
        };
        let text = context.inputs.files.text(&file).unwrap_or_default();
        let message =
            format!("`{function}` gives another result at each render: {file}:{line}:{}", column + 1);
        let diagnostic = spec.diagnostic("irreproducible", message);
        let paths = value_paths(text, *line);
        diagnostic.hint(match paths.as_slice() {
            [] => "give the value that the chart would make up, by reference to a Secret".to_owned(),
            paths => format!("set {} in `values`, by reference to a Secret", paths.join(" or ")),
        })
    });
    Error::diagnostics(diagnostics.collect())
}

/// Returns the values that the lines around a call name, nearest first: those that decide whether the call
/// is reached.
fn value_paths(text: &str, line: u32) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let at = (line as usize).saturating_sub(1);
    let mut paths = Vec::new();
    for text in lines.iter().take(at + 1).rev().take(6) {
        for part in text.split(".Values.").skip(1) {
            let length = part.find(|letter: char| !letter.is_ascii_alphanumeric() && !"._-".contains(letter));
            let path = part[..length.unwrap_or(part.len())].trim_end_matches('.');
            let quoted = format!("`{path}`");
            if !path.is_empty() && !paths.contains(&quoted) {
                paths.push(quoted);
            }
        }
        if !paths.is_empty() {
            break;
        }
    }
    paths
}
