//! Charts in the tree, rendered as Argo CD has Helm render them.

use std::sync::Arc;

use aqueduct_helm::hosts::Fixed;
use aqueduct_helm::template::Moment;
use aqueduct_helm::{
    Capabilities, Chart, Engine, HookEvent, KubeVersion, Prepared, Release, RenderedRelease, UserValues,
    check_installable, release_name,
};
use aqueduct_kustomize::{ChartInflator, ChartProblem, ChartRequest};
use aqueduct_manifest::{Files, Object, Value, yaml};

use super::environment::Environment;
use super::source::{is_set, joined, options};
use super::tree::{Failure, Resource, Settings, Tree, list, only, text};
use super::values::values;

const KNOWN: [&str; 15] = [
    "releaseName",
    "namespace",
    "values",
    "valuesObject",
    "valueFiles",
    "ignoreMissingValueFiles",
    "parameters",
    "fileParameters",
    "skipCrds",
    "skipSchemaValidation",
    "skipTests",
    "kubeVersion",
    "apiVersions",
    "version",
    "passCredentials",
];

/// Returns the objects of a chart, followed by its hooks.
pub(crate) fn render(
    tree: &Tree,
    application: &Resource,
    source: &Value,
    path: &str,
    environment: &Environment,
) -> Result<Vec<Object>, Failure> {
    let helm = options(source, "helm");
    only(helm, "helm", &KNOWN)?;
    let chart = load(&tree.files, path)?;
    let values = values(tree, application, helm, path, environment)?;
    let prepared = Prepared::new(&chart, &values.into_map()).map_err(Failure::of)?;
    if !is_set(helm, "skipSchemaValidation") {
        prepared.validate().map_err(Failure::of)?;
    }
    let or = |said: &str, other: &str| if said.is_empty() { other.to_owned() } else { said.to_owned() };
    let name = or(text(helm, &["releaseName"]), application.object.name());
    if !is_release_name(&name) {
        return Err(Failure::Wrong(format!("no name of a release: {name}")));
    }
    let release = Release::new(name, or(text(helm, &["namespace"]), application.namespace()));
    let capabilities = capabilities(
        &tree.settings,
        text(helm, &["kubeVersion"]),
        list(helm, &["apiVersions"]).iter().filter_map(Value::as_str),
    )?;
    let mut rendered = prepared
        .render(&Engine::new(), &release, &capabilities, &mut host())
        .map_err(|failure| Failure::of(failure.error))?;
    if is_set(helm, "skipCrds") {
        rendered.crds.clear();
    }
    let mut objects = rendered.objects().map_err(Failure::of)?;
    for hook in hooks(&rendered, is_set(helm, "skipTests")) {
        let values = yaml::read_values(&hook, yaml::Dialect::Sigs).map_err(Failure::of)?;
        objects.extend(values.iter().filter_map(Value::as_map).map(|map| Object::new(map.clone())));
    }
    Ok(objects)
}

/// Tells whether a release name is valid: a DNS name of at most 53 characters.
fn is_release_name(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let is_part = |part: &str| {
        part.starts_with(is_plain)
            && part.ends_with(is_plain)
            && part.chars().all(|letter| is_plain(letter) || letter == '-')
    };
    name.len() <= 53 && name.split('.').all(is_part)
}

/// Loads a chart with what it takes from other folders of the tree.
fn load(files: &Files, path: &str) -> Result<Arc<Chart>, Failure> {
    let mut chart = Arc::new(Chart::from_files(files, path).map_err(Failure::of)?);
    let is_there = |name: &str| chart.subcharts.iter().any(|chart| chart.metadata.name == name);
    let mut copies: Option<Files> = None;
    for dependency in chart.metadata.dependencies.iter().flatten() {
        // A dependency without a repository must be in the chart. If it is missing, Helm has a message.
        if is_there(&dependency.name) || dependency.repository.is_empty() {
            continue;
        }
        let Some(folder) = dependency.repository.strip_prefix("file://") else {
            let reason = format!("the chart `{}` of {} is not there", dependency.name, dependency.repository);
            return Err(Failure::Outside(reason));
        };
        let from = joined(path, folder);
        let copies = copies.get_or_insert_with(|| files.clone());
        for (file, bytes) in files.below(&from) {
            let name = file.strip_prefix(&from).unwrap_or(file);
            copies.insert(format!("{path}/charts/{}{name}", dependency.name), Arc::clone(bytes));
        }
    }
    if let Some(copies) = copies {
        chart = Arc::new(Chart::from_files(&copies, path).map_err(Failure::of)?);
    }
    check_installable(&chart).map_err(Failure::of)?;
    Ok(chart)
}

/// Returns the capabilities that charts can rely on.
fn capabilities<'v>(
    settings: &Settings,
    kube_version: &str,
    more: impl Iterator<Item = &'v str>,
) -> Result<Capabilities, Failure> {
    let mut capabilities = Capabilities::default();
    capabilities.api_versions.extend(more.map(Into::into));
    let set = settings.kube_version.as_deref();
    if let Some(version) = Some(kube_version).filter(|said| !said.is_empty()).or(set) {
        capabilities.kube_version = KubeVersion::parse(version).map_err(Failure::of)?;
    }
    Ok(capabilities)
}

/// Returns the host for templates that use the time or random bytes.
fn host() -> Fixed {
    Fixed::at(Moment { seconds: 0, nanoseconds: 0 })
}

/// Returns the hooks of a release as they are printed.
fn hooks(rendered: &RenderedRelease, skips_tests: bool) -> Vec<String> {
    let is_test = |events: &[HookEvent]| events.contains(&HookEvent::Test);
    let hooks = rendered.hooks.iter().filter(|hook| !(skips_tests && is_test(&hook.events)));
    hooks.map(|hook| format!("{}\n", hook.manifest.content)).collect()
}

/// Renders the charts of kustomizations.
pub(crate) struct Charts<'t> {
    pub(crate) tree: &'t Tree,
    /// The source's options for Kubernetes, which those of a kustomization override.
    pub(crate) options: &'t Value,
}

impl ChartInflator for Charts<'_> {
    fn inflate(&self, request: &ChartRequest<'_>) -> Result<String, ChartProblem> {
        let say = |failure: Failure| match failure {
            Failure::Outside(message) | Failure::Wrong(message) => ChartProblem::from(message),
        };
        let wrong = |error: aqueduct_helm::Error| ChartProblem::from(error.to_string());
        let chart = load(&self.tree.files, request.folder).map_err(say)?;
        let mut values = UserValues::new();
        request.values.iter().for_each(|more| values.add(more));
        let prepared = Prepared::new(&chart, &values.into_map()).map_err(wrong)?;
        prepared.validate().map_err(wrong)?;
        let name = match request.name_template {
            Some(template) if request.release_name.is_empty() => {
                release_name(template, &mut host()).map_err(wrong)?
            }
            _ => request.release_name.to_owned(),
        };
        let namespace = if request.namespace.is_empty() { "default" } else { request.namespace };
        let release = Release::new(name, namespace);
        let more = list(self.options, &["apiVersions"]).iter().filter_map(Value::as_str);
        let kube_version = request.kube_version.unwrap_or_else(|| text(self.options, &["kubeVersion"]));
        let capabilities =
            capabilities(&self.tree.settings, kube_version, request.api_versions.iter().copied().chain(more))
                .map_err(say)?;
        let rendered = prepared.render(&Engine::new(), &release, &capabilities, &mut host());
        let rendered = rendered.map_err(|failure| wrong(failure.error))?;
        let crds = rendered.crds.iter().filter(|_| request.include_crds);
        let mut documents: Vec<String> =
            crds.map(|crd| String::from_utf8_lossy(&crd.content).into_owned()).collect();
        documents.extend(rendered.manifests.iter().map(|manifest| manifest.content.clone()));
        if !request.skip_hooks {
            documents.extend(hooks(&rendered, request.skip_tests));
        }
        Ok(documents.iter().map(|document| format!("---\n{document}\n")).collect())
    }
}
