//! Builds every kustomization of the corpus and compares the output byte for byte with what Kustomize printed.
//! Whatever Kustomize refused must be refused with a message.

use std::fs;
use std::path::{Path, PathBuf};

use aqueduct_kustomize::{Disk, LoadRestrictor, Options, Reorder, build, inventory, to_yaml};
use aqueduct_manifest::Files;

/// One build: its name, folder and options, and what was printed.
struct Case {
    name: String,
    folder: PathBuf,
    options: Options<'static>,
    expected: Option<Vec<u8>>,
}

#[expect(clippy::disallowed_methods, reason = "the environment says where the corpus is")]
fn corpus() -> PathBuf {
    match std::env::var_os("AQUEDUCT_CORPUS") {
        Some(folder) => PathBuf::from(folder),
        None => concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus").into(),
    }
    .join("kustomize")
}

fn json(path: &Path) -> serde_json::Value {
    let bytes = fs::read(path).expect("the corpus is readable");
    serde_json::from_slice(&bytes).expect("the corpus holds valid JSON")
}

fn cases(folder: &Path, root: &Path, cases: &mut Vec<Case>) {
    let name = folder.strip_prefix(root).unwrap_or(folder).display().to_string();
    let files = folder.join("fs");
    if folder.join("meta.json").is_file() && files.is_dir() {
        let meta = json(&folder.join("meta.json"));
        let text = |key: &str| meta.get(key).and_then(|value| value.as_str()).unwrap_or("").to_owned();
        let options = Options {
            load_restrictor: match text("restrict").as_str() {
                "LoadRestrictionsNone" => LoadRestrictor::None,
                _ => LoadRestrictor::RootOnly,
            },
            reorder: match text("reorder").as_str() {
                "none" => Reorder::None,
                "legacy" => Reorder::Legacy,
                _ => Reorder::Unspecified,
            },
            ..Options::default()
        };
        let expected = fs::read(folder.join("expected.yaml")).ok();
        cases.push(Case {
            name,
            folder: files.join(text("path").trim_start_matches('/')),
            options,
            expected,
        });
    } else if folder.join("builds.json").is_file() {
        let builds = json(&folder.join("builds.json"));
        for (path, expected) in builds.as_object().into_iter().flatten() {
            let expected = folder.join("expected").join(expected.as_str().unwrap_or_default());
            cases.push(Case {
                name: format!("{name}/{path}"),
                folder: files.join(path),
                options: Options::default(),
                expected: fs::read(expected).ok(),
            });
        }
    } else {
        let mut inner: Vec<PathBuf> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
            .collect();
        inner.sort();
        inner.iter().for_each(|inner| self::cases(inner, root, cases));
    }
}

/// Returns what a build needs but the inventory of its case lacks.
fn missing(case: &Case) -> Option<String> {
    let folder = case.folder.canonicalize().expect("the case is there");
    let folder = folder.to_str().expect("the corpus has UTF-8 names");
    let found = match inventory(&Disk::new("/"), folder) {
        Ok(found) => found,
        Err(error) => return Some(error.to_string()),
    };
    let read = |path: &String| fs::read(path).expect("what the inventory names is there");
    let files: Files = found.files.iter().map(|path| (path.trim_start_matches('/'), read(path))).collect();
    match build(&files, folder.trim_start_matches('/'), &case.options) {
        Ok(built) if to_yaml(&built.objects).ok().map(String::into_bytes) == case.expected => None,
        Ok(_) => Some("another output".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

#[test]
fn the_inventory_holds_all_that_a_build_needs() {
    let root = corpus();
    if !root.is_dir() {
        println!("skipped: no corpus at {}", root.display());
        return;
    }
    let mut all = Vec::new();
    cases(&root, &root, &mut all);
    // Copies of remotes never refer outside themselves, so there is no inventory without restrictions.
    all.retain(|case| case.expected.is_some() && case.options.load_restrictor == LoadRestrictor::RootOnly);
    let failures: Vec<String> =
        all.iter().filter_map(|case| Some(format!("-- {}\n   {}", case.name, missing(case)?))).collect();
    println!("kustomize: {} of {} inventories", all.len() - failures.len(), all.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Returns why a case differs from the reference.
fn difference(case: &Case) -> Option<String> {
    let folder = case.folder.to_str().expect("the corpus has UTF-8 names");
    let built = build(&Disk::new("/"), folder, &case.options);
    match (built.and_then(|built| to_yaml(&built.objects)), &case.expected) {
        (Err(error), None) => {
            error.to_string().trim().is_empty().then(|| "refused without a message".to_owned())
        }
        (Err(error), Some(_)) => Some(format!("refused: {error}")),
        (Ok(_), None) => Some("the reference refuses this".to_owned()),
        (Ok(output), Some(expected)) => {
            if output.as_bytes() == expected.as_slice() {
                return None;
            }
            let expected = String::from_utf8_lossy(expected);
            let mut lines =
                output.lines().chain(["<end>"]).zip(expected.lines().chain(["<end>"])).enumerate();
            let (number, (got, wanted)) = lines.find(|(_, (got, wanted))| got != wanted)?;
            Some(format!("line {}\n     got      {got}\n     expected {wanted}", number + 1))
        }
    }
}

#[test]
fn builds_the_corpus() {
    let root = corpus();
    if !root.is_dir() {
        println!("skipped: no corpus at {}", root.display());
        return;
    }
    let mut all = Vec::new();
    cases(&root, &root, &mut all);
    let failures: Vec<String> =
        all.iter().filter_map(|case| Some(format!("-- {}\n   {}", case.name, difference(case)?))).collect();
    println!("kustomize: {} of {} builds", all.len() - failures.len(), all.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
