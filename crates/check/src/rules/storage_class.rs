//! Volume claims have a storage class that the cluster knows.
//!
//! An empty name selects a manually created volume.

use aqueduct_manifest::Value;

use crate::facts::Entry;
use crate::index::Index;
use crate::pod::list_at;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "storage-class",
    summary: "a claim has an unknown storage class",
    level: Level::Error,
    page: include_str!("storage_class.md"),
    check: storage_class,
};

fn storage_class(index: &Index<'_>, report: &mut Report) {
    if index.cluster().storage_classes.is_empty() {
        return;
    }
    for entry in index.of_kind("", "PersistentVolumeClaim") {
        check_class(index, report, &entry, entry.object.at(&["spec", "storageClassName"]));
    }
    for entry in index.of_kind("apps", "StatefulSet") {
        let spec = entry.object.map.get("spec").unwrap_or(&Value::Null);
        for template in list_at(spec, "volumeClaimTemplates") {
            check_class(index, report, &entry, template.at(&["spec", "storageClassName"]));
        }
    }
    for pod in index.pods() {
        for volume in pod.volumes() {
            let class = volume.at(&["ephemeral", "volumeClaimTemplate", "spec", "storageClassName"]);
            check_class(index, report, &pod.entry, class);
        }
    }
}

fn check_class(index: &Index<'_>, report: &mut Report, entry: &Entry<'_>, class: Option<&Value>) {
    let listed = &index.cluster().storage_classes;
    let Some(field) = class else { return };
    let Some(class) = field.as_str().filter(|class| !class.is_empty()) else { return };
    if listed.contains(class) || index.get("storage.k8s.io", "StorageClass", "", class).is_some() {
        return;
    }
    let rendered = index.names("storage.k8s.io", "StorageClass", "");
    report
        .error(
            entry,
            field,
            format!("{} has a storage class that the cluster does not have: `{class}`", entry.title()),
        )
        .did_you_mean(class, listed.iter().map(String::as_str).chain(rendered));
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn a_class_must_be_known() {
        insta::assert_snapshot!(findings("storage-class", "
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
spec: {storageClassName: standart}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: database, namespace: shop}
spec: {volumeClaimTemplates: [{spec: {storageClassName: fast}}, {spec: {storageClassName: ''}}, {spec: {}}]}
"), @r"
        error: `PersistentVolumeClaim shop/data` has a storage class that the cluster does not have: `standart`: 1.yaml at spec.storageClassName
          hint: did you mean `standard`?
        error: `StatefulSet shop/database` has a storage class that the cluster does not have: `fast`: 2.yaml at spec.volumeClaimTemplates[0].spec.storageClassName
        ");
    }
}
