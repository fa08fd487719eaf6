//! The Pod Security Standards, for pods that real servers judged and some of our own.

use std::fs;

use aqueduct_admission::pod_security::{PodSecurityLevel, violations};
use aqueduct_admission::{Action, Cluster};
use aqueduct_manifest::{Object, Value, yaml};

use crate::corpus::{self, Tally, folder, lines};

#[test]
fn each_pod_fails_the_check_that_a_server_names() {
    let mut tally = Tally::new("pod security");
    for row in lines("pod-security/cases.jsonl") {
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        let path =
            folder().expect("the lines are there").join("pod-security/pods").join(text("pod") + ".yaml");
        let documents =
            yaml::read(&fs::read_to_string(path).expect("the pod is readable")).expect("the pod is YAML");
        let pod = Object::new(documents.as_map().expect("a pod is a map").clone());
        let level = if text("level") == "baseline" {
            PodSecurityLevel::Baseline
        } else {
            PodSecurityLevel::Restricted
        };
        let minor = text("version").trim_start_matches("1.").parse().expect("a minor version");
        let names: Vec<String> =
            violations(&pod, level, minor).iter().map(|one| one.check.to_lowercase()).collect();
        // At `restricted`, a stricter check replaces its namesake.
        let check = match text("check").as_str() {
            "hostpathvolumes" if level == PodSecurityLevel::Restricted => "restrictedvolumes".to_owned(),
            check if level == PodSecurityLevel::Restricted => check.replace("_baseline", "_restricted"),
            check => check.to_owned(),
        };
        let agrees = match text("verdict").as_str() {
            "pass" => names.is_empty(),
            _ => names.contains(&check) || names.contains(&format!("{check}_restricted")),
        };
        tally.count(agrees, text("verdict") == "pass", || {
            format!("{row:?}: {names:?}").chars().take(300).collect()
        });
    }
    tally.hold(1000);
}

#[test]
fn namespaces_are_judged_as_a_server_does() {
    let mut tally = Tally::new("pod security levels");
    for row in lines("admission/pod-security-levels.jsonl") {
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        // What another part of the server refuses is not about Pod Security.
        let is_invalid = text("message").contains("is invalid") && !text("message").contains("pod-security");
        let namespace = corpus::object(&row, "namespace").expect("a namespace");
        let object = corpus::object(&row, "object").expect("an object");
        if is_invalid {
            continue;
        }
        let is_namespace = object.kind() == "Namespace";
        let mut cluster = Cluster::new(37);
        cluster.add(&namespace);
        let object = if is_namespace { object } else { corpus::into_namespace(object, namespace.name()) };
        let findings = cluster.admit(&object);
        let of = |action: Action| -> Vec<&str> {
            let some = findings.iter().filter(|finding| finding.action == action);
            some.map(|finding| finding.cause.message.as_str()).collect()
        };
        let denied = of(Action::Deny);
        let warned = of(Action::Warn);
        let wanted: Vec<Value> =
            row.get("warnings").and_then(Value::as_list).cloned().unwrap_or_default().to_vec();
        let wanted: Vec<&str> = wanted
            .iter()
            .filter_map(Value::as_str)
            .filter(|warning| warning.contains("PodSecurity"))
            .collect();
        let is_refused = text("answer") == "refused";
        let agrees = match denied.first() {
            Some(message) => is_refused && text("message").ends_with(*message),
            // Existing pods are not checked again.
            None => !is_refused && (is_namespace || warned == wanted),
        };
        tally.count(agrees, !is_refused && !denied.is_empty(), || {
            format!("{}: {} {wanted:?}, {denied:?} {warned:?}", text("name"), text("message"))
        });
    }
    tally.hold(1000);
}
