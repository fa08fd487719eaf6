//! The parts of a pod have unique names, and its mounts have volumes.

use std::collections::BTreeSet;

use aqueduct_manifest::Value;

use crate::index::Index;
use crate::pod::{Pod, list_at, text};
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "pod-parts",
    summary: "a pod mounts a missing volume, or uses a name twice",
    level: Level::Error,
    page: include_str!("pod_parts.md"),
    check: pod_parts,
};

fn pod_parts(index: &Index<'_>, report: &mut Report) {
    // Only its operator knows what becomes of the template of a custom kind.
    for pod in index.pods().iter().filter(|pod| !pod.entry.group.contains('.')) {
        let title = pod.entry.title();
        let volumes: Vec<&str> = pod.volumes().iter().map(|volume| text(volume, "name")).collect();
        for name in twice(&volumes) {
            report.error(
                &pod.entry,
                (last(pod.volumes(), "name", name), ["name"]),
                format!("{title} has two volumes with the same name: `{name}`"),
            );
        }
        let containers: Vec<&str> = pod.containers().map(|container| container.name).collect();
        for name in twice(&containers) {
            let field = pod.containers().filter(|container| container.name == name).last();
            let field = (field.map_or(pod.spec, |container| container.value), ["name"]);
            report.error(
                &pod.entry,
                field,
                format!("{title} has two containers with the same name: `{name}`"),
            );
        }
        let known: BTreeSet<&str> = volumes.iter().copied().chain(claims(pod)).collect();
        for container in pod.containers() {
            let of = format!("container `{}` of {title}", container.name);
            let mounts = list_at(container.value, "volumeMounts");
            let devices = list_at(container.value, "volumeDevices");
            for mount in mounts.iter().chain(devices) {
                let name = text(mount, "name");
                if !name.is_empty() && !known.contains(name) {
                    report
                        .error(
                            &pod.entry,
                            (mount, ["name"]),
                            format!("{of} mounts a volume that does not exist: `{name}`"),
                        )
                        .did_you_mean(name, known.iter().copied());
                }
            }
            let texts = |list: &'static str, key| -> Vec<&str> {
                list_at(container.value, list).iter().map(|item| text(item, key)).collect()
            };
            for path in twice(&texts("volumeMounts", "mountPath")) {
                let field = (last(mounts, "mountPath", path), ["mountPath"]);
                report.error(
                    &pod.entry,
                    field,
                    format!("{of} mounts two volumes at the same path: `{path}`"),
                );
            }
            for name in twice(&texts("env", "name")) {
                let field = (last(list_at(container.value, "env"), "name", name), ["name"]);
                report.error(
                    &pod.entry,
                    field,
                    format!("{of} has two variables with the same name: `{name}`"),
                );
            }
        }
    }
}

/// Returns the volumes that a StatefulSet creates from its claim templates.
fn claims<'a>(pod: &Pod<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    let spec = pod.entry.object.map.get("spec");
    let templates = spec.map_or(&[][..], |spec| list_at(spec, "volumeClaimTemplates"));
    templates.iter().filter_map(|template| template.at(&["metadata", "name"]).and_then(Value::as_str))
}

/// Returns the last item with a given text.
fn last<'a>(items: &'a [Value], key: &str, wanted: &str) -> &'a Value {
    items.iter().rfind(|item| text(item, key) == wanted).unwrap_or(&Value::Null)
}

/// Returns the texts that occur more than once, in order.
fn twice<'a>(texts: &[&'a str]) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    texts.iter().copied().filter(|text| !text.is_empty() && !seen.insert(*text)).collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn parts_have_names_of_their_own() {
        insta::assert_snapshot!(findings("pod-parts", "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      volumes: [{name: all, emptyDir: {}}, {name: all, emptyDir: {}}, {name: data, emptyDir: {}}]
      initContainers: [{name: web, volumeMounts: [{name: data, mountPath: /y}]}]
      containers:
      - name: web
        env: [{name: A, value: a}, {name: B}, {name: A, value: b}]
        volumeMounts: [{name: dta, mountPath: /x}, {name: all, mountPath: /y}, {name: data, mountPath: /y}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store, namespace: shop}
spec:
  volumeClaimTemplates: [{metadata: {name: data}}]
  template: {spec: {containers: [{name: a, volumeMounts: [{name: data, mountPath: /x}]}]}}
---
apiVersion: apps.kruise.io/v1alpha1
kind: CloneSet
metadata: {name: custom, namespace: shop}
spec: {template: {spec: {containers: [{name: a, volumeMounts: [{name: injected, mountPath: /x}]}]}}}
"), @r"
        error: `Deployment shop/web` has two containers with the same name: `web`: 1.yaml at spec.template.spec.containers[0].name
        error: `Deployment shop/web` has two volumes with the same name: `all`: 1.yaml at spec.template.spec.volumes[1].name
        error: container `web` of `Deployment shop/web` has two variables with the same name: `A`: 1.yaml at spec.template.spec.containers[0].env[2].name
        error: container `web` of `Deployment shop/web` mounts a volume that does not exist: `dta`: 1.yaml at spec.template.spec.containers[0].volumeMounts[0].name
          hint: did you mean `data`?
        error: container `web` of `Deployment shop/web` mounts two volumes at the same path: `/y`: 1.yaml at spec.template.spec.containers[0].volumeMounts[2].mountPath
        ");
    }
}
