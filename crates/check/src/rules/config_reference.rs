//! Pods use ConfigMaps and keys that exist.

use crate::index::Index;
use crate::pod_reference::{Needed, references};
use crate::produced::{Keys, Produced};
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "config-reference",
    summary: "a pod needs a ConfigMap that does not exist",
    level: Level::Error,
    page: include_str!("config_reference.md"),
    check: config_reference,
};

fn config_reference(index: &Index<'_>, report: &mut Report) {
    let maps = Produced::config_maps(index);
    for pod in index.pods() {
        let entry = &pod.entry;
        if index.is_open(entry) || index.may_create(entry, "configmaps") {
            continue;
        }
        for reference in references(pod).iter().filter(|reference| reference.source == Needed::ConfigMap) {
            let (name, place, title) = (reference.name, &reference.place, entry.title());
            match (maps.get(pod.namespace(), name), reference.key) {
                (None, _) => {
                    let message =
                        format!("{title} needs a ConfigMap that does not exist: `{name}` for {place}");
                    report
                        .error(entry, reference.name_field.clone(), message)
                        .did_you_mean(name, maps.names(pod.namespace()));
                }
                (Some(Keys::Known(keys)), Some(key)) if !keys.contains(key) => {
                    let message = format!(
                        "{title} needs a key that ConfigMap `{name}` does not have: `{key}` for {place}"
                    );
                    report
                        .error(entry, reference.key_field.clone(), message)
                        .did_you_mean(key, keys.iter().map(String::as_str));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn config_maps_and_keys_must_exist() {
        insta::assert_snapshot!(findings("config-reference", "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      volumes:
      - {name: config, configMap: {name: wbe}}
      - {name: maybe, configMap: {name: nowhere, optional: true}}
      - {name: all, projected: {sources: [{configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca}]}}]}}
      containers:
      - name: web
        env:
        - {name: MODE, valueFrom: {configMapKeyRef: {name: web, key: moed}}}
        - {name: FINE, valueFrom: {configMapKeyRef: {name: web, key: mode}}}
        envFrom: [{configMapRef: {name: other}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data: {mode: fast}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: other, namespace: bank}
"), @r"
        error: `Deployment shop/web` needs a ConfigMap that does not exist: `other` for environment of container `web`: 1.yaml at spec.template.spec.containers[0].envFrom[0].configMapRef.name
        error: `Deployment shop/web` needs a ConfigMap that does not exist: `wbe` for volume `config`: 1.yaml at spec.template.spec.volumes[0].configMap.name
          hint: did you mean `web`?
        error: `Deployment shop/web` needs a key that ConfigMap `web` does not have: `moed` for variable `MODE` of container `web`: 1.yaml at spec.template.spec.containers[0].env[0].valueFrom.configMapKeyRef.key
          hint: did you mean `mode`?
        ");
    }
}
