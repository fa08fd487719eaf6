//! The location of the reference data that the tests of this crate read.

use std::path::PathBuf;

/// Returns the folder of the reference data, which may not exist.
#[expect(clippy::disallowed_methods, reason = "the environment says where the data is")]
pub(crate) fn corpus_folder() -> PathBuf {
    match std::env::var_os("AQUEDUCT_CORPUS") {
        Some(folder) => folder.into(),
        None => concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus").into(),
    }
}
