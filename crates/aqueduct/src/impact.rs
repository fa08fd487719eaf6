//! The effect of one source line on the output, measured over the whole platform.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{Diagnostic, Files, Lines, Object, Pointer, SmolStr, Span, Value, yaml};
use aqueduct_model::{Layer, Selection, Tenancy, parse, tenancies};
use aqueduct_render::{Inputs, Registry, render};

use crate::compiler::{load, paths_of, weighed};
use crate::probe::{Leaf, differences, leaves, with_text};

/// The effect of one value on a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Impact {
    /// The keys and indices that lead to the value; empty in files that are not TOML.
    pub keys: Vec<SmolStr>,
    /// Whether the key was changed instead of the value.
    pub is_key: bool,
    /// The text on the line.
    pub written: String,
    /// The text that replaced it; `None` if the platform accepts no other value, so that the effect is unknown.
    pub tried: Option<String>,
    /// The fields that changed, by the object's path in the output folder. The empty pointer is the whole object.
    pub fields: BTreeMap<String, Vec<Pointer>>,
}

/// Changes each value on a source line, counted from 1, and returns the effects on the selected environments.
///
/// # Errors
/// Returns an error if the file or line does not exist or has no value, and the errors of the unchanged platform.
pub fn impact(
    files: &Files,
    registry: &Registry,
    selection: &Selection,
    file: &str,
    line: u32,
) -> Result<Vec<Impact>, Vec<Diagnostic>> {
    let refuse = |message: String| vec![Diagnostic::error("impact", message)];
    let text = files.text(file).ok_or_else(|| refuse(format!("there is no such source: `{file}`")))?;
    let span = Lines::new(text).span(line).ok_or_else(|| refuse(format!("`{file}` has no line {line}")))?;
    let found = if file.ends_with(".toml") { of_toml(file, text, span)? } else { of_text(file, text, span) };
    if found.is_empty() {
        return Err(refuse(format!("no value on line {line} of `{file}` can be changed on its own")));
    }
    let before = objects(files, registry, selection)?;
    let measured = found.into_iter().map(|leaf| {
        let mut tried = None;
        let mut fields = BTreeMap::new();
        for other in leaf.variations(text, &[]) {
            let is_without = other.lines().count() < text.lines().count();
            let new = Lines::new(&other).span(line).filter(|_| !is_without);
            let new = new.map_or("", |span| of(&other, span)).to_owned();
            let changed = with_text(files, &leaf.source.place, other);
            if let Ok(after) = objects(&changed, registry, selection) {
                tried = Some(new);
                fields = changes(&before, &after);
                break;
            }
        }
        Impact { keys: leaf.keys, is_key: leaf.is_key, written: of(text, span).to_owned(), tried, fields }
    });
    Ok(measured.collect())
}

fn of(text: &str, span: Span) -> &str {
    text.get(span.start as usize..span.end as usize).unwrap_or_default()
}

/// Returns the leaves of a TOML file on a line.
fn of_toml(file: &str, text: &str, line: Span) -> Result<Vec<Leaf>, Vec<Diagnostic>> {
    let root = parse(file, text, Layer::Component)?;
    let mut found = Vec::new();
    leaves(&root, &mut Vec::new(), &mut found);
    found.retain(|leaf| {
        leaf.source
            .place
            .span
            .is_some_and(|span| span.start < line.end.max(line.start + 1) && line.start < span.end)
    });
    // If a line contains a key and its value, only the value is changed.
    if found.iter().any(|leaf| !leaf.is_key) {
        found.retain(|leaf| !leaf.is_key);
    }
    let mut seen = BTreeSet::new();
    found.retain(|leaf| seen.insert(leaf.source.place.clone()));
    Ok(found)
}

/// Returns the scalar on a line of YAML, or the whole line of any other text.
fn of_text(file: &str, text: &str, line: Span) -> Vec<Leaf> {
    let said = of(text, line);
    let is_yaml = file.ends_with(".yaml") || file.ends_with(".yml");
    if said.is_empty() || said.contains("{{") {
        return Vec::new();
    }
    let said = said.split(" #").next().unwrap_or_default().trim_end();
    let start = match said.rfind(": ").filter(|_| is_yaml) {
        Some(at) => at + 2,
        None if is_yaml => said.strip_prefix("- ").map_or(0, |rest| said.len() - rest.len()),
        None => 0,
    };
    let span = Span { start: line.start + start as u32, end: line.start + said.len() as u32 };
    let value = if is_yaml { yaml::read(&said[start..]).ok() } else { Some(Value::from(said)) };
    value.map(|value| Leaf::of_text(file, span, value)).into_iter().collect()
}

/// Returns all objects of the selected environments by their paths in the output folder.
fn objects(
    files: &Files,
    registry: &Registry,
    selection: &Selection,
) -> Result<BTreeMap<String, Object>, Vec<Diagnostic>> {
    let loaded = load(files, registry, selection);
    let (platform, mut diagnostics) = (loaded.platform, loaded.diagnostics);
    let inputs = Inputs::new(files);
    let mut objects = BTreeMap::new();
    let chosen = platform.environments.values().filter(|one| selection.has_environment(&one.name));
    for environment in chosen {
        let only = Selection { environments: vec![environment.name.clone()], tenants: Vec::new() };
        let all = tenancies(&platform, &only);
        let all: Vec<&Tenancy> = all.iter().map(AsRef::as_ref).collect();
        let of_environment =
            |instance: &&aqueduct_model::Instance| instance.environment.name == environment.name;
        let mine: Vec<_> = loaded.instances.iter().filter(of_environment).cloned().collect();
        let rendered = render(&platform, environment, &all, &mine, registry, &inputs, &|_| true);
        diagnostics.extend(rendered.diagnostics.into_iter().filter_map(|found| weighed(found, &platform)));
        for component in rendered.components {
            let paths = paths_of(&component).into_iter().map(|path| format!("{}/{path}", environment.name));
            objects.extend(paths.zip(component.objects));
        }
    }
    diagnostics.retain(Diagnostic::is_error);
    if diagnostics.is_empty() { Ok(objects) } else { Err(diagnostics) }
}

/// Returns the fields in which objects differ.
fn changes(
    before: &BTreeMap<String, Object>,
    after: &BTreeMap<String, Object>,
) -> BTreeMap<String, Vec<Pointer>> {
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = paths.into_iter().map(|path| {
        let fields = match (before.get(path), after.get(path)) {
            (Some(before), Some(after)) => differences(&before.map, &after.map),
            _ => vec![Pointer::default()],
        };
        (path.clone(), fields)
    });
    changed.filter(|(_, fields)| !fields.is_empty()).collect()
}
