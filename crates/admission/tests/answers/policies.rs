//! Validating admission policies, compared with the answers of a real server and of the policies' authors.

use aqueduct_admission::{Action, AdmissionFinding, Cluster};
use aqueduct_manifest::{List, Map, Object, Value};

use crate::corpus::{Tally, into_namespace, lines, object, objects};

fn is_refused(findings: &[AdmissionFinding]) -> bool {
    findings.iter().any(|finding| finding.action == Action::Deny)
}

#[test]
fn policies_say_what_their_tests_say() {
    let mut tally = Tally::new("policy verdicts");
    for row in lines("policy-verdicts.jsonl") {
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        let mut cluster = Cluster::new(37);
        let mut broken = Vec::new();
        for (place, unit) in
            row.get("units").and_then(Value::as_list).cloned().unwrap_or_default().iter().enumerate()
        {
            let name = format!("unit-{place}");
            let field = |key: &str| unit.get(key).cloned().unwrap_or_default();
            let any = || Value::from(vec![Value::from("*")]);
            let rule = Map::from_iter([
                ("apiGroups", any()),
                ("apiVersions", any()),
                ("operations", any()),
                ("resources", any()),
            ]);
            let rules = Value::Map(Map::from_iter([("resourceRules", Value::from(vec![Value::Map(rule)]))]));
            let spec = Map::from_iter([
                ("variables", field("variables")),
                ("validations", field("validations")),
                ("matchConditions", field("mc")),
                ("matchConstraints", rules),
            ]);
            broken.extend(cluster.admit(&admission("ValidatingAdmissionPolicy", &name, spec)));
            let actions: List = vec![Value::from("Deny")].into();
            let spec = Map::from_iter([
                ("policyName", Value::from(name.as_str())),
                ("validationActions", actions.into()),
            ]);
            cluster.add(&admission("ValidatingAdmissionPolicyBinding", &name, spec));
        }
        let findings = cluster.admit(&object(&row, "object").expect("an object"));
        let wanted = text("want");
        // What only the tool of these tests supports, such as image lookups, does not compile in any server.
        if !broken.is_empty() {
            println!("    not of Kubernetes: {} {}", text("policy"), text("name"));
            continue;
        }
        let agrees = is_refused(&findings) == (wanted == "fail");
        tally.count(agrees, wanted != "fail", || {
            format!("{} {} {}: {wanted}, {findings:?} {broken:?}", text("test"), text("policy"), text("name"))
        });
    }
    tally.hold(1000);
}

fn admission(kind: &str, name: &str, spec: Map) -> Object {
    Object::new(Map::from_iter([
        ("apiVersion", Value::from("admissionregistration.k8s.io/v1")),
        ("kind", Value::from(kind)),
        ("metadata", Value::Map(Map::from_iter([("name", name)]))),
        ("spec", Value::Map(spec)),
    ]))
}

#[test]
fn a_server_refuses_the_same_objects() {
    let mut tally = Tally::new("policies");
    for row in lines("admission/policies.jsonl") {
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        if row.get("old").is_some() || !matches!(text("operation").as_str(), "" | "CREATE") {
            continue;
        }
        let namespace = object(&row, "namespace").expect("a namespace");
        let mut cluster = Cluster::new(37);
        cluster.add(&namespace);
        if let Some(schema) = row.get("param_crd_schema").filter(|schema| !schema.is_null()) {
            cluster.add(&params_definition(schema));
        }
        for param in objects(&row, "params") {
            cluster.add(&into_namespace(param, namespace.name()));
        }
        let judged = object(&row, "object").expect("an object");
        if judged.kind() != "ValidatingAdmissionPolicy" {
            let broken = cluster.admit(&object(&row, "policy").expect("a policy"));
            if is_refused(&broken) {
                tally.count(false, true, || format!("{}: the policy is good, {broken:?}", text("name")));
            }
            cluster.add(&object(&row, "binding").expect("a binding"));
        }
        let is_cluster_scoped =
            ["Namespace", "ValidatingAdmissionPolicy", "ClusterRole"].contains(&judged.kind());
        let judged = if is_cluster_scoped { judged } else { into_namespace(judged, namespace.name()) };
        let findings = cluster.admit(&judged);
        let is_wanted = text("answer") == "refused";
        tally.count(is_refused(&findings) == is_wanted, !is_wanted, || {
            format!("{}: {} {}, {findings:?}", text("name"), text("answer"), text("message"))
        });
    }
    tally.hold(990);
}

/// The definition of the parameters that the recorded policies take.
fn params_definition(schema: &Value) -> Object {
    let version = Map::from_iter([
        ("name", Value::from("v1")),
        ("served", Value::from(true)),
        ("storage", Value::from(true)),
        ("schema", Value::Map(Map::from_iter([("openAPIV3Schema", schema.clone())]))),
    ]);
    let names = Map::from_iter([("plural", "limits"), ("kind", "Limit")]);
    let spec = Map::from_iter([
        ("group", Value::from("params.example.com")),
        ("scope", Value::from("Namespaced")),
        ("names", Value::Map(names)),
        ("versions", Value::from(vec![Value::Map(version)])),
    ]);
    Object::new(Map::from_iter([
        ("apiVersion", Value::from("apiextensions.k8s.io/v1")),
        ("kind", Value::from("CustomResourceDefinition")),
        ("metadata", Value::Map(Map::from_iter([("name", "limits.params.example.com")]))),
        ("spec", Value::Map(spec)),
    ]))
}
