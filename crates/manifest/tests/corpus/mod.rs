//! The folder of cases with the answers of real programs, and a tally of how many pass.

use std::fs;
use std::path::PathBuf;

use aqueduct_manifest::{Value, json};

/// Returns a part of the corpus, if it exists.
#[expect(clippy::disallowed_methods, reason = "the environment says where the corpus is")]
pub(crate) fn path(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("AQUEDUCT_CORPUS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus")),
        PathBuf::from,
    );
    let path = root.join(part);
    if path.exists() {
        Some(path)
    } else {
        report(&format!("skipped: there is no {part} in the corpus"));
        None
    }
}

/// Returns the lines of a table, each parsed as JSON; empty if the table does not exist.
pub(crate) fn lines(part: &str) -> Vec<Value> {
    let Some(path) = path(part) else { return Vec::new() };
    let text = fs::read_to_string(path).expect("the table is readable");
    text.lines().map(|line| json::read(line).expect("each line is JSON")).collect()
}

/// How many cases passed, and the errors of the others.
pub(crate) struct Cases {
    name: &'static str,
    total: usize,
    failures: Vec<String>,
}

impl Cases {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, total: 0, failures: Vec::new() }
    }

    pub(crate) fn compare(&mut self, case: &str, actual: &str, expected: &str) {
        self.total += 1;
        if actual != expected {
            self.failures.push(format!("{case:?}\n  is        {actual:?}\n  should be {expected:?}"));
        }
    }

    /// Prints the tally, and fails the test if any case failed.
    pub(crate) fn finish(self, unit: &str) {
        let passed = self.total - self.failures.len();
        report(&format!("{}: {passed} of {} {unit}", self.name, self.total));
        assert!(self.failures.is_empty(), "{}", self.failures.join("\n"));
    }
}

#[expect(clippy::print_stderr, reason = "a tally is for whoever runs the tests")]
fn report(line: &str) {
    eprintln!("{line}");
}
