//! The definitions of custom resources in an environment: those that it lists, and those among the files.
//!
//! An operator may be installed before the platform, so that the tree does not contain its definitions. They are
//! needed all the same: for the available APIs, the scopes of kinds, and the schemas of objects.

use std::collections::BTreeSet;

use aqueduct_acquire::{Lock, verify_remote};
use aqueduct_manifest::yaml::{Dialect, read_values};
use aqueduct_manifest::{Diagnostic, Files, Object, Value};
use aqueduct_model::{ApiSource, Environment};

use crate::Problem;

/// The definitions in an environment.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    /// The CustomResourceDefinitions. If the environment lists a definition, others with the same name do not count.
    pub objects: Vec<Object>,
    /// The APIs of the listed definitions, as `group/version` and `group/version/Kind`.
    pub apis: BTreeSet<String>,
    /// The errors in the listed definitions.
    pub problems: Vec<Diagnostic>,
}

impl Definitions {
    /// Reads the definitions that an environment lists, and adds all others among the files.
    pub(crate) fn of(
        environment: &Environment,
        files: &Files,
        lock: Result<&Lock, Problem>,
        among_files: &[Object],
    ) -> Self {
        let mut definitions = Self::default();
        for source in &environment.api_sources {
            match read(source, files, lock.clone()) {
                Ok(found) => definitions.objects.extend(found),
                Err(problem) => {
                    let diagnostic = Diagnostic::error("api-definitions", problem.message)
                        .label(source.place.clone(), format!("in `{}`", environment.name));
                    definitions.problems.push(match problem.hint {
                        Some(hint) => diagnostic.hint(hint),
                        None => diagnostic,
                    });
                }
            }
        }
        definitions.apis = definitions.objects.iter().flat_map(served).collect();
        let named: BTreeSet<String> =
            definitions.objects.iter().map(|object| object.name().to_owned()).collect();
        let others = among_files.iter().filter(|object| !named.contains(object.name()));
        definitions.objects.extend(others.cloned());
        definitions
    }
}

/// Reads the definitions in one place.
fn read(source: &ApiSource, files: &Files, lock: Result<&Lock, Problem>) -> Result<Vec<Object>, Problem> {
    let name = &source.name;
    let wrong = |message: String| Problem { message, hint: None };
    let folder = if is_address(name) {
        verify_remote(files, lock?, name)?.folder()
    } else {
        path(name).ok_or_else(|| Problem {
            message: format!("neither a URL nor a path in the platform's folder: `{name}`"),
            hint: Some("start a URL with `https://`, or a path with `/`".to_owned()),
        })?
    };
    let is_manifest = |path: &str| [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending));
    let below = files.below(&folder).map(|(path, _)| path).filter(|path| is_manifest(path));
    let itself = files.iter().map(|(path, _)| path.as_ref()).filter(|path| *path == folder);
    let (mut objects, mut is_there) = (Vec::new(), false);
    for path in itself.chain(below) {
        is_there = true;
        let text = files.text(path).ok_or_else(|| wrong(format!("{path} is not UTF-8")))?;
        let values = read_values(text, Dialect::Sigs)
            .map_err(|error| wrong(format!("{path}:{}: {}", error.line, error.message)))?;
        let maps = values.into_iter().filter_map(|value| match value {
            Value::Map(map) => Some(Object::new(map)),
            _ => None,
        });
        let found = maps.flat_map(Object::into_items);
        objects.extend(found.filter(|object| object.kind() == "CustomResourceDefinition"));
    }
    match (is_there, objects.is_empty()) {
        (false, _) => Err(wrong(format!("there is no such file or folder with manifests: `{name}`"))),
        (true, true) => Err(wrong(format!("there is no CustomResourceDefinition in `{name}`"))),
        (true, false) => Ok(objects),
    }
}

/// Tells whether a name is the URL of a file.
pub fn is_address(name: &str) -> bool {
    name.starts_with("https://") || name.starts_with("http://")
}

/// Returns the path in the platform's folder for a name with a leading `/`; `None` if it leads out of the folder.
pub fn path(name: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in name.strip_prefix('/')?.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Returns the APIs that a definition serves.
fn served(definition: &Object) -> Vec<String> {
    let text = |path: &[&str]| definition.at(path).and_then(Value::as_str).unwrap_or_default();
    let (group, kind) = (text(&["spec", "group"]), text(&["spec", "names", "kind"]));
    let versions = definition
        .at(&["spec", "versions"])
        .and_then(Value::as_list)
        .into_iter()
        .flat_map(|list| list.iter());
    versions
        .filter(|version| version.get("served").and_then(Value::as_bool) == Some(true))
        .filter_map(|version| version.get("name")?.as_str())
        .flat_map(|version| [format!("{group}/{version}"), format!("{group}/{version}/{kind}")])
        .collect()
}
