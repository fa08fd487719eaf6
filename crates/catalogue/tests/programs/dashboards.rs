//! Tests the queries of every dashboard with Prometheus' tool.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{List, Map, Value, json, yaml};

use super::{files, folder, run, said, write};

/// Returns the Prometheus queries in a dashboard.
fn queries(value: &Value, found: &mut BTreeSet<String>) {
    let is_prometheus = value.at(&["datasource", "uid"]).and_then(Value::as_str) == Some("prometheus");
    if let Some(query) = value.get("expr").and_then(Value::as_str).filter(|_| is_prometheus) {
        found.insert(query.to_owned());
    }
    match value {
        Value::Map(map) => map.iter().for_each(|(_, inner)| queries(inner, found)),
        Value::List(list) => list.iter().for_each(|inner| queries(inner, found)),
        _ => {}
    }
}

#[test]
fn every_query_of_a_dashboard_is_one() {
    let mut found = BTreeSet::new();
    let mut identifiers: BTreeMap<String, usize> = BTreeMap::new();
    let dashboards = files("grafana-dashboards-");
    let environments = files("grafana-files").len() / 2;
    for (name, text) in &dashboards {
        let dashboard = json::read(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        for field in ["title", "uid"] {
            let text = dashboard.get(field).and_then(Value::as_str).unwrap_or_default();
            assert!(!text.is_empty() && text.len() <= 40 && !text.contains("${"), "{name}: {field} {text}");
        }
        let identifier = dashboard.get("uid").and_then(Value::as_str).unwrap_or_default().to_owned();
        *identifiers.entry(identifier).or_default() += 1;
        queries(&dashboard, &mut found);
    }
    assert!(
        identifiers.values().all(|count| *count <= environments),
        "each dashboard has an identifier of its own"
    );
    for written in [
        "goverse-cluster",
        "goverse-gates",
        "goverse-nodes",
        "demo-dao-dao",
        "platform-overview",
        "goverse-etcd",
    ] {
        assert_eq!(identifiers.get(written), Some(&environments), "{written}");
    }
    let mut groups = List::new();
    for (number, query) in found.iter().enumerate() {
        let query = query.replace("$__rate_interval", "5m");
        assert!(!query.contains("${"), "{query}");
        let mut rule = Map::new();
        rule.insert("record", format!("query:{number}"));
        rule.insert("expr", query);
        let rules: List = [Value::Map(rule)].into_iter().collect();
        let mut group = Map::new();
        group.insert("name", format!("query-{number}"));
        group.insert("rules", rules);
        groups.push(group);
    }
    let mut rules = Map::new();
    rules.insert("groups", groups);
    let path = folder("queries").join("queries.yaml");
    write(&path, &yaml::write(&rules.into()));
    let Some(output) = run("promtool", &["check", "rules", &path.display().to_string()]) else { return };
    assert!(output.status.success(), "{}", said(&output));
    println!("dashboards: {} with {} different queries", dashboards.len(), found.len());
}
