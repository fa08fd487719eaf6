//! Compares the coalesced values of charts and subcharts with what Helm made of them.

mod corpus_folder;
mod truth_table;

use std::sync::Arc;

use aqueduct_helm::{Chart, Prepared, UserValues};
use aqueduct_manifest::Files;
use serde_json::{Value, json};
use truth_table::truth_lines;

#[test]
fn values_as_helm_merges_them() {
    let Some(lines) = truth_lines("coalesce") else { return };
    let mut failures = Vec::new();
    for line in &lines {
        let mut files = Files::new();
        write_chart(&mut files, "parent", "parent", &json!({}), &line["parent_values"], &line["subcharts"]);
        let user = line["user"].to_string();
        let mut values = UserValues::new();
        let actual = values
            .add_file(user.as_bytes())
            .and_then(|()| {
                let chart = Arc::new(Chart::from_files(&files, "parent")?);
                Prepared::new(&chart, &values.into_map())
            })
            // The table records what Helm's own function returns, before its callers add a prefix.
            .map_err(|error| {
                error.to_string().trim_start_matches("chart dependencies processing failed: ").to_owned()
            })
            .map(|prepared| {
                json!({"enabled": prepared.subcharts(), "result": truth_table::json_of(prepared.values())})
            });
        let expected = match line["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(json!({"enabled": line["enabled"], "result": line["result"]})),
        };
        if !truth_table::same(&actual, &expected) {
            failures.push(format!("{}: {line}\n  got {actual:?}", line["name"]));
        }
    }
    truth_table::report("coalesce", &lines, &failures);
}

/// Writes a chart with its subcharts; JSON is valid YAML.
fn write_chart(
    files: &mut Files,
    folder: &str,
    name: &str,
    description: &Value,
    values: &Value,
    subcharts: &Value,
) {
    let mut dependencies = Vec::new();
    for (subchart, description) in subcharts.as_object().into_iter().flatten() {
        for entry in description["dependencies"].as_array().into_iter().flatten() {
            let mut entry = entry.clone();
            entry["name"] = json!(subchart);
            if entry["version"].is_null() {
                entry["version"] = json!("*");
            }
            dependencies.push(entry);
        }
        let folder = format!("{folder}/charts/{subchart}");
        write_chart(files, &folder, subchart, description, &description["values"], &description["subcharts"]);
    }
    let version = description["version"].as_str().unwrap_or("1.0.0");
    let kind = if description["library"] == true { "library" } else { "application" };
    let metadata = json!({
        "apiVersion": "v2", "name": name, "version": version, "type": kind, "dependencies": dependencies,
    });
    files.insert(format!("{folder}/Chart.yaml"), metadata.to_string().into_bytes());
    files.insert(format!("{folder}/values.yaml"), values.to_string().into_bytes());
}
