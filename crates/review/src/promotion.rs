//! Changes that reach an environment before the one that it is promoted from.

use std::collections::BTreeMap;

use aqueduct_apiserver::Server;
use aqueduct_manifest::{Object, Value};

use crate::compare::{Change, Fate, Review};
use crate::consequence::{Effect, consequence};
use crate::diff::differences;

/// The identity of an object across environments, whatever its namespace is called there.
type Key<'o> = (&'o str, &'o str, &'o str, &'o str);

impl Review {
    /// Reports what reaches an environment too early. `earlier` is the content of the environment that it is promoted
    /// from, after the change. If it still has the old value of this environment, the change comes too early.
    pub fn promote(&mut self, server: &Server, environment: &str, from: &str, earlier: &[Object]) {
        let mut there: BTreeMap<Key<'_>, Option<&Object>> = BTreeMap::new();
        for object in earlier {
            // If there are several in different namespaces, it is unclear which one is meant.
            there.entry(key(object)).and_modify(|known| *known = None).or_insert(Some(object));
        }
        for change in self.changes.iter_mut().filter(|change| change.environment == environment) {
            let other = match there.get(&key(&change.object)) {
                Some(None) => continue,
                Some(other) => *other,
                None => None,
            };
            let early = match (change.fate, other) {
                (Fate::Changed, Some(other)) => early(server, change, from, other),
                (Fate::Added, None) => {
                    Some((String::new(), format!("`{from}`, the environment before, does not have it")))
                }
                _ => None,
            };
            let early = early.map(|(field, message)| consequence(Effect::Promotion, &field, message));
            change.consequences.extend(early);
            change.consequences.sort();
        }
    }
}

/// Returns the first field that changes here while the other environment still has the old value.
fn early(server: &Server, change: &Change, from: &str, other: &Object) -> Option<(String, String)> {
    let object = &change.object;
    let kind = server.kind(object.api_version(), object.kind());
    let [there, here] = [other, object].map(|object| Value::Map(object.map.clone()));
    let to_come = differences(kind, &there, &here);
    let mut same = change.fields.iter().filter(|field| to_come.contains(field));
    let first = same.next()?.path.to_string();
    let more = match same.count() {
        0 => String::new(),
        1 => ", also in 1 more field".to_owned(),
        count => format!(", also in {count} more fields"),
    };
    Some((first, format!("`{from}`, the environment before, still has the old value{more}")))
}

fn key(object: &Object) -> Key<'_> {
    let tenant =
        object.labels().and_then(|labels| labels.get("app.kubernetes.io/part-of")).and_then(Value::as_str);
    (object.group(), object.kind(), tenant.unwrap_or_default(), object.name())
}
