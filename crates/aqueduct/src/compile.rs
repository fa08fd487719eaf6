//! Files in, tree out: the whole compiler as one pure function.

use aqueduct_manifest::{Diagnostic, Files, Value, yaml};
use aqueduct_model::types::Name;
use aqueduct_model::{Instance, Platform, Selection, Tenancy, resolve, tenancies};
use aqueduct_render::{Outline, Registry, Rendered, RenderedComponent, render};
use aqueduct_tree::{Scope, Tree, file_names};
use rayon::prelude::*;

/// The files and folders of a platform that the compiler reads.
pub const SOURCES: &[&str] =
    &["platform.toml", "aqueduct.lock", "tenants", "blueprints", "charts", "kustomizations", "vendor"];

/// What a platform compiles to.
#[derive(Debug)]
pub struct Compilation {
    /// The folder of the output, below the platform's.
    pub output: String,
    /// The rendered files; only complete where no diagnostic is an error.
    pub tree: Tree,
    /// The components that were rendered.
    pub components: Vec<Outline>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl Compilation {
    /// Tells whether anything stops the tree from being written.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// A platform that was read, and the instances of the selected environments.
#[derive(Debug)]
pub struct Loaded {
    /// The platform.
    pub platform: Platform,
    /// All instances of the selected environments; tenants are not selected yet, since they refer to one
    /// another.
    pub instances: Vec<Instance>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads and resolves a platform.
pub fn load(files: &Files, registry: &Registry, selection: &Selection) -> Loaded {
    let loaded = aqueduct_model::load(files);
    let environments = Selection { environments: selection.environments.clone(), tenants: Vec::new() };
    let resolved = resolve(&loaded.platform, &registry.names(), &environments);
    let mut diagnostics = loaded.diagnostics;
    diagnostics.extend(resolved.diagnostics);
    for tenant in &selection.tenants {
        if !loaded.platform.tenants.contains_key(tenant) {
            let names = loaded.platform.tenants.keys().map(Name::as_str);
            diagnostics.push(
                Diagnostic::error("unknown-tenant", format!("there is no such tenant: `{tenant}`"))
                    .did_you_mean(tenant.as_str(), names),
            );
        }
    }
    Loaded { platform: loaded.platform, instances: resolved.instances, diagnostics }
}

/// Compiles the selected part of a platform.
///
/// `progress` is told each environment before it is rendered.
pub fn compile(
    files: &Files,
    registry: &Registry,
    selection: &Selection,
    progress: &dyn Fn(&str),
) -> Compilation {
    let Loaded { platform, mut instances, mut diagnostics } = load(files, registry, selection);
    let mut tree = Tree::of(scopes(&platform, selection));
    let mut components = Vec::new();
    instances.sort_by(|left, right| key(left).cmp(&key(right)));
    for environment in platform.environments.values().filter(|one| selection.has_environment(&one.name)) {
        progress(environment.name.as_str());
        let only = Selection { environments: vec![environment.name.clone()], tenants: Vec::new() };
        let all = tenancies(&platform, &only);
        let all: Vec<&Tenancy> = all.iter().map(AsRef::as_ref).collect();
        let start = instances.partition_point(|instance| instance.environment.name < environment.name);
        let end = instances.partition_point(|instance| instance.environment.name <= environment.name);
        let selected = |tenant: &Name| selection.has_tenant(tenant);
        let rendered = render(&platform, environment, &all, &instances[start..end], registry, files, &selected);
        diagnostics.extend(rendered.diagnostics.iter().cloned());
        components.extend(rendered.outlines.iter().cloned());
        if !diagnostics.iter().any(Diagnostic::is_error) {
            insert(&mut tree, environment.name.as_str(), rendered, &mut diagnostics);
        }
    }
    diagnostics.sort_by(|left, right| {
        let place = |diagnostic: &Diagnostic| {
            diagnostic.labels.first().map(|label| (label.file.clone(), label.span))
        };
        (place(left), left).cmp(&(place(right), right))
    });
    diagnostics.dedup();
    Compilation { output: platform.output.to_string(), tree, components, diagnostics }
}

fn key(instance: &Instance) -> (&Name, &Name, &Name) {
    (&instance.environment.name, &instance.tenancy.tenant.name, &instance.component)
}

/// Writes the objects of an environment as files.
fn insert(tree: &mut Tree, environment: &str, rendered: Rendered, diagnostics: &mut Vec<Diagnostic>) {
    let files: Vec<Vec<(String, Vec<u8>)>> = rendered.components.into_par_iter().map(files_of).collect();
    for (path, bytes) in files.into_iter().flatten() {
        if let Err(error) = tree.insert(environment, path, bytes) {
            diagnostics.push(Diagnostic::error("output-path", error.to_string()));
        }
    }
}

fn files_of(component: RenderedComponent) -> Vec<(String, Vec<u8>)> {
    let folder = component.folder();
    let names = file_names(&component.objects);
    let objects = component.objects.into_iter().zip(names);
    objects
        .map(|(object, name)| (format!("{folder}/{name}"), yaml::write(&Value::Map(object.map)).into_bytes()))
        .collect()
}

/// Returns the part of the output that a selection stands for.
fn scopes(platform: &Platform, selection: &Selection) -> Vec<Scope> {
    if selection.environments.is_empty() && selection.tenants.is_empty() {
        return vec![Scope::Everything];
    }
    let environments = platform.environments.keys().filter(|name| selection.has_environment(name));
    if selection.tenants.is_empty() {
        return environments.map(|name| Scope::Environment(name.to_string())).collect();
    }
    let mut scopes = Vec::new();
    for environment in environments {
        for tenant in &selection.tenants {
            for folder in [tenant.to_string(), format!("{}/{tenant}", aqueduct_render::argocd::ROOT)] {
                scopes.push(Scope::Folder { environment: environment.to_string(), folder });
            }
        }
    }
    scopes
}
