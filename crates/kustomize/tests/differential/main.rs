//! Builds random kustomizations here and with Kustomize itself, and compares their output.
//!
//! `AQUEDUCT_KUSTOMIZE` is the command that builds a folder, such as `kustomize build` or `kubectl kustomize`;
//! without it, nothing is compared. `AQUEDUCT_DIFFERENTIAL_SEED` and `AQUEDUCT_DIFFERENTIAL_COUNT` select other
//! inputs and their number. An input with different outcomes is reduced and printed.
//!
//! If `AQUEDUCT_DIFFERENTIAL_PROGRAM` is the path of the program `aqueduct`, that program builds, and the inputs use
//! charts too. The reference command must then enable Helm, as in `kubectl kustomize --enable-helm`.

mod kustomization;
mod random;
mod resource;
mod smaller;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use aqueduct_kustomize::{Disk, Options, build, to_yaml};

use crate::kustomization::{Charts, Input, input};
use crate::resource::texts;

#[expect(
    clippy::disallowed_methods,
    reason = "the environment names the reference and asks for other inputs"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

fn number(name: &str, or: u64) -> u64 {
    variable(name).map_or(or, |text| text.parse().expect("the variable is a number"))
}

/// What a build printed, or why it was refused.
type Outcome = Result<String, String>;

/// A command that builds a folder.
struct Builder(String);

impl Builder {
    /// Returns the command from the environment, if there is one.
    #[expect(clippy::print_stdout, reason = "a test that compares nothing says so")]
    fn find() -> Option<Self> {
        let command = variable("AQUEDUCT_KUSTOMIZE");
        if command.is_none() {
            println!("skipped: AQUEDUCT_KUSTOMIZE names no command that builds a folder");
        }
        command.map(Self)
    }

    /// Returns the program that builds instead of this library, if the environment sets one.
    fn program() -> Option<Self> {
        let program = variable("AQUEDUCT_DIFFERENTIAL_PROGRAM")?;
        Some(Self(format!("{program} kustomize build --enable-helm")))
    }

    fn build(&self, folder: &Path) -> Outcome {
        let mut words = self.0.split_whitespace();
        let output = Command::new(words.next().unwrap_or_default()).args(words).arg(folder).output();
        let output = output.expect("the command of AQUEDUCT_KUSTOMIZE runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }
}

fn own(folder: &Path) -> Outcome {
    if let Some(program) = Builder::program() {
        return program.build(folder);
    }
    let folder = folder.to_str().expect("the folders of the tests have UTF-8 names");
    match build(&Disk::new("/"), folder, &Options::default()) {
        Ok(built) => to_yaml(&built.objects).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn differ(own: &Outcome, reference: &Outcome) -> bool {
    match (own, reference) {
        // A program that crashes shows nothing about what is right.
        (_, Err(error)) if error.contains("panic: ") => false,
        (Ok(own), Ok(reference)) => own != reference,
        (Err(_), Err(_)) => false,
        _ => true,
    }
}

/// Writes an input into a folder that is emptied first, and builds it with both.
fn compare(reference: &Builder, folder: &Path, input: &Input) -> (Outcome, Outcome) {
    if folder.exists() {
        fs::remove_dir_all(folder).expect("the test's own folder can be removed");
    }
    for (path, text) in &input.files {
        let file = folder.join(path);
        let parent = file.parent().expect("every file is in a folder");
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&file, text))
            .expect("the test's own folder is writable");
    }
    let built = folder.join(&input.folder);
    (own(&built), reference.build(&built))
}

fn report(seed: u64, input: &Input, own: &Outcome, reference: &Outcome) -> String {
    let mut text = format!("-- seed {seed}, build of {}\n", input.folder);
    for (path, content) in &input.files {
        text.push_str(&format!("## {path}\n{content}"));
    }
    for (name, outcome) in [("here", own), ("reference", reference)] {
        let (word, output) = match outcome {
            Ok(output) => ("prints", output),
            Err(error) => ("refuses", error),
        };
        text.push_str(&format!("## {name} {word}\n{}\n", output.trim_end()));
    }
    text
}

#[test]
fn random_kustomizations_are_built_as_by_the_reference() {
    let Some(reference) = Builder::find() else { return };
    let first = number("AQUEDUCT_DIFFERENTIAL_SEED", 1);
    let count = number("AQUEDUCT_DIFFERENTIAL_COUNT", 1000);
    let charts = if Builder::program().is_some() { Charts::Some } else { Charts::None };
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let (next, built) = (AtomicU64::new(0), AtomicUsize::new(0));
    let failures = Mutex::new(Vec::new());
    let work = |number: usize| {
        let folder = folder.path().join(number.to_string());
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count {
                return;
            }
            let seed = first.wrapping_mul(1_000_003).wrapping_add(place);
            let input = input(seed, charts);
            let (own, expected) = compare(&reference, &folder, &input);
            if expected.is_ok() {
                built.fetch_add(1, Ordering::Relaxed);
            }
            if differ(&own, &expected) {
                // One kind of difference must not turn into another along the way.
                let kind = (own.is_ok(), expected.is_ok());
                let input = smaller::smaller(input, |input| {
                    let (own, expected) = compare(&reference, &folder, input);
                    differ(&own, &expected) && (own.is_ok(), expected.is_ok()) == kind
                });
                let (own, expected) = compare(&reference, &folder, &input);
                let text = report(seed, &input, &own, &expected);
                failures.lock().expect("no thread panics while it holds this").push(text);
            }
        }
    };
    std::thread::scope(|scope| {
        for number in 0..4 {
            let work = &work;
            scope.spawn(move || work(number));
        }
    });
    let failures = failures.into_inner().expect("no thread panics while it holds this");
    let same = count as usize - failures.len();
    println!("kustomize: {same} of {count} random builds ({} without an error)", built.into_inner());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// YAML texts in ConfigMaps, many of them in one build: how each is rewritten depends on nothing else.
#[test]
fn random_texts_are_changed_as_by_the_reference() {
    let Some(reference) = Builder::find() else { return };
    let first = number("AQUEDUCT_DIFFERENTIAL_SEED", 1);
    let count = number("AQUEDUCT_DIFFERENTIAL_COUNT", 1000) / 50;
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let (mut failures, mut same) = (Vec::new(), 0);
    for place in 0..count {
        let seed = first.wrapping_mul(1_000_003).wrapping_add(place);
        let input = texts(seed);
        let (own, expected) = compare(&reference, folder.path(), &input);
        let (Ok(own), Ok(expected)) = (&own, &expected) else {
            failures.push(report(seed, &input, &own, &expected));
            continue;
        };
        for (own, expected) in own.split("---\n").zip(expected.split("---\n")) {
            if own == expected {
                same += 1;
                continue;
            }
            let name = own.lines().find_map(|line| line.strip_prefix("  name: ")).unwrap_or_default();
            let text = input.files.get("all.yaml").map(String::as_str).unwrap_or_default();
            let given = text.split("---\n").find(|given| given.contains(&format!("  name: {name}\n")));
            let given = given.unwrap_or_default();
            failures.push(format!("-- seed {seed}\n{given}## here\n{own}## reference\n{expected}"));
        }
    }
    println!("kustomize: {same} random texts are the same, {} are not", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Returns the folders with a kustomization below a folder.
fn kustomizations(folder: &Path, found: &mut Vec<PathBuf>) {
    if folder.join("kustomization.yaml").is_file() {
        found.push(folder.to_owned());
    }
    let mut inner: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    inner.sort();
    inner.iter().filter(|path| path.is_dir()).for_each(|path| kustomizations(path, found));
}

#[test]
fn own_kustomizations_are_built_as_by_the_reference() {
    let Some(reference) = Builder::find() else { return };
    let mut found = Vec::new();
    for folder in ["../../kustomizations", "tests/fixtures"] {
        kustomizations(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    }
    let mut failures = Vec::new();
    let mut count = 0;
    for folder in &found {
        // The reference should not build anything that fetches or runs something.
        let Ok(expected) = reference.build(folder) else { continue };
        count += 1;
        let own = own(folder);
        if own.as_ref() != Ok(&expected) {
            failures.push(format!("-- {}\n## here\n{own:?}\n## reference\n{expected}", folder.display()));
        }
    }
    println!("kustomize: {} of {count} own builds", count - failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
