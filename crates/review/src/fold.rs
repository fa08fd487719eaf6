//! Folds the same change in many places into one entry.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{Object, ObjectKey, SmolStr, Value};

use crate::compare::{Change, Fate, Review};
use crate::consequence::Consequence;
use crate::diff::{Edit, FieldChange};
use crate::path::{Path, PathStep};

/// The fate of objects, their kind and their name.
pub type Named = (Fate, SmolStr, SmolStr);

/// A review in which each thing is reported once.
#[derive(Debug, Default)]
pub struct Folded<'a> {
    /// The effects of the changes, most serious first.
    pub consequences: Vec<(&'a Consequence, Vec<&'a Change>)>,
    /// Fields that change in the same way, most frequent first.
    pub edits: Vec<(Edits<'a>, Vec<&'a Change>)>,
    /// Labels and annotations that change with each version of a chart or of its files.
    pub noise: Noise<'a>,
    /// Objects that were added or removed, by kind and name.
    pub objects: Vec<(Named, Vec<&'a Change>)>,
    /// Renamed objects.
    pub renamed: Vec<(&'a ObjectKey, &'a Change)>,
}

/// Fields that change in the same objects.
#[derive(Debug)]
pub enum Edits<'a> {
    /// A field.
    Field(&'a FieldChange),
    /// Images whose tags change in the same way.
    Images {
        /// The old tag.
        old: &'a str,
        /// The new tag.
        new: &'a str,
        /// The images without their tags.
        names: BTreeSet<&'a str>,
    },
    /// Several fields below the same one.
    Branch {
        /// The field around them.
        path: Path,
        /// The fields.
        fields: Vec<&'a FieldChange>,
    },
}

/// Labels and annotations of versions, charts and checksums.
#[derive(Debug, Default)]
pub struct Noise<'a> {
    /// How many such fields differ.
    pub fields: usize,
    /// How many objects have them.
    pub objects: usize,
    /// Their names, with the first change of each.
    pub names: BTreeMap<&'a str, &'a Edit>,
}

/// How many sibling fields are folded into one entry.
const BRANCH: usize = 3;

/// Folds a review.
pub fn fold(review: &Review) -> Folded<'_> {
    let mut folded = Folded::default();
    let mut consequences: BTreeMap<&Consequence, Vec<&Change>> = BTreeMap::new();
    let mut fields: BTreeMap<(String, String), (&FieldChange, Vec<usize>)> = BTreeMap::new();
    let mut images: BTreeMap<(&str, &str), BTreeSet<(&str, usize)>> = BTreeMap::new();
    let mut objects: BTreeMap<Named, Vec<&Change>> = BTreeMap::new();
    for (place, change) in review.changes.iter().enumerate() {
        let object = &change.object;
        for consequence in &change.consequences {
            consequences.entry(consequence).or_default().push(change);
        }
        if change.fate != Fate::Changed {
            let key = (change.fate, SmolStr::from(object.kind()), SmolStr::from(object.name()));
            objects.entry(key).or_default().push(change);
        }
        if let Some(old) = &change.old_key {
            folded.renamed.push((old, change));
        }
        let mut is_noisy = false;
        for field in &change.fields {
            if let Some(name) = noise(field) {
                is_noisy = true;
                folded.noise.fields += 1;
                folded.noise.names.entry(name).or_insert(&field.edit);
            } else if let Some((name, old, new)) = image(field) {
                images.entry((old, new)).or_default().insert((name, place));
            } else if !(change.old_key.is_some()
                && matches!(&*field.path.to_string(), "metadata.name" | "metadata.namespace"))
            {
                let key = (field.path.to_string(), alike(&field.edit, object));
                fields.entry(key).or_insert_with(|| (field, Vec::new())).1.push(place);
            }
        }
        folded.noise.objects += usize::from(is_noisy);
    }
    let changes = |places: &mut dyn Iterator<Item = usize>| -> Vec<&Change> {
        places.filter_map(|place| review.changes.get(place)).collect()
    };
    for ((old, new), images) in images {
        let names = images.iter().map(|(name, _)| *name).collect();
        let places: BTreeSet<usize> = images.iter().map(|(_, place)| *place).collect();
        folded.edits.push((Edits::Images { old, new, names }, changes(&mut places.into_iter())));
    }
    let mut branches: BTreeMap<(Path, Vec<usize>), Vec<&FieldChange>> = BTreeMap::new();
    for (field, places) in fields.into_values() {
        branches.entry((branch(field), places)).or_default().push(field);
    }
    for ((path, places), fields) in branches {
        let changes = changes(&mut places.into_iter());
        let is_one = |field: &&FieldChange| match &field.edit {
            Edit::Set { old, new } => old.iter().chain(new).any(|value| field.path.is_entry(value)),
            Edit::Order { .. } => false,
        };
        if fields.len() >= BRANCH || fields.len() > 1 && fields.iter().any(is_one) {
            folded.edits.push((Edits::Branch { path, fields }, changes));
        } else {
            folded.edits.extend(fields.into_iter().map(|field| (Edits::Field(field), changes.clone())));
        }
    }
    folded.consequences = consequences.into_iter().collect();
    folded.edits.sort_by_key(|(_, changes)| std::cmp::Reverse(changes.len()));
    folded.objects = objects.into_iter().collect();
    folded
}

/// Returns the field that contains sibling fields; in definitions, a whole schema.
fn branch(field: &FieldChange) -> Path {
    let path = &field.path;
    if matches!(field.edit, Edit::Order { .. }) {
        return path.clone();
    }
    let end = path.schema().map_or(path.0.len().saturating_sub(1), |place| place + 1);
    Path(path.0[..end].to_vec())
}

/// Returns the name of an image, and its old and new tag.
fn image(field: &FieldChange) -> Option<(&str, &str, &str)> {
    let Edit::Set { old: Some(Value::String(old)), new: Some(Value::String(new)) } = &field.edit else {
        return None;
    };
    if field.path.last_field() != "image" {
        return None;
    }
    let ((name, old), (new_name, new)) = (old.rsplit_once(':')?, new.rsplit_once(':')?);
    let is_step = name == new_name && !old.contains('/') && !new.contains('/');
    is_step.then_some((name, old, new))
}

/// Returns what an edit has in common with those of other objects: everything except the object's own name and
/// namespace.
fn alike(edit: &Edit, object: &Object) -> String {
    let mut text = format!("{edit:?}");
    for (own, name) in [(object.namespace(), "{namespace}"), (object.name(), "{name}")] {
        // A short name is part of too many words.
        if own.len() > 3 {
            text = text.replace(own, name);
        }
    }
    text
}

/// Returns the name of a label or annotation that changes with each version.
fn noise(field: &FieldChange) -> Option<&str> {
    let steps = &field.path.0;
    let [.., PathStep::Field(holder), PathStep::Field(name)] = &steps[..] else { return None };
    let is_version = matches!(name.as_str(), "app.kubernetes.io/version" | "chart" | "helm.sh/chart");
    let is_sum = name.contains("checksum") || name.ends_with("-hash") || name.ends_with("/hash");
    let is_noise = matches!(holder.as_str(), "labels" | "annotations") && (is_version || is_sum);
    is_noise.then_some(name.as_str())
}

/// Returns how many objects were added, removed and changed.
pub fn counts(review: &Review) -> [usize; 3] {
    let count = |fate: Fate| review.changes.iter().filter(|change: &&Change| change.fate == fate).count();
    [count(Fate::Added), count(Fate::Removed), count(Fate::Changed)]
}
