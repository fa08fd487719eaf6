//! A place for tests that write thousands of files.

use tempfile::TempDir;

/// Returns a temporary folder, in memory where the system has a place for that.
pub(crate) fn folder() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("a temporary folder can be made")
}
