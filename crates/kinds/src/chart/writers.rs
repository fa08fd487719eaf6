//! Which lines of a chart's templates wrote a field.

use aqueduct_helm::{Manifest, RenderedRelease};
use aqueduct_manifest::{Object, Pointer};
use aqueduct_render::{FieldWriter, Writers};

use super::{Templates, read};
use crate::foreign::is_same;

/// Returns the writers of a release's objects.
pub(super) fn of(templates: Templates, rendered: RenderedRelease) -> Writers {
    let hooks = rendered.hooks.iter().map(|hook| &hook.manifest);
    let made: Vec<(Manifest, Vec<Object>)> = rendered
        .manifests
        .iter()
        .chain(hooks)
        .filter_map(|manifest| Some((manifest.clone(), read(&manifest.source, &manifest.content).ok()?)))
        .collect();
    Box::new(move |object: &Object, field: &Pointer| {
        let manifest = made.iter().find_map(|(manifest, objects)| {
            // In a list of objects, it is not known which line belongs to which object.
            let [made] = objects.as_slice() else { return None };
            is_same(made, object).then_some(manifest)
        });
        let Some(manifest) = manifest else { return Vec::new() };
        let writers = if field.is_empty() {
            rendered.writers(manifest, 1)
        } else {
            rendered.writers_of(manifest, &field.to_string())
        };
        let written = writers.iter().rev().map(|writer| {
            let name = writer.template.to_str();
            let what = match *name == *writer.place.template {
                true => "template".to_owned(),
                false => format!("template `{name}`"),
            };
            FieldWriter { place: templates.place(&writer.place.template, writer.place.line), what }
        });
        written.collect()
    })
}
