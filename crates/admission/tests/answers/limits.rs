//! LimitRanges and ResourceQuotas, compared with the answers of a real server.

use aqueduct_admission::{Action, Cluster};
use aqueduct_manifest::Value;

use crate::corpus::{Tally, into_namespace, lines, object, objects};

fn check(file: &str, name: &'static str, floor: usize) {
    let mut tally = Tally::new(name);
    for row in lines(file) {
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        // With two LimitRanges, a server takes one of two defaults, and it is undefined which one.
        if row.get("order_of_limit_ranges_undefined").is_some() {
            continue;
        }
        let mut cluster = Cluster::new(37);
        for key in ["limitRanges", "quotas"] {
            for object in objects(&row, key) {
                cluster.add(&into_namespace(object, "team"));
            }
        }
        for class in objects(&row, "priorityClasses") {
            cluster.add(&class);
        }
        for existing in row.get("existing").and_then(Value::as_list).cloned().unwrap_or_default().iter() {
            if let Some(object) = object(existing, "object") {
                cluster.admit(&into_namespace(object, "team"));
            }
        }
        let findings = cluster.admit(&into_namespace(object(&row, "object").expect("an object"), "team"));
        let is_refused = findings.iter().any(|finding| finding.action == Action::Deny);
        let is_wanted = text("answer") == "refused";
        tally.count(is_refused == is_wanted, !is_wanted, || {
            format!("{}: {} {}, {findings:?}", text("name"), text("answer"), text("message"))
        });
    }
    tally.hold(floor);
}

#[test]
fn limits_are_held_as_by_a_server() {
    check("admission/limits.jsonl", "limits", 1000);
}

#[test]
fn quotas_are_counted_as_by_a_server() {
    check("admission/quota.jsonl", "quota", 1000);
}
