//! Two sets of manifests, object by object.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_apiserver::Server;
use aqueduct_manifest::{Map, Object, ObjectKey, SmolStr, Value, json};

use crate::chain;
use crate::claim::Judged;
use crate::consequence::{self, Consequence};
use crate::demand::Growth;
use crate::diff::{FieldChange, differences};
use crate::endpoints::endpoints;
use crate::judge;
use crate::rollout::{Around, Rollout};
use crate::write::Apply;

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// Only the new set has it.
    Added,
    /// Only the old set has it.
    Removed,
    /// Both have it.
    Changed,
}

/// An object that differs.
#[derive(Clone, Debug)]
pub struct Change {
    /// The environment that it is in; empty for manifests that belong to none.
    pub environment: SmolStr,
    /// What became of it.
    pub fate: Fate,
    /// The object as it is; as it was, where it is removed.
    pub object: Object,
    /// The name that it had before, where it has another now.
    pub old_name: Option<SmolStr>,
    /// What differs; the object as a whole where it is added or removed.
    pub fields: Vec<FieldChange>,
    /// What comes of it, the gravest first.
    pub consequences: Vec<Consequence>,
    /// The steps in which its pods are made anew, where they are and the steps are known.
    pub rollout: Option<Rollout>,
}

impl Change {
    /// Tells whether the object goes.
    pub(crate) fn is_removal(&self) -> bool {
        self.fate == Fate::Removed
    }

    /// An object that is the same, of which something else comes now.
    pub(crate) fn untouched(object: &Object) -> Self {
        Self::whole(Fate::Changed, object, Vec::new())
    }

    fn whole(fate: Fate, object: &Object, consequences: Vec<Consequence>) -> Self {
        let (environment, object) = (SmolStr::default(), object.clone());
        Self { environment, fate, object, old_name: None, fields: Vec::new(), consequences, rollout: None }
    }
}

/// All that differs between two sets of manifests.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// The objects that differ, by group, kind, namespace and name.
    pub changes: Vec<Change>,
    /// The connections between workloads of both sets that are opened, closed, or have other ports.
    pub connections: Vec<String>,
    /// The environments that ask for more or less than before.
    pub demands: Vec<Growth>,
    /// The claims about it, as they were judged.
    pub claims: Vec<Judged>,
}

impl Review {
    /// Adds what differs in an environment.
    pub fn add(&mut self, environment: &str, review: Self) {
        let named = |change| Change { environment: environment.into(), ..change };
        self.changes.extend(review.changes.into_iter().map(named));
        self.connections.extend(review.connections.into_iter().map(|line| format!("{environment}: {line}")));
    }
}

/// Compares an old set of objects with a new one. Of objects with the same identity in one set, the last one counts, as it
/// does when they are applied one after the other. `apply` says how each reaches the cluster.
pub fn review(server: &Server, old: &[Object], new: &[Object], apply: &dyn Fn(&Object) -> Apply) -> Review {
    let (before, after) = (by_key(old), by_key(new));
    let renamed = renames(&before, &after);
    // What others are judged by.
    let is_ruler = |object: &&Object| matches!(object.kind(), "CustomResourceDefinition" | "StorageClass");
    let rulers: Vec<Object> = new.iter().filter(is_ruler).cloned().collect();
    let kept: BTreeSet<&ObjectKey> = renamed.values().collect();
    let mut changes = Vec::new();
    for (key, object) in &after {
        let apply = apply(object);
        let old_key = renamed.get(key).unwrap_or(key);
        let Some(old_object) = before.get(old_key) else {
            let refused = judge::created(server, object, &rulers, apply);
            let consequences = consequence::of_added(object, refused);
            changes.push(Change::whole(Fate::Added, object, consequences));
            continue;
        };
        let kind = server.kind(object.api_version(), object.kind());
        let fields = differences(kind, &Value::Map(old_object.map.clone()), &Value::Map(object.map.clone()));
        // A replace writes everything, also what is the same.
        if fields.is_empty() && (apply == Apply::Server || kind.is_none()) {
            continue;
        }
        let (old_name, consequences) = if old_key.name == key.name {
            let verdict = judge::updated(server, old_object, object, &rulers, apply);
            (None, consequence::of_changed(old_object, object, &fields, verdict))
        } else {
            let refused = judge::created(server, object, &rulers, apply);
            (Some(old_key.name.clone()), consequence::of_renamed(old_object, object, refused))
        };
        if !fields.is_empty() || !consequences.is_empty() {
            let whole = Change::whole(Fate::Changed, object, consequences);
            changes.push(Change { old_name, fields, ..whole });
        }
    }
    for (key, object) in &before {
        if !after.contains_key(key) && !kept.contains(key) {
            let consequences = consequence::of_removed(object);
            changes.push(Change::whole(Fate::Removed, object, consequences));
        }
    }
    changes.sort_by_key(|change| change.object.key());
    let around = Around::of(new);
    consequence::rollouts(&mut changes, &around);
    chain::surges(&mut changes, server, new, &around);
    chain::admission(&mut changes, server, old, new);
    consequence::definitions(&mut changes, new);
    endpoints(&mut changes, old, new);
    Review { connections: consequence::connections(&changes, old, new), changes, ..Review::default() }
}

fn by_key(objects: &[Object]) -> BTreeMap<ObjectKey, &Object> {
    objects.iter().map(|object| (object.key(), object)).collect()
}

/// The old and the new keys of objects that are alike.
type Pairs<'k> = BTreeMap<(ObjectKey, String), (Vec<&'k ObjectKey>, Vec<&'k ObjectKey>)>;

/// What an object has in common with one of another name.
type Identity = fn(&Object) -> Option<(ObjectKey, String)>;

/// Finds objects of which one set says the namespace and the other does not, and those that only have another name, as what
/// has a hash of its content in its name: the new keys with the old ones.
fn renames(
    before: &BTreeMap<ObjectKey, &Object>,
    after: &BTreeMap<ObjectKey, &Object>,
) -> BTreeMap<ObjectKey, ObjectKey> {
    let gone = || before.iter().filter(|(key, _)| !after.contains_key(key));
    let come = || after.iter().filter(|(key, _)| !before.contains_key(key));
    let mut renamed = BTreeMap::new();
    let mut paired = BTreeSet::new();
    for (identity, is_hashed) in [(by_name as Identity, false), (by_stem, true), (by_content, false)] {
        let mut pairs = Pairs::new();
        for (key, object) in gone().filter(|(key, _)| !paired.contains(key)) {
            if let Some(known) = identity(object) {
                pairs.entry(known).or_default().0.push(key);
            }
        }
        for (key, object) in come().filter(|(key, _)| !renamed.contains_key(*key)) {
            if let Some(known) = identity(object) {
                pairs.entry(known).or_default().1.push(key);
            }
        }
        for (old, new) in pairs.into_values() {
            if let ([old], [new]) = (&old[..], &new[..])
                // Two words at the end of names are no hashes.
                && (!is_hashed || [old, new].iter().any(|key| ends_with_hash(&key.name)))
                && (old.namespace == new.namespace || old.namespace.is_empty() || new.namespace.is_empty())
            {
                renamed.insert((*new).clone(), (*old).clone());
                paired.insert(*old);
            }
        }
    }
    renamed
}

/// Returns the key without the namespace.
fn by_name(object: &Object) -> Option<(ObjectKey, String)> {
    Some((ObjectKey { namespace: SmolStr::default(), ..object.key() }, String::new()))
}

fn nameless(object: &Object) -> ObjectKey {
    ObjectKey { name: SmolStr::default(), ..object.key() }
}

/// Returns the name without a hash at its end.
fn by_stem(object: &Object) -> Option<(ObjectKey, String)> {
    let (stem, hash) = object.name().rsplit_once('-')?;
    let may_be_hash = (5..=10).contains(&hash.len())
        && hash.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    may_be_hash.then(|| (nameless(object), stem.to_owned()))
}

fn ends_with_hash(name: &str) -> bool {
    name.rsplit('-').next().is_some_and(|end| end.bytes().any(|byte| byte.is_ascii_digit()))
}

/// Returns all but the name.
fn by_content(object: &Object) -> Option<(ObjectKey, String)> {
    let mut map: Map = object.map.clone();
    map.map_entry("metadata").remove("name");
    // What has next to nothing in it is like many others.
    (map.len() > 3).then(|| (nameless(object), json::write_raw(&Value::Map(map))))
}
