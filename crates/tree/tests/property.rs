//! Whatever was there before, a write ends in the tree that a cold write makes.

mod memory;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use aqueduct_tree::{EmitOptions, OutputScope, Tree, compare, diff, emit, status};
use proptest::prelude::{ProptestConfig, Strategy, prop_assert, prop_assert_eq, proptest};
use proptest::{collection, sample};

/// Paths below the output, with their texts.
type Files = BTreeMap<String, String>;

/// Returns files, none of which is also a folder of another.
fn files(tenants: &'static [&'static str]) -> impl Strategy<Value = Files> {
    let part = || sample::select(&["a", "b", "c"][..]);
    let path = (sample::select(&["dev", "prod"][..]), sample::select(tenants), collection::vec(part(), 0..3))
        .prop_map(|(environment, tenant, parts)| {
            let mut path = vec![environment, tenant];
            path.extend(parts);
            path.join("/")
        });
    collection::btree_map(path, "[xy]{0,2}", 0..14).prop_map(|files: Files| {
        let folders: BTreeSet<String> = files
            .keys()
            .flat_map(|path| path.match_indices('/').map(|(at, _)| path[..at].to_owned()))
            .collect();
        files.into_iter().filter(|(path, _)| !folders.contains(path)).collect()
    })
}

fn tree(mut tree: Tree, files: &Files) -> Tree {
    for (path, text) in files {
        let (environment, path) = path.split_once('/').expect("it has an environment");
        tree.insert(environment, path, text.as_bytes()).expect("the names are good");
    }
    tree
}

/// Returns everything in the environments: files with their texts, and folders.
fn found(output: &Path) -> Files {
    let mut found = Files::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(output.join(&folder)).expect("it can be listed") {
            let entry = entry.expect("it can be listed");
            let name = entry.file_name().into_string().expect("names are text");
            let child = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if child == ".aqueduct" {
                continue;
            }
            if entry.file_type().expect("it has a type").is_dir() {
                found.insert(format!("{child}/"), String::new());
                folders.push(child);
            } else {
                found.insert(child, fs::read_to_string(entry.path()).expect("it can be read"));
            }
        }
    }
    found
}

fn cold(tree: &Tree) -> Files {
    let folder = memory::folder();
    emit(folder.path(), tree, EmitOptions::default()).expect("it can be written");
    found(folder.path())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_write_over_another_is_a_cold_write(trees in collection::vec(files(&["a", "b"]), 2..4)) {
        let folder = memory::folder();
        let mut before = Tree::new();
        for files in trees {
            let next = tree(Tree::new(), &files);
            let differences = compare(&before, &next);
            prop_assert_eq!(diff(folder.path(), &next).expect("it can be read").len(), differences.len());
            let report = emit(folder.path(), &next, EmitOptions::default()).expect("it can be written");
            let changed = report.created.len() + report.updated.len() + report.removed.len();
            prop_assert_eq!(changed, differences.len());
            prop_assert_eq!(found(folder.path()), cold(&next));
            let status = status(folder.path(), &next).expect("it can be read");
            prop_assert!(status.is_clean() && status.unowned.is_empty());
            before = next;
        }
    }

    #[test]
    fn parts_add_up(old in files(&["a", "b"]), new in files(&["a"])) {
        let folder = memory::folder();
        emit(folder.path(), &tree(Tree::new(), &old), EmitOptions::default()).expect("it can be written");
        let scopes = ["dev", "prod"].map(|environment| OutputScope::Folder {
            environment: environment.to_owned(),
            folder: "a".to_owned(),
        });
        emit(folder.path(), &tree(Tree::of(scopes), &new), EmitOptions::default()).expect("it can be written");
        let mut whole = new;
        whole.extend(old.into_iter().filter(|(path, _)| path.split('/').nth(1) == Some("b")));
        prop_assert_eq!(found(folder.path()), cold(&tree(Tree::new(), &whole)));
    }
}
