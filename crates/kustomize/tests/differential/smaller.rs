//! Reduces an input as long as both builds of it differ.

use crate::kustomization::Input;

/// How many reduced inputs are tried.
const TRIES: usize = 400;

/// Removes from the files whatever the difference does not need: whole files, blocks of lines, lines.
pub(crate) fn smaller(mut input: Input, differs: impl Fn(&Input) -> bool) -> Input {
    let mut tries = 0;
    let mut changed = true;
    while changed && tries < TRIES {
        changed = false;
        let paths: Vec<String> = input.files.keys().cloned().collect();
        for path in paths {
            let mut at = 0;
            while let Some(candidate) = without(&input, &path, at) {
                // Without it, a resource is not one, and builds differ in other ways.
                if input
                    .files
                    .get(&path)
                    .and_then(|text| text.lines().nth(at))
                    .is_some_and(|line| line.contains("apiVersion"))
                {
                    at += 1;
                    continue;
                }
                tries += 1;
                if tries > TRIES {
                    return input;
                }
                if differs(&candidate) {
                    input = candidate;
                    changed = true;
                } else {
                    at += 1;
                }
            }
        }
    }
    input
}

/// Returns the input without one block of a file: a line and all lines that belong to it. `None` at the end.
fn without(input: &Input, path: &str, at: usize) -> Option<Input> {
    let lines: Vec<&str> = input.files.get(path)?.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let first = indent(lines.get(at)?);
    // The items of a list may have the same indentation as its key.
    let belongs = |line: &&&str| {
        indent(line) > first
            || (indent(line) == first
                && line.trim_start().starts_with("- ")
                && !lines[at].trim_start().starts_with('-'))
    };
    let length = 1 + lines.iter().skip(at + 1).take_while(belongs).count();
    let kept = lines.iter().take(at).chain(lines.iter().skip(at + length));
    let text: String = kept.map(|line| format!("{line}\n")).collect();
    let mut input = input.clone();
    input.files.insert(path.to_owned(), text);
    Some(input)
}
