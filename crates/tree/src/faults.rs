//! Tests that stop a write at every single disk operation.

#[path = "../tests/memory/mod.rs"]
mod memory;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tempfile::TempDir;

use crate::disk::{Disk, Entry, FileSystem, Listed};
use crate::emit::{EmitOptions, EmitReport, emit, emit_on};
use crate::error::{Error, ErrorKind};
use crate::stamp::Stamp;
use crate::status::status;
use crate::sum::SUM;
use crate::tree::{OutputScope, Tree};

/// Edits files in an output.
type Edit = fn(&Path);

/// What happens at one operation.
#[derive(Clone, Copy)]
enum Fault {
    /// From then on nothing works, as if the process had been killed.
    Kill,
    /// One operation fails, as on a disk that is full for a moment.
    Full,
    /// Somebody edits files in the output.
    Edit(Edit),
}

/// Whether folders can be exchanged.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Exchange {
    Works,
    Unsupported,
}

/// A disk with a fault at one operation.
struct Failing {
    fault: Fault,
    exchange: Exchange,
    output: PathBuf,
    at: usize,
    done: AtomicUsize,
    happened: AtomicBool,
}

impl Failing {
    /// Counts an operation, which may fail.
    fn works(&self) -> io::Result<()> {
        let number = self.done.fetch_add(1, Ordering::SeqCst);
        let happens = number >= self.at && !self.happened.swap(number >= self.at, Ordering::SeqCst);
        match self.fault {
            Fault::Kill if number >= self.at => Err(io::ErrorKind::StorageFull.into()),
            Fault::Full if happens => Err(io::ErrorKind::StorageFull.into()),
            Fault::Edit(edit) if happens => {
                edit(&self.output);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Counts an operation that removes a file right after it was checked. An edit in between cannot be
    /// noticed, so it is made at the next operation.
    fn takes_away(&self) -> io::Result<()> {
        match self.fault {
            Fault::Edit(_) => Ok(()),
            _ => self.works(),
        }
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
            // The file exists, and half of it was written.
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
        self.takes_away()?;
        Disk.rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.works()?;
        Disk.link(from, to)
    }

    fn exchange(&self, left: &Path, right: &Path) -> io::Result<()> {
        self.works()?;
        match self.exchange {
            Exchange::Works => Disk.exchange(left, right),
            Exchange::Unsupported => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn liken(&self, folder: &Path, other: &Path) -> io::Result<()> {
        self.works()?;
        Disk.liken(folder, other)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.takes_away()?;
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
        ("deep/a/b/one", "old"),
        ("deep/a/b/two", "old"),
        ("deep/same", "same"),
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
        ("deep/a/b/one", "new"),
        ("deep/a/b/three", "new"),
        ("deep/same", "same"),
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

/// Returns everything in the folder of an environment: files with their texts, and folders.
fn content(output: &Path, environment: &str) -> BTreeMap<PathBuf, String> {
    let mut content = BTreeMap::new();
    let mut folders = vec![output.join(environment)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("it can be listed").path();
            let name = path.strip_prefix(output).expect("it is below the output").to_owned();
            if path.is_dir() {
                folders.push(path);
                content.insert(name, "a folder".to_owned());
            } else {
                content.insert(name, fs::read_to_string(path).expect("it can be read"));
            }
        }
    }
    content
}

const ENVIRONMENTS: [&str; 5] = ["dev", "deep", "fresh", "gone", "prod"];
const BOTH: [Exchange; 2] = [Exchange::Works, Exchange::Unsupported];
const MINE: [&str; 2] = ["dev/notes", "dev/a/web/mine/notes"];

/// Writes the old tree.
fn begin() -> TempDir {
    let folder = memory::folder();
    emit(folder.path(), &old(), EmitOptions::default()).expect("it can be written");
    folder
}

fn add_mine(output: &Path) {
    for path in MINE {
        let path = output.join(path);
        fs::create_dir_all(path.parent().expect("it is below the output")).expect("folders can be made");
        fs::write(path, "mine").expect("it can be written");
    }
}

/// Writes a tree with a fault at one operation, and tells whether that operation was reached. A single thread
/// does everything, so the number identifies one moment.
fn run(
    output: &Path,
    tree: &Tree,
    fault: Fault,
    exchange: Exchange,
    at: usize,
) -> (bool, Result<EmitReport, Error>) {
    let disk = Arc::new(Failing {
        fault,
        exchange,
        output: output.to_owned(),
        at,
        done: AtomicUsize::new(0),
        happened: AtomicBool::new(false),
    });
    let files: Arc<dyn FileSystem> = Arc::<Failing>::clone(&disk);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread can be started");
    let result = one.install(|| emit_on(files, output, tree, EmitOptions::default()));
    (disk.happened.load(Ordering::SeqCst), result)
}

/// Writes the new tree over the old one with a fault at every operation in turn.
fn every_moment(fault: Fault, exchange: Exchange, check: impl Fn(usize, &Path, Result<EmitReport, Error>)) {
    for at in 0.. {
        let folder = begin();
        let (happened, result) = run(folder.path(), &new(), fault, exchange, at);
        if !happened {
            assert!(at > 50 && result.is_ok(), "{at}: {result:?}");
            break;
        }
        check(at, folder.path(), result);
    }
}

#[test]
fn a_kill_leaves_every_environment_old_or_new() {
    let content = |output: &Path, environment: &str| {
        let mut content = content(output, environment);
        // The list of a smaller folder, or of a single file, is replaced before and after it.
        let whole = !matches!(environment, "deep" | "gone");
        content.retain(|path, text| whole || !(text == "a folder" || path.ends_with(SUM)));
        content
    };
    let wanted = [old(), new()].map(|tree| {
        let folder = memory::folder();
        emit(folder.path(), &tree, EmitOptions::default()).expect("it can be written");
        add_mine(folder.path());
        ENVIRONMENTS.map(|environment| content(folder.path(), environment))
    });
    let mut seen = [0, 0];
    for at in 0.. {
        let folder = begin();
        let output = folder.path();
        add_mine(output);
        let (happened, _) = run(output, &new(), Fault::Kill, Exchange::Works, at);
        for (number, environment) in ENVIRONMENTS.iter().enumerate() {
            let found = content(output, environment);
            let age = wanted.iter().position(|wanted| wanted[number] == found);
            let age = age.unwrap_or_else(|| panic!("{environment} after {at} operations: {found:#?}"));
            seen[age] += 1;
        }
        if !happened {
            break;
        }
        emit(output, &new(), EmitOptions::default()).expect("the next run works");
        assert_eq!(content(output, "dev"), wanted[1][0], "after {at} operations");
        assert_eq!(fs::read_dir(output.join(".aqueduct")).expect("it is there").count(), 3);
    }
    assert!(seen[0] > 50 && seen[1] > 50, "{seen:?}");
}

#[test]
fn after_a_kill_the_next_run_knows_its_files() {
    for exchange in BOTH {
        every_moment(Fault::Kill, exchange, |at, output, _| {
            // The sources may have changed in between, or go back.
            let other =
                tree(&[("dev/a/web/changed", "newer"), ("dev/d", "newer"), ("prod/b/created", "newer")]);
            let next = [new(), old(), other][at % 3].clone();
            emit(output, &next, EmitOptions::default()).expect("a second run repairs");
            assert!(clean(output, &next), "after {at} operations, {exchange:?}");
        });
    }
}

#[test]
fn a_kill_of_the_repair_is_repaired() {
    every_moment(Fault::Kill, Exchange::Unsupported, |at, output, _| {
        let again = at * 7 % 40;
        let _killed = run(output, &old(), Fault::Kill, BOTH[at % 2], again);
        emit(output, &new(), EmitOptions::default()).expect("a third run repairs");
        assert!(clean(output, &new()), "after {at} and {again} operations");
    });
}

#[test]
fn a_failed_operation_leaves_the_old_tree_or_is_repaired() {
    for exchange in BOTH {
        every_moment(Fault::Full, exchange, |at, output, result| {
            match result.map_err(|error| error.kind().clone()) {
                // A cache, the name in the lock or a folder for an exchange could not be written.
                Ok(_) => assert!(clean(output, &new()), "after {at} operations"),
                Err(ErrorKind::HalfWritten) => {}
                Err(kind) => {
                    assert!(matches!(kind, ErrorKind::Read | ErrorKind::Write), "{kind:?}");
                    assert!(clean(output, &old()), "after {at} operations");
                    assert!(!output.join(".aqueduct/staged").exists(), "after {at} operations");
                }
            }
            emit(output, &new(), EmitOptions::default()).expect("a second run works");
            assert!(clean(output, &new()), "after {at} operations");
        });
    }
}

const EDITED: [&str; 8] = [
    "deep/a/b/one",
    "deep/a/b/two",
    "dev/a/same",
    "dev/a/web/changed",
    "dev/a/web/removed",
    "dev/a/web/created",
    "dev/b/removed",
    "dev/new/mine",
];

fn write(output: &Path, path: &str) -> PathBuf {
    let path = output.join(path);
    fs::create_dir_all(path.parent().expect("it is below the output")).expect("folders can be made");
    fs::write(&path, "edited").expect("it can be written");
    path
}

/// Edits like an editor that writes to the file itself.
fn edit(output: &Path) {
    for path in EDITED {
        write(output, path);
    }
}

/// Edits like an editor that writes another file and renames it.
fn edit_by_rename(output: &Path) {
    for path in EDITED {
        let written = write(output, &format!("{path}~"));
        fs::rename(written, output.join(path)).expect("it can be renamed");
    }
}

#[test]
fn an_edit_at_any_moment_is_kept() {
    let ways: [(Exchange, Edit); 3] =
        [(Exchange::Works, edit), (Exchange::Works, edit_by_rename), (Exchange::Unsupported, edit)];
    for (exchange, edit) in ways {
        every_moment(Fault::Edit(edit), exchange, |at, output, result| {
            for path in EDITED {
                let text = fs::read_to_string(output.join(path)).unwrap_or_default();
                assert_eq!(text, "edited", "{path} after {at} operations, {exchange:?}: {result:?}");
            }
            for problem in result.as_ref().err().into_iter().flat_map(Error::problems) {
                assert!(EDITED.contains(&problem.path.as_str()), "{problem} after {at} operations");
            }
            let error = emit(output, &new(), EmitOptions::default()).expect_err("edits are not overwritten");
            assert!(!error.problems().is_empty());
            assert!(!output.join(".aqueduct/staged").exists(), "after {at} operations");
        });
    }
}

#[test]
fn an_edit_after_a_kill_is_kept() {
    every_moment(Fault::Kill, Exchange::Unsupported, |at, output, _| {
        edit(output);
        let error = emit(output, &new(), EmitOptions::default()).expect_err("edits are not overwritten");
        for path in EDITED {
            let text = fs::read_to_string(output.join(path)).expect("it is there");
            assert_eq!(text, "edited", "{path} after {at} operations");
        }
        for problem in error.problems() {
            assert!(EDITED.contains(&problem.path.as_str()), "{problem} after {at} operations");
            fs::remove_file(output.join(&problem.path)).expect("it can be removed");
        }
        emit(output, &new(), EmitOptions::default()).expect("nothing is in the way");
        assert!(status(output, &new()).expect("the output can be read").is_clean());
    });
}

#[test]
fn a_restored_tree_after_a_kill_is_not_edited() {
    every_moment(Fault::Kill, Exchange::Unsupported, |_, output, _| {
        // As `git checkout` and `git clean` would do.
        for folder in fs::read_dir(output).expect("it can be listed") {
            let folder = folder.expect("it can be listed");
            if folder.file_name() != ".aqueduct" {
                fs::remove_dir_all(folder.path()).expect("it can be removed");
            }
        }
        let pristine = begin();
        for environment in ["dev", "deep", "gone", "prod"] {
            fs::rename(pristine.path().join(environment), output.join(environment)).expect("it can be moved");
        }
        assert!(clean(output, &old()));
        emit(output, &new(), EmitOptions::default()).expect("nothing is edited");
        assert!(clean(output, &new()));
    });
}

#[test]
fn a_scope_of_a_lost_environment_is_no_problem() {
    let folder = memory::folder();
    let scope = OutputScope::Folder { environment: "dev".to_owned(), folder: "a".to_owned() };
    assert!(
        emit(folder.path(), &Tree::of([scope]), EmitOptions::default()).expect("it is empty").is_unchanged()
    );
}
