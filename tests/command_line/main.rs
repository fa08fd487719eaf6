//! The command line: every command's whole outcome, from the real program in folders of its own.

#[path = "../program/mod.rs"]
mod program;

mod allowed;
mod charts;
mod checkout;
mod compare;
mod edit;
mod explore;
mod inspect;
mod links;
mod manifests;
mod operators;
mod page;
mod remotes;
mod render;
mod review;
mod schemas;
mod sources;
mod trace;
mod wrong_input;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A platform in a folder of its own, as `aqueduct init` makes it.
struct Platform {
    folder: TempDir,
}

impl Platform {
    /// Makes a new platform that nobody has rendered.
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        program::run(folder.path(), &["init", "--name", "demo", "platform"]).done();
        Self { folder }
    }

    /// Makes a new platform and renders it.
    fn rendered() -> Self {
        let platform = Self::new();
        program::run(&platform.root(), &["render"]).done();
        platform
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("platform")
    }

    /// Runs one command and returns all that can be seen of it.
    fn run(&self, command: &str) -> String {
        outcome(&self.root(), command)
    }

    fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.root().join(path)).expect("the file can be read")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder"))
            .expect("the folder can be made");
        std::fs::write(path, text).expect("the file can be written");
    }

    fn remove(&self, path: &str) {
        std::fs::remove_file(self.root().join(path)).expect("the file can be removed");
    }

    fn replace(&self, path: &str, old: &str, new: &str) {
        let text = self.text(path);
        assert!(text.contains(old), "{path} has no `{old}`");
        self.write(path, &text.replace(old, new));
    }

    /// Returns the paths of all files but the tool's own state, with their sizes left out.
    fn files(&self) -> String {
        let files = aqueduct::Files::read(&self.root(), &["platform.toml", "tenants", "output"])
            .expect("the platform can be read");
        files.iter().filter(|(path, _)| !path.contains("/.aqueduct/")).fold(
            String::new(),
            |mut text, (path, _)| {
                let _ = writeln!(text, "{path}");
                text
            },
        )
    }
}

/// Runs one command in a folder and returns all that can be seen of it.
fn outcome(folder: &Path, command: &str) -> String {
    // The commands of these tests need no quotes.
    let arguments: Vec<&str> = command.split_whitespace().collect();
    let seen = program::run(folder, &arguments).to_string();
    let canonical = folder.canonicalize().expect("the folder is there").display().to_string();
    // The list of all kinds grows; that it is shown is what matters here.
    let lines = seen.lines().map(|line| line.split_inclusive("the kinds are ").next().unwrap_or_default());
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    format!("$ aqueduct {command}\n{}", text.replace(&canonical, "<folder>"))
}
