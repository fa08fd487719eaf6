//! Objects have the fields of their kind, with values that fit.

use crate::fields::mistakes;
use crate::index::Index;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "object-fields",
    summary: "an object has a field or a value that the API server refuses",
    level: Level::Error,
    page: include_str!("object_fields.md"),
    check: object_fields,
};

fn object_fields(index: &Index<'_>, report: &mut Report) {
    for entry in index.entries() {
        for mistake in mistakes(entry.object) {
            let finding =
                report.error(entry, mistake.field, format!("{} has {}", entry.title(), mistake.what));
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
---
apiVersion: v1
kind: Secret
metadata: {name: encrypted, namespace: shop}
stringData: {a: 'ENC[AES256_GCM,data:p673w==,type:str]'}
sops: {version: 3.8.1}
"), @r"
        error: `Deployment shop/web` has a value of the wrong type in `spec.replicas`: the string `two` is not an integer: 1.yaml at spec.replicas
        error: `Deployment shop/web` has a value of the wrong type in `spec.selector.matchLabels.app`: the number `1` is not a string: 1.yaml at spec.selector.matchLabels.app
        error: `Deployment shop/web` has a value of the wrong type in `spec.template.spec.containers[0].command`: the string `run` is not a list: 1.yaml at spec.template.spec.containers[0].command
        error: `Deployment shop/web` has a value of the wrong type in `spec.template.spec.containers[0].ports[0].containerPort`: the string `eighty` is not an integer: 1.yaml at spec.template.spec.containers[0].ports[0].containerPort
        error: `Deployment shop/web` has a value of the wrong type in `spec.template.spec.containers[0].resources.limits.memory`: a list is not a quantity: 1.yaml at spec.template.spec.containers[0].resources.limits.memory
        error: `Deployment shop/web` has a value of the wrong type in `spec.template.spec.hostNetwork`: the string `yes` is not `true` or `false`: 1.yaml at spec.template.spec.hostNetwork
        error: `Deployment shop/web` has a value of the wrong type in `spec.template.spec.nodeSelector`: a list is not a map: 1.yaml at spec.template.spec.nodeSelector
        error: `Deployment shop/web` has an invalid quantity in `spec.template.spec.containers[0].resources.requests.cpu`: `10mm`: 1.yaml at spec.template.spec.containers[0].resources.requests.cpu
          hint: use a number with a suffix, such as `500m` or `2Gi`
        error: `Deployment shop/web` has an invalid value in `spec.template.spec.containers[0].imagePullPolicy`: `Sometimes`: 1.yaml at spec.template.spec.containers[0].imagePullPolicy
          hint: use one of `Always`, `IfNotPresent`, `Never`
        error: `Deployment shop/web` has an invalid value in `spec.template.spec.restartPolicy`: `always`: 1.yaml at spec.template.spec.restartPolicy
          hint: use one of `Always`, `Never`, `OnFailure`
        error: `Deployment shop/web` has an unknown field: `spec.replcas`: 1.yaml at spec.replcas
          hint: did you mean `replicas`?
        error: `Deployment shop/web` has an unknown field: `spec.template.spec.containers[0].livenessProbe.periodSecond`: 1.yaml at spec.template.spec.containers[0].livenessProbe.periodSecond
          hint: did you mean `periodSeconds`?
        error: `Service shop/web` has an invalid value in `spec.type`: `Nodeport`: 2.yaml at spec.type
          hint: use one of `ClusterIP`, `ExternalName`, `LoadBalancer`, `NodePort`
        error: `Service shop/web` has an unknown field: `extra`: 2.yaml at extra
        ");
    }
}
