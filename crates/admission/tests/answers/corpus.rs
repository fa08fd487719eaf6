//! The answers of real servers, if present, and a tally of how many agree.

use std::fs;
use std::path::PathBuf;

use aqueduct_manifest::{Map, Object, Value, json};

/// Returns the folder of the answers, if it exists.
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says where the data is")]
pub(crate) fn folder() -> Option<PathBuf> {
    let root: PathBuf = match std::env::var_os("AQUEDUCT_CORPUS") {
        Some(folder) => folder.into(),
        None => concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus").into(),
    };
    let folder = root.join("kubernetes");
    if folder.exists() {
        return Some(folder);
    }
    report("skipped: the answers of real servers are not here");
    None
}

/// Returns the lines of a table; empty if it is absent.
pub(crate) fn lines(file: &str) -> Vec<Value> {
    let Some(folder) = folder() else { return Vec::new() };
    let text = fs::read_to_string(folder.join(file)).expect("the table is readable");
    text.lines().map(|line| json::read(line).expect("each line is JSON")).collect()
}

/// Returns the object under a key.
pub(crate) fn object(row: &Value, key: &str) -> Option<Object> {
    row.get(key).and_then(Value::as_map).map(|map| Object::new(map.clone()))
}

/// Returns the objects of a list under a key.
pub(crate) fn objects(row: &Value, key: &str) -> Vec<Object> {
    let list = row.get(key).and_then(Value::as_list).cloned().unwrap_or_default();
    list.iter().filter_map(Value::as_map).map(|map| Object::new(map.clone())).collect()
}

/// Puts an object into a namespace, unless it has one.
pub(crate) fn into_namespace(mut object: Object, namespace: &str) -> Object {
    if object.namespace().is_empty() {
        let metadata: &mut Map = object.metadata_mut();
        metadata.insert("namespace", namespace);
    }
    object
}

/// How many lines agree, and what differs in the others.
pub(crate) struct Tally {
    name: &'static str,
    total: usize,
    false_refusals: usize,
    differences: Vec<String>,
}

impl Tally {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, total: 0, false_refusals: 0, differences: Vec::new() }
    }

    /// Counts a line; `difference` describes what is wrong.
    pub(crate) fn count(
        &mut self,
        agrees: bool,
        is_false_refusal: bool,
        difference: impl FnOnce() -> String,
    ) {
        self.total += 1;
        if !agrees {
            self.false_refusals += usize::from(is_false_refusal);
            self.differences.push(difference());
        }
    }

    /// Prints the tally and requires a share in thousandths; false refusals are not allowed.
    pub(crate) fn hold(self, thousandths: usize) {
        if self.total == 0 {
            return;
        }
        let good = self.total - self.differences.len();
        let text =
            format!("{}: {good} of {} agree, {} false refusals", self.name, self.total, self.false_refusals);
        report(&text);
        for difference in self.differences.iter().take(60) {
            report(&format!("    {difference}"));
        }
        assert!(good * 1000 >= thousandths * self.total && self.false_refusals == 0, "{text}");
    }
}

#[expect(
    clippy::print_stdout,
    reason = "whoever runs the tests sees what the machine lacks and how many agree"
)]
fn report(text: &str) {
    println!("{text}");
}
