//! What comes of a change, beyond the change itself.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_apiserver::Cause;
use aqueduct_manifest::{List, Map, Object, ObjectKey, SmolStr, Value};
use aqueduct_network::{Network, difference};

use crate::compare::{Change, Fate};
use crate::diff::{Edit, FieldChange};
use crate::image;
use crate::judge::Verdict;
use crate::roles;

/// One thing that comes of a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Consequence {
    /// What it is.
    pub name: Name,
    /// The field that it comes from, in the API server's notation; empty where it is the object as a whole.
    pub field: String,
    /// What happens, and why.
    pub message: String,
}

/// The kinds of consequences, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// The server refuses it.
    Refused,
    /// Data goes away.
    DataLoss,
    /// The object has to be deleted and made anew.
    Recreate,
    /// A Service finds no pods any more, or other ones.
    Endpoints,
    /// Something is open to the outside that was not.
    Exposure,
    /// Somebody may do more than before.
    Rbac,
    /// Pods are made anew.
    Restart,
    /// An image is older, of another major version, or one that moves.
    Image,
    /// Something stays although the manifest does not have it any more.
    Stays,
    /// Nothing happens.
    NoChange,
}

impl Name {
    /// All kinds, the gravest first.
    pub const ALL: [Self; 10] = [
        Self::Refused,
        Self::DataLoss,
        Self::Recreate,
        Self::Endpoints,
        Self::Exposure,
        Self::Rbac,
        Self::Restart,
        Self::Image,
        Self::Stays,
        Self::NoChange,
    ];

    /// Returns the name as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::DataLoss => "data-loss",
            Self::Recreate => "recreate",
            Self::Endpoints => "endpoints",
            Self::Exposure => "exposure",
            Self::Rbac => "rbac",
            Self::Restart => "restart",
            Self::Image => "image",
            Self::Stays => "stays",
            Self::NoChange => "no-change",
        }
    }
}

fn consequence(name: Name, field: &str, message: impl Into<String>) -> Consequence {
    Consequence { name, field: field.to_owned(), message: message.into() }
}

/// Returns what is refused of an object; what a Secret holds is not quoted.
fn refusals(object: &Object, causes: Vec<Cause>) -> Vec<Consequence> {
    let is_secret = object.group().is_empty() && object.kind() == "Secret";
    let holds_value = |field: &str| ["data[", "stringData["].iter().any(|start| field.starts_with(start));
    let is_hidden = |cause: &Cause| is_secret && holds_value(&cause.field);
    let told = |cause: Cause| match is_hidden(&cause) {
        true => consequence(Name::Refused, &cause.field, "the value is wrong, and not shown here"),
        false => consequence(Name::Refused, &cause.field, cause.message),
    };
    causes.into_iter().map(told).collect()
}

pub(crate) fn of_added(object: &Object, refused: Vec<Cause>) -> Vec<Consequence> {
    let mut found = refusals(object, refused);
    found.extend(exposure(None, object));
    found.extend(roles::widened(None, object).map(|message| consequence(Name::Rbac, "", message)));
    found
}

pub(crate) fn of_renamed(old: &Object, new: &Object, refused: Vec<Cause>) -> Vec<Consequence> {
    let mut found = refusals(new, refused);
    found.extend(lost(old));
    // What holds its content in its name is meant to be made anew.
    if !matches!(old.kind(), "ConfigMap" | "Secret") {
        let message = format!("`{}` is deleted, and `{}` made", old.name(), new.name());
        found.push(consequence(Name::Recreate, "metadata.name", message));
    }
    found.extend(exposure(Some(old), new));
    found
}

pub(crate) fn of_removed(object: &Object) -> Vec<Consequence> {
    lost(object).into_iter().collect()
}

pub(crate) fn of_changed(
    old: &Object,
    new: &Object,
    fields: &[FieldChange],
    verdict: Verdict,
) -> Vec<Consequence> {
    let is_fixed =
        |cause: &&Cause| cause.message.contains("immutable") || cause.message.contains("may not change");
    let fixed = verdict.refused.iter().find(is_fixed).map(|cause| cause.field.clone());
    let mut found = refusals(new, verdict.refused);
    if let Some(field) = fixed {
        let message = match new.kind() {
            "PersistentVolumeClaim" => {
                "the claim cannot take this change: a new claim has to be made, and the data copied"
            }
            "StatefulSet" => {
                "to take this change it has to be deleted, which with `--cascade=orphan` keeps its pods, and made anew"
            }
            _ => "to take this change it has to be deleted and made anew",
        };
        found.push(consequence(Name::Recreate, &field, message));
    }
    match &verdict.restart[..] {
        [] if verdict.is_no_change && !fields.is_empty() => {
            let message =
                "the server holds the same as before: defaults written out, equal amounts, or what it keeps";
            found.push(consequence(Name::NoChange, "", message));
        }
        [] => {}
        [field] => found.push(consequence(Name::Restart, &field.path.to_string(), rollout(new))),
        _ => found.push(consequence(Name::Restart, "spec.template", rollout(new))),
    }
    found.extend(fields.iter().filter_map(image_change));
    found.extend(exposure(Some(old), new));
    found.extend(roles::widened(Some(old), new).map(|message| consequence(Name::Rbac, "", message)));
    found.extend(scaled_away(old, new));
    found.extend(versions_gone(old, new));
    found.extend(secret_keys(old, new));
    found.sort();
    found
}

/// Says how pods are made anew.
fn rollout(object: &Object) -> String {
    let (strategy, default) = match object.kind() {
        "Deployment" => ("strategy", "RollingUpdate"),
        _ => ("updateStrategy", "RollingUpdate"),
    };
    let kind = object.at(&["spec", strategy, "type"]).and_then(Value::as_str).unwrap_or(default);
    let part = |name: &str| match object.at(&["spec", strategy, "rollingUpdate", name]) {
        Some(Value::Int(number)) => Some(number.to_string()),
        Some(Value::String(text)) => Some(text.to_string()),
        _ => None,
    };
    match (kind, object.kind()) {
        ("Recreate", _) => "all pods stop before new ones start".to_owned(),
        ("OnDelete", _) => "new pods as old ones are deleted by hand".to_owned(),
        (_, "Deployment") => format!(
            "new pods, rolling: {} more at once, {} fewer",
            part("maxSurge").unwrap_or_else(|| "25%".to_owned()),
            part("maxUnavailable").unwrap_or_else(|| "25%".to_owned())
        ),
        (_, "StatefulSet") => match part("partition").filter(|partition| partition != "0") {
            Some(partition) => format!("new pods one by one, from the last down to number {partition}"),
            None => "new pods one by one, from the last to the first".to_owned(),
        },
        _ => format!(
            "new pods, node by node: {} at once",
            part("maxUnavailable").unwrap_or_else(|| "1".to_owned())
        ),
    }
}

fn image_change(change: &FieldChange) -> Option<Consequence> {
    let Edit::Set { old: Some(Value::String(old)), new: Some(Value::String(new)) } = &change.edit else {
        return None;
    };
    if change.path.last_field() != "image" {
        return None;
    }
    let message = image::told(old, new)?;
    Some(consequence(Name::Image, &change.path.to_string(), message))
}

/// Says what data goes with an object.
fn lost(object: &Object) -> Option<Consequence> {
    let retention =
        object.at(&["spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"]).and_then(Value::as_str);
    let message = match (object.group(), object.kind()) {
        ("", "PersistentVolumeClaim") => "the claim goes, and with it its volume unless that is retained",
        ("", "Namespace") => "everything in the namespace is deleted",
        ("apiextensions.k8s.io", "CustomResourceDefinition") => "all objects of the kind are deleted",
        ("apps", "StatefulSet") if retention == Some("Delete") => {
            "its claims are deleted with it, as `whenDeleted` says"
        }
        _ => return None,
    };
    Some(consequence(Name::DataLoss, "", message))
}

/// Replicas that are scaled away can take their claims along.
fn scaled_away(old: &Object, new: &Object) -> Option<Consequence> {
    let replicas = |object: &Object| object.at(&["spec", "replicas"]).and_then(Value::as_i64).unwrap_or(1);
    let retention =
        new.at(&["spec", "persistentVolumeClaimRetentionPolicy", "whenScaled"]).and_then(Value::as_str);
    let is_so = new.kind() == "StatefulSet" && retention == Some("Delete") && replicas(new) < replicas(old);
    let message = "the claims of the pods that are scaled away are deleted at once, as `whenScaled` says";
    is_so.then(|| consequence(Name::DataLoss, "spec.replicas", message))
}

fn versions_gone(old: &Object, new: &Object) -> Option<Consequence> {
    if new.kind() != "CustomResourceDefinition" {
        return None;
    }
    let served = |object: &Object| -> BTreeSet<SmolStr> {
        let versions = object.at(&["spec", "versions"]).and_then(Value::as_list).cloned().unwrap_or_default();
        let is_served = |version: &&Value| version.get("served").and_then(Value::as_bool) == Some(true);
        let name = |version: &Value| version.get("name").and_then(Value::as_str).map(SmolStr::from);
        versions.iter().filter(is_served).filter_map(name).collect()
    };
    let (before, after) = (served(old), served(new));
    let gone: Vec<&str> = before.difference(&after).map(SmolStr::as_str).collect();
    let message = format!("not served any more: `{}`; whoever asks for it fails", gone.join("`, `"));
    (!gone.is_empty()).then(|| consequence(Name::DataLoss, "spec.versions", message))
}

/// Keys written as `stringData` live on in `data`.
fn secret_keys(old: &Object, new: &Object) -> Option<Consequence> {
    let keys = |object: &Object, name: &str| -> BTreeSet<SmolStr> {
        object
            .at(&[name])
            .and_then(Value::as_map)
            .map(|map| map.keys().cloned().collect())
            .unwrap_or_default()
    };
    if new.kind() != "Secret" {
        return None;
    }
    let now: BTreeSet<SmolStr> = keys(new, "stringData").union(&keys(new, "data")).cloned().collect();
    let was = keys(old, "stringData");
    let gone: Vec<&str> = was.difference(&now).map(SmolStr::as_str).collect();
    let message =
        format!("a server-side apply leaves what was written as `stringData`: `{}`", gone.join("`, `"));
    (!gone.is_empty()).then(|| consequence(Name::Stays, "stringData", message))
}

/// Says what of an object is open to the outside that was not before.
fn exposure(old: Option<&Object>, new: &Object) -> Vec<Consequence> {
    let mut found = Vec::new();
    match (new.group(), new.kind()) {
        ("", "Service") => {
            let kind = |object: &Object| {
                object.at(&["spec", "type"]).and_then(Value::as_str).unwrap_or("ClusterIP").to_owned()
            };
            let (before, after) = (old.map(kind), kind(new));
            if matches!(after.as_str(), "LoadBalancer" | "NodePort") && before.as_ref() != Some(&after) {
                let way = if after == "LoadBalancer" { "a load balancer" } else { "a port of each node" };
                found.push(consequence(
                    Name::Exposure,
                    "spec.type",
                    format!("reached from outside by {way}"),
                ));
            }
        }
        ("networking.k8s.io", "Ingress") => {
            let before = old.map(hosts).unwrap_or_default();
            for host in hosts(new).difference(&before) {
                let host = if host.is_empty() { "all hosts" } else { host.as_str() };
                found.push(consequence(
                    Name::Exposure,
                    "spec.rules",
                    format!("reached from outside as `{host}`"),
                ));
            }
        }
        _ => {}
    }
    found
}

fn hosts(ingress: &Object) -> BTreeSet<SmolStr> {
    let rules = ingress.at(&["spec", "rules"]).and_then(Value::as_list).cloned().unwrap_or_default();
    rules.iter().map(|rule| rule.get("host").and_then(Value::as_str).unwrap_or_default().into()).collect()
}

/// Adds what comes of all changes together: Services whose pods are others.
pub(crate) fn of_all<'o>(changes: &mut [Change], old: &'o [Object], new: &'o [Object]) {
    let (before, after) = (Pods::of(old), Pods::of(new));
    let services = |objects: &'o [Object]| {
        objects.iter().filter(|object| object.group().is_empty() && object.kind() == "Service")
    };
    let old_services: BTreeMap<ObjectKey, &Object> =
        services(old).map(|object| (object.key(), object)).collect();
    for service in services(new) {
        let Some(was) = old_services.get(&service.key()) else { continue };
        let (had, has) = (before.behind(was), after.behind(service));
        if had.is_empty() || had == has {
            continue;
        }
        let (message, names) = if has.is_empty() {
            (format!("Service `{}` has no pods any more", service.name()), had)
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
            (format!("Service `{}` {}", service.name(), parts.join(" and ")), had)
        };
        let is_cause = |change: &&mut Change| {
            let object = &change.object;
            object.namespace() == service.namespace()
                && (object.key() == service.key()
                    || names.contains(&format!("{}/{}", object.kind(), object.name())))
        };
        // The Service itself where it changed, or else the workload that it had.
        if let Some(change) =
            changes.iter_mut().filter(is_cause).max_by_key(|change| change.object.key() == service.key())
        {
            change.consequences.push(consequence(Name::Endpoints, "", message));
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

    /// Returns the workloads that a Service selects.
    fn behind(&self, service: &Object) -> BTreeSet<String> {
        let selector = service.at(&["spec", "selector"]).and_then(Value::as_map).cloned().unwrap_or_default();
        let is_behind = |labels: &Map| {
            !selector.is_empty() && selector.iter().all(|(label, value)| labels.get(label) == Some(value))
        };
        let here =
            self.0.get(service.namespace()).into_iter().flatten().filter(|(_, labels)| is_behind(labels));
        here.map(|(title, _)| title.clone()).collect()
    }
}

/// Returns which connections change between workloads that both sets have, where a change can be the reason.
pub(crate) fn connections(changes: &[Change], old: &[Object], new: &[Object]) -> Vec<String> {
    let may_matter = |change: &Change| {
        matches!(change.object.kind(), "NetworkPolicy" | "Namespace")
            || change.fate == Fate::Changed
                && change.fields.iter().any(|field| field.path.to_string().contains("labels"))
    };
    let has_policy = |objects: &[Object]| objects.iter().any(|object| object.kind() == "NetworkPolicy");
    if !changes.iter().any(may_matter) || !has_policy(old) && !has_policy(new) {
        return Vec::new();
    }
    let (before, after) = (Network::of(old), Network::of(new));
    difference(&before, &after)
        .into_iter()
        .filter(|change| change.alone.is_empty())
        .map(|change| change.to_string())
        .collect()
}

/// Returns the texts of a list.
pub(crate) fn texts(list: Option<&Value>) -> Vec<SmolStr> {
    let list: List = list.and_then(Value::as_list).cloned().unwrap_or_default();
    list.iter().filter_map(|text| text.as_str().map(SmolStr::from)).collect()
}
