//! Platforms with one planted mistake each: the base platform with one line changed. A finding stands at that line.
//!
//! A line of a table is the file, the line as it is, and the line as it is planted.

mod cases;

use std::fmt::Write as _;
use std::path::Path;

use aqueduct::{Files, Selection, compile, stock};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults");

/// Reads a platform without a mistake.
fn platform(name: &str) -> Files {
    fn add(files: &mut Files, root: &Path, folder: &Path) {
        for entry in std::fs::read_dir(folder).expect("the folder can be listed") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                add(files, root, &path);
                continue;
            }
            let name = path.strip_prefix(root).expect("the path lies below the root").to_string_lossy();
            files.insert(name.into_owned(), std::fs::read(&path).expect("the file can be read"));
        }
    }
    let (mut files, root) = (Files::new(), Path::new(FOLDER).join(name));
    add(&mut files, &root, &root);
    files
}

/// Returns what is found in a platform, each with its first place, and the rules whose findings are at a line of a file.
fn findings(files: &Files, file: &str, line: usize) -> (String, Vec<String>) {
    let compilation = compile(files, &stock(), &Selection::default());
    let (mut shown, mut at_line) = (String::new(), Vec::new());
    for found in &compilation.diagnostics {
        let mut place = String::new();
        for label in &found.labels {
            let text = files.text(&label.place.file).unwrap_or_default();
            let at = label.place.span.map(|span| span.position(text).line as usize);
            if label.place.file.as_ref() == file && at == Some(line) {
                at_line.push(found.code.to_owned());
            }
            if place.is_empty() {
                let name = label.place.file.rsplit('/').next().unwrap_or_default();
                let _ = write!(place, "{name}:{}", at.unwrap_or(0));
            }
        }
        let level = if found.is_error() { "error" } else { "warning" };
        let _ =
            writeln!(shown, "  {place} {level} {}: {}", found.code, found.message.replace('\n', "\n    "));
    }
    (shown, at_line)
}

/// Returns what [`findings`] returns, for a line by its text.
fn found_at(files: &Files, file: &str, line: &str) -> (String, Vec<String>) {
    let at = files.text(file).unwrap_or_default().lines().position(|other| other == line);
    assert_eq!(at.is_some(), !file.is_empty(), "{file} has a line `{line}`");
    findings(files, file, at.map_or(0, |at| at + 1))
}

/// Plants each mistake of a table alone, and returns what is found.
fn planted(table: &str) -> String {
    let text = std::fs::read_to_string(format!("{FOLDER}/{table}")).expect("the table can be read");
    let (mut shown, mut missed) = (String::new(), Vec::new());
    for row in text.lines() {
        let mut cells = row.splitn(3, " | ");
        let mut cell = || cells.next().ok_or(row).expect("a row has three cells");
        let (name, old, new) = (cell(), cell(), cell());
        let read = |cell: &str| serde_json::from_str::<String>(cell).expect("a cell is a text");
        let (path, old, new) = (format!("tenants/{name}"), read(old), read(new));
        let mut files = platform("base");
        let text = files.text(&path).expect("the base has the file").to_owned();
        let at = text.lines().position(|line| line == old);
        let at = at.ok_or(row).expect("the base has the old line of each row");
        let lines: Vec<&str> = text
            .lines()
            .enumerate()
            .map(|(number, line)| if number == at { new.as_str() } else { line })
            .collect();
        files.insert(path.clone(), (lines.join("\n") + "\n").into_bytes());
        let (found, at_line) = findings(&files, &path, at + 1);
        let _ = write!(shown, "{name}:{} {}\n{found}", at + 1, new.trim());
        if at_line.is_empty() {
            missed.push(row.to_owned());
        }
    }
    let _ = writeln!(shown, "not found at their lines: {}\n{}", missed.len(), missed.join("\n"));
    shown
}

#[test]
fn without_a_mistake_nothing_is_found() {
    assert_eq!(findings(&platform("base"), "", 0).0, "");
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
