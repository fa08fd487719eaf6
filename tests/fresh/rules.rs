//! The pages of all rules as one document, from the output of `aqueduct check`.

use std::path::Path;

use crate::program::run;

/// Returns the document.
pub(crate) fn rules() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = run(folder, &["check", "--list-rules"]).done();
    let rows: Vec<[&str; 4]> = list.lines().skip(1).map(cells).collect();
    assert!(rows.len() > 40, "only {} rules are listed", rows.len());
    let mut text = String::from(INTRODUCTION);
    for [name, group, level, summary] in &rows {
        text.push_str(&format!("| [{name}](#{name}) | {group} | {level} | {summary} |\n"));
    }
    for [name, ..] in rows {
        let page = run(folder, &["check", "--explain", name]).done();
        text.push('\n');
        for line in page.lines() {
            // A comment in an example has one `#`, and a page begins with its title. Outlines only list the rules.
            match line.strip_prefix("## ") {
                Some(part) => text.push_str(&format!("**{part}**")),
                None if line.strip_prefix("# ") == Some(name) => text.push_str(&format!("#{line}")),
                None => text.push_str(line),
            }
            text.push('\n');
        }
    }
    text
}

/// Returns the cells of a table line, which are separated by at least two blanks.
fn cells(line: &str) -> [&str; 4] {
    let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    cells.try_into().expect("a rule has a name, a group, a level and a summary")
}

const INTRODUCTION: &str = "# Rules

The rules that `aqueduct check` and `aqueduct render` apply to the rendered objects of all environments. An error keeps the tree
from being written; a warning does not. `aqueduct check --explain RULE` prints one of these pages, and
`AQUEDUCT_UPDATE=1 cargo test --test fresh` writes them here.

| rule | group | level | what it reports |
|---|---|---|---|
";
