//! Generates the tables of schemas from the documents that Kubernetes publishes.
//!
//! `AQUEDUCT_KUBERNETES_SCHEMAS` is the folder `kubernetes-json-schema` of the Python package `kubernetes-validate`,
//! which contains the documents of each version. With `AQUEDUCT_UPDATE=1` the tables are written, otherwise compared.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

const FIRST: u32 = 25;
const LAST: u32 = 37;

#[test]
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says where the documents are")]
fn tables_are_fresh() {
    let Some(folder) = std::env::var_os("AQUEDUCT_KUBERNETES_SCHEMAS") else {
        eprintln!("skipped: AQUEDUCT_KUBERNETES_SCHEMAS names no folder of schemas");
        return;
    };
    let made = tables(&PathBuf::from(folder));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/schema/tables.txt");
    if std::env::var_os("AQUEDUCT_UPDATE").is_some() {
        fs::write(&path, &made).expect("the tables are writable");
    }
    assert!(fs::read_to_string(&path).ok().as_deref() == Some(&made), "run with AQUEDUCT_UPDATE=1");
}

/// The state of one item in each minor version that has it.
type History = BTreeMap<String, BTreeMap<u32, String>>;

fn tables(folder: &Path) -> String {
    let mut types: BTreeMap<String, History> = BTreeMap::new();
    let mut kinds = History::new();
    for minor in FIRST..=LAST {
        let path = folder.join(format!("v1.{minor}.0-local/_definitions.json"));
        let text = fs::read_to_string(&path).expect("the definitions are readable");
        let document: Value = serde_json::from_str(&text).expect("the definitions are JSON");
        let definitions = ["$defs", "definitions"].iter().find_map(|key| document[*key].as_object());
        let definitions = definitions.expect("there are definitions");
        for (name, definition) in definitions {
            let Some(properties) = definition["properties"].as_object() else {
                if scalar(name).is_none() {
                    types.entry(name.clone()).or_default();
                }
                continue;
            };
            let fields = types.entry(name.clone()).or_default();
            for (field, property) in properties {
                fields.entry(field.clone()).or_default().insert(minor, shape(property, definitions));
            }
            for group in definition["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
                let text = |key: &str| group[key].as_str().unwrap_or_default().to_owned();
                let version = [text("group"), text("version")].join("/");
                let key = format!("{} {}", version.trim_start_matches('/'), text("kind"));
                // What every version has (`DeleteOptions` and the like) is not a resource.
                if properties.contains_key("metadata") {
                    kinds.entry(key).or_default().insert(minor, name.clone());
                }
            }
        }
    }
    let mut out = String::new();
    for (name, fields) in &types {
        writeln!(out, "{name}").expect("text takes text");
        for (field, history) in fields {
            spans(&mut out, field, history);
        }
    }
    out.push_str("=\n");
    for (kind, history) in &kinds {
        spans(&mut out, kind, history);
    }
    out
}

/// Writes one line for each run of versions in which an item is the same.
fn spans(out: &mut String, name: &str, history: &BTreeMap<u32, String>) {
    let mut entries = history.iter().peekable();
    while let Some((first, shape)) = entries.next() {
        let mut last = *first;
        while let Some((minor, _)) = entries.next_if(|(minor, next)| *next == shape && **minor == last + 1) {
            last = *minor;
        }
        let span = if (*first, last) == (FIRST, LAST) { String::new() } else { format!(" {first}-{last}") };
        writeln!(out, " {name} {shape}{span}").expect("text takes text");
    }
}

/// Returns the letter of a definition that is not a struct.
fn scalar(name: &str) -> Option<&'static str> {
    Some(match name.rsplit('.').next()? {
        "Quantity" => "q",
        "IntOrString" => "x",
        "Time" => "t",
        "MicroTime" => "m",
        "JSON" => "*",
        "JSONSchemaPropsOrArray" | "JSONSchemaPropsOrBool" | "JSONSchemaPropsOrStringArray" => "p",
        "RawExtension" | "FieldsV1" | "Patch" => "*",
        _ => return None,
    })
}

fn shape(property: &Value, definitions: &serde_json::Map<String, Value>) -> String {
    if let Some(reference) = property["$ref"].as_str() {
        let name = reference.rsplit('/').next().expect("a reference has a last part");
        return match scalar(name) {
            Some(letter) => letter.to_owned(),
            None if definitions.contains_key(name) => format!("@{name}"),
            None => "*".to_owned(),
        };
    }
    let kind = match &property["type"] {
        Value::String(kind) => kind.as_str(),
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("")
        }
        _ => "",
    };
    match (kind, property["format"].as_str()) {
        ("string", Some("byte")) => "B".to_owned(),
        ("string", Some("date-time")) => "t".to_owned(),
        ("string", _) => "s".to_owned(),
        ("boolean", _) => "b".to_owned(),
        ("integer", Some("int32")) => "i".to_owned(),
        ("integer", _) => "l".to_owned(),
        ("number", _) => "f".to_owned(),
        ("array", _) if property["items"].is_object() => {
            format!("[{}{}", keys(property), shape(&property["items"], definitions))
        }
        ("object", _) if property["additionalProperties"].is_object() => {
            format!("{{{}", shape(&property["additionalProperties"], definitions))
        }
        _ => "*".to_owned(),
    }
}

/// Returns what identifies the entries of a list, in brackets: the names of fields, or nothing if it is the entries
/// themselves.
fn keys(property: &serde_json::Value) -> String {
    match property["x-kubernetes-list-type"].as_str() {
        Some("set") => "()".to_owned(),
        Some("map") => {
            let keys = property["x-kubernetes-list-map-keys"].as_array().into_iter().flatten();
            format!("({})", keys.filter_map(|key| key.as_str()).collect::<Vec<_>>().join(","))
        }
        _ => String::new(),
    }
}
