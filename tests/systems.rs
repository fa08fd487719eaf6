//! `docs/systems.md` says where each part of the five systems is. Everything that it says must be true, and it must
//! list all parts.

#![expect(clippy::panic, reason = "a test says what it found in the document by failing")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aqueduct_manifest::{Value, yaml};

/// The parts of each system, in the order of the document.
const SYSTEMS: [(&str, &[&str]); 5] = [
    ("A", &["isolation", "web", "indexer", "database", "delivery", "observability"]),
    ("B", &["app", "PostgreSQL", "monitoring", "logging", "ingress"]),
    (
        "C",
        &[
            "node",
            "gate",
            "etcd",
            "PostgreSQL",
            "inspector",
            "config",
            "security",
            "sizes",
            "dashboards",
            "chart",
        ],
    ),
    ("D", &["Argo CD", "Grafana stack", "environments", "infrastructure", "security"]),
    (
        "E",
        &[
            "namespaces",
            "back",
            "front-web, b2b",
            "nginx-proxy-server",
            "load balancers",
            "registry",
            "backups",
        ],
    ),
];

/// One row of a table.
#[derive(Debug, PartialEq)]
struct Row {
    system: String,
    part: String,
    sources: Vec<String>,
    outputs: Vec<String>,
    kinds: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document() -> String {
    fs::read_to_string(root().join("docs/systems.md")).expect("the document is there")
}

/// Reads the rows of the tables below the headings `## A. …`.
fn rows(document: &str) -> Vec<Row> {
    let mut system = "";
    let mut rows = Vec::new();
    for line in document.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            system = heading.split_once('.').map_or("", |(letter, _)| letter);
        }
        let Some(line) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else { continue };
        let cells: Vec<&str> = line.split(" | ").collect();
        let [part, sources, outputs, kinds] = cells[..] else { panic!("not four cells: {line}") };
        if part == "Part" {
            continue;
        }
        rows.push(Row {
            system: system.to_owned(),
            part: part.to_owned(),
            sources: paths(sources),
            outputs: paths(outputs),
            kinds: kinds.split(", ").map(str::to_owned).collect(),
        });
    }
    rows
}

/// Returns the paths in a cell: each is in backticks, and braces contain alternatives.
fn paths(cell: &str) -> Vec<String> {
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted.flat_map(expand).collect()
}

fn expand(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let (inside, after) = rest.split_once('}').unwrap_or_else(|| panic!("a brace is not closed: {path}"));
    inside.split(',').flat_map(|word| expand(&format!("{before}{word}{after}"))).collect()
}

/// Returns a file, or all files below a folder.
fn files(path: &str) -> Vec<PathBuf> {
    let full = root().join(path);
    if !full.is_dir() {
        return vec![full];
    }
    let entries = fs::read_dir(&full)
        .expect("the folder can be listed")
        .map(|entry| entry.expect("the entry can be read"));
    entries.flat_map(|entry| files(&format!("{path}/{}", entry.file_name().to_string_lossy()))).collect()
}

/// Returns the kinds of the objects in a file or below a folder.
fn kinds(path: &str) -> BTreeSet<String> {
    let manifests =
        files(path).into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "yaml"));
    manifests
        .map(|file| {
            let text = fs::read_to_string(&file).expect("the output is text");
            let value = yaml::read(&text).expect("the output is YAML");
            value.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned()
        })
        .collect()
}

/// Returns the statements of a row that are not true.
fn untrue(row: &Row) -> Vec<String> {
    let place = format!("{}, {}", row.system, row.part);
    let missing = row.sources.iter().chain(&row.outputs).filter(|path| !root().join(path).exists());
    let mut untrue: Vec<String> = missing.map(|path| format!("{place}: there is no {path}")).collect();
    if untrue.is_empty() {
        let there: BTreeSet<String> = row.outputs.iter().flat_map(|path| kinds(path)).collect();
        let wanted = row.kinds.iter().filter(|kind| !there.contains(kind.as_str()));
        untrue.extend(wanted.map(|kind| format!("{place}: no {kind} in {}", row.outputs.join(", "))));
        // An output that adds nothing to the row does not belong in it.
        let idle = row.outputs.iter().filter(|path| {
            path.ends_with('/')
                || (!path.ends_with(".json") && kinds(path).is_disjoint(&row.kinds.iter().cloned().collect()))
        });
        untrue.extend(idle.map(|path| format!("{place}: {path} has none of its objects")));
    }
    untrue
}

#[test]
fn every_part_is_there() {
    let rows = rows(&document());
    for (system, parts) in SYSTEMS {
        let found: Vec<&str> =
            rows.iter().filter(|row| row.system == system).map(|row| row.part.as_str()).collect();
        assert_eq!(found, parts, "system {system}");
    }
    assert_eq!(
        rows.len(),
        SYSTEMS.iter().map(|(_, parts)| parts.len()).sum::<usize>(),
        "rows beyond the systems"
    );
    let untrue: Vec<String> = rows.iter().flat_map(untrue).collect();
    println!("{} rows of five systems", rows.len());
    assert!(untrue.is_empty(), "{}", untrue.join("\n"));
}

#[test]
fn every_component_belongs_to_a_part() {
    let rows = rows(&document());
    let sources: BTreeSet<&str> = rows.iter().flat_map(|row| &row.sources).map(String::as_str).collect();
    let outputs: BTreeSet<&str> = rows.iter().flat_map(|row| &row.outputs).map(String::as_str).collect();
    let mut unnamed = Vec::new();
    for file in files("tenants") {
        let path = file.strip_prefix(root()).expect("it is in the folder").to_string_lossy().into_owned();
        if path.ends_with(".toml") && !sources.contains(path.as_str()) {
            unnamed.push(path);
        }
    }
    // A component is given by its folder in one environment, or by a parent folder.
    let environments = ["dev", "staging", "prod"];
    for environment in environments {
        for file in files(&format!("output/{environment}")) {
            let path = file.strip_prefix(root()).expect("it is in the folder").to_string_lossy().into_owned();
            let below = path.split_once(&format!("output/{environment}/")).map_or("", |(_, below)| below);
            let parts: Vec<&str> = below.split('/').collect();
            let [tenant, component, _] = parts[..] else { continue };
            let named = environments.iter().any(|environment| {
                [
                    format!("output/{environment}/{tenant}/{component}"),
                    format!("output/{environment}/{tenant}"),
                ]
                .iter()
                .any(|folder| outputs.contains(folder.as_str()))
            });
            if !named {
                unnamed.push(format!("output/{environment}/{tenant}/{component}"));
            }
        }
    }
    unnamed.dedup();
    assert!(unnamed.is_empty(), "in no row of docs/systems.md:\n{}", unnamed.join("\n"));
}

#[test]
fn what_is_not_so_is_seen() {
    let row = |line: &str| rows(&format!("## A. Test\n{line}\n")).remove(0);
    let good = "| web | `platform.toml` | `output/{dev,staging}/goverse/etcd` | StatefulSet, Service |";
    assert_eq!(untrue(&row(good)), Vec::<String>::new());
    let lies = [
        (good.replace("platform.toml", "platform.yaml"), "A, web: there is no platform.yaml"),
        (good.replace("staging", "testing"), "A, web: there is no output/testing/goverse/etcd"),
        (
            good.replace("StatefulSet", "DaemonSet"),
            "A, web: no DaemonSet in output/dev/goverse/etcd, output/staging/goverse/etcd",
        ),
    ];
    for (line, message) in lies {
        assert_eq!(untrue(&row(&line)), [message], "{line}");
    }
}
