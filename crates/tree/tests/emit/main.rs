//! What a write does to the output folder, and what it refuses to do.

mod changes;
mod refusals;
mod status;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aqueduct_tree::{EmitOptions, EmitReport, Error, Tree, emit, status};
use tempfile::TempDir;

const OVERWRITE: EmitOptions = EmitOptions { overwrite_edited: true, wait: Duration::ZERO };

/// Builds a tree from `<environment>/<path>` and text.
fn tree(files: &[(&str, &str)]) -> Tree {
    fill(Tree::new(), files)
}

fn fill(mut tree: Tree, files: &[(&str, &str)]) -> Tree {
    for (path, text) in files {
        let (environment, path) = path.split_once('/').expect("tests name an environment");
        tree.insert(environment, path, text.as_bytes()).expect("tests use good names");
    }
    tree
}

/// The platform that most tests start with.
fn shop() -> Tree {
    tree(&[
        ("dev/argocd/root.yaml", "kind: Application\nmetadata:\n  name: root\n"),
        ("dev/shop/web/deployment-web.yaml", "kind: Deployment\nmetadata:\n  name: web\nspec: 1\n"),
        ("dev/shop/web/service-web.yaml", "kind: Service\nmetadata:\n  name: web\n"),
        ("prod/shop/web/deployment-web.yaml", "kind: Deployment\nmetadata:\n  name: web\nspec: 3\n"),
    ])
}

fn output() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("output");
    (folder, output)
}

/// Returns all files of the output except the tool's own, as `<path>=<text>`.
fn files(output: &Path) -> Vec<String> {
    let mut found = Vec::new();
    collect(output, "", &mut found);
    found.sort();
    found
}

fn collect(output: &Path, relative: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(output.join(relative)).expect("the folder is there") {
        let entry = entry.expect("it can be listed");
        let name = entry.file_name().into_string().expect("names are text");
        let child = if relative.is_empty() { name.clone() } else { format!("{relative}/{name}") };
        if entry.file_type().expect("it has a type").is_dir() {
            if name != ".aqueduct" {
                found.push(format!("{child}/"));
                collect(output, &child, found);
            }
        } else {
            found.push(format!("{child}={}", fs::read_to_string(entry.path()).expect("it can be read")));
        }
    }
}

fn read(output: &Path, path: &str) -> String {
    fs::read_to_string(output.join(path)).expect("the file is there")
}

fn write(output: &Path, path: &str, text: &str) {
    let path = output.join(path);
    fs::create_dir_all(path.parent().expect("it is below the output")).expect("folders can be made");
    fs::write(path, text).expect("the file can be written");
}

/// Writes a tree that must be accepted.
fn accept(output: &Path, tree: &Tree) -> EmitReport {
    let report = emit(output, tree, EmitOptions::default()).expect("the tree can be written");
    assert_sums(output, tree);
    let status = status(output, tree).expect("the output can be read");
    assert!(status.is_clean(), "{status:?}");
    report
}

/// Writes a tree that must be refused without any change, and returns the error as people see it.
fn refuse(output: &Path, tree: &Tree) -> String {
    let before = files(output);
    let error = emit(output, tree, EmitOptions::default()).expect_err("the tree must be refused");
    assert_eq!(files(output), before);
    assert!(!output.join(".aqueduct/staged").exists());
    message(output, &error)
}

fn message(output: &Path, error: &Error) -> String {
    let mut text = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        text = format!("{text}: {source}");
    }
    for diagnostic in error.diagnostics() {
        text = format!("{text}\n{diagnostic}");
        for hint in &diagnostic.hints {
            text = format!("{text}\nhint: {hint}");
        }
    }
    text.replace(output.to_str().expect("the path is text"), "output")
}

/// Runs the real `sha256sum -c` in every environment.
fn assert_sums(output: &Path, tree: &Tree) {
    for environment in tree.environments() {
        let checked = Command::new("sha256sum")
            .args(["--check", "--strict", "aqueduct.sum"])
            .current_dir(output.join(environment))
            .output()
            .expect("sha256sum is installed");
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    }
}

/// Creates a pipe that nobody ever writes to.
fn pipe(path: &Path) {
    if path.exists() {
        fs::remove_file(path).expect("it can be removed");
    }
    assert!(Command::new("mkfifo").arg(path).status().is_ok_and(|status| status.success()));
}
