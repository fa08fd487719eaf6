//! The Applications that result from the files of a repository, compared with the recorded ones.
//!
//! Objects in files come first, followed by what they render: Applications of Applications, and of sets. An exact
//! repetition is not visited again.

use std::collections::{BTreeSet, VecDeque};

use aqueduct_manifest::{Map, Object, Value, json, yaml};

use crate::argocd::application_set;
use crate::argocd::source;
use crate::argocd::tree::{Failure, Resource, Tree, is_empty};
use crate::recorded::{From, Record, Repository};
use crate::rendered::{difference, plain};
use crate::tally::Tally;

/// What was found: Applications, and the results of sets.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) applications: Vec<(From, Resource)>,
    /// The sets without Applications, with the reason why there are none.
    pub(crate) empty: Vec<(From, Option<Failure>)>,
}

/// Compares the recorded Applications with those that are found, in both directions.
pub(crate) fn hold(repository: &Repository, tally: &mut Tally) {
    let mut found = walk(&repository.tree);
    for record in &repository.records {
        let title = format!("{}: {} of {:?}", repository.name, record.application.object.name(), record.from);
        if record.status.starts_with("set-") {
            let place = found.empty.iter().position(|(from, failure)| {
                *from == record.from
                    && matches!(failure, Some(Failure::Wrong(_))) == (record.status == "set-error")
            });
            tally.others.add(1, usize::from(place.is_some()));
            match place {
                Some(place) => drop(found.empty.remove(place)),
                None => tally.say(format!("{title} is no {}", record.status)),
            }
            continue;
        }
        let difference = find(record, &mut found.applications);
        tally.applications.add(1, usize::from(difference.is_none()));
        if let Some(difference) = difference {
            tally.say(format!("{title}: {difference}"));
        }
    }
    for (from, application) in &found.applications {
        tally.applications.add(1, 0);
        tally.say(format!("{}: {} of {from:?} is not recorded", repository.name, application.object.name()));
    }
    for (from, failure) in &found.empty {
        match failure {
            Some(Failure::Outside(_)) => tally.leave_out("sets ask somebody else"),
            _ => {
                tally.others.add(1, 0);
                tally.say(format!("{}: the set of {from:?} makes nothing: {failure:?}", repository.name));
            }
        }
    }
}

/// Takes a recorded Application out of those that were found; returns the difference to the one with its
/// name.
fn find(record: &Record, found: &mut Vec<(From, Resource)>) -> Option<String> {
    let recorded = typed(&record.application);
    let is_named = |(from, application): &(From, Resource)| {
        *from == record.from && application.object.name() == record.application.object.name()
    };
    if let Some(place) = found.iter().position(|found| is_named(found) && typed(&found.1) == recorded) {
        found.remove(place);
        return None;
    }
    match found.iter().position(is_named) {
        Some(place) => Some(difference(&recorded, &typed(&found.remove(place).1), "")),
        None => Some("it is not found".to_owned()),
    }
}

/// The fields of an Application, by the map that contains them. Argo CD ignores everything else.
const FIELDS: [(&str, &[&str]); 6] = [
    ("", &["metadata", "spec"]),
    ("metadata", &["name", "namespace", "labels", "annotations", "finalizers"]),
    (
        "spec",
        &[
            "source",
            "sources",
            "sourceHydrator",
            "destination",
            "project",
            "syncPolicy",
            "ignoreDifferences",
            "info",
            "revisionHistoryLimit",
        ],
    ),
    ("syncPolicy", &["automated", "syncOptions", "retry", "managedNamespaceMetadata"]),
    ("automated", &["prune", "selfHeal", "allowEmpty", "enabled"]),
    ("destination", &["server", "namespace", "name"]),
];

/// Returns an Application as Argo CD stores it: its fields, except empty ones.
pub(crate) fn typed(application: &Resource) -> Value {
    let mut map = application.object.map.clone();
    let project = map.map_entry("spec").entry("project");
    if is_empty(project) {
        *project = "default".into();
    }
    without_empty(&Value::Map(map), "")
}

fn without_empty(value: &Value, name: &str) -> Value {
    let fields = FIELDS.iter().find(|(field, _)| *field == name).map(|(_, fields)| *fields);
    match value {
        Value::Map(map) => {
            let mut kept = Map::new();
            for (name, value) in map {
                let is_field = fields.is_none_or(|fields| fields.contains(&name.as_str()));
                let value = if name == "valuesObject" { value.clone() } else { without_empty(value, name) };
                if is_field && (name == "automated" && !value.is_null() || !is_empty(&value)) {
                    kept.insert(name.clone(), value);
                }
            }
            Value::Map(kept)
        }
        Value::List(entries) => {
            Value::List(entries.iter().map(|entry| without_empty(entry, "entry")).collect())
        }
        other => plain(other),
    }
}

/// Finds all Applications.
pub(crate) fn walk(tree: &Tree) -> Found {
    let mut found = Found::default();
    let mut seen = BTreeSet::new();
    let mut open: VecDeque<(From, Resource)> = documents(tree).into();
    while let Some((from, resource)) = open.pop_front() {
        if !seen.insert(json::write(&Value::Map(resource.object.map.clone()))) {
            continue;
        }
        if resource.object.kind() == "ApplicationSet" {
            let from = From { set: resource.object.name().to_owned(), ..from };
            match application_set::applications(tree, &resource) {
                Ok(made) if made.is_empty() => found.empty.push((from, None)),
                Ok(made) => open.extend(made.into_iter().map(|made| (from.clone(), made))),
                Err(failure) => found.empty.push((from, Some(failure))),
            }
            continue;
        }
        for source in resource.sources() {
            let Ok(objects) = source::render(tree, &resource, source) else { continue };
            for object in objects.into_iter().filter(Resource::is_one) {
                let made_by = resource.object.name().to_owned();
                let file = from.file.clone();
                let from = From { file: file.clone(), application: made_by, ..From::default() };
                open.push_back((from, Resource { file, object }));
            }
        }
        found.applications.push((from, resource));
    }
    found
}

/// Returns the Applications and sets in files, except in chart templates.
fn documents(tree: &Tree) -> Vec<(From, Resource)> {
    let mut found = Vec::new();
    for (path, _) in tree.files.iter() {
        let is_template = path
            .match_indices("/templates/")
            .any(|(place, _)| tree.files.get(&format!("{}/Chart.yaml", &path[..place])).is_some());
        let is_taken = (path.ends_with(".yaml") || path.ends_with(".yml")) && !is_template;
        let Some(text) = tree.files.text(path).filter(|_| is_taken) else { continue };
        let parts: Vec<String> = parts(text).into_iter().filter(|part| !part.trim().is_empty()).collect();
        for (place, part) in (0..).zip(parts) {
            let Ok(Value::Map(map)) = yaml::read(&part) else { continue };
            let (file, object) = (path.to_string(), Object::new(map));
            if Resource::is_one(&object) {
                let from = From { file: file.clone(), document: Some(place), ..From::default() };
                found.push((from, Resource { file, object }));
            }
        }
    }
    found
}

/// Returns the documents of a file, including those with only comments.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for line in text.lines() {
        match parts.last_mut() {
            Some(part) if !line.starts_with("---") => {
                part.push_str(line);
                part.push('\n');
            }
            _ => parts.push(String::new()),
        }
    }
    parts
}
