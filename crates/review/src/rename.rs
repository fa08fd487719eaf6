//! Finds objects that are the same under another name.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use aqueduct_manifest::{Map, Object, ObjectKey, SmolStr, Value, json};

/// The old and new keys of similar objects.
type Pairs<'k> = BTreeMap<(ObjectKey, String), (Vec<&'k ObjectKey>, Vec<&'k ObjectKey>)>;

/// What an object has in common with a renamed one.
type Identity = fn(&Object) -> Option<(ObjectKey, String)>;

/// Returns the new keys of renamed objects with the old ones: objects with a namespace in only one set, objects with
/// only another name (such as one with a content hash), and objects with nearly the same content.
pub(crate) fn renames(
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
                // Two plain words at the end of names are not hashes.
                && (!is_hashed || [old, new].iter().any(|key| ends_with_hash(&key.name)))
                && (old.namespace == new.namespace || old.namespace.is_empty() || new.namespace.is_empty())
            {
                renamed.insert((*new).clone(), (*old).clone());
                paired.insert(*old);
            }
        }
    }
    for pairs in [alike, moved] {
        let gone: Vec<Entry<'_>> = gone().filter(|(key, _)| !paired.contains(key)).collect();
        let come: Vec<Entry<'_>> = come().filter(|(key, _)| !renamed.contains_key(*key)).collect();
        for (old, new) in pairs(&gone, &come) {
            paired.insert(old);
            renamed.insert(new.clone(), old.clone());
        }
    }
    renamed
}

/// Pairs objects that moved to another namespace with nearly the same content, if the match is unique.
fn moved<'k>(gone: &[Entry<'k>], come: &[Entry<'k>]) -> Vec<(&'k ObjectKey, &'k ObjectKey)> {
    let anywhere = |key: &ObjectKey| ObjectKey { namespace: SmolStr::default(), ..key.clone() };
    let pairs = grouped(gone, come, anywhere).filter_map(|[old, new]| {
        let ([(old, before)], [(new, after)]) = (&old[..], &new[..]) else { return None };
        let [before, after] = [values(before), values(after)];
        (before == after || share(&before, &after) >= LEAST_SHARE).then_some((*old, *new))
    });
    pairs.collect()
}

/// Groups objects with the same key.
fn grouped<'k>(
    gone: &[Entry<'k>],
    come: &[Entry<'k>],
    key: impl Fn(&ObjectKey) -> ObjectKey,
) -> impl Iterator<Item = [Vec<Entry<'k>>; 2]> {
    let mut groups: BTreeMap<ObjectKey, [Vec<Entry<'k>>; 2]> = BTreeMap::new();
    for (side, entries) in [gone, come].into_iter().enumerate() {
        entries.iter().for_each(|entry| groups.entry(key(entry.0)).or_default()[side].push(*entry));
    }
    groups.into_values()
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
    // An object with little content resembles many others.
    (map.len() > 3).then(|| (nameless(object), json::write_raw(&Value::Map(map))))
}

/// How many values two objects must share to be the same. Objects with fewer resemble many others.
const LEAST_COMMON: usize = 4;

/// The share of their content that two objects must have in common, in thousandths.
const LEAST_SHARE: usize = 750;

/// How many pairs of one kind in one namespace are compared. If all names differ, no objects belong together.
const MOST_PAIRS: usize = 4_096;

/// An object and its key.
type Entry<'k> = (&'k ObjectKey, &'k &'k Object);

/// Pairs objects of one kind in one namespace with nearly the same content, if each is most similar to the other: the old
/// keys with the new ones.
fn alike<'k>(gone: &[Entry<'k>], come: &[Entry<'k>]) -> Vec<(&'k ObjectKey, &'k ObjectKey)> {
    let nameless = |key: &ObjectKey| ObjectKey { name: SmolStr::default(), ..key.clone() };
    let mut found = Vec::new();
    for [old, new] in grouped(gone, come, nameless).filter(|[old, new]| old.len() * new.len() <= MOST_PAIRS) {
        if old.is_empty() || new.is_empty() {
            continue;
        }
        let [before, after] =
            [&old, &new].map(|side| side.iter().map(|(_, object)| values(object)).collect::<Vec<_>>());
        for (row, (old, _)) in old.iter().enumerate() {
            let Some(column) = most_alike(&before[row], &after) else { continue };
            if most_alike(&after[column], &before) == Some(row) {
                found.push((*old, new[column].0));
            }
        }
    }
    found
}

/// Returns the position of the most similar list, if it is unique.
fn most_alike(values: &[u64], others: &[Vec<u64>]) -> Option<usize> {
    let shares: Vec<usize> = others.iter().map(|other| share(values, other)).collect();
    let most = *shares.iter().max()?;
    let mut best = (0..shares.len()).filter(|place| shares[*place] == most);
    let first = best.next()?;
    (most >= LEAST_SHARE && best.next().is_none()).then_some(first)
}

/// Returns the shared part of two sorted lists, in thousandths.
fn share(some: &[u64], others: &[u64]) -> usize {
    let (mut one, mut other, mut common) = (0, 0, 0);
    while let (Some(left), Some(right)) = (some.get(one), others.get(other)) {
        common += usize::from(left == right);
        one += usize::from(left <= right);
        other += usize::from(right <= left);
    }
    if common < LEAST_COMMON { 0 } else { 2_000 * common / (some.len() + others.len()) }
}

/// Returns the sorted hashes of all values of an object, each with its fields. Names and labels are left out, because they
/// identify an object and are not its content. Positions in lists do not count.
fn values(object: &Object) -> Vec<u64> {
    let mut found = Vec::new();
    for (name, value) in &object.map {
        if !matches!(name.as_str(), "apiVersion" | "kind" | "metadata" | "status") {
            collect(value, &mut vec![name.as_str()], &mut found);
        }
    }
    found.sort_unstable();
    found
}

fn collect<'v>(value: &'v Value, path: &mut Vec<&'v str>, found: &mut Vec<u64>) {
    match value {
        Value::Map(map) if !map.is_empty() => {
            for (name, value) in map {
                path.push(name);
                collect(value, path, found);
                path.pop();
            }
        }
        Value::List(list) if !list.is_empty() => list.iter().for_each(|value| collect(value, path, found)),
        _ => {
            let mut hasher = DefaultHasher::new();
            path.hash(&mut hasher);
            json::write_raw(value).hash(&mut hasher);
            found.push(hasher.finish());
        }
    }
}
