//! The effects of a change, beyond the changed fields.

use std::collections::BTreeSet;

use aqueduct_apiserver::Cause;
use aqueduct_manifest::{List, Object, SmolStr, Value};
use aqueduct_network::{Network, difference};

use crate::chain;
use crate::compare::{Change, Fate};
use crate::delivery;
use crate::diff::{Edit, FieldChange};
use crate::image;
use crate::judge::Verdict;
use crate::roles;
use crate::rollout::{self, Around, RolloutSteps};
use crate::traffic::selected;

/// One effect of a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Consequence {
    /// Its kind.
    pub name: Effect,
    /// The field that causes it, in the API server's notation; empty for the object as a whole.
    pub field: String,
    /// What happens, and why.
    pub message: String,
}

/// The kinds of consequences, most serious first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// The server refuses it.
    Refused,
    /// Data is lost.
    DataLoss,
    /// The object must be deleted and recreated.
    Recreate,
    /// A Service selects no pods any more, or different ones.
    Endpoints,
    /// Something is newly reachable from outside.
    Exposure,
    /// Somebody gets more rights.
    Rbac,
    /// A namespace gets a lower Pod Security level.
    PodSecurity,
    /// Admission newly warns, or refuses pods.
    Admission,
    /// It reaches this environment before the one that this is promoted from.
    Promotion,
    /// Argo CD behaves differently.
    ArgoCd,
    /// Pods are recreated.
    Restart,
    /// An image is older, has a new major version, or has a mutable tag.
    Image,
    /// Something stays although the manifest no longer has it.
    Stays,
    /// Nothing happens.
    NoChange,
}

impl Effect {
    /// All kinds, most serious first.
    pub const ALL: [Self; 14] = [
        Self::Refused,
        Self::DataLoss,
        Self::Recreate,
        Self::Endpoints,
        Self::Exposure,
        Self::Rbac,
        Self::PodSecurity,
        Self::Admission,
        Self::Promotion,
        Self::ArgoCd,
        Self::Restart,
        Self::Image,
        Self::Stays,
        Self::NoChange,
    ];

    /// Returns the name for users.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::DataLoss => "data-loss",
            Self::Recreate => "recreate",
            Self::Endpoints => "endpoints",
            Self::Exposure => "exposure",
            Self::Rbac => "rbac",
            Self::PodSecurity => "pod-security",
            Self::Admission => "admission",
            Self::Promotion => "promotion",
            Self::ArgoCd => "argo-cd",
            Self::Restart => "restart",
            Self::Image => "image",
            Self::Stays => "stays",
            Self::NoChange => "no-change",
        }
    }
}

pub(crate) fn consequence(name: Effect, field: &str, message: impl Into<String>) -> Consequence {
    Consequence { name, field: field.to_owned(), message: message.into() }
}

/// Returns what is refused of an object, without quoting the values of a Secret.
fn refusals(object: &Object, causes: Vec<Cause>) -> Vec<Consequence> {
    let is_secret = object.group().is_empty() && object.kind() == "Secret";
    let holds_value = |field: &str| ["data[", "stringData["].iter().any(|start| field.starts_with(start));
    // A value that is not a map is quoted as a whole.
    let is_whole = |field: &str| {
        let holder = object.map.get(field).filter(|_| matches!(field, "data" | "stringData"));
        holder.is_some_and(|holder| holder.as_map().is_none())
    };
    let is_hidden = |cause: &Cause| is_secret && (holds_value(&cause.field) || is_whole(&cause.field));
    let told = |cause: Cause| match is_hidden(&cause) {
        true => consequence(Effect::Refused, &cause.field, "invalid value (not shown here)"),
        false => consequence(Effect::Refused, &cause.field, cause.message),
    };
    causes.into_iter().map(told).collect()
}

pub(crate) fn of_added(object: &Object, refused: Vec<Cause>) -> Vec<Consequence> {
    let mut found = refusals(object, refused);
    found.extend(exposure(None, object));
    found.extend(roles::widened(None, object).map(|message| consequence(Effect::Rbac, "", message)));
    found
}

/// Adds the rollouts of changed workloads.
pub(crate) fn rollouts(changes: &mut [Change], around: &Around<'_>) {
    let is_restart = |one: &Consequence| one.name == Effect::Restart;
    for change in changes.iter_mut().filter(|change| change.consequences.iter().any(is_restart)) {
        change.rollout = RolloutSteps::of(&change.object, around);
        let broken = change.rollout.and_then(|rollout| around.broken_budget(&change.object, rollout));
        change.consequences.extend(broken.map(|message| consequence(Effect::Restart, "", message)));
        change.consequences.sort();
    }
}

pub(crate) fn of_renamed(old: &Object, new: &Object, refused: Vec<Cause>) -> Vec<Consequence> {
    let mut found = refusals(new, refused);
    let is_moved = old.namespace() != new.namespace();
    let called = |object: &Object| match is_moved {
        true => format!("`{}/{}`", object.namespace(), object.name()),
        false => format!("`{}`", object.name()),
    };
    let of_old = |one: Consequence| Consequence {
        message: format!("the old {}: {}", called(old), one.message),
        ..one
    };
    found.extend(of_removed(old).into_iter().map(of_old));
    // An object with a content hash in its name is recreated on purpose.
    if !matches!(old.kind(), "ConfigMap" | "Secret") && !is_hook(new) && !delivery::stays(old) {
        let message = format!("{} is deleted and {} is created", called(old), called(new));
        let field = if is_moved { "metadata.namespace" } else { "metadata.name" };
        found.push(consequence(Effect::Recreate, field, message));
    }
    found.extend(exposure(Some(old), new));
    found.extend(roles::widened(Some(old), new).map(|message| consequence(Effect::Rbac, "", message)));
    found.sort();
    found
}

pub(crate) fn of_removed(object: &Object) -> Vec<Consequence> {
    let mut found = delivery::of_removed(object);
    if !delivery::stays(object) {
        found.extend(lost(object));
    }
    found.sort();
    found
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
            _ if is_hook(new) => "Argo CD deletes and recreates it, because it is a hook",
            "PersistentVolumeClaim" => "to apply this change, create a new claim and copy the data",
            "StatefulSet" => {
                "to apply this change, delete it (`--cascade=orphan` keeps its pods) and recreate it"
            }
            _ => "to apply this change, delete and recreate it",
        };
        found.push(consequence(Effect::Recreate, &field, message));
    }
    match &verdict.restart[..] {
        [] if verdict.is_no_change && !fields.is_empty() => {
            let message = "nothing changes in the cluster: explicit defaults, equal quantities, or values that the server keeps";
            found.push(consequence(Effect::NoChange, "", message));
        }
        [] => {}
        [field] => found.push(consequence(Effect::Restart, &field.path.to_string(), rollout::told(new))),
        _ => found.push(consequence(Effect::Restart, "spec.template", rollout::told(new))),
    }
    found.extend(fields.iter().filter_map(image_change));
    found.extend(exposure(Some(old), new));
    found.extend(roles::widened(Some(old), new).map(|message| consequence(Effect::Rbac, "", message)));
    found.extend(chain::lowered(old, new));
    found.extend(delivery::of_changed(old, new));
    found.extend(scaled_away(old, new));
    found.extend(versions_gone(old, new));
    found.extend(secret_keys(old, new));
    found.sort();
    found
}

/// Tells whether each sync creates the object as a hook.
fn is_hook(object: &Object) -> bool {
    ["argocd.argoproj.io/hook", "helm.sh/hook"].iter().any(|name| object.annotation(name).is_some())
}

fn image_change(change: &FieldChange) -> Option<Consequence> {
    let Edit::Set { old: Some(Value::String(old)), new: Some(Value::String(new)) } = &change.edit else {
        return None;
    };
    if change.path.last_field() != "image" {
        return None;
    }
    let message = image::told(old, new)?;
    Some(consequence(Effect::Image, &change.path.to_string(), message))
}

/// Returns the data that is deleted with an object.
fn lost(object: &Object) -> Option<Consequence> {
    let retention =
        object.at(&["spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"]).and_then(Value::as_str);
    let message = match (object.group(), object.kind()) {
        ("", "PersistentVolumeClaim") => "the claim is deleted, and so is its volume unless it is retained",
        ("", "Namespace") => "everything in the namespace is deleted",
        ("apiextensions.k8s.io", "CustomResourceDefinition") => "all objects of the kind are deleted",
        ("apps", "StatefulSet") if retention == Some("Delete") => {
            "its claims are deleted with it, because `whenDeleted` is `Delete`"
        }
        _ => return None,
    };
    Some(consequence(Effect::DataLoss, "", message))
}

/// Removing replicas can delete their claims.
fn scaled_away(old: &Object, new: &Object) -> Option<Consequence> {
    let replicas = |object: &Object| object.at(&["spec", "replicas"]).and_then(Value::as_i64).unwrap_or(1);
    let retention =
        new.at(&["spec", "persistentVolumeClaimRetentionPolicy", "whenScaled"]).and_then(Value::as_str);
    let is_so = new.kind() == "StatefulSet" && retention == Some("Delete") && replicas(new) < replicas(old);
    let message = "the claims of the removed pods are deleted at once, because `whenScaled` is `Delete`";
    is_so.then(|| consequence(Effect::DataLoss, "spec.replicas", message))
}

/// Reports objects that stay in the manifests although the definition of their kind or version is removed.
pub(crate) fn definitions(changes: &mut [Change], new: &[Object]) {
    let is_definition = |change: &&mut Change| change.object.kind() == "CustomResourceDefinition";
    for change in changes.iter_mut().filter(is_definition) {
        let definition = &change.object;
        let text = |path: &[&str]| definition.at(path).and_then(Value::as_str).unwrap_or_default();
        let (group, kind) = (text(&["spec", "group"]), text(&["spec", "names", "kind"]));
        let served = served(definition);
        let is_of_it = |object: &&Object| {
            let version = object.api_version().rsplit('/').next().unwrap_or_default();
            let is_served = change.fate != Fate::Removed && served.contains(version);
            object.group() == group && object.kind() == kind && !is_served
        };
        let left: Vec<&Object> = new.iter().filter(is_of_it).collect();
        if let Some(first) = left.first() {
            let manifests = if left.len() == 1 {
                "1 manifest still uses".to_owned()
            } else {
                format!("{} manifests still use", left.len())
            };
            let (name, version) = (first.name(), first.api_version());
            let message = format!("{manifests} {kind} of `{version}` and will be refused, such as `{name}`");
            change.consequences.push(consequence(Effect::DataLoss, "spec.versions", message));
            change.consequences.sort();
        }
    }
}

fn served(definition: &Object) -> BTreeSet<SmolStr> {
    let versions = definition.at(&["spec", "versions"]).and_then(Value::as_list);
    let is_served = |version: &&Value| version.get("served").and_then(Value::as_bool) == Some(true);
    let name = |version: &Value| version.get("name").and_then(Value::as_str).map(SmolStr::from);
    versions.into_iter().flatten().filter(is_served).filter_map(name).collect()
}

fn versions_gone(old: &Object, new: &Object) -> Option<Consequence> {
    if new.kind() != "CustomResourceDefinition" {
        return None;
    }
    let (before, after) = (served(old), served(new));
    let gone: Vec<&str> = before.difference(&after).map(SmolStr::as_str).collect();
    let message = format!("no longer served, so requests for it fail: `{}`", gone.join("`, `"));
    (!gone.is_empty()).then(|| consequence(Effect::DataLoss, "spec.versions", message))
}

/// Keys written as `stringData` stay in `data`.
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
        format!("server-side apply keeps keys that were set in `stringData`: `{}`", gone.join("`, `"));
    (!gone.is_empty()).then(|| consequence(Effect::Stays, "stringData", message))
}

/// Returns what is newly reachable from outside.
fn exposure(old: Option<&Object>, new: &Object) -> Vec<Consequence> {
    let mut found = Vec::new();
    match (new.group(), new.kind()) {
        ("", "Service") => {
            let kind = |object: &Object| {
                object.at(&["spec", "type"]).and_then(Value::as_str).unwrap_or("ClusterIP").to_owned()
            };
            let (before, after) = (old.map(kind), kind(new));
            if matches!(after.as_str(), "LoadBalancer" | "NodePort") && before.as_ref() != Some(&after) {
                let way = if after == "LoadBalancer" { "a load balancer" } else { "a port on every node" };
                found.push(consequence(
                    Effect::Exposure,
                    "spec.type",
                    format!("reachable from outside through {way}"),
                ));
            }
        }
        ("networking.k8s.io", "Ingress") => {
            let before = old.map(hosts).unwrap_or_default();
            for host in hosts(new).difference(&before) {
                let host = if host.is_empty() { "all hosts" } else { host.as_str() };
                found.push(consequence(
                    Effect::Exposure,
                    "spec.rules",
                    format!("reachable from outside as `{host}`"),
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

/// Returns the connections that change between workloads in both sets, if any change can be the reason.
pub(crate) fn connections(changes: &[Change], old: &[Object], new: &[Object]) -> Vec<String> {
    let is_policy = |object: &Object| object.kind() == "NetworkPolicy";
    if changes.is_empty() || !old.iter().chain(new).any(is_policy) {
        return Vec::new();
    }
    let selected = selected(old.iter().chain(new));
    if !changes.iter().any(|change| change.may_move_traffic(&selected)) {
        return Vec::new();
    }
    let (before, after) = (Network::of(old), Network::of(new));
    difference(&before, &after)
        .into_iter()
        .filter(|change| change.alone.is_empty())
        .map(|change| change.to_string())
        .collect()
}

/// Returns the strings of a list.
pub(crate) fn texts(list: Option<&Value>) -> Vec<SmolStr> {
    let list: List = list.and_then(Value::as_list).cloned().unwrap_or_default();
    list.iter().filter_map(|text| text.as_str().map(SmolStr::from)).collect()
}
