//! Tests the rendered objects with the programs that read them.
//!
//! The texts, commands, variables and probes are those of the repository's own platform, freshly rendered. Only the
//! parts that need a cluster are replaced: addresses, folders, the values of secrets. A program that is not installed
//! is skipped with a message.

#![expect(
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot be set up ends, one that is skipped says so"
)]

mod pod;
#[path = "../../../kinds/tests/rendering/mod.rs"]
mod rendering;
mod server;

mod alertmanager;
mod dashboards;
mod etcd;
mod nginx;
mod node_exporter;
mod postgres;
mod prometheus;
mod redis;
mod retention;
mod schemas;
mod terraform;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use aqueduct_manifest::{Files, Object};
use aqueduct_render::Registry;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const SOURCES: [&str; 7] =
    ["platform.toml", "aqueduct.lock", "tenants", "blueprints", "charts", "kustomizations", "vendor"];

fn registry() -> Registry {
    aqueduct_kinds::all().into_iter().chain(aqueduct_catalogue::all()).collect()
}

/// Returns the objects of the repository's platform, of all environments.
fn objects() -> &'static [Object] {
    static OBJECTS: OnceLock<Vec<Object>> = OnceLock::new();
    OBJECTS.get_or_init(|| {
        let files = Files::read(Path::new(ROOT), &SOURCES).expect("the repository can be read");
        let (objects, diagnostics) = rendering::objects(&files);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        objects
    })
}

/// Returns an object from the first environment that has it.
fn object(kind: &str, namespace: &str, name: &str) -> &'static Object {
    let mut objects = objects().iter();
    let found = objects
        .find(|object| object.kind() == kind && object.namespace() == namespace && object.name() == name);
    found.unwrap_or_else(|| panic!("there is no {kind} {namespace}/{name}"))
}

/// Returns a file of a ConfigMap from the first environment that has it.
fn file(namespace: &str, config_map: &str, name: &str) -> &'static str {
    let text = object("ConfigMap", namespace, config_map).at(&["data", name]).and_then(|text| text.as_str());
    text.unwrap_or_else(|| panic!("{namespace}/{config_map} has no {name}"))
}

/// Returns the files of all ConfigMaps whose names begin with a prefix: the file name and its text.
fn files(config_map: &str) -> Vec<(&'static str, &'static str)> {
    let found = objects()
        .iter()
        .filter(|object| object.kind() == "ConfigMap" && object.name().starts_with(config_map));
    let data = found.filter_map(|object| object.at(&["data"])?.as_map()).flat_map(|data| data.iter());
    let files: Vec<_> = data.filter_map(|(name, text)| Some((name.as_str(), text.as_str()?))).collect();
    assert!(!files.is_empty(), "there is no ConfigMap of this name: {config_map}");
    files
}

/// Returns an empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("the file can be written");
}

/// Runs a program to completion; `None` if it is not installed.
fn run(program: &str, arguments: &[&str]) -> Option<Output> {
    end(Command::new(program).args(arguments))
}

/// Runs a command to completion; `None` if the program is not installed.
fn end(command: &mut Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: `{}` is not installed", command.get_program().display());
            None
        }
        Err(error) => panic!("{}: {error}", command.get_program().display()),
    }
}

/// Tells whether programs are installed, and prints which one is not.
fn installed(programs: &[&str]) -> bool {
    programs.iter().all(|program| run(program, &["--version"]).is_some())
}

/// Returns the output of a command, and fails if the command failed.
fn succeeds(output: &Output) -> String {
    let said = said(output);
    assert!(output.status.success(), "{said}");
    said
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
