//! Path patterns in which an asterisk also matches slashes.

use aqueduct_helm::{BadPattern, Pattern};

/// Compiles an `include` or `exclude` pattern, where braces contain alternatives.
pub(crate) fn of_manifests(pattern: &str) -> Result<Pattern, BadPattern> {
    Pattern::glob(&crossing(pattern))
}

/// Compiles a `git ls-files` pattern, which has no alternatives.
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
