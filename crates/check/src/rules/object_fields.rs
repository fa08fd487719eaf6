//! Objects have the fields of their kinds, with values that fit.
//!
//! The API server refuses a field that a kind does not have, a text where a number belongs, and a word that a field
//! does not take. Covered are the kinds of Kubernetes that most platforms consist of; of the rest, and of metadata,
//! nothing is said.
//!
//! ```yaml
//! kind: Deployment
//! spec: {replcas: 3}        # `replicas`
//! ```

use crate::fields::mistakes;
use crate::index::Index;
use crate::report::Report;
use crate::rule::Rule;

pub(crate) const RULE: Rule = Rule {
    name: "object-fields",
    summary: "an object has a field or a value that the API server refuses",
    check: object_fields,
};

fn object_fields(index: &Index<'_>, report: &mut Report) {
    for entry in index.entries() {
        for mistake in mistakes(entry.object) {
            let finding = report.error(entry, format!("{} has {}", entry.title(), mistake.what));
            if let Some(hint) = mistake.hint {
                finding.hint(hint);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn fields_are_those_of_the_kind() {
        insta::assert_snapshot!(findings("object-fields", "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replcas: 3
  replicas: 'two'
  selector: {matchLabels: {app: 1}}
  template:
    metadata: {anything: goes}
    spec:
      restartPolicy: always
      hostNetwork: 'yes'
      nodeSelector: [a]
      containers:
      - name: web
        imagePullPolicy: Sometimes
        command: run
        ports: [{containerPort: eighty}]
        resources: {requests: {cpu: 10mm, memory: 1Gi}, limits: {memory: [1]}}
        livenessProbe: {httpGet: {path: /, port: http}, periodSecond: 3}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: Nodeport, ports: [{port: 80, targetPort: http}]}
extra: 1
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: right, namespace: shop}
spec:
  replicas: null
  serviceName: right
  volumeClaimTemplates: [{metadata: {name: data}, spec: {resources: {requests: {storage: 1Gi}}}}]
  template: {spec: {containers: [{name: a, env: [{name: A, value: ''}], imagePullPolicy: '', resources: {}}]}}
---
apiVersion: example.com/v1
kind: Deployment
metadata: {name: other, namespace: shop}
spec: {replcas: 3}
"), @"");
    }
}
