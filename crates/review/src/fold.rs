//! The same change in many places is one entry with its places.

use std::collections::BTreeMap;

use aqueduct_manifest::{Object, SmolStr, Value, json};

use crate::compare::{Change, Fate, Review};
use crate::consequence::Consequence;
use crate::diff::{Edit, FieldChange};
use crate::path::Step;

/// What became of objects, their kind and their name.
pub type Named = (Fate, SmolStr, SmolStr);

/// A review in which the same is said once.
#[derive(Debug, Default)]
pub struct Folded<'a> {
    /// What comes of the changes, the gravest first.
    pub consequences: Vec<(&'a Consequence, Vec<&'a Object>)>,
    /// Fields that differ in the same way, those in most places first.
    pub fields: Vec<(&'a FieldChange, Vec<&'a Object>)>,
    /// Labels and annotations that change with each version of a chart or of its files.
    pub noise: Noise<'a>,
    /// Objects that are there or gone, by kind and name.
    pub objects: Vec<(Named, Vec<&'a Object>)>,
    /// Objects that have another name.
    pub renamed: Vec<(&'a SmolStr, &'a Object)>,
}

/// Labels and annotations of versions, charts and checksums.
#[derive(Debug, Default)]
pub struct Noise<'a> {
    /// How many such fields differ.
    pub fields: usize,
    /// How many objects have them.
    pub objects: usize,
    /// Their names, with what the first of each was and is.
    pub names: BTreeMap<&'a str, &'a Edit>,
}

/// Folds a review.
pub fn fold(review: &Review) -> Folded<'_> {
    let mut folded = Folded::default();
    let mut consequences: BTreeMap<&Consequence, Vec<&Object>> = BTreeMap::new();
    let mut fields: BTreeMap<(String, String), (&FieldChange, Vec<&Object>)> = BTreeMap::new();
    let mut objects: BTreeMap<Named, Vec<&Object>> = BTreeMap::new();
    for change in &review.changes {
        let object = &change.object;
        for consequence in &change.consequences {
            consequences.entry(consequence).or_default().push(object);
        }
        if change.fate != Fate::Changed {
            let key = (change.fate, SmolStr::from(object.kind()), SmolStr::from(object.name()));
            objects.entry(key).or_default().push(object);
        }
        if let Some(old) = &change.old_name {
            folded.renamed.push((old, object));
        }
        let mut is_noisy = false;
        for field in &change.fields {
            if let Some(name) = noise(field) {
                is_noisy = true;
                folded.noise.fields += 1;
                folded.noise.names.entry(name).or_insert(&field.edit);
            } else if !(change.old_name.is_some() && field.path.to_string() == "metadata.name") {
                let key = (field.path.to_string(), alike(&field.edit, object));
                fields.entry(key).or_insert_with(|| (field, Vec::new())).1.push(object);
            }
        }
        folded.noise.objects += usize::from(is_noisy);
    }
    folded.consequences = consequences.into_iter().collect();
    folded.fields = fields.into_values().collect();
    folded.fields.sort_by_key(|(_, objects)| std::cmp::Reverse(objects.len()));
    folded.objects = objects.into_iter().collect();
    folded
}

/// Returns what an edit has in common with those of other objects: all but the object's own name and namespace.
fn alike(edit: &Edit, object: &Object) -> String {
    let mut text = format!("{edit:?}");
    for (own, name) in [(object.namespace(), "{namespace}"), (object.name(), "{name}")] {
        // A short name stands in too many words.
        if own.len() > 3 {
            text = text.replace(own, name);
        }
    }
    text
}

/// Returns the name of a label or annotation that changes with each version.
fn noise(field: &FieldChange) -> Option<&str> {
    let steps = &field.path.0;
    let [.., Step::Field(holder), Step::Field(name)] = &steps[..] else { return None };
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

/// Returns a value on one line, cut to a width.
pub(crate) fn shown(value: Option<&Value>, width: usize) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let text = json::write_raw(value);
    if text.chars().count() <= width {
        return text;
    }
    let cut: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{cut}…")
}
