//! Clusters built from our own objects, in file order, and the findings about each.

use std::fmt::Write as _;
use std::fs;

use aqueduct_admission::{Action, Cluster};
use aqueduct_manifest::{Object, yaml};

#[test]
fn each_object_is_judged_by_what_stands_before_it() {
    insta::glob!("clusters/*.yaml", |path| {
        let text = fs::read_to_string(path).expect("the file is readable");
        let documents = yaml::read_documents(&text, yaml::Dialect::Sigs).expect("the file is YAML");
        let mut cluster = Cluster::new(37);
        let mut answers = String::new();
        for document in documents {
            let object = Object::new(document.value.as_map().expect("an object").clone());
            writeln!(answers, "{} {}", object.kind(), object.name()).expect("text can be written");
            for finding in cluster.admit(&object) {
                let cause = &finding.cause;
                let field =
                    if cause.field.is_empty() { String::new() } else { format!(" at {}", cause.field) };
                writeln!(answers, "    {:?} {} {}{field}", finding.action, finding.rule, cause.reason)
                    .expect("text can be written");
                for line in cause.message.lines() {
                    writeln!(answers, "        {line}").expect("text can be written");
                }
            }
        }
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(answers) });
    });
}

/// Returns the findings about an object in a whole cluster, and in a partial one that has a policy with unknown
/// parameters.
#[test]
fn a_part_of_a_cluster_does_not_tell_what_is_missing() {
    let text = "
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: limits}
spec:
  paramKind: {apiVersion: example.com/v1, kind: Limit}
  matchConstraints:
    resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [secrets]}]
  validations: [{expression: 'true'}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: limits}
spec: {policyName: limits, validationActions: [Deny], paramRef: {name: a, parameterNotFoundAction: Allow}}
---
apiVersion: v1
kind: Secret
metadata: {name: a}
";
    let documents = yaml::read_documents(text, yaml::Dialect::Sigs).expect("the text is YAML");
    let actions = [Cluster::new(37), Cluster::partial(37)].map(|mut cluster| {
        let judged = documents.iter().map(|one| {
            let object = Object::new(one.value.as_map().expect("an object").clone());
            cluster.admit(&object).iter().map(|finding| finding.action).collect::<Vec<_>>()
        });
        judged.last().expect("an object was judged")
    });
    assert_eq!(actions, [[Action::Deny], [Action::Unknown]]);
}

/// A quota keeps counting after everything that affects others has been added, even if it is added again.
#[test]
fn a_settled_cluster_counts_on() {
    let text = "
apiVersion: v1
kind: ResourceQuota
metadata: {name: two, namespace: shop}
spec: {hard: {count/configmaps: '2'}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: first, namespace: shop}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: second, namespace: shop}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: third, namespace: shop}}
";
    let documents = yaml::read_documents(text, yaml::Dialect::Sigs).expect("the text is YAML");
    let objects: Vec<Object> = documents
        .iter()
        .map(|document| Object::new(document.value.as_map().expect("an object").clone()))
        .collect();
    let mut cluster = Cluster::partial(37);
    cluster.settle(objects[..1].iter());
    let mut refused = |number: usize| cluster.admit(&objects[number]).len();
    assert_eq!([1, 1, 0, 2, 1, 3].map(&mut refused), [0, 0, 0, 0, 0, 1]);
}
