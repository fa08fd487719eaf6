//! Platforms that Argo CD read before they moved in: what is rendered of them is what Helm and Kustomize print, but for labels.
//!
//! Each folder is one of them, with the files as they were and those of the platform beside them. `before.txt` says how each
//! component was rendered: environment, tenant and component, then the command, or `manifests` and the files. A line
//! `copy FROM TO` lays a folder where Helm looks for it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

#[path = "../program/mod.rs"]
mod program;

use program::run;

#[test]
fn example_apps() {
    moves_in("example-apps", 7);
}

#[test]
fn hub() {
    moves_in("hub", 5);
}

/// Renders and checks a platform, and compares every component with what was there before.
fn moves_in(name: &str, components: usize) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/migrations").join(name);
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let root = folder.path().join(name);
    copy(&source, &root);
    let checked = run(&root, &["check"]);
    assert!(checked.code == 0 && checked.stderr.contains("no findings"), "{checked}");
    run(&root, &["render", "--quiet"]).done();
    let lines = std::fs::read_to_string(root.join("before.txt")).expect("the file is there");
    let mut compared = 0;
    for line in lines.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["copy", from, to] = words[..] {
            copy(&root.join(from), &root.join(to));
            continue;
        }
        assert!(words.len() > 3, "no component: {line}");
        let (environment, component, command) = (words[0], words[1], &words[2..]);
        let mut texts = vec![before(&root, command)];
        texts.extend(reference(&root, command));
        for text in texts {
            let after = format!("output/{environment}/{component}");
            std::fs::write(root.join("before.yaml"), text).expect("a file can be written");
            let found = run(&root, &["diff", "before.yaml", &after, "--format", "json"]);
            only_labels_differ(&found.stdout, line);
        }
        compared += 1;
    }
    assert_eq!(compared, components, "components of {name}");
}

/// Checks that every object was there before, and that it only has labels, and its namespace, that it had not.
fn only_labels_differ(review: &str, line: &str) {
    let review: Value = serde_json::from_str(review).expect("the review is JSON");
    let changes = review["changes"].as_array().expect("there are changes");
    for change in changes {
        assert_eq!(change["change"], "changed", "{line}: {change}");
        for field in change["fields"].as_array().into_iter().flatten() {
            let path = field["path"].as_str().unwrap_or_default();
            let is_mark = path == "metadata.namespace" || path.starts_with("metadata.labels");
            // What a chart calls managed by Helm is managed by Aqueduct, and its instance has the tenant in its name.
            let is_renamed = ["managed-by", "instance", "name"].iter().any(|label| path.contains(label));
            assert!(is_mark && (field.get("old").is_none() || is_renamed), "{line}: {field}");
        }
    }
}

/// Returns what a component was before, by the engines of this program.
fn before(root: &Path, command: &[&str]) -> String {
    match command {
        ["manifests", files @ ..] => files
            .iter()
            .map(|file| std::fs::read_to_string(root.join(file)).expect("the manifests are there"))
            .collect(),
        words => run(root, words).done(),
    }
}

/// Returns the same by Helm or Kustomize, where they are there.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "who runs the tests says where the programs are"
)]
fn reference(root: &Path, command: &[&str]) -> Option<String> {
    let (variable, words) = match command {
        ["helm", words @ ..] => ("AQUEDUCT_HELM", words),
        ["kustomize", "build", words @ ..] => ("AQUEDUCT_KUSTOMIZE", words),
        _ => return None,
    };
    let Ok(program) = std::env::var(variable) else {
        println!("skipped: {} is not compared with {variable}, which is not set", command.join(" "));
        return None;
    };
    let mut parts = program.split(' ');
    let mut words = words.to_vec();
    // Kustomize starts Helm for charts.
    let helm = std::env::var("AQUEDUCT_HELM").ok();
    if words.contains(&"--enable-helm") {
        words.extend(["--helm-command", helm.as_deref()?]);
    }
    let output = Command::new(parts.next()?).args(parts).args(words).current_dir(root).output();
    let output = output.expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder can be listed").flatten() {
        let (path, target): (PathBuf, PathBuf) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("a file can be copied");
        }
    }
}
