//! Platforms with one planted mistake each: the base platform with one line changed. A finding stands at that line.
//!
//! A line of a table is the file, the line as it is, and the line as it is planted.

use std::fmt::Write as _;
use std::path::Path;

use aqueduct::{Files, Selection, compile, stock};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults");

/// Reads the platform without a mistake.
fn base() -> Files {
    let mut files = Files::new();
    for folder in ["", "tenants/cluster/", "tenants/shop/"] {
        let at = Path::new(FOLDER).join("base").join(folder);
        for entry in std::fs::read_dir(at).expect("the folder can be listed") {
            let entry = entry.expect("the entry can be read");
            if entry.path().is_file() {
                let bytes = std::fs::read(entry.path()).expect("the file can be read");
                files.insert(format!("{folder}{}", entry.file_name().to_string_lossy()), bytes);
            }
        }
    }
    files
}

/// Returns what is found in a platform, each with its first place, and whether a finding is at a line of a file.
fn findings(files: &Files, file: &str, line: usize) -> (String, bool) {
    let compilation = compile(files, &stock(), &Selection::default(), &|_| {});
    let (mut shown, mut is_at_line) = (String::new(), false);
    for found in &compilation.diagnostics {
        let mut place = String::new();
        for label in &found.labels {
            let text = files.text(&label.place.file).unwrap_or_default();
            let at = label.place.span.map(|span| span.position(text).line as usize);
            is_at_line |= label.place.file.as_ref() == file && at == Some(line);
            if place.is_empty() {
                let name = label.place.file.rsplit('/').next().unwrap_or_default();
                let _ = write!(place, "{name}:{}", at.unwrap_or(0));
            }
        }
        let level = if found.is_error() { "error" } else { "warning" };
        let _ =
            writeln!(shown, "  {place} {level} {}: {}", found.code, found.message.replace('\n', "\n    "));
    }
    (shown, is_at_line)
}

/// Plants each mistake of a table alone, and returns what is found.
fn planted(table: &str) -> String {
    let text = std::fs::read_to_string(format!("{FOLDER}/{table}")).expect("the table can be read");
    let (mut shown, mut missed) = (String::new(), Vec::new());
    for row in text.lines() {
        let cells: Vec<&str> = row.splitn(3, " | ").collect();
        let [name, old, new] = cells.as_slice() else { panic!("three cells: {row}") };
        let read = |cell: &str| serde_json::from_str::<String>(cell).expect("a cell is a text");
        let (path, old, new) = (format!("tenants/{name}"), read(old), read(new));
        let mut files = base();
        let text = files.text(&path).expect("the base has the file").to_owned();
        let at = text.lines().position(|line| line == old);
        let at = at.unwrap_or_else(|| panic!("the base has the line `{old}`"));
        let lines: Vec<&str> = text
            .lines()
            .enumerate()
            .map(|(number, line)| if number == at { new.as_str() } else { line })
            .collect();
        files.insert(path.clone(), (lines.join("\n") + "\n").into_bytes());
        let (found, is_at_line) = findings(&files, &path, at + 1);
        let _ = write!(shown, "{name}:{} {}\n{found}", at + 1, new.trim());
        if !is_at_line {
            missed.push(row.to_owned());
        }
    }
    let _ = writeln!(shown, "not found at their lines: {}\n{}", missed.len(), missed.join("\n"));
    shown
}

#[test]
fn without_a_mistake_nothing_is_found() {
    assert_eq!(findings(&base(), "", 0).0, "");
}

#[test]
fn what_the_api_server_refuses() {
    insta::assert_snapshot!(planted("api.txt"));
}

#[test]
fn what_admission_refuses() {
    insta::assert_snapshot!(planted("admission.txt"));
}

#[test]
fn what_the_platform_tells_by_itself() {
    insta::assert_snapshot!(planted("platform.txt"));
}
