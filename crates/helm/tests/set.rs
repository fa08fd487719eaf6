//! Holds the arguments of `--set` and its kin against what Helm made of them.

mod corpus_folder;
mod truth_table;

use aqueduct_helm::ValueOptions;
use serde_json::Value;
use truth_table::truth_lines;

#[test]
fn arguments_as_helm_reads_them() {
    let Some(lines) = truth_lines("set") else { return };
    let mut failures = Vec::new();
    for line in &lines {
        let texts = |key: &str| -> Vec<String> {
            let texts = line[key].as_array().map(Vec::as_slice).unwrap_or_default();
            texts.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let base = line["base"].to_string();
        let mut options = ValueOptions { files: vec!["base".to_owned()], ..ValueOptions::default() };
        match line["mode"].as_str().unwrap_or_default() {
            "set" => options.set = texts("args"),
            "set-string" => options.strings = texts("args"),
            "set-json" => options.json = texts("args"),
            "set-literal" => options.literals = texts("args"),
            mode => failures.push(format!("{}: no such mode: {mode}", line["name"])),
        }
        let actual = options
            .merge(&|_| Ok(base.clone().into_bytes()))
            .map_err(|error| error.to_string())
            .map(|values| truth_table::json_of(&values));
        let expected = match line["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(line["result"].clone()),
        };
        if !truth_table::same(&actual, &expected) {
            failures.push(format!("{}: {:?}, not {:?}", line["name"], actual, expected));
        }
    }
    truth_table::report("set", &lines, &failures);
}
