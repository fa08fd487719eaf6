//! What a change of the tree removes from the clusters: objects that Argo CD deletes, keeps, or leaves behind
//! unmanaged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use aqueduct_manifest::{Object, SmolStr, Value, yaml};
use aqueduct_model::KindPattern;
use aqueduct_render::argocd::ROOT;
use aqueduct_tree::{FileDiff, Tree};

/// How many objects of an environment are listed before the rest is only counted.
const NAMED: usize = 100;

/// What happens to an object in the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// It is deleted once a person confirms it; until then, its whole Application waits.
    Confirmed,
    /// It is deleted and recreated, since another Application takes over.
    Renewed { old: String, new: String },
    /// It is deleted.
    Deleted,
    /// It keeps running, but no Application manages it.
    Orphaned(&'static str),
    /// It stays on purpose.
    Kept(&'static str),
    /// It moves to another component.
    Moved(String),
}

impl fmt::Display for Fate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Confirmed => out.write_str("deleted once confirmed"),
            Self::Renewed { old, new } => {
                write!(out, "deleted and recreated, since Application {new} replaces {old}")
            }
            Self::Deleted => out.write_str("deleted"),
            Self::Orphaned(why) => write!(out, "orphaned, {why}"),
            Self::Kept(why) => write!(out, "kept, {why}"),
            Self::Moved(to) => write!(out, "moves to {to}"),
        }
    }
}

/// Returns what the differences between the output and a tree remove from the clusters, as lines by environment;
/// empty if nothing.
pub(crate) fn removals(differences: &[FileDiff], tree: &Tree) -> String {
    let mut environments: BTreeMap<&str, Vec<&FileDiff>> = BTreeMap::new();
    for difference in differences {
        environments.entry(&difference.environment).or_default().push(difference);
    }
    let mut text = String::new();
    for (name, differences) in environments {
        let gone = |one: &&FileDiff| one.new.is_none() || one.tenant() == ROOT;
        if !differences.iter().any(gone) {
            continue;
        }
        if tree.files(name).next().is_none() {
            let _ = writeln!(
                text,
                "{name}, in its cluster\n  kept, since its root Application no longer has a source: everything"
            );
            continue;
        }
        let fates = Environment::new(name, &differences, tree).fates();
        if fates.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{name}, in its cluster");
        for (fate, title) in fates.iter().take(NAMED) {
            let _ = writeln!(text, "  {fate}: {title}");
        }
        if let Some(more) = fates.len().checked_sub(NAMED).filter(|more| *more > 0) {
            let _ = writeln!(text, "  … and {more} more");
        }
    }
    text
}

/// One environment before and after.
struct Environment<'a> {
    differences: &'a [&'a FileDiff],
    tree: &'a Tree,
    name: &'a str,
    /// The Applications and projects of the affected tenants.
    before: Delivery,
    after: Delivery,
}

/// The Applications and projects that deliver tenants.
#[derive(Default)]
struct Delivery {
    applications: Vec<Object>,
    projects: Vec<Object>,
}

impl Delivery {
    fn add(&mut self, text: &str) {
        for object in read(text) {
            match object.kind() {
                "Application" => self.applications.push(object),
                "AppProject" => self.projects.push(object),
                _ => {}
            }
        }
    }

    /// Returns the Application that applies a folder, such as `shop/web`.
    fn of_folder(&self, folder: &str) -> Option<&Object> {
        let tenant = folder.split('/').next().unwrap_or_default();
        self.applications.iter().find(|application| {
            let whole = application.at(&["spec", "source", "directory", "recurse"]).is_some();
            let read = if whole { tenant } else { folder };
            let path = text(application, &["spec", "source", "path"]);
            path.strip_suffix(read).is_some_and(|before| before.ends_with('/'))
        })
    }

    fn has(&self, application: &Object) -> bool {
        let key = application.key();
        self.applications.iter().any(|one| one.key() == key)
    }

    /// Tells whether an Application's project permits an object. A project that does not exist here, such as one of
    /// another repository, permits everything.
    fn admits(&self, application: &Object, object: &Object) -> bool {
        let name = text(application, &["spec", "project"]);
        let Some(project) = self.projects.iter().find(|project| project.name() == name) else { return true };
        let list = |key: &str| project.at(&["spec", key]).and_then(Value::as_list).into_iter().flatten();
        let part = |value: &Value, key: &str| -> SmolStr {
            value.get(key).and_then(Value::as_str).unwrap_or_default().into()
        };
        let mut kinds = list("clusterResourceWhitelist").chain(list("namespaceResourceWhitelist"));
        let is_known = kinds.any(|one| {
            let pattern = KindPattern { group: part(one, "group"), kind: part(one, "kind") };
            pattern.matches(object.group(), object.kind())
        });
        let mut namespaces = list("destinations").map(|one| part(one, "namespace"));
        let is_near = object.namespace().is_empty()
            || namespaces.any(|namespace| namespace == "*" || namespace == object.namespace());
        is_known && is_near
    }
}

fn read(text: &str) -> impl Iterator<Item = Object> {
    let value = yaml::read(text).ok();
    value.and_then(|value| value.as_map().cloned()).map(Object::new).into_iter()
}

fn text<'o>(object: &'o Object, path: &[&str]) -> &'o str {
    object.at(path).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the folder of a file, as `tenant/component`.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl<'a> Environment<'a> {
    fn new(name: &'a str, differences: &'a [&'a FileDiff], tree: &'a Tree) -> Self {
        let mut one =
            Self { differences, tree, name, before: Delivery::default(), after: Delivery::default() };
        let tenants: BTreeSet<&str> = differences
            .iter()
            .map(
                |difference| {
                    if difference.tenant() == ROOT { difference.component() } else { difference.tenant() }
                },
            )
            .collect();
        let changed: BTreeSet<&str> = differences.iter().map(|difference| &*difference.path).collect();
        let of_delivery = |path: &str| {
            let tenant = path.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix('/')?.split('/').next());
            tenant.is_some_and(|tenant| tenants.contains(tenant))
        };
        for (path, bytes) in tree.files(name).filter(|(path, _)| of_delivery(path)) {
            let text = String::from_utf8_lossy(bytes);
            one.after.add(&text);
            if !changed.contains(&**path) {
                one.before.add(&text);
            }
        }
        for difference in differences.iter().filter(|difference| of_delivery(&difference.path)) {
            difference.old.iter().for_each(|text| one.before.add(text));
        }
        one
    }

    /// Returns the fate and title of each object that goes, most serious first.
    fn fates(&self) -> Vec<(Fate, String)> {
        let added: BTreeMap<_, &str> = self
            .differences
            .iter()
            .filter(|difference| difference.old.is_none())
            .flat_map(|difference| {
                read(difference.new.as_deref().unwrap_or_default())
                    .map(|object| (object.key(), folder(&difference.path)))
            })
            .collect();
        let mut fates = self.renewed();
        let removed = self.differences.iter().filter(|one| one.new.is_none() && one.tenant() != ROOT);
        for difference in removed {
            for object in read(difference.old.as_deref().unwrap_or_default()) {
                // Argo CD creates and deletes hooks by their own rules.
                if object.annotation("argocd.argoproj.io/hook").is_some() {
                    continue;
                }
                let fate = match added.get(&object.key()) {
                    Some(to) => Fate::Moved((*to).to_owned()),
                    None => self.fate(folder(&difference.path), &object),
                };
                fates.push((fate, title(&object)));
            }
        }
        fates.sort();
        fates
    }

    fn fate(&self, folder: &str, object: &Object) -> Fate {
        let Some(application) = self.before.of_folder(folder) else {
            return Fate::Kept("since no Application applies its folder");
        };
        if !self.after.admits(application, object) {
            return Fate::Orphaned("since its project no longer permits it");
        }
        let goes = !self.after.has(application);
        if goes && !has_finalizer(application) {
            return Fate::Orphaned("since its Application is deleted and has no finalizer");
        }
        let option = if goes { "Delete" } else { "Prune" };
        let prunes = application.at(&["spec", "syncPolicy", "automated", "prune"]);
        match self.option(application, object, option) {
            Some("false") => Fate::Kept("by its sync options"),
            Some("confirm") => Fate::Confirmed,
            _ if !goes && prunes == Some(&Value::Bool(false)) => {
                Fate::Kept("since its Application does not prune")
            }
            _ => Fate::Deleted,
        }
    }

    /// Returns the value of a sync option of an object or its Application.
    fn option<'o>(&self, application: &'o Object, object: &'o Object, name: &str) -> Option<&'o str> {
        if object.annotation("helm.sh/resource-policy") == Some("keep") {
            return Some("false");
        }
        let own = object.annotation("argocd.argoproj.io/sync-options").unwrap_or_default().split(',');
        let of_all = application.at(&["spec", "syncPolicy", "syncOptions"]).and_then(Value::as_list);
        let of_all = of_all.into_iter().flatten().filter_map(Value::as_str);
        own.chain(of_all)
            .filter_map(|option| option.trim().split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Returns the objects that are deleted and recreated because another Application replaces theirs.
    fn renewed(&self) -> Vec<(Fate, String)> {
        let mut fates = Vec::new();
        let gone = self.before.applications.iter().filter(|one| has_finalizer(one) && !self.after.has(one));
        for old in gone {
            let is_of_old =
                |path: &str| self.before.of_folder(folder(path)).is_some_and(|one| one.key() == old.key());
            for (path, bytes) in self.tree.files(self.name).filter(|(path, _)| is_of_old(path)) {
                let Some(new) = self.after.of_folder(folder(path)) else { continue };
                for object in read(&String::from_utf8_lossy(bytes)) {
                    let fate = match self.option(old, &object, "Delete") {
                        Some("false") => continue,
                        Some("confirm") => Fate::Confirmed,
                        _ => Fate::Renewed { old: old.name().to_owned(), new: new.name().to_owned() },
                    };
                    fates.push((fate, title(&object)));
                }
            }
        }
        fates
    }
}

fn has_finalizer(application: &Object) -> bool {
    let finalizers = application.at(&["metadata", "finalizers"]).and_then(Value::as_list);
    let mut finalizers = finalizers.into_iter().flatten().filter_map(Value::as_str);
    finalizers.any(|finalizer| finalizer.starts_with("resources-finalizer.argocd.argoproj.io"))
}

/// Returns the kind, namespace and name of an object.
fn title(object: &Object) -> String {
    let slash = if object.namespace().is_empty() { "" } else { "/" };
    format!("{} {}{slash}{}", object.kind(), object.namespace(), object.name())
}
