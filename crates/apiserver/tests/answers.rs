//! Objects with faults and the complete answers to them. Also checks that no fault stops the server.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use aqueduct_apiserver::Server;
use aqueduct_manifest::yaml::{Dialect, read_values};
use aqueduct_manifest::{Map, Value};

fn objects(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("the file is readable");
    read_values(&text, Dialect::Sigs).expect("the file is YAML")
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/objects");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder is readable")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
}

fn answer(server: &Server, object: &Value) -> String {
    let text = |path: &[&str]| object.at(path).and_then(Value::as_str).unwrap_or("-").to_owned();
    let answer = server.create(object);
    let known = if answer.is_built_in { "" } else { " (not built in)" };
    let mut out = format!("{} {}{known}\n", text(&["kind"]), text(&["metadata", "name"]));
    for cause in &answer.errors {
        writeln!(out, "  error {}: {} [{}]", cause.field, cause.message, cause.reason)
            .expect("text takes text");
    }
    for cause in &answer.warnings {
        writeln!(out, "  warning {}: {}", cause.field, cause.message).expect("text takes text");
    }
    out
}

#[test]
fn faults_are_named_with_their_fields() {
    let server = Server::new(37);
    for path in files() {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let answers: String = objects(&path).iter().map(|object| answer(&server, object)).collect();
        insta::assert_snapshot!(name, answers);
    }
}

#[test]
fn an_apply_refuses_repeated_entries() {
    let text = "
apiVersion: v1
kind: Pod
metadata:
  name: web
  finalizers: [example.org/a, example.org/a]
spec:
  containers:
    - name: web
      image: nginx
      args: [-v, -v]
      env:
        - {name: A, value: one}
        - {name: B}
        - {name: A, value: two}
      ports:
        - {containerPort: 80}
        - {containerPort: 80, protocol: UDP}
        - {containerPort: 80, protocol: TCP}
";
    let pod = read_values(text, Dialect::Sigs).expect("the text is YAML").remove(0);
    let server = Server::new(37);
    assert_eq!(server.create(&pod).errors, []);
    let errors = server.apply(&pod).errors;
    let fields: Vec<&str> = errors.iter().map(|cause| cause.field.as_str()).collect();
    let (env, ports) = ("spec.containers[0].env[2]", "spec.containers[0].ports[2]");
    assert_eq!(fields, ["metadata.finalizers[1]", env, ports]);
    assert_eq!(errors[2].message, "repeats the `containerPort` and `protocol` of an earlier entry");
}

#[test]
fn versions_answer_by_what_they_know() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {resources: {limits: {cpu: 1}}, hostAliases: [{ip: 010.0.0.1}], containers: [{name: a, image: a}]}}";
    let budget = "{apiVersion: policy/v1beta1, kind: PodDisruptionBudget, metadata: {name: a}}";
    let policy =
        "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, metadata: {name: a}}";
    let mut out = String::new();
    for minor in [25, 29, 30, 37, 99] {
        let server = Server::new(minor);
        for text in [pod, budget, policy] {
            let object = &read_values(text, Dialect::Sigs).expect("YAML")[0];
            write!(out, "1.{minor} {}", answer(&server, object)).expect("text takes text");
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn expressions_are_compiled() {
    let text = r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: policy}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints: {resourceRules: [{operations: ["*"], apiGroups: [""], apiVersions: [v1], resources: [pods]}]}
  matchConditions: [{name: a, expression: condition}]
  variables: [{name: one, expression: first}, {name: two, expression: second}]
  validations: [{expression: validation, messageExpression: message}]
  auditAnnotations: [{key: a, valueExpression: audit}]
---
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata: {name: gpu}
spec: {selectors: [{cel: {expression: device}}]}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Cluster
  names: {plural: things, kind: Thing}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {a: {type: string, x-kubernetes-validations: [{rule: rule, messageExpression: message}]}}
"#;
    let server = Server::new(37);
    let objects = read_values(text, Dialect::Sigs).expect("YAML");
    let answers: String = objects.iter().map(|object| answer(&server, object)).collect();
    insta::assert_snapshot!(answers);
}

/// The replacements for each value, one after the other.
fn others() -> Vec<Value> {
    let long = "x".repeat(70_000);
    vec![
        Value::Null,
        Value::Bool(true),
        Value::Int(-1),
        Value::Int(i64::MAX),
        Value::Int(i64::MIN),
        Value::Float(1.5),
        Value::from(""),
        Value::from("é/%\u{0}.-"),
        Value::from("-1e99999999999Ki"),
        Value::from(long),
        Value::from(Vec::new()),
        Value::from(vec![Value::Null, Value::from("a"), Value::Map(Map::new())]),
        Value::Map(Map::new()),
        Value::Map(Map::from_iter([("a/b/c", Value::Null), ("", Value::from("x"))])),
    ]
}

/// Calls a function with every variant of a value that differs in one place.
fn changed(value: &Value, others: &[Value], visit: &mut dyn FnMut(Value)) {
    for other in others {
        visit(other.clone());
    }
    match value {
        Value::List(list) => {
            for (number, item) in list.iter().enumerate() {
                changed(item, others, &mut |item| {
                    let mut all = list.to_vec();
                    all[number] = item;
                    visit(Value::from(all));
                });
            }
        }
        Value::Map(map) => {
            for (key, item) in map {
                changed(item, others, &mut |item| {
                    let mut all = map.clone();
                    all.insert(key.clone(), item);
                    visit(Value::Map(all));
                });
            }
        }
        _ => {}
    }
}

#[test]
fn no_value_in_any_place_stops_the_server() {
    let server = Server::new(37);
    let others = others();
    let mut count = 0;
    for path in files() {
        for object in objects(&path) {
            changed(&object, &others, &mut |changed| {
                server.apply(&changed);
                count += 1;
            });
        }
    }
    assert!(count > 15_000, "{count} objects are not enough");
}
