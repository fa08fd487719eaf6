//! Patterns of paths in which an asterisk goes into folders too.

use aqueduct_helm::{BadPattern, Pattern};

/// Compiles a pattern of `include` and `exclude`, where braces hold alternatives.
pub(crate) fn of_manifests(pattern: &str) -> Result<Pattern, BadPattern> {
    Pattern::glob(&crossing(pattern))
}

/// Compiles a pattern of `git ls-files`, which knows no alternatives.
pub(crate) fn of_files(pattern: &str) -> Result<Pattern, BadPattern> {
    Pattern::glob(&crossing(&pattern.replace('{', "\\{").replace('}', "\\}")))
}

fn crossing(pattern: &str) -> String {
    let mut crossing = String::new();
    for letter in pattern.chars() {
        match letter {
            '*' if crossing.ends_with("**") => {}
            '*' => crossing.push_str("**"),
            letter => crossing.push(letter),
        }
    }
    crossing
}
