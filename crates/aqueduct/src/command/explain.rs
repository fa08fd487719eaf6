//! `aqueduct explain`: shows where a field of a rendered object comes from.

use std::fmt::Write as _;
use std::path::Path;

use aqueduct_manifest::{Diagnostic, Files, Map, Object, Place, Pointer, Value, json};
use aqueduct_model::types::Name;
use aqueduct_model::{Selection, Source, Tenancy, tenancies};
use aqueduct_render::{Inputs, Registry, RenderedComponent, render};
use clap::Args;
use serde::Serialize;

use super::{Failure, Outcome, print, read, tell};
use crate::compiler::{Loaded, load, paths_of, weighed};
use crate::provenance::{Effort, Provenance, Trace};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The component, as `environment/tenant/component`, or a line of the output, as
    /// `output/prod/shop/web/deployment-web.yaml:12`.
    target: String,
    /// The object, as `Deployment`, or `Deployment/web` if the component has several.
    object: Option<String>,
    /// The field, as `spec.replicas` or `/spec/replicas`.
    field: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let files = read(directory, registry)?;
    let output = aqueduct_model::load(&files).platform.output.to_string();
    let target = arguments.target.strip_prefix(&format!("{output}/")).unwrap_or(&arguments.target);
    let environment = target.split('/').next().unwrap_or_default();
    let name: Name =
        environment.parse().map_err(|_| Failure::new(format!("not an environment name: `{environment}`")))?;
    let selection = Selection { environments: vec![name.clone()], tenants: Vec::new() };
    let Loaded { platform, instances, mut diagnostics, .. } = load(&files, registry, &selection);
    let inputs = Inputs::new(&files);
    let all = tenancies(&platform, &selection);
    let all: Vec<&Tenancy> = all.iter().map(AsRef::as_ref).collect();
    let mut components = Vec::new();
    if let Some(environment) = platform.environments.get(&name) {
        let rendered = render(&platform, environment, &all, &instances, registry, &inputs, &|_| true);
        diagnostics.extend(rendered.diagnostics.into_iter().filter_map(|found| weighed(found, &platform)));
        components = rendered.components;
    }
    diagnostics.retain(Diagnostic::is_error);
    let environment = match platform.environments.get(&name) {
        Some(environment) if diagnostics.is_empty() => environment,
        _ => {
            tell(&diagnostics, &files, terminal);
            return Ok(Outcome::Failed);
        }
    };
    let paths: Vec<Vec<String>> = components.iter().map(paths_of).collect();
    let provenance = Provenance::new(
        (&files, registry, &inputs),
        (&platform, environment),
        &instances,
        (&components, &paths),
    );
    let inside = target.strip_prefix(&format!("{name}/")).unwrap_or_default();
    let (path, pointer) = match super::file_and_line(inside) {
        Some((path, line)) => (path.to_owned(), at_line(&provenance, path, line)?),
        None => chosen(arguments, inside, &components, &paths)?,
    };
    let (Some((_, object)), Some(trace)) =
        (provenance.object(&path), provenance.trace(&path, &pointer, Effort::All))
    else {
        return Err(Failure::new(format!("no object is rendered at this path: `{path}`")));
    };
    let record = Record::new(&files, &provenance, &path, object, &pointer, &trace);
    print(terminal, &if arguments.json { super::json(&record)? } else { record.text() })?;
    Ok(Outcome::Done)
}

/// Returns the field on a line of an output file.
fn at_line(provenance: &Provenance<'_>, path: &str, line: u32) -> Result<Pointer, Failure> {
    let (_, object) = provenance
        .object(path)
        .ok_or_else(|| Failure::new(format!("no object is rendered at this path: `{path}`")))?;
    let mut fields = Vec::new();
    all_fields(&object.map, &mut fields);
    let wanted = format!("line {line}");
    let found = fields.into_iter().filter(|field| provenance.rendered(path, object, field).text == wanted);
    found
        .max_by_key(|field| field.steps().len())
        .ok_or_else(|| Failure::new(format!("no field on line {line} of `{path}`")))
}

/// Adds the pointers to all fields in a map.
fn all_fields(map: &Map, fields: &mut Vec<Pointer>) {
    fn below(at: Pointer, value: &Value, fields: &mut Vec<Pointer>) {
        match value {
            Value::Map(map) => {
                map.iter().for_each(|(key, value)| below(at.clone().join(key.clone()), value, fields));
            }
            Value::List(list) => list
                .iter()
                .enumerate()
                .for_each(|(number, value)| below(at.clone().join(number.to_string()), value, fields)),
            _ => {}
        }
        fields.push(at);
    }
    map.iter().for_each(|(key, value)| below(Pointer::new([key.clone()]), value, fields));
}

/// Returns the path of the object and the field that the arguments select.
fn chosen(
    arguments: &Arguments,
    component: &str,
    components: &[RenderedComponent],
    paths: &[Vec<String>],
) -> Result<(String, Pointer), Failure> {
    let rendered = components.iter().zip(paths).find(|(one, _)| one.folder() == component);
    let Some((rendered, paths)) = rendered else {
        return Err(Failure::new(format!("there is no such component: `{component}`"))
            .hint("run `aqueduct list` for all components"));
    };
    let title = |object: &Object| format!("{}/{}", object.kind(), object.name());
    let wanted = arguments.object.as_deref().unwrap_or_default();
    let found: Vec<(&Object, &String)> = rendered
        .objects
        .iter()
        .zip(paths)
        .filter(|(object, _)| object.kind() == wanted || title(object) == wanted)
        .collect();
    let titles = |objects: &mut dyn Iterator<Item = &Object>| {
        objects.map(|object| format!("`{}`", title(object))).collect::<Vec<_>>().join(", ")
    };
    match (found.as_slice(), &arguments.field) {
        ([(_, path)], Some(field)) => Ok(((*path).clone(), Pointer::read(field))),
        ([_], None) => Err(Failure::new("no field given").hint("add a field, such as `spec.replicas`")),
        ([], _) => Err(Failure::new(format!("`{component}` does not render this object: `{wanted}`"))
            .hint(format!("it renders {}", titles(&mut rendered.objects.iter())))),
        (several, _) => {
            Err(Failure::new(format!("`{component}` renders several objects of this kind: `{wanted}`"))
                .hint(format!("choose one: {}", titles(&mut several.iter().map(|(object, _)| *object)))))
        }
    }
}

/// The origin of a field.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Record {
    object: String,
    field: String,
    value: Option<serde_json::Value>,
    rendered: String,
    /// Where the value is written, and what else affects the field, most specific first.
    sources: Vec<Said>,
    /// The values that the first source overrides.
    shadowed: Vec<Said>,
    /// The table to which a default belongs, or the field's own place if no TOML affects it.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Spot>,
    /// The template or resource that the object was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_by: Option<Spot>,
    /// The lines of templates, resources and patches that wrote it, last one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    written: Vec<Spot>,
}

/// A TOML value and its place.
#[derive(Serialize)]
struct Said {
    layer: String,
    key: String,
    value: serde_json::Value,
    #[serde(flatten)]
    spot: Spot,
}

/// A place as file, line and column.
#[derive(Serialize)]
struct Spot {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

impl Spot {
    fn new(files: &Files, place: &Place, note: &str) -> Self {
        let position = place.span.and_then(|span| Some(span.position(files.text(&place.file)?)));
        Self {
            file: place.file.to_string(),
            line: position.map(|position| position.line),
            column: position.map(|position| position.column),
            note: note.to_owned(),
        }
    }

    fn text(&self) -> String {
        let line = self.line.map_or_else(String::new, |line| format!(":{line}"));
        let column = self.column.map_or_else(String::new, |column| format!(":{column}"));
        format!("{}{line}{column}", self.file)
    }
}

impl Record {
    fn new(
        files: &Files,
        provenance: &Provenance<'_>,
        path: &str,
        object: &Object,
        pointer: &Pointer,
        trace: &Trace,
    ) -> Self {
        let said = |keys: &str, value: &Value, source: &Source| Said {
            layer: match source.place.file.ends_with(".toml") {
                true => source.layer.to_string(),
                false => "file".to_owned(),
            },
            key: keys.to_owned(),
            value: plain(value),
            spot: Spot::new(files, &source.place, ""),
        };
        let causes = trace.causes.iter();
        let shadowed = trace.causes.first().into_iter().flat_map(|cause| {
            cause.shadowed.iter().map(|lower| said(&cause.keys.join("."), &lower.value, &lower.source))
        });
        let rendered = provenance.rendered(path, object, pointer);
        let line = rendered.text.strip_prefix("line ").map_or_else(String::new, |line| format!(":{line}"));
        Self {
            object: object.key().to_string(),
            field: pointer.field(),
            value: pointer.find(&object.map).map(plain),
            rendered: format!("{}{line}", rendered.place.file),
            sources: causes.map(|cause| said(&cause.keys.join("."), &cause.value, &cause.source)).collect(),
            shadowed: shadowed.collect(),
            place: trace.place.as_ref().map(|place| Spot::new(files, place, &trace.note)),
            made_by: trace.made_by.as_ref().map(|place| Spot::new(files, place, "")),
            written: trace
                .written
                .iter()
                .map(|writer| Spot::new(files, &writer.place, &writer.what))
                .collect(),
        }
    }

    fn text(&self) -> String {
        let value = self.value.as_ref().map_or_else(|| "is not set".to_owned(), |value| format!("= {value}"));
        let mut text = format!("{}: {} {value}\n", self.object, self.field);
        let mut line = |what: &str, said: &str| {
            let _ = writeln!(text, "  {what:<9} {said}");
        };
        line("rendered", &self.rendered);
        for (number, said) in self.sources.iter().enumerate() {
            let what = if number == 0 { "source" } else { "also" };
            // A file that is the whole value has no key.
            let told = match said.key.as_str() {
                "" => String::new(),
                key => format!("{key} = {} ", said.value),
            };
            line(what, &format!("{}  {told}({})", said.spot.text(), said.layer));
            for lower in self.shadowed.iter().filter(|_| number == 0) {
                let told =
                    format!("{}  {} = {} ({})", lower.spot.text(), lower.key, lower.value, lower.layer);
                line("shadowed", &told);
            }
        }
        let mut written = self.written.as_slice();
        match &self.place {
            Some(place) if place.note.is_empty() => {
                let last = written.split_first().filter(|(last, _)| last.text() == place.text());
                let told = match last {
                    Some((last, before)) => {
                        written = before;
                        format!("{}  {}", last.text(), last.note)
                    }
                    None => place.text(),
                };
                line("source", &told);
            }
            Some(place) => line("nearest", &format!("{}  {}", place.text(), place.note)),
            None if self.sources.is_empty() => line("source", "unknown"),
            None => {}
        }
        let is_last_told = written.len() < self.written.len();
        for (number, spot) in written.iter().enumerate() {
            let what = if number == 0 && !is_last_told { "written" } else { "before" };
            line(what, &format!("{}  {}", spot.text(), spot.note));
        }
        if let (Some(made_by), true) = (&self.made_by, self.written.is_empty()) {
            line("made by", &made_by.text());
        }
        text
    }
}

/// Returns a value as JSON prints it.
fn plain(value: &Value) -> serde_json::Value {
    serde_json::from_str(&json::write(value)).unwrap_or_default()
}
