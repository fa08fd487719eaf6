//! The Pod Security Standards, against pods that real servers judged, and some of our own.

mod corpus;

use std::fs;

use aqueduct_admission::pod_security::{Level, violations};
use aqueduct_manifest::{Object, Value, yaml};

use corpus::{Tally, folder, lines};

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
        let level = if text("level") == "baseline" { Level::Baseline } else { Level::Restricted };
        let minor = text("version").trim_start_matches("1.").parse().expect("a minor version");
        let names: Vec<String> =
            violations(&pod, level, minor).iter().map(|one| one.check.to_lowercase()).collect();
        let agrees = match text("verdict").as_str() {
            "pass" => names.is_empty(),
            _ => names.iter().any(|name| *name == text("check") || text("check").starts_with(name.as_str())),
        };
        tally.count(agrees, text("verdict") == "pass", || {
            format!("{row:?}: {names:?}").chars().take(300).collect()
        });
    }
    tally.hold(1000);
}
