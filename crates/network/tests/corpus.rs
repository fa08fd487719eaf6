//! Compares the network of folders of manifests, and the changes between two of them, with the answers of another
//! analyser.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aqueduct_manifest::{Object, Value, yaml};
use aqueduct_network::{Network, difference, print};

#[expect(clippy::disallowed_methods, reason = "the environment says where the corpus is")]
fn corpus() -> PathBuf {
    match std::env::var_os("AQUEDUCT_CORPUS") {
        Some(folder) => PathBuf::from(folder),
        None => concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus").into(),
    }
    .join("reachability")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the corpus is readable")
        .map(|entry| entry.expect("it can be listed").path())
        .collect();
    paths.sort();
    paths
}

fn objects(folder: &Path) -> Vec<Object> {
    let mut objects = Vec::new();
    for path in entries(folder) {
        if path.is_dir() {
            objects.extend(self::objects(&path));
            continue;
        }
        let text = fs::read_to_string(&path).expect("a manifest is text");
        let documents = yaml::read_values(&text, yaml::Dialect::Sigs).expect("a manifest is YAML");
        let maps = documents.into_iter().filter_map(|document| match document {
            Value::Map(map) => Some(Object::new(map)),
            _ => None,
        });
        objects.extend(maps.flat_map(Object::into_items));
    }
    objects
}

/// Returns the differences between two lists of lines, in any order.
fn differing(name: &str, ours: &str, theirs: &str) -> Vec<String> {
    let lines = |text: &str| -> BTreeSet<String> { text.lines().map(str::to_owned).collect() };
    let (ours, theirs) = (lines(ours), lines(theirs));
    let missing = theirs.difference(&ours).map(|line| format!("{name}: missing: {line}"));
    missing.chain(ours.difference(&theirs).map(|line| format!("{name}: extra: {line}"))).collect()
}

/// Returns a list of changes in the format of the other analyser.
fn changes(old: &Network, new: &Network) -> String {
    let line = |change: aqueduct_network::ConnectionChange<'_>| {
        let (kind, verb) = match (change.before.is_empty(), change.after.is_empty()) {
            (true, _) => ("added", " added"),
            (_, true) => ("removed", " removed"),
            _ => ("changed", ""),
        };
        let alone: Vec<String> = change.alone.iter().map(ToString::to_string).collect();
        let alone = match alone.is_empty() || verb.is_empty() {
            true => String::new(),
            false => format!(", workloads-diff-info: workload {}{verb}", alone.join(" and ")),
        };
        let aqueduct_network::ConnectionChange { from, to, before, after, .. } = change;
        format!(
            "diff-type: {kind}, source: {from}, destination: {to}, ref1: {before}, ref2: {after}{alone}\n"
        )
    };
    difference(old, new).into_iter().map(line).collect()
}

#[test]
fn equals_the_other_analyser() {
    let corpus = corpus();
    if !corpus.is_dir() {
        eprintln!("skipped: there is no corpus at {}", corpus.display());
        return;
    }
    let (mut compared, mut failures) = (0, Vec::new());
    for folder in entries(&corpus) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let network = || Network::of(&objects(&folder.join("input")));
        if let Ok(expected) = fs::read_to_string(folder.join("connlist.txt")) {
            compared += 1;
            failures.extend(differing(&name, &print::list(network().connections()), &expected));
        }
        if let Ok(expected) = fs::read_to_string(folder.join("connlist.json")) {
            compared += 1;
            let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("a list is JSON");
            if read(&print::json(network().connections())) != read(&expected) {
                failures.push(format!("{name}: the JSON differs"));
            }
        }
        if let Ok(expected) = fs::read_to_string(folder.join("exposure.txt")) {
            compared += 1;
            let listed = expected
                .lines()
                .take_while(|line| !line.starts_with("Exposure"))
                .filter(|line| !line.is_empty());
            let listed: Vec<&str> = listed.collect();
            failures.extend(differing(&name, &print::list(network().connections()), &listed.join("\n")));
        }
    }
    for path in entries(&corpus.join("changes")) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (new, old) = name.split_once("--").expect("a change has two names");
        let network = |name: &str| Network::of(&objects(&corpus.join(name).join("input")));
        let expected = fs::read_to_string(&path).expect("the corpus is readable");
        let expected: Vec<&str> = expected.lines().filter(|line| line.starts_with("diff-type")).collect();
        compared += 1;
        failures.extend(differing(&name, &changes(&network(old), &network(new)), &expected.join("\n")));
    }
    assert!(compared > 80, "only {compared} answers were found");
    assert!(
        failures.is_empty(),
        "{} lines differ:\n{}",
        failures.len(),
        failures[..failures.len().min(60)].join("\n")
    );
}
