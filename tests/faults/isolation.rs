//! Isolation: mistakes that open a way between tenants or shut one that a link needs, and neighbours of them that are none.
//!
//! A case changes a few lines of one file. A finding of its rule stands at the line that it names, and without a rule
//! nothing is found.

use serde::Deserialize;

use crate::{FOLDER, found_at, platform};

/// A table of cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

/// A change of the platform, and what comes of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What it shows.
    name: String,
    /// The file that is changed.
    file: String,
    /// Lines of it as they are; without any, the file is new.
    #[serde(default)]
    old: String,
    /// Lines that take their place.
    new: String,
    /// The rule that finds it, if it is a mistake.
    rule: Option<String>,
    /// The file and the line where it is found.
    at: Option<(String, String)>,
}

#[test]
fn mistakes_are_found_and_their_neighbours_are_not() {
    let table = std::fs::read_to_string(format!("{FOLDER}/isolation.toml")).expect("the table can be read");
    let table: Table = toml::from_str(&table).expect("the table is TOML");
    let (mut shown, mut wrong) = (String::new(), Vec::new());
    for case in table.case {
        let mut files = platform("isolation");
        let text = files.text(&case.file).unwrap_or_default();
        assert_eq!(text.matches(&case.old).count(), usize::from(!case.old.is_empty()), "{}", case.name);
        let text = if case.old.is_empty() { case.new } else { text.replacen(&case.old, &case.new, 1) };
        files.insert(case.file, text.into_bytes());
        let at = case.at.unwrap_or_default();
        let (found, rules) = found_at(&files, &at.0, &at.1);
        let is_right = match &case.rule {
            Some(rule) => rules.iter().any(|found| found == rule),
            None => found.is_empty(),
        };
        if !is_right {
            wrong.push(case.name.clone());
        }
        shown.push_str(&format!("{}\n{found}", case.name));
    }
    insta::assert_snapshot!(shown);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn without_a_mistake_nothing_is_found() {
    assert_eq!(found_at(&platform("isolation"), "", "").0, "");
}
