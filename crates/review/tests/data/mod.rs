//! External data that tests compare the crate with.

use std::path::PathBuf;

/// Returns a part of the data; `None` where it is absent, which is said.
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says where the data is")]
pub(crate) fn folder(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("AQUEDUCT_CORPUS")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus").into(), PathBuf::from);
    let folder = root.join(part);
    if folder.exists() {
        Some(folder)
    } else {
        report(&format!("skipped: there is no {part} in the corpus"));
        None
    }
}

#[expect(clippy::print_stderr, reason = "a tally is for whoever runs the tests")]
pub(crate) fn report(line: &str) {
    eprintln!("{line}");
}
