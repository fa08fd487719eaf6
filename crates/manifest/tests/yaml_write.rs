//! Tests every line of the corpus with a JSON text and the output of sigs.k8s.io/yaml, and every output of Kustomize
//! in it.

mod corpus;

use std::fs;

use aqueduct_manifest::{List, Map, Value, json, yaml};

#[test]
fn writes_what_go_writes() {
    let mut cases = corpus::Cases::new("yaml_write");
    for (line, raw) in corpus::lines("truth/yaml_write.jsonl").iter().zip(raw_json()) {
        let outcome = yaml::convert_json(&raw).unwrap_or_else(|error| error.to_string());
        let expected = ["yaml", "error"].iter().find_map(|key| line.get(key)).and_then(Value::as_str);
        cases.compare(&raw, &outcome, &quote_merge_key(expected.expect("each line has an outcome")));
    }
    cases.finish("lines");
}

#[test]
fn marshals_what_go_marshals() {
    let mut cases = corpus::Cases::new("yaml_write, marshal");
    for line in corpus::lines("truth/yaml_write.jsonl") {
        let value = line.get("json").expect("each line has a value");
        let outcome = yaml::write_marshal(&with_floats(value)).unwrap_or_else(|error| error.to_string());
        let expected = ["marshal", "marshal_error", "yaml", "error"]
            .iter()
            .find_map(|key| line.get(key))
            .and_then(Value::as_str);
        cases.compare(&json::write(value), &outcome, expected.expect("each line has an outcome"));
    }
    cases.finish("lines");
}

#[test]
fn writes_the_outputs_of_kustomize_back() {
    let mut cases = corpus::Cases::new("yaml_write, outputs of Kustomize");
    let Some(folder) = corpus::path("kustomize") else { return };
    let mut pending = vec![folder];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).expect("the folder is readable") {
            let path = entry.expect("the entry is readable").path();
            if path.is_dir() {
                pending.push(path);
            } else if path.file_name().is_some_and(|name| {
                name.to_string_lossy().starts_with("expected") && name.to_string_lossy().ends_with(".yaml")
            }) {
                let text = fs::read_to_string(&path).expect("the output is readable");
                for document in text.split("\n---\n") {
                    let document = format!("{}\n", document.trim_end_matches('\n'));
                    let outcome = yaml::read(&document)
                        .map_or_else(|error| error.to_string(), |value| yaml::write(&value));
                    let full = format!("{}\n", outcome.trim_end_matches('\n'));
                    cases.compare(&path.display().to_string(), &full, &document);
                }
            }
        }
    }
    cases.finish("documents");
}

/// The texts of the `json` fields, as written in the table.
fn raw_json() -> Vec<String> {
    let Some(path) = corpus::path("truth/yaml_write.jsonl") else { return Vec::new() };
    let text = fs::read_to_string(path).expect("the table is readable");
    let raw = |line: &str| {
        let rest = line.strip_prefix("{\"json\": ").expect("the field comes first");
        // The shortest prefix that is valid JSON and is followed by another field.
        let ends = rest.match_indices(", \"").map(|(at, _)| at);
        let is_json = |at: &usize| rest.get(..*at).is_some_and(|start| json::read(start).is_ok());
        let end = ends.into_iter().find(is_json).expect("another field follows");
        rest.get(..end).unwrap_or_default().to_owned()
    };
    text.lines().map(raw).collect()
}

/// Converts the numbers in a value like Go's `json.Unmarshal`.
fn with_floats(value: &Value) -> Value {
    match value {
        Value::Int(number) => Value::Float(*number as f64),
        Value::Uint(number) => Value::Float(*number as f64),
        Value::List(list) => Value::List(list.iter().map(with_floats).collect::<List>()),
        Value::Map(map) => {
            Value::Map(map.iter().map(|(key, value)| (key.clone(), with_floats(value))).collect::<Map>())
        }
        other => other.clone(),
    }
}

/// Go writes the string `<<` plain and cannot read that back; here it is quoted.
fn quote_merge_key(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let content = line.trim_start_matches([' ', '-']);
        let start = line.get(..line.len() - content.len()).unwrap_or_default();
        match content {
            "<<\n" => format!("{start}\"<<\"\n"),
            _ => match content.strip_prefix("<<: ") {
                Some(rest) => format!("{start}\"<<\": {rest}"),
                None => line.replace(": <<\n", ": \"<<\"\n"),
            },
        }
    });
    lines.collect()
}
