//! What a server stores after an object is written over an old one.
//!
//! A replace stores the new manifest instead of the old object. A server-side apply merges it: fields that the same
//! manager set before and no longer sets are removed, and fields that nobody set, such as defaults, stay.

use std::collections::BTreeSet;

use aqueduct_apiserver::{FieldType, Server, defaulted};
use aqueduct_manifest::{List, Map, Value};

use crate::update::service;

/// How manifests reach the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Apply {
    /// A server-side apply with one field manager, as Argo CD and `kubectl apply --server-side` do.
    #[default]
    Server,
    /// A replace of the whole object, as `kubectl replace` does.
    Replace,
}

/// Returns what a server stores after a new manifest is written over an old one.
pub(crate) fn written(server: &Server, old: &Value, live: &Value, new: &Value, apply: Apply) -> Value {
    let text = |name: &str| new.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut written = match apply {
        Apply::Server => merge(server.kind(text("apiVersion"), text("kind")), live, Some(old), new),
        Apply::Replace => new.clone(),
    };
    if let (Some(written), Some(live)) = (written.as_map_mut(), live.as_map()) {
        match live.get("status") {
            Some(status) => written.insert("status", status.clone()),
            None => written.remove("status"),
        };
        if (text("apiVersion"), text("kind")) == ("v1", "Service") {
            service::prepare(written, live);
        }
    }
    defaulted(written)
}

/// Merges a new manifest into the stored object. `last` is what the same manager wrote before.
fn merge(kind: Option<FieldType>, live: &Value, last: Option<&Value>, new: &Value) -> Value {
    match (live, new) {
        (Value::Map(live), Value::Map(new)) => Value::Map(merge_maps(kind, live, last, new)),
        // A null removes what was written there and keeps the rest.
        (Value::Map(live), Value::Null) => Value::Map(merge_maps(kind, live, last, &Map::new())),
        (Value::List(live), Value::List(new)) => match kind.filter(|kind| kind.keys().is_some()) {
            Some(kind) => Value::List(merge_lists(kind, live, last, new)),
            None => Value::List(new.clone()),
        },
        _ => new.clone(),
    }
}

fn merge_maps(kind: Option<FieldType>, live: &Map, last: Option<&Value>, new: &Map) -> Map {
    let mut merged = live.clone();
    for name in last.and_then(Value::as_map).into_iter().flat_map(Map::keys) {
        if !new.contains_key(name) {
            merged.remove(name);
        }
    }
    for (name, value) in new {
        let field = kind.and_then(|kind| kind.field(name));
        let last = last.and_then(|last| last.get(name));
        let value = match live.get(name) {
            Some(live) => merge(field, live, last, value),
            None => value.clone(),
        };
        merged.insert(name.clone(), value);
    }
    merged
}

fn merge_lists(kind: FieldType, live: &List, last: Option<&Value>, new: &List) -> List {
    let entry = kind.entry();
    let last: Vec<_> =
        last.and_then(Value::as_list).into_iter().flatten().map(|item| (kind.key_of(item), item)).collect();
    let held: Vec<_> = live.iter().map(|item| (kind.key_of(item), item)).collect();
    let mut merged: Vec<(Option<String>, Value)> = Vec::new();
    for item in new {
        let key = kind.key_of(item);
        let find = |list: &[(Option<String>, &Value)]| {
            list.iter().find(|(known, _)| *known == key).map(|(_, item)| (*item).clone())
        };
        let value = match find(&held) {
            Some(live) => merge(entry, &live, find(&last).as_ref(), item),
            None => item.clone(),
        };
        merged.push((key, value));
    }
    // Entries that nobody wrote stay in their place.
    let named: BTreeSet<Option<String>> =
        merged.iter().map(|(key, _)| key.clone()).chain(last.into_iter().map(|(key, _)| key)).collect();
    let mut before: Option<Option<String>> = None;
    for (key, item) in held {
        if !named.contains(&key) {
            let at = before
                .and_then(|before| merged.iter().position(|(key, _)| *key == before))
                .map_or(0, |at| at + 1);
            merged.insert(at, (key.clone(), item.clone()));
        }
        before = Some(key);
    }
    merged.into_iter().map(|(_, value)| value).collect()
}
