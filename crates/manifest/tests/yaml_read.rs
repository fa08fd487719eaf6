//! Every line of the corpus that says what sigs.k8s.io/yaml reads in a text.

mod corpus;

use aqueduct_manifest::{Value, json, yaml};

#[test]
fn reads_what_go_reads() {
    let mut cases = corpus::Cases::new("yaml_read");
    for line in corpus::lines("truth/yaml_read.jsonl") {
        let text = line.get("yaml").and_then(Value::as_str).expect("each line has a text");
        let outcome = match yaml::read(text) {
            Ok(value) => Ok(json::write(&value)),
            Err(error) => Err(error.to_string()),
        };
        match (outcome, line.get("json"), line.get("error").and_then(Value::as_str)) {
            (Ok(written), Some(expected), None) => cases.compare(text, &written, &json::write(expected)),
            (Err(message), None, Some(expected)) => cases.compare(text, &message, expected),
            (outcome, _, expected) => cases.compare(text, &format!("{outcome:?}"), &format!("{expected:?}")),
        }
    }
    cases.finish("lines");
}
