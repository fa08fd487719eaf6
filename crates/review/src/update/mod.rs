//! What a server refuses about an update, in addition to what it refuses about a new object.

pub(crate) mod job;
mod pod;
pub(crate) mod service;
mod storage;

use std::collections::BTreeSet;

use aqueduct_apiserver::{Cause, FieldType};
use aqueduct_manifest::{Object, Value};

use crate::normal::same;
use crate::write::Apply;

/// A stored object and its replacement.
pub(crate) struct Update<'a> {
    pub(crate) kind: Option<FieldType>,
    pub(crate) apply: Apply,
    /// What the server stores now.
    pub(crate) live: &'a Value,
    /// What it would store.
    pub(crate) new: &'a Value,
    /// The new manifest.
    pub(crate) manifest: &'a Value,
    /// The manifests around it.
    pub(crate) around: &'a [Object],
    pub(crate) causes: Vec<Cause>,
}

static NOTHING: Value = Value::Null;

impl<'a> Update<'a> {
    pub(crate) fn old_at(&self, path: &str) -> &'a Value {
        at(self.live, path)
    }

    pub(crate) fn new_at(&self, path: &str) -> &'a Value {
        at(self.new, path)
    }

    /// Tells whether a field means the same before and after.
    pub(crate) fn is_same(&self, path: &str) -> bool {
        let kind =
            path.split('.').try_fold(self.kind, |kind, step| Some(kind.and_then(|kind| kind.field(step))));
        let (old, new) = (self.old_at(path), self.new_at(path));
        same(kind.flatten(), old, new) || is_nothing(old) && is_nothing(new)
    }

    pub(crate) fn refuse(&mut self, field: &str, reason: &'static str, message: &str) {
        self.causes.push(Cause { field: field.to_owned(), reason, message: message.to_owned() });
    }

    /// Refuses a change of a field.
    pub(crate) fn immutable(&mut self, path: &str) {
        if !self.is_same(path) {
            self.refuse(path, "FieldValueInvalid", "field is immutable");
        }
    }
}

/// Returns the value at a dotted path.
pub(crate) fn at<'v>(value: &'v Value, path: &str) -> &'v Value {
    path.split('.').try_fold(value, |value, step| value.get(step)).unwrap_or(&NOTHING)
}

/// Tells whether a value is missing or empty.
pub(crate) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    }
}

/// The fields that can never change, by group and kind.
const IMMUTABLE: &[(&str, &str, &[&str])] = &[
    ("", "Secret", &["type"]),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        &["spec.group", "spec.scope", "spec.names.kind", "spec.names.plural"],
    ),
    ("apps", "ControllerRevision", &["data"]),
    ("apps", "DaemonSet", &["spec.selector"]),
    ("apps", "Deployment", &["spec.selector"]),
    ("apps", "ReplicaSet", &["spec.selector"]),
    ("apps", "StatefulSet", &["spec.selector", "spec.serviceName", "spec.podManagementPolicy"]),
    ("discovery.k8s.io", "EndpointSlice", &["addressType"]),
    ("networking.k8s.io", "IngressClass", &["spec.controller"]),
    ("node.k8s.io", "RuntimeClass", &["handler"]),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", &["roleRef"]),
    ("rbac.authorization.k8s.io", "RoleBinding", &["roleRef"]),
    ("resource.k8s.io", "ResourceClaim", &["spec"]),
    ("resource.k8s.io", "ResourceClaimTemplate", &["spec"]),
    ("scheduling.k8s.io", "PriorityClass", &["value", "preemptionPolicy"]),
    ("storage.k8s.io", "CSIDriver", &["spec.attachRequired", "spec.volumeLifecycleModes"]),
    ("storage.k8s.io", "CSIStorageCapacity", &["nodeTopology", "storageClassName"]),
    ("storage.k8s.io", "StorageClass", &["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"]),
    ("storage.k8s.io", "VolumeAttributesClass", &["driverName", "parameters"]),
];

/// Adds what is refused about an update.
pub(crate) fn check(update: &mut Update<'_>, group: &str, kind: &str) {
    metadata(update);
    for (known, name, paths) in IMMUTABLE {
        if *known == group && *name == kind {
            for path in *paths {
                update.immutable(path);
            }
        }
    }
    match (group, kind) {
        ("", "ConfigMap" | "Secret") => sealed(update),
        ("", "PersistentVolume") => storage::volume(update),
        ("", "PersistentVolumeClaim") => storage::claim(update),
        ("", "Pod") => pod::check(update),
        ("", "ResourceQuota") => quota(update),
        ("", "Service") => service::check(update),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(update),
        ("apps", "StatefulSet") => claim_templates(update),
        ("batch", "Job") => job::check(update),
        _ => {}
    }
}

/// Metadata that the server writes may be repeated, but not changed.
fn metadata(update: &mut Update<'_>) {
    let (old, new) = (update.old_at("metadata.uid"), update.new_at("metadata.uid"));
    if !is_nothing(new) && old != new {
        update.refuse("metadata.uid", "FieldValueInvalid", "field is immutable");
    }
    let (old, new) = (update.old_at("metadata.resourceVersion"), update.new_at("metadata.resourceVersion"));
    // Two objects read from a server have different versions, which means nothing here.
    if !is_nothing(new) && is_nothing(old) {
        let message = "the object has been modified; please apply your changes to the latest version";
        update.refuse("metadata.resourceVersion", "Conflict", message);
    }
}

/// Immutable ConfigMaps and Secrets must keep their content.
fn sealed(update: &mut Update<'_>) {
    if update.old_at("immutable").as_bool() != Some(true) {
        return;
    }
    let message = "field is immutable when `immutable` is set";
    if update.new_at("immutable").as_bool() != Some(true) {
        update.refuse("immutable", "FieldValueForbidden", message);
    }
    for field in ["data", "binaryData"] {
        if !update.is_same(field) {
            update.refuse(field, "FieldValueForbidden", message);
        }
    }
}

fn quota(update: &mut Update<'_>) {
    let scopes = |value: &Value| -> BTreeSet<String> {
        value.as_list().into_iter().flatten().filter_map(|scope| scope.as_str().map(str::to_owned)).collect()
    };
    if scopes(update.old_at("spec.scopes")) != scopes(update.new_at("spec.scopes")) {
        update.refuse("spec.scopes", "FieldValueInvalid", "field is immutable");
    }
}

/// Objects may be stored in every version that was ever the storage version.
fn definition(update: &mut Update<'_>) {
    let name = |version: &Value| version.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_storage = |version: &&Value| version.get("storage").and_then(Value::as_bool) == Some(true);
    let list = |value: &Value| value.as_list().cloned().unwrap_or_default();
    let mut stored: BTreeSet<String> =
        list(update.old_at("spec.versions")).iter().filter(is_storage).map(name).collect();
    let said = list(update.old_at("status.storedVersions"));
    stored.extend(said.iter().filter_map(|version| version.as_str().map(str::to_owned)));
    let after: BTreeSet<String> = list(update.new_at("spec.versions")).iter().map(name).collect();
    for version in stored.difference(&after) {
        let message = format!("version `{version}` may hold objects and must remain in spec.versions");
        update.refuse("status.storedVersions", "FieldValueInvalid", &message);
    }
}

/// The claims of a StatefulSet are compared without what the server adds to them.
fn claim_templates(update: &mut Update<'_>) {
    let kind =
        ["spec", "volumeClaimTemplates"].iter().try_fold(update.kind, |kind, step| Some(kind?.field(step)));
    let clean = |list: &Value| {
        let mut list = list.as_list().cloned().unwrap_or_default();
        for claim in list.make_mut() {
            if let Some(claim) = claim.as_map_mut() {
                for name in ["apiVersion", "kind", "status"] {
                    claim.remove(name);
                }
                claim.map_entry("metadata").remove("creationTimestamp");
            }
        }
        Value::List(list)
    };
    let path = "spec.volumeClaimTemplates";
    if !same(kind.flatten(), &clean(update.old_at(path)), &clean(update.new_at(path))) {
        update.refuse(path, "FieldValueInvalid", "field is immutable");
    }
}
