//! What the admission of a cluster newly reports: Pod Security, policies, limit ranges and quotas.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_admission::{Action, AdmissionFinding, Cluster, RULERS, pod_of, pod_security};
use aqueduct_apiserver::Server;
use aqueduct_manifest::{Object, ObjectKey};

use crate::compare::Change;
use crate::consequence::{Consequence, Effect, consequence};
use crate::rollout::Around;

/// Adds what admission reports for changed objects, or for all objects if something changed that affects
/// others.
pub(crate) fn admission(changes: &mut Vec<Change>, server: &Server, old: &[Object], new: &[Object]) {
    let is_ruler = |object: &Object| RULERS.contains(&object.kind());
    let decides = |objects: &[Object]| {
        objects.iter().any(|object| is_ruler(object) && (object.kind() != "Namespace" || has_level(object)))
    };
    if changes.is_empty() || !decides(new) {
        return;
    }
    let [before, after] = [old, new].map(|objects| cluster(server, objects));
    let was: BTreeMap<ObjectKey, &Object> = old.iter().map(|object| (object.key(), object)).collect();
    let has_other_rulers = changes.iter().any(|change| is_ruler(&change.object));
    let mut at: BTreeMap<ObjectKey, usize> =
        changes.iter().enumerate().map(|(place, change)| (change.object.key(), place)).collect();
    for object in new {
        let key = object.key();
        if is_ruler(object) || !has_other_rulers && !at.contains_key(&key) {
            continue;
        }
        let known = was.get(&key).map(|old| said(&before, old)).unwrap_or_default();
        let more: Vec<Consequence> =
            said(&after, object).into_iter().filter(|one| !known.contains(one)).collect();
        if more.is_empty() {
            continue;
        }
        let place = *at.entry(key).or_insert_with(|| {
            changes.push(Change::untouched(object));
            changes.len() - 1
        });
        changes[place].consequences.extend(more);
        changes[place].consequences.sort();
    }
    changes.sort_by_key(|change| change.object.key());
}

/// Tells whether a namespace sets a Pod Security level.
fn has_level(namespace: &Object) -> bool {
    let labels = namespace.labels();
    labels.is_some_and(|labels| labels.keys().any(|label| label.starts_with(pod_security::PREFIX)))
}

/// Reports namespaces that lower their Pod Security level.
pub(crate) fn lowered(old: &Object, new: &Object) -> Vec<Consequence> {
    if (new.group(), new.kind()) != ("", "Namespace") {
        return Vec::new();
    }
    let told = pod_security::PodSecurityMode::ALL.into_iter().filter_map(|mode| {
        let [was, is] = [old, new].map(|namespace| pod_security::level(namespace, mode));
        let is_lowered = is < was;
        let (label, is, was) = (mode.label(), is.as_str(), was.as_str());
        let name = label.strip_prefix(pod_security::PREFIX).unwrap_or(label);
        let message = format!("the Pod Security level for `{name}` is lowered: {is}, was {was}");
        let field = format!("metadata.labels[{label}]");
        is_lowered.then(|| consequence(Effect::PodSecurity, &field, message))
    });
    told.collect()
}

/// Reports rollouts that do not fit into a quota when everything rolls out at once.
pub(crate) fn surges(changes: &mut [Change], server: &Server, new: &[Object], around: &Around<'_>) {
    /// A larger number of pods is not counted one by one.
    const MOST: i64 = 1_000;
    let limited: BTreeSet<&str> =
        new.iter().filter(|object| object.kind() == "ResourceQuota").map(Object::namespace).collect();
    let grows = |change: &Change| change.rollout.is_some_and(|rollout| rollout.surge > 0);
    if limited.is_empty() || !changes.iter().any(grows) {
        return;
    }
    let mut cluster = cluster(server, new);
    for object in new.iter().filter(|object| limited.contains(object.namespace())) {
        let count = around.replicas(object).unwrap_or(1).min(MOST);
        let pod = pod_of(object).map(|(pod, _)| pod);
        (0..count).for_each(|number| cluster.add(&numbered(pod.as_ref().unwrap_or(object), number)));
    }
    for change in changes.iter_mut().filter(|change| grows(change)) {
        let (Some(rollout), Some((pod, _))) = (change.rollout, pod_of(&change.object)) else { continue };
        let mut more = (0..rollout.surge.min(MOST)).map(|number| numbered(&pod, MOST + number));
        let denied = more.find_map(|pod| {
            cluster.admit(&pod).into_iter().find(|finding| finding.rule == "quota" && finding.is_denial())
        });
        if let Some(denied) = denied {
            let effect = if rollout.unavailable == 0 {
                "the rollout never finishes"
            } else {
                "the rollout waits for old pods to stop"
            };
            let message =
                format!("the quota has no room for the new pods, so {effect}: {}", denied.cause.message);
            change.consequences.push(consequence(Effect::Restart, "", message));
            change.consequences.sort();
        }
    }
}

/// Gives a pod a name of its own. Other objects keep theirs.
fn numbered(object: &Object, number: i64) -> Object {
    let mut object = object.clone();
    if object.kind() == "Pod" {
        let name = format!("{}-{number}", object.name());
        object.metadata_mut().insert("name", name);
    }
    object
}

/// Returns a cluster with all objects that affect others.
fn cluster(server: &Server, objects: &[Object]) -> Cluster {
    let mut cluster = Cluster::partial(server.minor());
    cluster.settle(objects.iter());
    cluster
}

/// Returns what admission reports for an object and for the pods that it creates.
fn said(cluster: &Cluster, object: &Object) -> Vec<Consequence> {
    let pod = pod_of(object).map(|(pod, _)| pod);
    let of_pods: Vec<AdmissionFinding> =
        pod.iter().flat_map(|pod| cluster.review(pod)).filter(AdmissionFinding::is_denial).collect();
    let of_object = cluster.review(object).into_iter();
    // If pods are refused, the warning for their controller would repeat it.
    let of_object = of_object.filter(|finding| finding.is_denial() || of_pods.is_empty());
    let told = of_object.filter_map(|AdmissionFinding { action, cause, .. }| match action {
        Action::Deny => Some(consequence(Effect::Refused, &cause.field, cause.message)),
        Action::Warn => {
            Some(consequence(Effect::Admission, &cause.field, format!("warning: {}", cause.message)))
        }
        Action::Audit | Action::Unknown => None,
    });
    let mut all: Vec<Consequence> = told.collect();
    let refused = of_pods.iter().map(|finding| format!("its pods are refused: {}", finding.cause.message));
    all.extend(refused.map(|message| consequence(Effect::Admission, "", message)));
    all.sort();
    all.dedup();
    all
}
