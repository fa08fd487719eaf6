//! Renders the components of a platform, with the kinds in the caller's `registry`.

use aqueduct_manifest::{Diagnostic, Files, Object};
use aqueduct_model::{Selection, load, resolve, tenancies};
use aqueduct_render::{Inputs, RenderedComponent, TENANCY, render};

use crate::registry;

/// Returns the objects of all components in a platform's environments, without those of tenants and delivery, and the
/// errors.
pub(crate) fn objects(files: &Files) -> (Vec<Object>, Vec<Diagnostic>) {
    let (components, diagnostics) = components(files);
    let components = components.into_iter().filter(|component| {
        component.tenant != aqueduct_render::argocd::ROOT && component.component.as_deref() != Some(TENANCY)
    });
    (components.flat_map(|component| component.objects).collect(), diagnostics)
}

/// Returns all folders of a platform's environments with their objects, and the errors.
pub(crate) fn components(files: &Files) -> (Vec<RenderedComponent>, Vec<Diagnostic>) {
    let registry = registry();
    let loaded = load(files);
    let mut diagnostics = loaded.diagnostics;
    let resolved = resolve(&loaded.platform, &registry.names(), &Selection::default());
    diagnostics.extend(resolved.diagnostics);
    let inputs = Inputs::new(files);
    let mut components = Vec::new();
    for environment in loaded.platform.environments.values() {
        let only = Selection { environments: vec![environment.name.clone()], tenants: Vec::new() };
        let all = tenancies(&loaded.platform, &only);
        let all: Vec<_> = all.iter().map(AsRef::as_ref).collect();
        let instances: Vec<_> = resolved
            .instances
            .iter()
            .filter(|instance| instance.environment.name == environment.name)
            .cloned()
            .collect();
        let rendered = render(&loaded.platform, environment, &all, &instances, &registry, &inputs, &|_| true);
        diagnostics.extend(rendered.diagnostics);
        components.extend(rendered.components);
    }
    (components, diagnostics)
}
