//! Builds every folder of `fixtures`, in memory and from disk, and compares the output with its `expected.yaml`.
//!
//! It builds the folder `overlay` if there is one, otherwise the fixture's own folder. `UPDATE_FIXTURES=1` writes the
//! output instead of comparing it; read it before you keep it.

use std::fs;
use std::path::{Path, PathBuf};

use aqueduct_kustomize::{Disk, Options, build, to_yaml};
use aqueduct_manifest::Files;

fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let entries = fs::read_dir(root).expect("the fixtures are there");
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

fn built(files: &dyn aqueduct_kustomize::FileSystem, folder: &str) -> String {
    let built = build(files, folder, &Options::default());
    match built.and_then(|built| to_yaml(&built.objects)) {
        Ok(text) => text,
        Err(error) => format!("refused: {error}"),
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the environment says whether the fixtures are written anew")]
fn builds_fixtures() {
    let mut failures = Vec::new();
    for fixture in fixtures() {
        let folder = if fixture.join("overlay").is_dir() { "overlay" } else { "." };
        let from_disk = built(&Disk::new(&fixture), folder);
        let files = Files::read(&fixture, &["."]).expect("the fixture is readable");
        let files: Files =
            files.iter().map(|(path, bytes)| (path.trim_start_matches("./"), bytes.clone())).collect();
        let from_memory = built(&files, folder);
        assert_eq!(from_disk, from_memory, "{}", fixture.display());
        let expected = fixture.join("expected.yaml");
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            fs::write(&expected, &from_disk).expect("the fixture can be written");
        } else if fs::read_to_string(&expected).ok().as_deref() != Some(&from_disk) {
            failures.push(format!("{}:\n{from_disk}", fixture.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
