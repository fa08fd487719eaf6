//! Full and read-only disks. They are mounted for the test, which needs Linux and root; otherwise the tests
//! report that they were skipped.

#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::error::Error as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use aqueduct_tree::{EmitOptions, Error, ErrorKind, Tree, emit, status};
use tempfile::TempDir;

/// A small file system in memory, unmounted when dropped.
struct Mounted {
    folder: TempDir,
}

impl Mounted {
    fn new(size: &str) -> Option<Self> {
        let mounted = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        let size = format!("size={size}");
        if mounted.mount(&["-t", "tmpfs", "-o", &size, "tmpfs"]) {
            Some(mounted)
        } else {
            eprintln!("skipped: no file system can be mounted here");
            None
        }
    }

    fn mount(&self, arguments: &[&str]) -> bool {
        Command::new("mount")
            .args(arguments)
            .arg(self.folder.path())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // If mounting failed, nothing is mounted.
        let _unmounted = Command::new("umount").arg(self.folder.path()).stderr(Stdio::null()).status();
    }
}

fn tree(text: &str, count: usize) -> Tree {
    let mut tree = Tree::new();
    for environment in ["dev", "prod"] {
        for file in 0..count {
            let path = format!("tenant-{}/web/file-{file}.yaml", file % 7);
            tree.insert(environment, path, text.repeat(100).into_bytes()).expect("the names are good");
        }
    }
    tree
}

fn message(error: &Error, root: &Path) -> String {
    let source = error.source().expect("the disk said why");
    format!("{error}: {source}").replace(root.to_str().expect("the path is text"), "disk")
}

#[test]
fn a_full_disk_leaves_the_old_tree() {
    let Some(disk) = Mounted::new("1m") else { return };
    let output = disk.path().join("output");
    let small = tree("old", 20);
    emit(&output, &small, EmitOptions::default()).expect("it fits");
    let error = emit(&output, &tree("larger", 2000), EmitOptions::default()).expect_err("it does not fit");
    assert_eq!(*error.kind(), ErrorKind::Write);
    let text = message(&error, disk.path());
    assert!(text.starts_with("cannot write: disk/output/.aqueduct/staged/"), "{text}");
    assert!(text.ends_with("No space left on device (os error 28)"), "{text}");
    assert!(!output.join(".aqueduct/staged").exists());
    assert!(status(&output, &small).expect("it can be read").is_clean());

    // Not a byte is left.
    let mut junk = fs::File::create(disk.path().join("junk")).expect("it can be made");
    while std::io::Write::write_all(&mut junk, &[0; 512]).is_ok() {}
    drop(junk);
    let next = tree("new", 20);
    emit(&output, &next, EmitOptions::default()).expect_err("it does not fit");
    assert!(status(&output, &small).expect("it can be read").is_clean());
    assert!(emit(&output, &small, EmitOptions::default()).expect("nothing is written").is_unchanged());
    fs::remove_file(disk.path().join("junk")).expect("it can be removed");
    emit(&output, &next, EmitOptions::default()).expect("it fits");
    assert!(status(&output, &next).expect("it can be read").is_clean());
}

#[test]
fn a_read_only_disk_is_reported_and_can_be_checked() {
    let Some(disk) = Mounted::new("1m") else { return };
    let output = disk.path().join("output");
    let old = tree("old", 20);
    emit(&output, &old, EmitOptions::default()).expect("it can be written");
    assert!(disk.mount(&["-o", "remount,ro"]));
    let error = emit(&output, &tree("new", 20), EmitOptions::default()).expect_err("it cannot be written");
    insta::assert_snapshot!(
        message(&error, disk.path()),
        @"cannot write: disk/output/.aqueduct/lock: Read-only file system (os error 30)"
    );
    let error =
        emit(&disk.path().join("other"), &old, EmitOptions::default()).expect_err("it cannot be written");
    insta::assert_snapshot!(
        message(&error, disk.path()),
        @"cannot write: disk/other: Read-only file system (os error 30)"
    );
    assert!(status(&output, &old).expect("it can be read").is_clean());
    assert_eq!(status(&output, &tree("new", 20)).expect("it can be read").changes.len(), 40);
}
