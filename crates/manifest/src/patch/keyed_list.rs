//! Lists that merge by key.
//!
//! Kustomize's algorithm has visible side effects if keys are missing, duplicate or incomplete (an element without
//! its key empties the list; a port with a protocol on only one side loses the patch). They result from three steps,
//! which this file performs in the same order: collect the key values of the patch, then of the target; for each,
//! merge the first element on either side that has it; then append the target's elements, each replacing one with the
//! same key.
//!
//! There, several lists share the same elements, so here lists contain indices into one pool of elements.
//!
//! The steps take quadratic time. If every element has its keys and none are duplicate, which is nearly always the
//! case, looking up each element once gives the same result.

use std::collections::{BTreeMap, BTreeSet};

use crate::patch::context::{ListRule, Schema};
use crate::patch::error::MergeError;
use crate::patch::scalar;
use crate::patch::strategic::{Walked, Walker};
use crate::yaml::{Layout, Marked, Marks};
use crate::{List, Map, Value};

/// The maximum length of a list in which keys are missing or duplicate.
const MAX_UNCLEAR: usize = 1000;

/// Returns the elements of a list with their marks.
pub(super) fn elements(list: List, marks: Marks) -> Vec<Marked> {
    let mut marks = marks.into_elements();
    let values = list.into_vec().into_iter().enumerate();
    values.map(|(index, value)| Marked { value, marks: marks.remove(&index).unwrap_or_default() }).collect()
}

/// Merges the lists of target and patch.
pub(super) fn merge<'a>(
    walker: Walker<'a>,
    target: Vec<Marked>,
    patch: Vec<Marked>,
    rule: &ListRule,
    schema: Option<Schema<'a>>,
    depth: usize,
) -> Result<Marked, MergeError> {
    let mut elements = target;
    let target: Vec<usize> = (0..elements.len()).collect();
    elements.extend(patch);
    let patch = (target.len()..elements.len()).collect();
    Lists { keys: keys_of(rule), walker, schema, depth, elements, target, patch: Patch::Own(patch) }.merge()
}

/// Merges a list of the target with nothing, which still drops empty and duplicate elements.
pub(super) fn settle<'a>(
    walker: Walker<'a>,
    elements: Vec<Marked>,
    rule: &ListRule,
    schema: Option<Schema<'a>>,
    depth: usize,
) -> Result<Marked, MergeError> {
    let target = (0..elements.len()).collect();
    Lists { keys: keys_of(rule), walker, schema, depth, elements, target, patch: Patch::Missing }.merge()
}

/// Merges a list of the patch with itself, which is equivalent to adding it.
pub(super) fn adopt<'a>(
    walker: Walker<'a>,
    elements: Vec<Marked>,
    rule: &ListRule,
    schema: Option<Schema<'a>>,
    depth: usize,
) -> Result<Marked, MergeError> {
    let target = (0..elements.len()).collect();
    Lists { keys: keys_of(rule), walker, schema, depth, elements, target, patch: Patch::SameAsTarget }.merge()
}

struct Lists<'a> {
    keys: Vec<String>,
    walker: Walker<'a>,
    schema: Option<Schema<'a>>,
    depth: usize,
    /// The pool of elements.
    elements: Vec<Marked>,
    /// The indices of the target's elements.
    target: Vec<usize>,
    patch: Patch,
}

enum Patch {
    Missing,
    SameAsTarget,
    /// The indices of the patch's elements.
    Own(Vec<usize>),
}

/// The values of an element's merge keys; empty if it has none.
type Identity = Vec<String>;

/// Elements by their identities.
type Places = BTreeMap<Identity, usize>;

/// The empty key means the element itself, in lists of scalars.
const ITSELF: &str = "";

/// Returns the keys that identify the elements of a list.
fn keys_of(rule: &ListRule) -> Vec<String> {
    match rule {
        ListRule::Keyed(keys) => keys.clone(),
        ListRule::Set | ListRule::Replace => vec![ITSELF.to_owned()],
    }
}

impl Lists<'_> {
    fn merge(mut self) -> Result<Marked, MergeError> {
        let keys = self.keys.clone();
        if let (Some(target), Some(patch)) = self.distinct(&keys) {
            return self.merge_distinct(target, patch);
        }
        let mut identities = self.identities(&keys);
        if identities.is_empty() {
            return Ok(self.list(&self.target));
        }
        if identities.len() > MAX_UNCLEAR {
            return Err(MergeError::UnclearKeys(keys));
        }
        if keys.len() > 1 {
            fill_gaps(&mut identities);
        }
        let (keys, identities) = without_unused_keys(keys, identities);
        let mut merged: Vec<usize> = Vec::new();
        for identity in &identities {
            match self.walk(&keys, identity)? {
                Some(place) => set(&self.elements, &mut merged, &keys, identity, Some(place))?,
                None => set(&self.elements, &mut self.target, &keys, identity, None)?,
            }
        }
        for place in self.target.clone() {
            self.put_behind(&mut merged, &keys, place)?;
        }
        Ok(self.list(&merged))
    }

    /// Returns the elements of target and patch by their identities, if these are unique.
    fn distinct(&self, keys: &[String]) -> (Option<Places>, Option<Places>) {
        let first =
            self.elements.first().map(|element| identity_of(&element.value, keys)).unwrap_or_default();
        let is_clear = |identity: &Identity| {
            let mut values = identity.iter().zip(&first);
            identity.iter().any(|value| !value.is_empty())
                && values.all(|(value, other)| value.is_empty() == other.is_empty())
        };
        let by_identity = |places: &[usize]| {
            let mut known = Places::new();
            for place in places {
                let identity = identity_of(&self.elements.get(*place)?.value, keys);
                if !is_clear(&identity) || known.insert(identity, *place).is_some() {
                    return None;
                }
            }
            Some(known)
        };
        (by_identity(&self.target), by_identity(self.patch_places()))
    }

    fn merge_distinct(mut self, target: Places, patch: Places) -> Result<Marked, MergeError> {
        let by_place = |places: Places| -> BTreeMap<usize, Identity> {
            places.into_iter().map(|(identity, place)| (place, identity)).collect()
        };
        let has_several_keys = by_place(target.clone())
            .first_key_value()
            .is_some_and(|(_, identity)| identity.iter().filter(|value| !value.is_empty()).count() > 1);
        let (mut merged, mut behind) = (Vec::new(), Vec::new());
        for (place, identity) in by_place(patch.clone()) {
            let known = target.get(&identity).copied();
            if let Some(place) = self.walk_pair(known, Some(place))? {
                match known {
                    // With several keys, Kustomize removes the element and appends it.
                    Some(known) if has_several_keys => behind.push(known),
                    known => merged.push(known.unwrap_or(place)),
                }
            }
        }
        for (place, identity) in by_place(target) {
            if !patch.contains_key(&identity)
                && let Some(place) = self.walk_pair(Some(place), None)?
            {
                if has_several_keys { behind.push(place) } else { merged.push(place) }
            }
        }
        behind.sort_unstable();
        merged.extend(behind);
        Ok(self.list(&merged))
    }

    /// Returns the identities of the patch's elements and then of the target's, each once.
    fn identities(&self, keys: &[String]) -> Vec<Identity> {
        let places = self.patch_places().iter().chain(&self.target);
        let mut identities = Vec::new();
        let mut seen = BTreeSet::new();
        for element in places.filter_map(|place| self.elements.get(*place)) {
            let identity = identity_of(&element.value, keys);
            if seen.insert(identity.clone()) {
                identities.push(identity);
            }
        }
        identities
    }

    fn patch_places(&self) -> &[usize] {
        match &self.patch {
            Patch::Missing => &[],
            Patch::SameAsTarget => &self.target,
            Patch::Own(places) => places,
        }
    }

    /// Merges the first element of either side with an identity, and returns the index of the result in the pool.
    fn walk(&mut self, keys: &[String], identity: &Identity) -> Result<Option<usize>, MergeError> {
        // Only keys with values count, unless none have one.
        let used: Vec<(&str, &str)> = {
            let pairs = || keys.iter().map(String::as_str).zip(identity.iter().map(String::as_str));
            let with_value: Vec<_> = pairs().filter(|(_, value)| !value.is_empty()).collect();
            if with_value.is_empty() { pairs().collect() } else { with_value }
        };
        let find = |places: &[usize]| {
            places.iter().copied().find(|place| {
                self.elements.get(*place).is_some_and(|element| {
                    used.iter()
                        .all(|(key, value)| value_under(&element.value, key).as_deref() == Some(*value))
                })
            })
        };
        let target = find(&self.target);
        let patch = find(self.patch_places());
        self.walk_pair(target, patch)
    }

    /// Merges two elements, either of which can be missing, and returns the index of the result in the pool.
    fn walk_pair(
        &mut self,
        target: Option<usize>,
        patch: Option<usize>,
    ) -> Result<Option<usize>, MergeError> {
        let value_at = |place: Option<usize>| place.and_then(|place| self.elements.get(place)).cloned();
        let walked = match (target, &self.patch) {
            (Some(_), Patch::SameAsTarget) => {
                let value = value_at(target).unwrap_or_default();
                self.walker.adopt(value, self.schema, self.depth + 1)
            }
            _ => self.walker.walk(value_at(target), value_at(patch), self.schema, self.depth + 1),
        };
        let walked = walked.map_err(|error| error.in_field(&self.label(target.or(patch))))?;
        let (place, value) = match walked {
            Walked::Gone => return Ok(None),
            Walked::Target(value) => (target, value),
            Walked::Patch(value) => (patch, value),
        };
        let is_empty = value.value.is_null() || value.value.as_map().is_some_and(Map::is_empty);
        if let Some(element) = place.and_then(|place| self.elements.get_mut(place)) {
            *element = value;
        }
        Ok(place.filter(|_| !is_empty))
    }

    /// Returns what identifies an element in an error: its keys, or its index.
    fn label(&self, place: Option<usize>) -> String {
        let place = place.unwrap_or_default();
        let element = self.elements.get(place).map(|element| &element.value);
        let pairs: Vec<String> = self
            .keys
            .iter()
            .filter_map(|key| Some((key, value_under(element?, key)?)))
            .filter(|(key, value)| *key != ITSELF && !value.is_empty())
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        match pairs.as_slice() {
            [] => format!("[{}]", place.checked_sub(self.target.len()).unwrap_or(place)),
            pairs => format!("[{}]", pairs.join(",")),
        }
    }

    /// Replaces the element with the same key by one of the target, or appends it.
    fn put_behind(&self, merged: &mut Vec<usize>, keys: &[String], place: usize) -> Result<(), MergeError> {
        let Some(Marked { value: element, .. }) = self.elements.get(place) else { return Ok(()) };
        let mut identity = Identity::new();
        for key in keys {
            if key != ITSELF && !element.is_null() && element.as_map().is_none() {
                return Err(MergeError::wrong_kind("MappingNode", element));
            }
            match value_under(element, key) {
                Some(value) => identity.push(value),
                None => merged.push(place),
            }
        }
        if keys.len() > 1 {
            set(&self.elements, merged, keys, &identity, None)?;
        }
        set(&self.elements, merged, keys, &identity, Some(place))
    }

    fn list(&self, places: &[usize]) -> Marked {
        let (mut list, mut marks) = (Vec::with_capacity(places.len()), BTreeMap::new());
        for element in places.iter().filter_map(|place| self.elements.get(*place)) {
            if element.marks != Marks::None {
                marks.insert(list.len(), element.marks.clone());
            }
            list.push(element.value.clone());
        }
        Marked { value: list.into(), marks: Marks::of_elements(Layout::Block, marks) }
    }
}

/// Replaces all elements with an identity by one, which is appended if there are none; without an element, removes
/// them.
///
/// An identity can be shorter than the keys, if the element lacks some of them.
fn set(
    elements: &[Marked],
    places: &mut Vec<usize>,
    keys: &[String],
    identity: &Identity,
    element: Option<usize>,
) -> Result<(), MergeError> {
    let wants_maps = keys.first().is_some_and(|key| key != ITSELF)
        && identity.first().is_some_and(|value| !value.is_empty());
    let mut kept = Vec::with_capacity(places.len());
    let mut found_any = false;
    for place in places.iter().copied() {
        let Some(Marked { value: candidate, .. }) = elements.get(place) else { continue };
        if candidate.is_null() || candidate.as_map().is_some_and(Map::is_empty) {
            continue;
        }
        if wants_maps && candidate.as_map().is_none() {
            kept.push(place);
            continue;
        }
        if !has_identity(candidate, keys, identity)? {
            if !identity.is_empty() {
                kept.push(place);
            }
            continue;
        }
        found_any = true;
        kept.extend(element);
    }
    if !found_any {
        kept.extend(element);
    }
    *places = kept;
    Ok(())
}

/// Tells whether an element has an identity. An empty value only requires the key to exist, and if the identity is
/// shorter than the keys, its last value decides.
fn has_identity(element: &Value, keys: &[String], identity: &Identity) -> Result<bool, MergeError> {
    let mut matches = false;
    for (index, key) in keys.iter().enumerate() {
        if let Some(wanted) = identity.get(index) {
            let expected = if key == ITSELF { "ScalarNode" } else { "MappingNode" };
            let fits = match element {
                Value::Map(_) => key != ITSELF,
                Value::List(_) => false,
                _ => key == ITSELF,
            };
            if !fits {
                return Err(MergeError::wrong_kind(expected, element));
            }
            matches = match value_under(element, key) {
                Some(value) => (wanted.is_empty() && key != ITSELF) || value == *wanted,
                None => false,
            };
        }
        if !matches {
            return Ok(false);
        }
    }
    Ok(matches)
}

/// Returns the values of an element under the keys.
fn identity_of(element: &Value, keys: &[String]) -> Identity {
    keys.iter().map(|key| value_under(element, key).unwrap_or_default()).collect()
}

/// Returns the text of an element's key, or of the element itself.
fn value_under(element: &Value, key: &str) -> Option<String> {
    match (element, key) {
        (Value::Map(_) | Value::List(_), ITSELF) => Some(String::new()),
        (scalar, ITSELF) => Some(scalar::text(scalar)),
        (element, key) => element.get(key).map(scalar::text),
    }
}

/// Fills in missing values of identities that agree in at least one key and differ in none, so that a port without a
/// protocol matches the one with it.
fn fill_gaps(identities: &mut [Identity]) {
    for first in 0..identities.len() {
        let Some(one) = identities.get(first).cloned() else { continue };
        for second in 0..identities.len() {
            let Some(filled) = identities.get(second).and_then(|other| union(&one, other)) else { continue };
            for index in [first, second] {
                if let Some(identity) = identities.get_mut(index) {
                    identity.clone_from(&filled);
                }
            }
        }
    }
}

fn union(one: &Identity, other: &Identity) -> Option<Identity> {
    let mut agree = false;
    let mut union = Identity::new();
    for (left, right) in one.iter().zip(other) {
        if left == right {
            agree = true;
        } else if !left.is_empty() && !right.is_empty() {
            return None;
        }
        union.push(if left.is_empty() { right.clone() } else { left.clone() });
    }
    agree.then_some(union)
}

/// Drops the keys for which no element has a value, unless that would drop all of them.
fn without_unused_keys(keys: Vec<String>, identities: Vec<Identity>) -> (Vec<String>, Vec<Identity>) {
    let is_used = |index: usize| {
        identities.iter().any(|identity| identity.get(index).is_some_and(|value| !value.is_empty()))
    };
    let used: Vec<bool> = (0..keys.len()).map(is_used).collect();
    if !used.contains(&true) {
        return (keys, identities);
    }
    let keep = |values: Vec<String>| {
        values.into_iter().zip(&used).filter(|(_, used)| **used).map(|(value, _)| value).collect()
    };
    (keep(keys), identities.into_iter().map(keep).collect())
}
