//! Tests every line of the corpus with a text and the value that sigs.k8s.io/yaml reads.

mod corpus;

use aqueduct_manifest::{Value, json, yaml};

#[test]
fn reads_what_go_reads() {
    let mut cases = corpus::Cases::new("yaml_read");
    for line in corpus::lines("truth/yaml_read.jsonl") {
        let text = line.get("yaml").and_then(Value::as_str).expect("each line has a text");
        let outcome = yaml::read(text);
        match (outcome, line.get("json")) {
            (Ok(value), Some(expected)) => cases.compare(text, &json::write(&value), &json::write(expected)),
            (outcome, expected) => {
                let expected = if expected.is_some() { "a value" } else { "an error" };
                let outcome = if outcome.is_ok() { "a value" } else { "an error" };
                cases.compare(text, outcome, expected);
            }
        }
    }
    cases.finish("lines");
}

#[test]
fn refuses_in_the_words_of_go() {
    let mut cases = corpus::Cases::new("yaml_read, messages");
    for line in corpus::lines("truth/yaml_read.jsonl") {
        let text = line.get("yaml").and_then(Value::as_str).expect("each line has a text");
        if let (Err(error), Some(expected)) = (yaml::read(text), line.get("error").and_then(Value::as_str)) {
            cases.compare(text, &error.to_string(), expected);
        }
    }
    cases.finish("messages");
}
