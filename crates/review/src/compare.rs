//! Two sets of manifests, object by object.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_apiserver::Server;
use aqueduct_manifest::{Object, ObjectKey, SmolStr, Value};

use crate::chain;
use crate::claim::Judged;
use crate::consequence::{self, Consequence};
use crate::demand::Growth;
use crate::diff::{Edit, FieldChange, differences};
use crate::endpoints::endpoints;
use crate::judge;
use crate::path::{Path, PathStep};
use crate::rename::renames;
use crate::rollout::{Around, RolloutSteps};
use crate::write::Apply;

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// Only the new set has it.
    Added,
    /// Only the old set has it.
    Removed,
    /// Both have it.
    Changed,
}

/// An object that changes, or on which the change has an effect.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its environment; empty for manifests outside a platform.
    pub environment: SmolStr,
    /// What happened to it.
    pub fate: Fate,
    /// The object as it is now; for a removed object, as it was.
    pub object: Object,
    /// Its old key, if it was renamed or moved to another namespace.
    pub old_key: Option<ObjectKey>,
    /// The fields that differ; for an added or removed object, the object as a whole.
    pub fields: Vec<FieldChange>,
    /// The effects, most serious first.
    pub consequences: Vec<Consequence>,
    /// The steps in which its pods are recreated, if they are and the steps are known.
    pub rollout: Option<RolloutSteps>,
}

impl Change {
    /// Tells whether the object is removed.
    pub(crate) fn is_removal(&self) -> bool {
        self.fate == Fate::Removed
    }

    /// Returns an unchanged object on which the change has an effect.
    pub(crate) fn untouched(object: &Object) -> Self {
        Self::whole(Fate::Changed, object, Vec::new())
    }

    fn whole(fate: Fate, object: &Object, consequences: Vec<Consequence>) -> Self {
        let (environment, object) = (SmolStr::default(), object.clone());
        Self { environment, fate, object, old_key: None, fields: Vec::new(), consequences, rollout: None }
    }
}

/// All differences between two sets of manifests.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// The objects that differ, by group, kind, namespace and name.
    pub changes: Vec<Change>,
    /// The connections between workloads of both sets that are opened, closed or have other ports.
    pub connections: Vec<String>,
    /// The environments that request more or less than before.
    pub demands: Vec<Growth>,
    /// The claims about the change, with their verdicts.
    pub claims: Vec<Judged>,
}

impl Review {
    /// Adds the review of an environment.
    pub fn add(&mut self, environment: &str, review: Self) {
        let named = |change| Change { environment: environment.into(), ..change };
        self.changes.extend(review.changes.into_iter().map(named));
        self.connections.extend(review.connections.into_iter().map(|line| format!("{environment}: {line}")));
    }
}

/// Compares an old set of objects with a new one. If a set contains an object twice, the last one counts, as it does when
/// they are applied one after the other. `apply` sets how objects reach the cluster.
pub fn review(server: &Server, old: &[Object], new: &[Object], apply: &dyn Fn(&Object) -> Apply) -> Review {
    let (before, after) = (by_key(old), by_key(new));
    let renamed = renames(&before, &after);
    // Objects by which others are judged.
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
        let fields = without_entries_of_secrets(object, old_object, fields);
        // A replace writes everything, even if it is the same.
        if fields.is_empty() && (apply == Apply::Server || kind.is_none()) {
            continue;
        }
        // An object without a namespace in its manifest is in that namespace anyway.
        let is_there =
            old_key.namespace == key.namespace || old_key.namespace.is_empty() || key.namespace.is_empty();
        let (old_key, consequences) = if old_key.name == key.name && is_there {
            let verdict = judge::updated(server, old_object, object, &rulers, apply);
            (None, consequence::of_changed(old_object, object, &fields, verdict))
        } else {
            let refused = judge::created(server, object, &rulers, apply);
            (Some(old_key.clone()), consequence::of_renamed(old_object, object, refused))
        };
        if !fields.is_empty() || !consequences.is_empty() {
            let whole = Change::whole(Fate::Changed, object, consequences);
            changes.push(Change { old_key, fields, ..whole });
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

/// List entries are identified by their content. If a Secret contains a list, which no server accepts, the whole list
/// differs instead, so that no path contains its content.
fn without_entries_of_secrets(new: &Object, old: &Object, fields: Vec<FieldChange>) -> Vec<FieldChange> {
    let is_holder = |step: &PathStep| matches!(step, PathStep::Field(name) if matches!(name.as_str(), "data" | "stringData"));
    let mut kept: Vec<FieldChange> = Vec::new();
    for field in fields {
        let names: Vec<&str> = field.path.names().collect();
        let is_held =
            new.group().is_empty() && new.kind() == "Secret" && field.path.0.first().is_some_and(is_holder);
        let is_inside = names.len() < field.path.0.len() || matches!(field.edit, Edit::Order { .. });
        if !(is_held && is_inside) {
            kept.push(field);
            continue;
        }
        let path = Path(field.path.0[..names.len()].to_vec());
        if !kept.iter().any(|known| known.path == path) {
            let [old, new] = [old, new].map(|object| object.at(&names).cloned());
            kept.push(FieldChange { path, edit: Edit::Set { old, new } });
        }
    }
    kept
}

fn by_key(objects: &[Object]) -> BTreeMap<ObjectKey, &Object> {
    objects.iter().map(|object| (object.key(), object)).collect()
}
