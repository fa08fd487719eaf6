//! Pods use Secrets and keys that something creates.

use crate::index::Index;
use crate::pod_reference::{Needed, references};
use crate::produced::Keys;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "secret-reference",
    summary: "a pod needs a Secret that nothing creates",
    level: Level::Either,
    page: include_str!("secret_reference.md"),
    check: secret_reference,
};

fn secret_reference(index: &Index<'_>, report: &mut Report) {
    let secrets = index.secrets();
    for pod in index.pods() {
        let entry = &pod.entry;
        if index.is_open(entry) || index.may_create(entry, "secrets") {
            continue;
        }
        for reference in references(pod) {
            let (name, place, title) = (reference.name, &reference.place, entry.title());
            let message = format!("{title} needs a Secret that nothing creates: `{name}` for {place}");
            match (reference.source, secrets.get(pod.namespace(), name), reference.key) {
                (Needed::Secret, None, _) => {
                    report
                        .error(entry, reference.name_field, message)
                        .hint("add an ExternalSecret, or mark the reference `optional: true`")
                        .did_you_mean(name, secrets.names(pod.namespace()));
                }
                (Needed::Secret, Some(Keys::Known(keys)), Some(key)) if !keys.contains(key) => {
                    let message = format!(
                        "{title} needs a key that Secret `{name}` does not have: `{key}` for {place}"
                    );
                    report
                        .error(entry, reference.key_field, message)
                        .did_you_mean(key, keys.iter().map(String::as_str));
                }
                (Needed::PullSecret, None, _) => {
                    report
                        .warning(entry, reference.name_field, message)
                        .did_you_mean(name, secrets.names(pod.namespace()));
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
    fn secrets_and_keys_must_be_made() {
        insta::assert_snapshot!(findings("secret-reference", "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      imagePullSecrets: [{name: registry}]
      volumes:
      - {name: tls, secret: {secretName: web-tls}}
      - {name: key, secret: {secretName: nobody}}
      containers:
      - name: web
        env:
        - {name: A, valueFrom: {secretKeyRef: {name: external, key: pasword}}}
        - {name: B, valueFrom: {secretKeyRef: {name: external, key: password}}}
        - {name: C, valueFrom: {secretKeyRef: {name: web-user.db.credentials.postgresql.acid.zalan.do, key: password}}}
        - {name: D, valueFrom: {secretKeyRef: {name: whatever, key: x, optional: true}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: external, namespace: shop}
spec: {data: [{secretKey: password}]}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: web, namespace: shop}
spec: {secretName: web-tls}
---
apiVersion: acid.zalan.do/v1
kind: postgresql
metadata: {name: db, namespace: shop, labels: {component: db}}
spec: {users: {web_user: []}}
"), @r"
        error: `Deployment shop/web` needs a Secret that nothing creates: `nobody` for volume `key`: 1.yaml at spec.template.spec.volumes[1].secret.secretName
          hint: add an ExternalSecret, or mark the reference `optional: true`
        error: `Deployment shop/web` needs a key that Secret `external` does not have: `pasword` for variable `A` of container `web`: 1.yaml at spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.key
          hint: did you mean `password`?
        warning: `Deployment shop/web` needs a Secret that nothing creates: `registry` for image pull secrets: 1.yaml at spec.template.spec.imagePullSecrets[0].name
        ");
    }

    #[test]
    fn a_component_that_makes_secrets_is_left_alone() {
        insta::assert_snapshot!(findings("secret-reference", "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {spec: {containers: [], volumes: [{name: a, secret: {secretName: made-later}}]}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web, namespace: shop}
rules: [{apiGroups: [''], resources: [secrets], verbs: [get, create]}]
"), @"");
    }
}
