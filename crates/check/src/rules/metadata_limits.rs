//! Labels and annotations keep within the limits of Kubernetes.

use aqueduct_manifest::{Value, is_label_key, is_label_name};

use crate::facts::Entry;
use crate::index::Index;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "metadata-limits",
    summary: "a label or annotation exceeds the limits of Kubernetes",
    level: Level::Error,
    page: include_str!("metadata_limits.md"),
    check: metadata_limits,
};

/// The size limit for all annotations of an object, in bytes.
const ANNOTATIONS: usize = 256 << 10;

fn metadata_limits(index: &Index<'_>, report: &mut Report) {
    for entry in index.entries() {
        if let Some(metadata) = entry.object.map.get("metadata") {
            check_labels(report, entry, metadata, "label");
            check_annotations(report, entry, metadata);
        }
    }
    for pod in index.pods().iter().filter(|pod| pod.entry.kind != "Pod") {
        if let Some(metadata) = pod.metadata {
            check_labels(report, &pod.entry, metadata, "pod label");
            check_annotations(report, &pod.entry, metadata);
        }
    }
}

fn check_labels(report: &mut Report, entry: &Entry<'_>, metadata: &Value, what: &str) {
    for (key, value) in metadata.get("labels").and_then(Value::as_map).into_iter().flatten() {
        let field = (metadata, ["labels", key.as_str()]);
        if !is_label_key(key) {
            report.error(
                entry,
                field,
                format!("{} has a {what} with an invalid key: `{key}`", entry.title()),
            );
        }
        match value {
            // The API server treats null as an empty string.
            Value::Null => {}
            Value::String(text) if text.is_empty() || text.len() <= 63 && is_label_name(text) => {}
            Value::String(text) => {
                report
                    .error(entry, field, format!("{} has a {what} with an invalid value: `{key}: {text}`", entry.title()))
                    .hint("at most 63 letters, digits, `-`, `_` and `.` are allowed, with a letter or digit at both ends");
            }
            other => {
                let kind = other.kind();
                report.error(
                    entry,
                    field,
                    format!("{} has a {what} that is {kind}, not a string: `{key}`", entry.title()),
                );
            }
        }
    }
}

fn check_annotations(report: &mut Report, entry: &Entry<'_>, metadata: &Value) {
    let mut size = 0_usize;
    for (key, value) in metadata.get("annotations").and_then(Value::as_map).into_iter().flatten() {
        let field = (metadata, ["annotations", key.as_str()]);
        if !is_label_key(&key.to_ascii_lowercase()) {
            report.error(
                entry,
                field,
                format!("{} has an annotation with an invalid key: `{key}`", entry.title()),
            );
        }
        match value {
            Value::String(text) => size = size.saturating_add(key.len()).saturating_add(text.len()),
            Value::Null => {}
            other => {
                let kind = other.kind();
                report.error(
                    entry,
                    field,
                    format!("{} has an annotation that is {kind}, not a string: `{key}`", entry.title()),
                );
            }
        }
    }
    if size > ANNOTATIONS {
        report.error(
            entry,
            (metadata, ["annotations"]),
            format!("{} has annotations that are too large: {size} of {ANNOTATIONS} bytes", entry.title()),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn labels_and_annotations_keep_to_their_limits() {
        let large = "x".repeat(256 << 10);
        let documents = format!(
            "
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {{a/b/c: x, version: 'v1+build', empty: '', nothing: null, number: 5}}
  annotations: {{Example.com/Key: anything at all, flag: true}}
spec: {{template: {{metadata: {{labels: {{app: -web}}}}, spec: {{containers: []}}}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: big, namespace: shop, annotations: {{a: {large}}}}}
"
        );
        insta::assert_snapshot!(findings("metadata-limits", &documents), @r"
        error: `Deployment shop/web` has a label that is integer, not a string: `number`: 1.yaml at metadata.labels.number
        error: `Deployment shop/web` has a label with an invalid key: `a/b/c`: 1.yaml at metadata.labels[a/b/c]
        error: `Deployment shop/web` has a label with an invalid value: `version: v1+build`: 1.yaml at metadata.labels.version
          hint: at most 63 letters, digits, `-`, `_` and `.` are allowed, with a letter or digit at both ends
        error: `Deployment shop/web` has a pod label with an invalid value: `app: -web`: 1.yaml at spec.template.metadata.labels.app
          hint: at most 63 letters, digits, `-`, `_` and `.` are allowed, with a letter or digit at both ends
        error: `Deployment shop/web` has an annotation that is boolean, not a string: `flag`: 1.yaml at metadata.annotations.flag
        error: `ConfigMap shop/big` has annotations that are too large: 262145 of 262144 bytes: 2.yaml at metadata.annotations
        ");
    }
}
