//! Checks the repository against its own rules: nothing forgotten, no wrong dependencies, nothing left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Which of the workspace's crates each crate may use.
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("acquire", &["helm", "kustomize", "manifest"]),
    ("admission", &["apiserver", "cel", "manifest"]),
    ("apiserver", &["cel", "manifest"]),
    (
        "aqueduct",
        &[
            "acquire",
            "admission",
            "apiserver",
            "catalogue",
            "check",
            "helm",
            "kinds",
            "kustomize",
            "manifest",
            "model",
            "network",
            "render",
            "review",
            "tree",
        ],
    ),
    ("catalogue", &["kinds", "manifest", "model", "render"]),
    ("cel", &["manifest"]),
    ("check", &["manifest", "network"]),
    ("helm", &["manifest"]),
    ("kinds", &["acquire", "helm", "kustomize", "manifest", "model", "render"]),
    ("kustomize", &["manifest"]),
    ("manifest", &[]),
    ("model", &["manifest"]),
    ("network", &["manifest"]),
    ("render", &["acquire", "helm", "kustomize", "manifest", "model"]),
    ("review", &["admission", "apiserver", "manifest", "network"]),
    ("tree", &["manifest"]),
];

/// Further workspace crates that its tests may use.
const TESTS: &[(&str, &[&str])] = &[("review", &["helm", "kustomize"])];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["common", "core", "helper", "helpers", "misc", "util"];

fn read(path: &Path) -> String {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    text.expect("a file of the repository can be read")
}

/// Returns the sorted names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .expect("a folder of the repository can be listed")
        .map(|entry| entry.expect("a folder can be listed").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Returns all files below a folder with an extension.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
    found
}

fn root(path: &str) -> PathBuf {
    Path::new(ROOT).join(path)
}

/// Returns the names of the crates that are libraries.
fn crates() -> Vec<String> {
    names(&root("crates"))
        .into_iter()
        .filter(|name| root(&format!("crates/{name}/Cargo.toml")).exists())
        .collect()
}

/// Returns all Rust files of the repository.
fn rust_files() -> Vec<PathBuf> {
    let folders = ["crates", "examples", "fuzz/fuzz_targets", "tests"];
    let files: Vec<PathBuf> = folders.iter().flat_map(|folder| files(&root(folder), ".rs")).collect();
    assert!(files.len() > 100, "only {} Rust files were found", files.len());
    files
}

fn manifest(path: &Path) -> toml::Table {
    read(path).parse().map_err(|error| format!("{}: {error}", path.display())).expect("a manifest is TOML")
}

#[test]
fn the_architecture_names_every_crate() {
    let architecture = read(&root("docs/architecture.md"));
    for name in names(&root("crates")) {
        assert!(
            architecture.contains(&format!("\n### `crates/{name}`\n")),
            "docs/architecture.md says nothing about crates/{name}"
        );
    }
}

#[test]
fn dependencies_go_one_way() {
    let directions: BTreeMap<&str, &[&str]> = DIRECTIONS.iter().copied().collect();
    for name in crates() {
        let allowed =
            directions.get(name.as_str()).unwrap_or_else(|| panic!("which crates may `{name}` use?"));
        let manifest = manifest(&root(&format!("crates/{name}/Cargo.toml")));
        let of_tests =
            TESTS.iter().find(|(crate_name, _)| *crate_name == name).map_or(&[][..], |(_, more)| more);
        for table in ["dependencies", "build-dependencies", "dev-dependencies"] {
            let more = if table == "dev-dependencies" { of_tests } else { &[] };
            for dependency in
                manifest.get(table).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys)
            {
                let own =
                    dependency.strip_prefix("aqueduct-").or((dependency == "aqueduct").then_some("aqueduct"));
                if let Some(own) = own {
                    let is_allowed = allowed.contains(&own) || more.contains(&own);
                    assert!(is_allowed, "crates/{name} must not use crates/{own} in its {table}");
                }
            }
        }
    }
}

#[test]
fn versions_and_lints_are_those_of_the_workspace() {
    for name in crates() {
        let path = root(&format!("crates/{name}/Cargo.toml"));
        let manifest = manifest(&path);
        let inherits = |value: Option<&toml::Value>| {
            value.and_then(|value| value.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
        };
        assert!(inherits(manifest.get("lints")), "crates/{name} has lints of its own");
        for key in ["version", "edition", "rust-version", "license"] {
            let package = manifest.get("package").and_then(|package| package.get(key));
            assert!(inherits(package), "crates/{name} has a `{key}` of its own");
        }
        for table in ["dependencies", "dev-dependencies"] {
            for (dependency, value) in
                manifest.get(table).and_then(toml::Value::as_table).into_iter().flatten()
            {
                assert!(inherits(Some(value)), "crates/{name} has a version of its own of `{dependency}`");
            }
        }
    }
}

#[test]
fn every_crate_can_be_published() {
    let workspace = manifest(&root("Cargo.toml"));
    let version = workspace["workspace"]["package"]["version"].as_str();
    let dependencies = workspace["workspace"]["dependencies"].as_table().expect("there are dependencies");
    for (name, dependency) in dependencies.iter().filter(|(_, dependency)| dependency.get("path").is_some()) {
        let required = dependency.get("version").and_then(toml::Value::as_str);
        assert_eq!(required, version, "the version of `{name}` among the workspace's dependencies");
    }
    let paths = crates().into_iter().map(|name| format!("crates/{name}/Cargo.toml"));
    for path in paths.chain(["Cargo.toml".to_owned()]) {
        let manifest = manifest(&root(&path));
        let package = &manifest["package"];
        let description = package.get("description").and_then(toml::Value::as_str).unwrap_or_default();
        assert!(!description.is_empty(), "{path} says nothing about its crate");
        for key in ["license", "readme", "repository"] {
            let inherited = package.get(key).and_then(|value| value.get("workspace"));
            assert_eq!(inherited, Some(&toml::Value::Boolean(true)), "`{key}` of {path}");
        }
        assert!(package.get("publish").is_none(), "{path} says who may publish its crate");
    }
}

/// Adds a file and the files of the modules that it declares.
fn reach(file: &Path, reached: &mut BTreeSet<PathBuf>) {
    if !reached.insert(file.to_path_buf()) {
        return;
    }
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = file.parent().expect("a file is in a folder");
    let below = match stem.as_str() {
        "lib" | "main" | "mod" => folder.to_path_buf(),
        stem => folder.join(stem),
    };
    for line in read(file).lines() {
        let Some(declared) = line.trim().strip_suffix(';') else { continue };
        let Some((visibility, name)) = declared.rsplit_once("mod ") else { continue };
        if !(visibility.is_empty() || visibility.starts_with("pub")) || name.contains(' ') {
            continue;
        }
        for candidate in [below.join(format!("{name}.rs")), below.join(name).join("mod.rs")] {
            if candidate.exists() {
                reach(&candidate, reached);
            }
        }
    }
}

#[test]
fn no_file_is_forgotten() {
    for name in crates() {
        let source = root(&format!("crates/{name}/src"));
        let mut reached = BTreeSet::new();
        reach(&source.join("lib.rs"), &mut reached);
        for file in files(&source, ".rs") {
            assert!(reached.contains(&file), "no module is made of {}", file.display());
        }
    }
}

#[test]
fn every_kind_is_in_the_registry() {
    let registry = aqueduct::stock();
    let known: BTreeSet<&str> = registry.names().into_iter().collect();
    let mut found = BTreeSet::new();
    let sources = ["kinds", "catalogue"].map(|name| files(&root(&format!("crates/{name}/src")), ".rs"));
    for file in sources.concat() {
        let text = read(&file);
        for component in text.split("\nimpl Component for ").skip(1) {
            let kind = component
                .split("const KIND: &'static str = \"")
                .nth(1)
                .and_then(|rest| rest.split('"').next());
            let kind = kind.unwrap_or_else(|| panic!("a component of {} has no name", file.display()));
            assert!(known.contains(kind), "the kind `{kind}` of {} is not in the registry", file.display());
            found.insert(kind.to_owned());
        }
    }
    assert_eq!(found.len(), known.len(), "the registry has kinds that no file declares");
}

#[test]
fn every_file_says_what_it_is() {
    for file in rust_files() {
        let text = read(&file);
        let opening =
            text.lines().find(|line| !line.starts_with("#!") && !line.is_empty()).unwrap_or_default();
        assert!(opening.starts_with("//!"), "{} does not open with what it is", file.display());
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        assert!(!EMPTY_NAMES.contains(&name.as_ref()), "{} has a name that says nothing", file.display());
    }
}

#[test]
fn nothing_is_left_lying() {
    // Joined at run time, so that this file does not match itself.
    let words =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!("), concat!("unimplemented", "!(")];
    let mut texts = rust_files();
    texts.extend(files(&root("docs"), ".md"));
    texts.extend(["README.md", "CHANGELOG.md", "Cargo.toml", "platform.toml"].map(root));
    for file in texts {
        let text = read(&file);
        for (number, line) in text.lines().enumerate() {
            let place = || format!("{}:{}", file.display(), number + 1);
            for word in words {
                assert!(!line.contains(word), "{}: `{word}`", place());
            }
            // A checkout at the file system root has a path like any other.
            if Path::new(ROOT).components().count() > 2 {
                assert!(!line.contains(ROOT), "{}: a path of this machine", place());
            }
        }
    }
}

#[test]
fn every_source_file_names_its_schema() {
    let mut sources = vec![root("platform.toml")];
    sources.extend(files(&root("tenants"), ".toml"));
    sources.extend(files(&root("blueprints"), ".toml"));
    for file in sources {
        let text = read(&file);
        let schema = text.lines().next().and_then(|line| line.strip_prefix("#:schema "));
        let schema = schema.unwrap_or_else(|| panic!("{} names no schema in its first line", file.display()));
        let path = file.parent().expect("a file is in a folder").join(schema);
        assert!(path.exists(), "{}: there is no such schema: {schema}", file.display());
    }
}

/// Names that several libraries export: each library has its own errors, and `helm` has its own values, which
/// templates see with Go's types.
const SHARED_NAMES: [&str; 4] = ["Error", "List", "Map", "Value"];

#[test]
fn a_type_has_a_name_of_its_own() {
    let mut exported: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in crates().iter().flat_map(|name| files(&root(&format!("crates/{name}/src")), ".rs")) {
        for line in read(&path).lines() {
            let mut words = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            if words.next() == Some("pub")
                && matches!(words.next(), Some("struct" | "enum" | "trait" | "type"))
            {
                let name = words.next().unwrap_or_default().to_owned();
                exported.entry(name).or_default().push(path.display().to_string());
            }
        }
    }
    assert!(exported.len() > 300, "only {} types were found", exported.len());
    exported.retain(|name, paths| paths.len() > 1 && !SHARED_NAMES.contains(&name.as_str()));
    assert!(exported.is_empty(), "types that share a name: {exported:#?}");
}
