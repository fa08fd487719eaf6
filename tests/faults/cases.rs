//! Mistakes that take some lines, and neighbours of them that are none: what opens a way between tenants or shuts one that
//! a link needs, and pods for which there is no room.
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
    /// Lines of it as they are.
    old: String,
    /// Lines that take their place.
    new: String,
    /// The rule that finds it, if it is a mistake.
    rule: Option<String>,
    /// The file and the line where it is found.
    at: Option<(String, String)>,
}

/// Holds each case of a table alone against the platform of the same name, and returns what is found.
fn held(name: &str) -> String {
    assert_eq!(found_at(&platform(name), "", "").0, "", "the platform without a change");
    let table = std::fs::read_to_string(format!("{FOLDER}/{name}.toml")).expect("the table can be read");
    let table: Table = toml::from_str(&table).expect("the table is TOML");
    let (mut shown, mut wrong) = (String::new(), Vec::new());
    for case in table.case {
        let mut files = platform(name);
        let text = files.text(&case.file).expect("the platform has the file");
        assert_eq!(text.matches(&case.old).count(), 1, "{}", case.name);
        let text = text.replacen(&case.old, &case.new, 1);
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
    assert!(wrong.is_empty(), "{wrong:#?} are not as their cases say:\n{shown}");
    shown
}

#[test]
fn isolation_of_tenants() {
    insta::assert_snapshot!(held("isolation"));
}

#[test]
fn room_for_pods() {
    insta::assert_snapshot!(held("capacity"));
}
