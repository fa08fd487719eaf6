//! The Applications that a run of the preview tool looks at.

use std::collections::BTreeSet;

use aqueduct_helm::Pattern;
use aqueduct_manifest::{Object, Value, yaml};
use regex::Regex;

use crate::argocd::application_set;
use crate::argocd::source::outside;
use crate::argocd::tree::{Failure, Resource, Tree, text};

/// What happens to Applications that do not say which files they watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unwatched {
    Taken,
    Left,
}

/// The options of a run.
#[derive(Clone, Debug)]
pub(crate) struct Options<'a> {
    /// The label that Applications must have.
    pub(crate) selector: Option<(&'a str, &'a str)>,
    /// The pattern for the file names of Applications.
    pub(crate) file_regex: Option<&'a str>,
    /// The changed files; by default, those that differ.
    pub(crate) files: Option<&'a [&'a str]>,
    /// What happens to Applications that do not say which files they watch.
    pub(crate) unwatched: Unwatched,
}

impl Options<'_> {
    /// The tool's defaults.
    pub(crate) const DEFAULT: Self =
        Self { selector: None, file_regex: None, files: None, unwatched: Unwatched::Taken };
}

/// What is looked at on one side, and what is not.
#[derive(Default)]
pub(crate) struct Selection {
    /// The Applications, including generated ones.
    pub(crate) applications: Vec<Resource>,
    /// How many Applications are left out.
    pub(crate) left_applications: usize,
    /// How many ApplicationSets are left out.
    pub(crate) left_sets: usize,
    /// The sets whose Applications are unknown, and why.
    pub(crate) failures: Vec<(String, Failure)>,
}

/// Returns what is looked at on both sides.
pub(crate) fn select(base: &Tree, target: &Tree, options: &Options<'_>) -> [Selection; 2] {
    let changed: Vec<String> = match options.files {
        Some(files) => files.iter().map(|file| (*file).to_owned()).collect(),
        None => {
            let paths = [base, target].map(|tree| tree.files.iter().map(|(path, _)| path.to_string()));
            let paths: BTreeSet<String> = paths.into_iter().flatten().collect();
            paths.into_iter().filter(|path| base.files.get(path) != target.files.get(path)).collect()
        }
    };
    let named = options.file_regex.map(|regex| Regex::new(regex).expect("it is a regular expression"));
    let is_read = |resource: &Resource| named.as_ref().is_none_or(|named| named.is_match(&resource.file));
    let is_taken = |resource: &Resource| is_taken(resource, options, &changed);
    let mut sides = [base, target].map(|tree| of_tree(tree, &is_read, &is_taken));
    // What is remote and the same on both sides is not rendered.
    let [before, after] =
        [(&sides[0], base), (&sides[1], target)].map(|(side, tree)| remote(tree, &side.applications));
    for side in &mut sides {
        let all = side.applications.len();
        side.applications.retain(|application| {
            let known = (application.object.name().to_owned(), application.spec().clone());
            always(application) || !(before.contains(&known) && after.contains(&known))
        });
        side.left_applications += all - side.applications.len();
    }
    sides
}

/// Returns the Applications that read nothing from the tree, by name, with their content.
fn remote(tree: &Tree, applications: &[Resource]) -> Vec<(String, Value)> {
    let is_remote =
        |application: &&Resource| application.sources().iter().all(|source| outside(tree, source).is_some());
    let told = |application: &Resource| (application.object.name().to_owned(), application.spec().clone());
    applications.iter().filter(is_remote).map(told).collect()
}

/// Returns everything in a tree, whatever a run would look at.
pub(crate) fn all(tree: &Tree) -> Selection {
    of_tree(tree, &|_| true, &|_| true)
}

/// Returns the Applications and ApplicationSets. A file that is not YAML is assumed to be a chart template.
fn resources(tree: &Tree) -> Vec<Resource> {
    let mut found = Vec::new();
    for (path, _) in tree.files.iter() {
        let text = tree.files.text(path).filter(|_| path.ends_with(".yaml") || path.ends_with(".yml"));
        let Some(Ok(documents)) = text.map(|text| yaml::read_values(text, yaml::Dialect::Sigs)) else {
            continue;
        };
        let objects = documents.iter().filter_map(Value::as_map).map(|map| Object::new(map.clone()));
        found.extend(
            objects.filter(Resource::is_one).map(|object| Resource { file: path.to_string(), object }),
        );
    }
    found
}

fn of_tree(
    tree: &Tree,
    is_read: &dyn Fn(&Resource) -> bool,
    is_taken: &dyn Fn(&Resource) -> bool,
) -> Selection {
    let mut selection = Selection::default();
    for resource in resources(tree).into_iter().filter(is_read) {
        let is_set = resource.object.kind() == "ApplicationSet";
        match (is_taken(&resource), is_set) {
            (false, true) => selection.left_sets += 1,
            (false, false) => selection.left_applications += 1,
            (true, false) => selection.applications.push(resource),
            (true, true) => match application_set::applications(tree, &resource) {
                Ok(made) => {
                    let (taken, left): (Vec<_>, Vec<_>) = made.into_iter().partition(is_taken);
                    selection.left_applications += left.len();
                    selection.applications.extend(taken);
                }
                Err(failure) => selection.failures.push((resource.title(), failure)),
            },
        }
    }
    selection
}

const RENDER: &str = "argocd-diff-preview/render";

fn always(resource: &Resource) -> bool {
    resource.object.annotation(RENDER) == Some("always")
}

fn is_taken(resource: &Resource, options: &Options<'_>, changed: &[String]) -> bool {
    let object = &resource.object;
    if object.annotation("argocd-diff-preview/ignore") == Some("true")
        || object.annotation(RENDER) == Some("never")
    {
        return false;
    }
    let has = |(name, value): (&str, &str)| {
        object.labels().and_then(|labels| labels.get(name)).and_then(Value::as_str) == Some(value)
    };
    always(resource) || options.selector.is_none_or(has) && is_touched(resource, options.unwatched, changed)
}

/// Tells whether one of the changed files is the Application's own, or one that it watches.
fn is_touched(resource: &Resource, unwatched: Unwatched, changed: &[String]) -> bool {
    if changed.contains(&resource.file) {
        return true;
    }
    let said = |name: &str| resource.object.annotation(name).unwrap_or_default().trim().to_owned();
    let patterns = said("argocd-diff-preview/watch-pattern");
    let paths = said("argocd.argoproj.io/manifest-generate-paths");
    if patterns.is_empty() && paths.is_empty() {
        return unwatched == Unwatched::Taken;
    }
    let patterns = patterns.split(',').map(str::trim).filter(|pattern| !pattern.is_empty());
    let patterns: Vec<Regex> = patterns.filter_map(|pattern| Regex::new(pattern).ok()).collect();
    let paths: Vec<String> = paths
        .split(';')
        .map(str::trim)
        .filter(|path| !path.is_empty())
        .flat_map(|path| match path.strip_prefix('/') {
            Some(path) => vec![path.to_owned()],
            None => {
                let sources = resource.sources().into_iter().map(|source| text(source, &["path"]));
                sources.filter(|source| !source.is_empty()).map(|source| joined(source, path)).collect()
            }
        })
        .collect();
    changed.iter().any(|file| {
        patterns.iter().any(|pattern| pattern.is_match(file))
            || paths.iter().any(|path| {
                file == path
                    || file.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('/'))
                    || Pattern::path(path).is_ok_and(|pattern| pattern.matches(file))
            })
    })
}

fn joined(folder: &str, path: &str) -> String {
    match path {
        "." => folder.trim_matches('/').to_owned(),
        path => format!("{}/{path}", folder.trim_matches('/')),
    }
}
