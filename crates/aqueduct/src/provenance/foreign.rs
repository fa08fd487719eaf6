//! The origin of fields in files that are not TOML: templates, resources, patches, values, and files that are
//! included as they are.

use std::rc::Rc;

use aqueduct_manifest::{Object, Place, Pointer};
use aqueduct_model::Instance;
use aqueduct_render::{FieldWriter, Graph, RenderedComponent, Site, SourceName, Writers, writers};

use super::{Bench, Cause, Provenance, distance, is_met};
use crate::in_manifest::{Wanted, in_manifest};
use crate::probe::{Leaf, leaves_of_file, reached};

/// The largest file, in bytes, whose values are tried one by one.
const NAMED_FILE: usize = 64 << 10;
/// How many of a chart's default values are tried.
const CHART_DEFAULTS: usize = 12;

impl<'a> Provenance<'a> {
    /// Returns the lines of foreign files that wrote a field; if there are none, the line that wrote its nearest
    /// parent.
    pub(super) fn written(
        &self,
        number: usize,
        object: &Object,
        pointer: &Pointer,
    ) -> (Vec<FieldWriter>, Option<Place>) {
        let Some(writers) = self.writers(number) else { return (Vec::new(), None) };
        let mut around = std::iter::successors(Some(pointer.clone()), Pointer::parent);
        let found = around.find_map(|field| {
            let mut found = Vec::new();
            for writer in writers(object, &field) {
                let place = match in_manifest(self.files, &writer.place, object, &field, Wanted::Field) {
                    Some(inside) if inside.is_exact || found.is_empty() => inside.place,
                    // The field was not there yet.
                    Some(_) => continue,
                    None => writer.place.clone(),
                };
                found.push(FieldWriter { place, ..writer });
            }
            found.dedup();
            (!found.is_empty()).then_some((field, found))
        });
        match found {
            Some((field, found)) if field == *pointer => (found, None),
            found => {
                let last = found.and_then(|(_, found)| found.into_iter().next());
                (Vec::new(), last.map(|last| last.place))
            }
        }
    }

    /// Returns the graph of the environment's components.
    pub(super) fn graph(&self) -> &Graph<'a> {
        self.memory.graph.get_or_init(|| {
            let (graph, _) = Graph::new(self.platform, self.instances, self.registry, self.inputs);
            graph
        })
    }

    /// Returns the writers of a component's objects.
    fn writers(&self, number: usize) -> Option<Rc<Writers>> {
        if let Some(known) = self.memory.writers.borrow().get(&number) {
            return known.clone();
        }
        let component = &self.components[number];
        let name = (component.tenant.as_str(), component.component.as_deref().unwrap_or_default());
        let made = writers(self.graph(), name).map(Rc::new);
        self.memory.writers.borrow_mut().insert(number, made.clone());
        made
    }

    /// Returns the default values of a chart that decide a field, nearest first.
    pub(super) fn defaults_of_chart(
        &self,
        bench: &Bench,
        component: &RenderedComponent,
        at: usize,
        pointer: &Pointer,
        template: &str,
    ) -> Vec<Cause> {
        let Some(value) = pointer.find(&bench.objects[at].map) else { return Vec::new() };
        let Some((chart, _)) = template.rsplit_once("/templates/") else { return Vec::new() };
        let charts = std::iter::successors(Some(chart), |chart| Some(chart.rsplit_once("/charts/")?.0));
        let files = charts.map(|chart| format!("{chart}/values.yaml"));
        let leaves = files.filter_map(|file| Some(leaves_of_file(&file, self.files.text(&file)?)));
        let near = leaves.flatten().map(|leaf| (distance(&leaf.value, Some(value)), leaf));
        let mut near: Vec<(u8, Leaf)> =
            near.filter(|(distance, leaf)| *distance < 2 && !leaf.keys.is_empty()).collect();
        near.sort_by_key(|(distance, _)| *distance);
        let causes = near.into_iter().take(CHART_DEFAULTS).filter_map(|(distance, leaf)| {
            let text = self.files.text(&leaf.source.place.file)?;
            let mut texts = leaf.variations(text, &[]).into_iter();
            let objects = texts.find_map(|text| self.changed(bench, component, &leaf.source.place, text))?;
            let fields = reached(&bench.objects, &objects);
            is_met(&fields, at, pointer, true).then(|| bench.cause(&leaf, distance, &fields, (at, pointer)))
        });
        let mut causes: Vec<Cause> = causes.collect();
        causes.sort_by_key(|cause| (cause.distance, cause.reach));
        causes
    }

    /// Returns the values of the files that a component refers to, without the manifests that its objects were read
    /// from.
    pub(super) fn values_of_files(&self, instance: &Instance, objects: &[Object]) -> Vec<Leaf> {
        let (Some(component), _) = self.registry.read(instance) else { return Vec::new() };
        let site = Site { platform: self.platform, instance, inputs: self.inputs, part: None };
        let made = |file: &str| {
            objects.iter().any(|object| object.origin.as_ref().is_some_and(|origin| *origin.file == *file))
        };
        let files = component.sources().into_iter().filter_map(|source| match source {
            SourceName::Files(path) => {
                let file = site.source_path("", path).ok().filter(|file| !made(file))?;
                let text = self.files.text(&file).filter(|text| text.len() <= NAMED_FILE)?;
                Some(leaves_of_file(&file, text))
            }
            SourceName::Kustomization(_) | SourceName::Chart(_) => None,
        });
        files.flatten().collect()
    }

    /// Returns a place in a foreign file with a note; for a vendored file, the line that requests it instead.
    pub(super) fn foreign(&self, place: &Place, note: &str, maker: Option<usize>) -> (Option<Place>, String) {
        // The next fetch overwrites vendored files, so the line that requests them is the one to change.
        let asked = maker.filter(|_| place.file.starts_with("vendor/")).and_then(|maker| {
            let spec = &self.instances[maker].spec;
            ["chart", "repository", "path"].iter().find_map(|key| spec.get(key))
        });
        match asked {
            Some(asked) => (Some(asked.origin.place.clone()), format!("made by {}", self.line(place))),
            None => (Some(place.clone()), note.to_owned()),
        }
    }

    /// Returns a place as `file:line`.
    pub(super) fn line(&self, place: &Place) -> String {
        let line = place.span.zip(self.files.text(&place.file));
        let line = line.map_or_else(String::new, |(span, text)| format!(":{}", span.position(text).line));
        format!("{}{line}", place.file)
    }
}
