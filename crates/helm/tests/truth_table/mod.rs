//! Tables of what Helm made of values, one case per line.

use aqueduct_helm::value;
use serde_json::Value;

use crate::corpus_folder::corpus_folder;

/// Returns the lines of a truth table; `None`, with a message, if it is missing.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
pub(crate) fn truth_lines(name: &str) -> Option<Vec<Value>> {
    let path = corpus_folder().join(format!("truth/{name}.jsonl"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("{name}: skipped, there is no {}", path.display());
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a line of the table is JSON")).collect())
}

/// Converts template values to JSON.
pub(crate) fn json_of(values: &value::Map) -> Value {
    let value = value::Value::Map(values.clone()).to_manifest().expect("values have no cycles");
    serde_json::to_value(&value).expect("values are JSON")
}

/// Returns whether results are the same; `1` and `1.0` are.
pub(crate) fn same(actual: &Result<Value, String>, expected: &Result<Value, String>) -> bool {
    match (actual, expected) {
        (Ok(actual), Ok(expected)) => same_values(actual, expected),
        (Err(actual), Err(expected)) => actual == expected,
        _ => false,
    }
}

fn same_values(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same_values(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| same_values(left, right)))
        }
        (left, right) => left == right,
    }
}

/// Prints how many lines passed, and fails if any did not.
#[expect(clippy::print_stdout, reason = "the count is what people look for")]
pub(crate) fn report(name: &str, lines: &[Value], failures: &[String]) {
    println!("{name}: {} of {} lines", lines.len() - failures.len(), lines.len());
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}
