//! Services and budgets that select other pods than before.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{LabelSelector, Map, Object, ObjectKey, SmolStr, Value};

use crate::compare::Change;
use crate::consequence::{Effect, consequence};

/// Adds the joint effect of all changes: Services and budgets that select other pods.
pub(crate) fn endpoints<'o>(changes: &mut [Change], old: &'o [Object], new: &'o [Object]) {
    let (before, after) = (Pods::of(old), Pods::of(new));
    let was: BTreeMap<ObjectKey, (&Object, LabelSelector)> =
        selecting(old).map(|one| (one.0.key(), one)).collect();
    for (object, selector) in selecting(new) {
        let key = object.key();
        let Some((_, old_selector)) = was.get(&key) else { continue };
        let (had, has) = (before.behind(object, old_selector), after.behind(object, &selector));
        if had.is_empty() || had == has {
            continue;
        }
        let title = format!("{} `{}`", object.kind(), object.name());
        let (message, names) = if has.is_empty() {
            (format!("{title} no longer selects any pods"), had)
        } else {
            let gone: Vec<String> = had.difference(&has).cloned().collect();
            let come: Vec<String> = has.difference(&had).cloned().collect();
            let mut parts = Vec::new();
            if !gone.is_empty() {
                parts.push(format!("loses `{}`", gone.join("`, `")));
            }
            if !come.is_empty() {
                parts.push(format!("gains `{}`", come.join("`, `")));
            }
            (format!("{title} {}", parts.join(" and ")), had)
        };
        let is_cause = |change: &&mut Change| {
            let changed = &change.object;
            changed.namespace() == object.namespace()
                && (changed.key() == key || names.contains(&format!("{}/{}", changed.kind(), changed.name())))
        };
        // The object itself if it changed, otherwise the workload that it selected.
        if let Some(change) =
            changes.iter_mut().filter(is_cause).max_by_key(|change| change.object.key() == key)
        {
            change.consequences.push(consequence(Effect::Endpoints, "", message));
            change.consequences.sort();
        }
    }
}

/// The workloads of each namespace, with the labels of their pods.
struct Pods(BTreeMap<SmolStr, Vec<(String, Map)>>);

impl Pods {
    fn of(objects: &[Object]) -> Self {
        let mut pods: BTreeMap<SmolStr, Vec<(String, Map)>> = BTreeMap::new();
        for object in objects {
            let path: &[&str] = match object.kind() {
                "Pod" => &["metadata", "labels"],
                "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet" => {
                    &["spec", "template", "metadata", "labels"]
                }
                _ => continue,
            };
            let labels = object.at(path).and_then(Value::as_map).cloned().unwrap_or_default();
            let title = format!("{}/{}", object.kind(), object.name());
            pods.entry(object.namespace().into()).or_default().push((title, labels));
        }
        Self(pods)
    }

    /// Returns the workloads that an object selects.
    fn behind(&self, object: &Object, selector: &LabelSelector) -> BTreeSet<String> {
        let here = self.0.get(object.namespace()).into_iter().flatten();
        here.filter(|(_, labels)| selector.matches(labels)).map(|(title, _)| title.clone()).collect()
    }
}

/// Returns the objects that select pods, with their selectors.
fn selecting(objects: &[Object]) -> impl Iterator<Item = (&Object, LabelSelector)> {
    objects.iter().filter_map(|object| {
        let selector = object.at(&["spec", "selector"]);
        let selector = match (object.group(), object.kind()) {
            ("", "Service") => {
                let labels = selector.and_then(Value::as_map)?;
                (!labels.is_empty()).then(|| LabelSelector::plain(labels))?
            }
            ("policy", "PodDisruptionBudget") => LabelSelector::full(selector?),
            _ => return None,
        };
        Some((object, selector))
    })
}
