//! Tests that stop a write at every single operation on the disk.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use crate::disk::{Disk, Entry, FileSystem, Listed};
use crate::emit::{Options, emit, emit_on};
use crate::error::ErrorKind;
use crate::stamp::Stamp;
use crate::status::{State, status};
use crate::tree::{Scope, Tree};

/// How the disk fails.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// From then on nothing works, as if the process were killed.
    Kill,
    /// One operation fails, as on a disk that was full for a moment.
    Full,
}

/// A disk that fails at one operation.
struct Failing {
    fault: Fault,
    at: usize,
    done: AtomicUsize,
}

impl Failing {
    fn new(fault: Fault, at: usize) -> Arc<Self> {
        Arc::new(Self { fault, at, done: AtomicUsize::new(0) })
    }

    fn works(&self) -> io::Result<()> {
        let number = self.done.fetch_add(1, Ordering::SeqCst);
        if number == self.at || (number > self.at && self.fault == Fault::Kill) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn failed(&self) -> bool {
        self.done.load(Ordering::SeqCst) > self.at
    }
}

impl FileSystem for Failing {
    fn entry(&self, path: &Path) -> io::Result<Option<Entry>> {
        self.works()?;
        Disk.entry(path)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.works()?;
        Disk.read(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<Listed>> {
        self.works()?;
        Disk.list(path)
    }

    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<Stamp> {
        if let Err(error) = self.works() {
            // The file is there, and half of it was written.
            Disk.create(path, &bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        Disk.create(path, bytes)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.works()?;
        Disk.create_folder(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.works()?;
        Disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.works()?;
        Disk.remove(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.works()?;
        Disk.remove_folder(path)
    }

    fn remove_all(&self, path: &Path) -> io::Result<()> {
        if let Err(error) = self.works() {
            // Some of it is gone.
            if let Some(first) = Disk.list(path)?.first().filter(|first| !first.is_folder) {
                Disk.remove(&path.join(&first.name))?;
            }
            return Err(error);
        }
        Disk.remove_all(path)
    }
}

fn tree(files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::new();
    for (path, text) in files {
        let (environment, path) = path.split_once('/').expect("tests name an environment");
        tree.insert(environment, path, text.as_bytes()).expect("tests use good names");
    }
    tree
}

fn old() -> Tree {
    tree(&[
        ("dev/a/same", "same"),
        ("dev/a/web/changed", "old"),
        ("dev/a/web/removed", "old"),
        ("dev/b/removed", "old"),
        ("dev/c", "a file"),
        ("dev/d/e", "a folder"),
        ("gone/a/removed", "old"),
        ("prod/a/changed", "old"),
    ])
}

fn new() -> Tree {
    tree(&[
        ("dev/a/same", "same"),
        ("dev/a/web/changed", "new"),
        ("dev/a/web/created", "new"),
        ("dev/c/f", "a folder"),
        ("dev/d", "a file"),
        ("fresh/a/created", "new"),
        ("fresh/b/created", "new"),
        ("prod/a/changed", "new"),
        ("prod/b/created", "new"),
    ])
}

fn clean(output: &Path, tree: &Tree) -> bool {
    let status = status(output, tree).expect("the output can be read");
    status.is_clean() && status.unowned.is_empty()
}

/// Writes the new tree over the old one with a fault at one operation; `None` where it came to its end
/// before that. One thread does all, so that the number stands for one moment.
fn stop(fault: Fault, at: usize) -> Option<(TempDir, Option<ErrorKind>)> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    emit(folder.path(), &old(), Options::default()).expect("it can be written");
    let (failed, error) = retry(folder.path(), &new(), fault, at);
    failed.then_some((folder, error))
}

fn retry(output: &Path, tree: &Tree, fault: Fault, at: usize) -> (bool, Option<ErrorKind>) {
    let disk = Failing::new(fault, at);
    let files: Arc<dyn FileSystem> = Arc::<Failing>::clone(&disk);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread can be started");
    let result = one.install(|| emit_on(files, output, tree, Options::default()));
    (disk.failed(), result.err().map(|error| error.kind().clone()))
}

#[test]
fn a_kill_leaves_old_new_or_interrupted_and_is_repaired() {
    let (mut olds, mut news, mut interruptions) = (0, 0, 0);
    let mut at = 0;
    while let Some((folder, _)) = stop(Fault::Kill, at) {
        let output = folder.path();
        let interrupted = status(output, &new()).expect("the output can be read").interrupted;
        let (is_old, is_new) = (clean(output, &old()), clean(output, &new()));
        assert_eq!(
            [is_old, is_new, interrupted].iter().filter(|state| **state).count(),
            1,
            "after {at} operations"
        );
        olds += usize::from(is_old);
        news += usize::from(is_new);
        interruptions += usize::from(interrupted);
        // What comes next may be the same tree, another one, or a part that speaks of nothing.
        let (next, end) = match at % 3 {
            0 => (new(), new()),
            1 => (old(), old()),
            _ => (Tree::of([]), if is_old { old() } else { new() }),
        };
        let report = emit(output, &next, Options::default()).expect("a second run repairs");
        assert_eq!(report.finished, interrupted, "after {at} operations");
        assert!(clean(output, &end), "after {at} operations");
        at += 1;
    }
    assert!(olds > 10 && news > 0 && interruptions > 10, "{olds} {news} {interruptions}");
    let (folder, error) = {
        let folder = tempfile::tempdir().expect("a temporary folder");
        emit(folder.path(), &old(), Options::default()).expect("it can be written");
        let (_, error) = retry(folder.path(), &new(), Fault::Kill, at);
        (folder, error)
    };
    assert_eq!(error, None);
    assert!(clean(folder.path(), &new()));
}

#[test]
fn a_kill_of_the_repair_is_repaired() {
    let mut at = 0;
    while let Some((folder, _)) = stop(Fault::Kill, at) {
        if status(folder.path(), &new()).expect("the output can be read").interrupted {
            // The repair is itself killed ever later, until it comes to its end.
            let mut again = 0;
            while retry(folder.path(), &Tree::of([]), Fault::Kill, again).0 {
                again += 1;
            }
            assert!(clean(folder.path(), &new()), "after {at} operations");
        }
        at += 1;
    }
}

#[test]
fn a_failed_operation_leaves_the_old_tree() {
    let (mut failures, mut half_written, mut unnoticed) = (0, 0, 0);
    let mut at = 0;
    while let Some((folder, error)) = stop(Fault::Full, at) {
        let output = folder.path();
        match error {
            // A cache or the name in the lock could not be written.
            None => {
                unnoticed += 1;
                assert!(clean(output, &new()), "after {at} operations");
            }
            Some(ErrorKind::HalfWritten) => {
                half_written += 1;
                assert!(status(output, &new()).expect("the output can be read").interrupted);
            }
            Some(kind) => {
                failures += 1;
                assert!(matches!(kind, ErrorKind::Read | ErrorKind::Write), "{kind:?}");
                assert!(clean(output, &old()), "after {at} operations");
                assert!(!output.join(".aqueduct/staged").exists(), "after {at} operations");
            }
        }
        emit(output, &new(), Options::default()).expect("a second run works");
        assert!(clean(output, &new()), "after {at} operations");
        at += 1;
    }
    assert!(failures > 10 && half_written > 10 && unnoticed > 0, "{failures} {half_written} {unnoticed}");
}

/// Stops a write after every operation that leaves it interrupted.
fn interruptions(check: impl Fn(&Path)) {
    let mut at = 0;
    while let Some((folder, _)) = stop(Fault::Kill, at) {
        if status(folder.path(), &new()).expect("the output can be read").interrupted {
            check(folder.path());
        }
        at += 1;
    }
}

#[test]
fn an_edit_after_an_interruption_is_kept() {
    interruptions(|output| {
        let edited = ["dev/a/web/changed", "dev/b/removed", "prod/b/created"];
        for path in edited {
            let path = output.join(path);
            fs::create_dir_all(path.parent().expect("it is below the output")).expect("folders can be made");
            fs::write(path, "edited").expect("it can be written");
        }
        let error = emit(output, &new(), Options::default()).expect_err("edits are not overwritten");
        assert!(!error.problems().is_empty());
        for path in edited {
            assert_eq!(fs::read_to_string(output.join(path)).expect("it is there"), "edited");
        }
        for problem in error.problems() {
            assert!(edited.contains(&problem.path.as_str()), "{problem}");
            fs::remove_file(output.join(&problem.path)).expect("it can be removed");
        }
        emit(output, &new(), Options::default()).expect("nothing is in the way");
        let status = status(output, &new()).expect("the output can be read");
        assert!(status.is_clean());
    });
}

#[test]
fn a_restored_tree_after_an_interruption_is_not_edited() {
    interruptions(|output| {
        // As `git checkout` and `git clean` would.
        for folder in fs::read_dir(output).expect("it can be listed") {
            let folder = folder.expect("it can be listed");
            if folder.file_name() != ".aqueduct" {
                fs::remove_dir_all(folder.path()).expect("it can be removed");
            }
        }
        let pristine = tempfile::tempdir().expect("a temporary folder");
        emit(pristine.path(), &old(), Options::default()).expect("it can be written");
        for environment in ["dev", "gone", "prod"] {
            fs::rename(pristine.path().join(environment), output.join(environment)).expect("it can be moved");
        }
        assert!(
            !status(output, &old())
                .expect("the output can be read")
                .changes
                .iter()
                .any(|change| matches!(change.state, State::Edited | State::Foreign))
        );
        emit(output, &new(), Options::default()).expect("nothing is edited");
        assert!(clean(output, &new()));
    });
}

#[test]
fn a_scope_of_a_lost_environment_is_no_problem() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scope = Scope::Folder { environment: "dev".to_owned(), folder: "a".to_owned() };
    assert!(emit(folder.path(), &Tree::of([scope]), Options::default()).expect("it is empty").is_unchanged());
}
