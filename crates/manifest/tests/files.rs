//! The input folder: what is read, and what is rejected.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use aqueduct_manifest::Files;

/// Returns a folder with some files, and links written as `path -> target`.
fn folder(entries: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a folder can be made");
    for entry in entries {
        let (path, target) = entry.split_once(" -> ").map_or((*entry, None), |(path, to)| (path, Some(to)));
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder can be made");
        match target {
            Some(target) => symlink(target, path).expect("a link can be made"),
            None => fs::write(path, entry).expect("a file can be written"),
        }
    }
    root
}

fn read(root: &Path) -> String {
    match Files::read(root, &["a", "b", "absent", "c/d"]) {
        Ok(files) => files.iter().map(|(path, _)| &**path).collect::<Vec<_>>().join("\n"),
        Err(error) => format!("{error}: {}", error.source),
    }
}

#[test]
fn links_inside_are_followed() {
    let root = folder(&["a/x", "a/l -> ../b", "a/f -> x", "b/y", "c/d/z", "c/e/other", "other"]);
    insta::assert_snapshot!(read(root.path()), @r"
    a/f
    a/l/y
    a/x
    b/y
    c/d/z
    ");
}

#[test]
fn what_is_refused() {
    for (entries, expected) in [
        (
            &["a/x", "a/l -> ../b", "b/m -> ../a"][..],
            "cannot read: a/l/m: the links `a/l` and `b/m` form a cycle",
        ),
        (&["a/l -> m", "a/m -> l"], "cannot read: a/l: the links `a/l` and `a/m` form a cycle"),
        (&["a/b/l -> .."], "cannot read: a/b/l: the link points to itself or to a folder that contains it"),
        (&["a/l -> l"], "cannot read: a/l: the link points to itself or to a folder that contains it"),
        (&["a/l -> ../gone"], "cannot read: a/l: the link is broken: gone"),
        (&["a/l -> /"], "cannot read: a/l: the link leads out of the platform's folder"),
        (&["a/x\ny"], "cannot read: a/x\\ny: a name contains a control character"),
        (&["a/x\u{9b}1m/y"], "cannot read: a/x\\u{9b}1m: a name contains a control character"),
    ] {
        assert_eq!(read(folder(entries).path()), expected);
    }
}

#[test]
fn what_is_no_plain_file() {
    let root = folder(&["a/x"]);
    let _listener = UnixListener::bind(root.path().join("a/s")).expect("a socket can be made");
    let expected = "cannot read: a/s: not a regular file: a pipe, a socket or a device";
    assert_eq!(read(root.path()), expected);
    symlink("a/s", root.path().join("b")).expect("a link can be made");
    fs::remove_file(root.path().join("a/x")).expect("it is there");
    assert_eq!(read(root.path()), expected);
}

/// Each folder has two links to the next one, so that each additional folder doubles the paths to the last one.
#[test]
fn a_diamond_of_links() {
    let links = |count: usize| -> Vec<String> {
        (0..count).flat_map(|at| ["l", "m"].map(|name| format!("a/{at}/{name} -> ../{}", at + 1))).collect()
    };
    let check = |count: usize| {
        let mut entries = links(count);
        entries.push(format!("a/{count}/x"));
        let root = folder(&entries.iter().map(String::as_str).collect::<Vec<_>>());
        read(root.path())
    };
    let names = check(9);
    assert_eq!(names.lines().count(), (1 << 10) - 1, "each folder has all of its names");
    let refusal = check(40);
    assert!(refusal.ends_with(": links lead to more than 100000 files and folders"), "{refusal}");
}
