//! Volumes and claims.

use aqueduct_manifest::{Map, Object, Quantity, Value};

use super::{Update, is_nothing};
use crate::normal::same;

/// The fields of a volume that are not its source.
const NO_SOURCE: &[&str] = &[
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];

pub(super) fn volume(update: &mut Update<'_>) {
    let kind = update.kind.and_then(|kind| kind.field("spec"));
    let source = |value: &Value| {
        let mut spec = value.as_map().cloned().unwrap_or_default();
        for name in NO_SOURCE {
            spec.remove(name);
        }
        Value::Map(spec)
    };
    if !same(kind, &source(update.old_at("spec")), &source(update.new_at("spec"))) {
        let message = "spec.persistentvolumesource is immutable after creation";
        update.refuse("spec.persistentvolumesource", "FieldValueForbidden", message);
    }
    update.immutable("spec.volumeMode");
    if !is_nothing(update.old_at("spec.nodeAffinity")) {
        update.immutable("spec.nodeAffinity");
    }
}

/// The annotation for the class of a claim, from before the field existed.
const CLASS: &str = "volume.beta.kubernetes.io/storage-class";

pub(super) fn claim(update: &mut Update<'_>) {
    let kind = update.kind.and_then(|kind| kind.field("spec"));
    let spec = |value: &Value| value.as_map().cloned().unwrap_or_default();
    let (mut old, mut new) = (spec(update.old_at("spec")), spec(update.new_at("spec")));
    let class = |object: &Value| object.at(&["metadata", "annotations", CLASS]).cloned().unwrap_or_default();
    if class(update.live) != class(update.new) {
        let field = format!("metadata.annotations.{CLASS}");
        update.refuse(&field, "FieldValueInvalid", "field is immutable");
    }
    // A claim without a volume or a class may get one later.
    for name in ["volumeName", "storageClassName"] {
        let may_be_given = match name {
            "volumeName" => old.get(name).is_none_or(is_nothing),
            _ => old.get(name).is_none_or(Value::is_null) && class(update.live).is_null(),
        };
        if may_be_given && !new.get(name).is_none_or(Value::is_null) {
            new.remove(name);
            old.remove(name);
        }
    }
    let phase = update.old_at("status.phase").as_str();
    // Manifests do not contain the phase, and few claims wait for long.
    if phase != Some("Pending") {
        size(update, phase.is_some(), &mut old, &mut new);
        old.remove("volumeAttributesClassName");
        new.remove("volumeAttributesClassName");
    }
    if !same(kind, &Value::Map(old), &Value::Map(new)) {
        let message = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        update.refuse("spec", "FieldValueForbidden", message);
    }
}

/// A claim may grow if its class allows it.
fn size(update: &mut Update<'_>, is_bound: bool, old: &mut Map, new: &mut Map) {
    let amount = |spec: &Map| Quantity::read(spec.get("resources")?.at(&["requests", "storage"])?);
    let (Some(before), Some(after)) = (amount(old), amount(new)) else { return };
    if before == after {
        return;
    }
    let capacity = Quantity::read(super::at(update.live, "status.capacity.storage")).unwrap_or(before);
    let field = "spec.resources.requests.storage";
    if after < before && after < capacity {
        update.refuse(field, "FieldValueForbidden", "field can not be less than status.capacity");
    } else if after > before {
        let name = old.get("storageClassName").and_then(Value::as_str).unwrap_or_default();
        let is_class = |object: &&Object| object.kind() == "StorageClass" && object.name() == name;
        let grows = match update.around.iter().find(is_class) {
            Some(class) => class.at(&["allowVolumeExpansion"]).and_then(Value::as_bool) == Some(true),
            // A claim without a class may use the cluster's default, but a bound claim would show it.
            None => !(is_bound && name.is_empty()),
        };
        if !grows {
            let message =
                "only dynamically provisioned claims can be resized, and their class must support it";
            update.refuse(field, "Forbidden", message);
        }
    }
    for spec in [old, new] {
        spec.map_entry("resources").map_entry("requests").remove("storage");
    }
}
