//! Platforms that are written as one text, and what they render.

use std::fmt::Write as _;

use aqueduct_manifest::{Files, yaml};

use super::rendering;

const PLATFORM: &str = "
== platform.toml
name = 'acme'
repository = 'https://example.com/acme.git'
";

const FIELDS: &str = "image = 'registry.example.com/app:v1'
ports = { http = 8080 }
resources = { requests = { cpu = '50m', memory = '64Mi' }, limits = { cpu = '100m', memory = '128Mi' } }
";

/// Reads a text with several files, each after a line `== PATH`; a line `WORKER` or `FIELDS` stands for the common
/// fields of programs.
fn files(text: &str) -> Files {
    let mut files = Files::new();
    for file in text.trim_start().trim_start_matches("== ").split("\n== ") {
        let (path, content) = file.split_once('\n').unwrap_or((file, ""));
        files.insert(
            path,
            format!("{content}\n")
                .replace("WORKER\n", "kind = 'worker'\nFIELDS\n")
                .replace("FIELDS\n", FIELDS)
                .into_bytes(),
        );
    }
    files
}

/// Returns the errors of a platform, or else its objects of some kinds, folder by folder.
pub(super) fn render(text: &str, kinds: &[&str]) -> String {
    let files = files(&format!("{}\n{text}", PLATFORM.trim()));
    let (components, diagnostics) = rendering::components(&files);
    let mut seen = String::new();
    for diagnostic in &diagnostics {
        let file = diagnostic.labels.first().map_or("", |label| &label.place.file);
        let _ = writeln!(seen, "{diagnostic}: {file}");
        diagnostic.hints.iter().for_each(|hint| seen.push_str(&format!("  hint: {hint}\n")));
    }
    for component in components.iter().filter(|_| diagnostics.is_empty()) {
        for object in component.objects.iter().filter(|object| kinds.contains(&object.kind())) {
            let _ = write!(seen, "--- {}\n{}", component.folder(), yaml::write(&object.map.clone().into()));
        }
    }
    seen
}

/// Returns the lines of a rendered platform that contain one of some words.
pub(super) fn lines(text: &str, words: &[&str]) -> String {
    let lines = text.lines().filter(|line| words.iter().any(|word| line.contains(word)));
    lines.map(|line| format!("{}\n", line.trim())).collect()
}
