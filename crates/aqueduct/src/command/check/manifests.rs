//! The checks of manifests that belong to no platform.
//!
//! A namespace that is itself among the manifests counts as complete: a reference to an object that it lacks is an
//! error. In other namespaces, and for kinds that no manifest defines, other objects may exist.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_check::{ALL, ClusterFacts, Entry, Facts, Owner, Report, Rule};
use aqueduct_manifest::{Diagnostic, KUBERNETES_APIS, Map, Object, Position, Value};

use super::{group_of, server};
use crate::command::manifests::Manifests;
use crate::server::API;

/// A finding about manifests.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) diagnostic: Diagnostic,
    /// The index of the document that it is about.
    pub(super) document: Option<usize>,
    /// The field, in the API server's notation.
    pub(super) field: String,
    /// The API server's name for the reason.
    pub(super) reason: Option<&'static str>,
}

impl Found {
    /// Returns where the field is in its file.
    pub(super) fn position(&self, manifests: &Manifests) -> Option<Position> {
        self.document.map(|number| manifests.documents[number].position(&self.field))
    }
}

/// Checks manifests in the order in which a server would receive them.
pub(super) fn check(manifests: &Manifests, minor: u32, is_wanted: &dyn Fn(&str) -> bool) -> Vec<Found> {
    let rules: Vec<Rule> = ALL.iter().filter(|rule| is_wanted(rule.name)).copied().collect();
    let unreadable = manifests.diagnostics.iter().cloned();
    let mut found: Vec<Found> = unreadable.map(|diagnostic| located(diagnostic, manifests)).collect();
    if !rules.is_empty() {
        let mut report = Report::default();
        // Rules identify objects by their paths, and one file can contain many objects.
        let documents = manifests.documents.iter().enumerate();
        let paths: Vec<String> = documents.map(|(number, one)| format!("{}#{number}", one.file)).collect();
        aqueduct_check::check(&environment(manifests, &paths, minor), &rules, &mut report);
        let diagnostics = report.into_diagnostics();
        found.extend(diagnostics.into_iter().map(|diagnostic| located(diagnostic, manifests)));
    }
    let answers = server::ask(manifests, minor, is_wanted);
    // If the API server already rejects an object, the rules about objects need not repeat it.
    let refused: BTreeSet<Option<usize>> = answers
        .iter()
        .filter(|one| one.diagnostic.code == API && one.diagnostic.is_error())
        .map(|one| one.document)
        .collect();
    found.retain(|one| group_of(one.diagnostic.code) != "objects" || !refused.contains(&one.document));
    found.extend(answers);
    found.sort_by_key(|one| one.document);
    found
}

/// Returns a finding together with the document of its first place.
fn located(mut diagnostic: Diagnostic, manifests: &Manifests) -> Found {
    let document = diagnostic.labels.first().and_then(|label| manifests.at(&label.place));
    // There is only one environment, so the label would be noise.
    if let Some(label) = diagnostic.labels.first_mut() {
        label.text.clear();
    }
    Found { diagnostic, document, field: String::new(), reason: None }
}

/// Returns the manifests as the rules see them.
fn environment<'a>(manifests: &'a Manifests, paths: &'a [String], minor: u32) -> Facts<'a> {
    let objects = || manifests.documents.iter().map(|document| &document.object);
    let is = |group: &'static str, kind: &'static str| {
        objects().filter(move |object| object.kind() == kind && object.group() == group)
    };
    let entries: Vec<Entry<'_>> = manifests
        .documents
        .iter()
        .zip(paths)
        .filter(|(document, _)| {
            !document.object.kind().is_empty() && !document.object.api_version().is_empty()
        })
        .map(|(document, path)| {
            // Files in one folder belong together.
            let folder = document.file.rsplit_once('/').map_or("", |(folder, _)| folder);
            Entry::new("", folder, path, &document.object)
        })
        .collect();
    let whole: BTreeSet<&str> = is("", "Namespace").map(Object::name).collect();
    // A namespace that is only referred to is as unknown as one that contains objects.
    let mut namespaces = BTreeSet::from([""]);
    objects().for_each(|object| namespaces_of(&object.map, &mut namespaces));
    let namespaces = namespaces.difference(&whole).map(|name| (*name).to_owned()).collect();
    let is_native = |group: &str| {
        KUBERNETES_APIS.iter().any(|api| api.version.rsplit_once('/').map_or("", |(group, _)| group) == group)
    };
    let defined: BTreeSet<&str> = is("apiextensions.k8s.io", "CustomResourceDefinition")
        .filter_map(|definition| definition.at(&["spec", "group"])?.as_str())
        .collect();
    let foreign = entries.iter().map(|entry| entry.group);
    let foreign = foreign.filter(|group| !is_native(group) && !defined.contains(group));
    let cluster = ClusterFacts {
        kubernetes: format!("1.{minor}"),
        api_groups: foreign.map(str::to_owned).collect(),
        namespaces,
        ..ClusterFacts::default()
    };
    let everyone = Owner { system: true, ..Owner::default() };
    Facts {
        name: "manifests",
        cluster,
        tenants: BTreeMap::from([(String::new(), everyone)]),
        entries,
        ..Facts::default()
    }
}

/// Adds all namespaces that an object refers to.
fn namespaces_of<'a>(map: &'a Map, names: &mut BTreeSet<&'a str>) {
    let mut waiting: Vec<&Value> = map.iter().map(|(_, value)| value).collect();
    while let Some(value) = waiting.pop() {
        match value {
            Value::Map(map) => {
                names.extend(map.get("namespace").and_then(Value::as_str));
                waiting.extend(map.iter().map(|(_, value)| value));
            }
            Value::List(list) => waiting.extend(list.iter()),
            _ => {}
        }
    }
}
