//! Builds the corpus and prints the slowest builds next to the times that Kustomize took.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark measures time and prints it"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aqueduct_kustomize::{Disk, LoadRestrictor, Options, build, to_yaml};

fn main() {
    let root = match std::env::var_os("AQUEDUCT_CORPUS") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus")),
    }
    .join("kustomize");
    let Some(reference) = json(&root.join("reference_seconds.json")) else {
        println!("skipped: no corpus at {}", root.display());
        return;
    };
    let mut folders = Vec::new();
    collect(&root, &root, &mut folders);
    let mut times: Vec<(Duration, String)> = folders
        .into_iter()
        .map(|(name, folder)| {
            let start = Instant::now();
            let options = Options { load_restrictor: LoadRestrictor::None, ..Options::default() };
            let built = build(&Disk::new("/"), folder.to_str().unwrap_or_default(), &options);
            let _ = built.map(|built| to_yaml(&built.objects).map(|text| text.len()));
            (start.elapsed(), name)
        })
        .collect();
    let total: Duration = times.iter().map(|(time, _)| *time).sum();
    println!("{} builds in {:.3} s", times.len(), total.as_secs_f64());
    times.sort_by(|left, right| right.cmp(left));
    for (time, name) in times.iter().take(10) {
        let theirs = reference.get(name).and_then(|seconds| seconds.as_f64());
        let theirs = theirs.map_or("?".to_owned(), |seconds| format!("{seconds:.3} s"));
        println!("{:.4} s, Kustomize {theirs}: {name}", time.as_secs_f64());
    }
}

fn json(path: &Path) -> Option<serde_json::Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn collect(folder: &Path, root: &Path, found: &mut Vec<(String, PathBuf)>) {
    let name = folder.strip_prefix(root).unwrap_or(folder).display().to_string();
    let files = folder.join("fs");
    if let Some(meta) = json(&folder.join("meta.json")) {
        let path = meta.get("path").and_then(|path| path.as_str()).unwrap_or(".").trim_start_matches('/');
        found.push((name, files.join(path)));
    } else if let Some(builds) = json(&folder.join("builds.json")) {
        for path in builds.as_object().into_iter().flatten().map(|(path, _)| path) {
            found.push((format!("{name}/{path}"), files.join(path)));
        }
    } else {
        let mut inner: Vec<PathBuf> =
            fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        inner.sort();
        inner.iter().filter(|path| path.is_dir()).for_each(|path| collect(path, root, found));
    }
}
