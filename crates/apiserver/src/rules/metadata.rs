//! The metadata of every object: names, labels, annotations, owners, finalizers.

use aqueduct_manifest::is_cluster_scoped;

use crate::field::Field;
use crate::names;
use crate::report::{Format, Report};

/// The size limit for all annotations of an object, in bytes.
const ANNOTATIONS: usize = 256 * 1024;

/// How the name of an object is checked.
#[derive(Clone, Copy)]
pub(crate) struct NameRule {
    /// The form of a whole name.
    pub(crate) name: Format,
    /// The form of a prefix for generated names.
    pub(crate) prefix: Format,
}

pub(crate) const SUBDOMAIN: NameRule =
    NameRule { name: names::subdomain, prefix: |text| names::subdomain(&masked(text)) };
pub(crate) const LABEL: NameRule =
    NameRule { name: names::label, prefix: |text| names::label(&masked(text)) };
pub(crate) const PATH_SEGMENT: NameRule =
    NameRule { name: names::path_segment, prefix: names::path_segment_prefix };

/// For kinds of which only the whole name is checked.
pub(crate) const WHOLE_SUBDOMAIN: NameRule =
    NameRule { name: names::subdomain, prefix: names::path_segment_prefix };

/// The kinds whose written generation the API server keeps.
const WITHOUT_GENERATION: [&str; 13] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "Endpoints",
    "LimitRange",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "ResourceQuota",
    "Role",
    "RoleBinding",
    "Secret",
    "ServiceAccount",
    "StorageClass",
];

/// The kinds whose finalizers need no domain.
const WITH_FREE_FINALIZERS: [&str; 11] = [
    "APIService",
    "CustomResourceDefinition",
    "Event",
    "Lease",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "PodDisruptionBudget",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
];

/// Replaces a dash at the end with a letter, because more will follow.
fn masked(text: &str) -> String {
    match text.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            let mut letters: String = rest.to_owned();
            letters.pop();
            letters + "a"
        }
        _ => text.to_owned(),
    }
}

/// Checks the metadata of an object.
pub(crate) fn check(root: &Field<'_>, rule: NameRule, report: &mut Report) {
    let meta = root.get("metadata");
    let (kind, namespace) = (root.get("kind"), meta.get("namespace"));
    // The API server ignores the namespace of cluster-scoped objects.
    let group = root.get("apiVersion").text().split_once('/').map_or("", |(group, _)| group);
    if !is_cluster_scoped(group, kind.text()) {
        report.optional_format(&namespace, names::label);
    }
    // Kinds with a generation start at 1, whatever is written.
    if WITHOUT_GENERATION.contains(&kind.text()) {
        report.not_negative(&meta.get("generation"));
    }
    let (name, prefix) = (meta.get("name"), meta.get("generateName"));
    report.optional_format(&prefix, rule.prefix);
    if !name.is_empty() {
        report.format(&name, rule.name);
    } else if prefix.is_empty() {
        report.required(&name, "name or generateName is required");
    } else if (rule.name)(&generated(prefix.text())).is_some() {
        report.invalid(&name, "what is generated is no valid name");
    }
    labels(&meta.get("labels"), report);
    annotations(&meta.get("annotations"), report);
    owners(&meta.get("ownerReferences"), report);
    finalizers(&meta.get("finalizers"), !WITH_FREE_FINALIZERS.contains(&kind.text()), report);
}

/// Returns a name that the API server could generate.
pub(crate) fn generated(prefix: &str) -> String {
    const LONGEST: usize = 58;
    let end = (0..=prefix.len().min(LONGEST)).rev().find(|end| prefix.is_char_boundary(*end)).unwrap_or(0);
    format!("{}xxxxx", &prefix[..end])
}

/// Checks labels, or a label selector.
pub(crate) fn labels(field: &Field<'_>, report: &mut Report) {
    for (key, value) in field.entries() {
        if let Some(problem) = names::qualified_name(key) {
            report.invalid_as(field, key, problem);
        }
        if let Some(problem) = names::label_value(value.text()) {
            report.invalid_as(field, value.text(), problem);
        }
    }
}

pub(crate) fn annotations(field: &Field<'_>, report: &mut Report) {
    let mut total = 0;
    for (key, value) in field.entries() {
        total += key.len() + value.len();
        if let Some(problem) = names::annotation_key(key) {
            report.invalid_as(field, key, problem);
        }
    }
    if total > ANNOTATIONS {
        report.too_long(field, ANNOTATIONS);
    }
}

fn owners(field: &Field<'_>, report: &mut Report) {
    for owner in field.items() {
        let version = owner.get("apiVersion");
        match version.text() {
            "" => report.required(&version, "must not be empty"),
            text if text.matches('/').count() > 1 => {
                report.invalid(&version, "must be <group>/<version> or <version>")
            }
            text => {
                let number = text.rsplit('/').next().unwrap_or_default();
                if number.is_empty() {
                    report.required(&version, "must not be empty");
                }
                if text == "v1" && owner.get("kind").text() == "Event" {
                    report.invalid(&owner, "/v1, Kind=Event is disallowed from being an owner");
                }
            }
        }
        for name in ["kind", "name", "uid"] {
            let field = owner.get(name);
            if field.is_empty() {
                report.required(&field, "must not be empty");
            }
        }
    }
    if field.items().filter(|owner| owner.get("controller").is_true()).count() > 1 {
        report.invalid(field, "Only one reference can have Controller set to true");
    }
}

fn finalizers(field: &Field<'_>, are_known: bool, report: &mut Report) {
    for finalizer in field.items() {
        let text = finalizer.text();
        if let Some(problem) = names::qualified_name(text) {
            report.invalid_as(field, text, problem);
        }
        if are_known && !text.contains('/') && !["orphan", "foregroundDeletion", "kubernetes"].contains(&text)
        {
            report.invalid(&finalizer, "name is neither a standard finalizer name nor is it fully qualified");
        }
    }
    if field.has("orphan") && field.has("foregroundDeletion") {
        report.invalid(field, "finalizer orphan and foregroundDeletion cannot be both set");
    }
}
