//! Renders the repository's own platform in every possible way, and compares the bytes.

mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use program::run;
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns a copy of the platform's sources in a separate folder.
fn copy_of_the_platform() -> TempDir {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let files = aqueduct::Files::read(Path::new(ROOT), aqueduct::SOURCES).expect("the sources can be read");
    for (path, bytes) in files.iter() {
        let path = folder.path().join(&**path);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder"))
            .expect("the folder can be made");
        std::fs::write(path, bytes).expect("the file can be written");
    }
    folder
}

/// Returns all files of the output by path, without the tool's own state.
fn output(platform: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = aqueduct::Files::read(platform, &["output"]).expect("the output can be read");
    files
        .iter()
        .filter(|(path, _)| !path.starts_with("output/.aqueduct/"))
        .map(|(path, bytes)| (path.to_string(), bytes.to_vec()))
        .collect()
}

/// Compares two trees and reports the first files that differ.
fn same(left: &BTreeMap<String, Vec<u8>>, right: &BTreeMap<String, Vec<u8>>) {
    let paths: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let different: Vec<&String> =
        paths.into_iter().filter(|path| left.get(*path) != right.get(*path)).collect();
    let first: Vec<&&String> = different.iter().take(5).collect();
    assert!(different.is_empty(), "{} files differ, among them {first:?}", different.len());
}

/// Returns the names of a platform's environments and tenants.
fn names(platform: &Path) -> (Vec<String>, Vec<String>) {
    let list = run(platform, &["list", "--json"]).done();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&list).expect("the list is JSON");
    let mut environments: Vec<String> = rows
        .iter()
        .flat_map(|row| row["environments"].as_array().expect("a row has environments"))
        .map(|name| name.as_str().expect("a name is text").to_owned())
        .collect();
    let mut tenants: Vec<String> =
        rows.iter().map(|row| row["tenant"].as_str().expect("a row has a tenant").to_owned()).collect();
    for names in [&mut environments, &mut tenants] {
        names.sort();
        names.dedup();
    }
    (environments, tenants)
}

#[test]
fn every_way_to_render_gives_the_same_tree() {
    let whole = copy_of_the_platform();
    run(whole.path(), &["render"]).done();
    let expected = output(whole.path());
    assert!(!expected.is_empty(), "the platform renders nothing");

    // A second run, with and without the index of the first.
    run(whole.path(), &["render"]).done();
    same(&expected, &output(whole.path()));
    std::fs::remove_dir_all(whole.path().join("output/.aqueduct")).expect("the state can be removed");
    run(whole.path(), &["render"]).done();
    same(&expected, &output(whole.path()));

    // One environment at a time in another folder, the last one first.
    let by_environment = copy_of_the_platform();
    let (environments, tenants) = names(by_environment.path());
    for environment in environments.iter().rev() {
        run(by_environment.path(), &["render", "--environment", environment]).done();
    }
    same(&expected, &output(by_environment.path()));

    // One tenant at a time over a tree in which that tenant is missing.
    for tenant in tenants.iter().rev() {
        for environment in &environments {
            for folder in [tenant.clone(), format!("argocd/{tenant}")] {
                let folder = by_environment.path().join("output").join(environment).join(folder);
                if folder.exists() {
                    std::fs::remove_dir_all(folder).expect("the folder can be removed");
                }
            }
        }
        run(by_environment.path(), &["render", "--tenant", tenant]).done();
    }
    same(&expected, &output(by_environment.path()));
}

#[test]
fn the_same_input_prints_the_same_bytes() {
    let root = Path::new(ROOT);
    let first = run(root, &["render", "--stdout"]).done();
    let second = run(root, &["render", "--stdout"]).done();
    assert!(first == second, "two renders of the same input differ");
}

#[test]
fn the_committed_output_is_fresh() {
    let platform = copy_of_the_platform();
    run(platform.path(), &["render"]).done();
    same(&output(Path::new(ROOT)), &output(platform.path()));
}
