//! The names and labels of custom resources.

use aqueduct_cel::format_faults;
use aqueduct_manifest::{Object, Value};

use crate::Cause;

/// Returns what is wrong with the metadata of an object.
pub(super) fn check(object: &Object) -> Vec<Cause> {
    let metadata = object.map.get("metadata").cloned().unwrap_or_default();
    let mut causes = labels(&metadata, "metadata");
    let name = object.name();
    if !name.is_empty() {
        invalid("metadata.name", name, "dns1123Subdomain", &mut causes);
    }
    causes
}

/// Returns what is wrong with labels and annotations.
pub(super) fn labels(metadata: &Value, path: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    let entries = |field: &str| metadata.get(field).and_then(Value::as_map).cloned().unwrap_or_default();
    for (key, value) in &entries("labels") {
        invalid(&format!("{path}.labels"), key, "qualifiedName", &mut causes);
        invalid(&format!("{path}.labels"), value.as_str().unwrap_or(""), "labelValue", &mut causes);
    }
    for (key, _) in &entries("annotations") {
        invalid(&format!("{path}.annotations"), &key.to_lowercase(), "qualifiedName", &mut causes);
    }
    causes
}

fn invalid(field: &str, value: &str, format: &str, causes: &mut Vec<Cause>) {
    for fault in format_faults(format, value).unwrap_or_default() {
        let message = format!("Invalid value: \"{value}\": {fault}");
        causes.push(Cause { field: field.to_owned(), reason: "FieldValueInvalid", message });
    }
}
