//! Checks the documents against the repository: excerpts are in the files that they refer to, links lead somewhere,
//! and the book has every page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns the documents with their texts.
fn documents() -> Vec<(PathBuf, String)> {
    let mut paths = vec![PathBuf::from("README.md"), PathBuf::from("CHANGELOG.md")];
    for entry in std::fs::read_dir(Path::new(ROOT).join("docs")).expect("there are documents") {
        let name = entry.expect("the folder can be listed").file_name();
        paths.push(Path::new("docs").join(name));
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(Path::new(ROOT).join(&path)).expect("a document can be read");
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn excerpts_are_in_the_files_that_they_name() {
    let mut excerpts = 0;
    for (document, text) in documents() {
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let Some((language, path)) = info.split_once(' ') else { continue };
            // The step-by-step pages write such files themselves, and a test walks through them.
            let leads = ["delivery.md", "guide.md", "migration.md", "secrets.md", "upgrading.md"]
                .iter()
                .any(|page| document.ends_with(page));
            if leads && language != "rust" {
                continue;
            }
            let file = std::fs::read_to_string(Path::new(ROOT).join(path))
                .unwrap_or_else(|error| panic!("{}: {path}: {error}", document.display()));
            let file: Vec<&str> = file.lines().collect();
            assert!(!body.is_empty(), "{}: the excerpt of {path} is empty", document.display());
            assert!(
                file.windows(body.len()).any(|window| window == body),
                "{}: {path} does not have these lines:\n{}",
                document.display(),
                body.join("\n")
            );
            excerpts += 1;
        }
    }
    assert!(excerpts >= 5, "only {excerpts} excerpts were found");
}

/// Nothing that displays a page shows what follows the language of a code block.
#[test]
fn files_are_named_before_what_is_in_them() {
    let mut blocks = 0;
    for (document, text) in documents().into_iter().filter(|(document, _)| document.starts_with("docs")) {
        let mut paragraph = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(info) = line.strip_prefix("```") {
                if let Some((_, path)) = info.split_once(' ') {
                    let named = paragraph.join(" ").contains(&format!("`{path}`"));
                    assert!(named, "{}: nothing says that a block is {path}", document.display());
                    blocks += 1;
                }
                lines.by_ref().take_while(|line| !line.starts_with("```")).for_each(drop);
                paragraph.clear();
            } else if !line.is_empty() {
                paragraph.push(line);
            } else if lines.clone().next().is_some_and(|line| !line.starts_with("```")) {
                paragraph.clear();
            }
        }
    }
    assert!(blocks >= 20, "only {blocks} blocks were found");
}

#[test]
fn links_lead_somewhere() {
    for (document, text) in documents() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (path, anchor) =
                link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
            let target = match path {
                "" => document.clone(),
                path => document.parent().expect("a document is in a folder").join(path),
            };
            // The book is published without the files around it.
            let leaves_the_book = document.starts_with("docs") && path.starts_with("..");
            assert!(!leaves_the_book, "{}: the link leaves the book: {link}", document.display());
            let full = Path::new(ROOT).join(&target);
            // A server does not show folders of the book.
            let is_there = if document.starts_with("docs") { full.is_file() } else { full.exists() };
            assert!(is_there, "{}: the link leads nowhere: {link}", document.display());
            if let Some(anchor) = anchor {
                let text = std::fs::read_to_string(&full).expect("a document can be read");
                let found = anchors(&text).contains(anchor);
                assert!(found, "{}: there is no such heading: {link}", document.display());
            }
        }
    }
}

#[test]
fn the_book_has_every_page() {
    let summary =
        std::fs::read_to_string(Path::new(ROOT).join("docs/SUMMARY.md")).expect("there is a summary");
    let linked = summary.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let mut linked: Vec<PathBuf> = linked.map(|link| Path::new("docs").join(link)).collect();
    linked.sort();
    let pages = documents().into_iter().map(|(path, _)| path);
    let pages = pages.filter(|path| path.starts_with("docs") && !path.ends_with("SUMMARY.md"));
    assert_eq!(linked, pages.collect::<Vec<_>>());
}

#[test]
fn the_readme_stays_short() {
    let (_, text) =
        documents().into_iter().find(|(path, _)| path == Path::new("README.md")).expect("it is there");
    assert!(text.lines().count() <= 150, "the README has {} lines", text.lines().count());
}

/// Returns the anchors of a page's headings, as GitHub makes them: a repeated heading gets a number.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = BTreeSet::new();
    let mut is_code = false;
    for line in text.lines() {
        is_code ^= line.starts_with("```");
        if is_code || !line.starts_with('#') {
            continue;
        }
        let slug = slug(line);
        let count = seen.entry(slug.clone()).or_default();
        anchors.insert(if *count == 0 { slug } else { format!("{slug}-{count}") });
        *count += 1;
    }
    anchors
}

/// Returns the anchor of a heading, as GitHub makes it.
fn slug(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'))
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

#[test]
fn the_manager_of_renovate_finds_versions() {
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/migration.md")).expect("the page is there");
    let block = page
        .split("```json\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("it has the settings");
    let settings: serde_json::Value = serde_json::from_str(block).expect("the settings are JSON");
    let manager = &settings["customManagers"][0];
    let text = |value: &serde_json::Value| value.as_str().expect("it is a text").to_owned();
    let files = text(&manager["managerFilePatterns"][0]);
    let files = regex::Regex::new(files.trim_matches('/')).expect("it is a pattern");
    for (path, is_read) in [
        ("tenants/shop/web.toml", true),
        ("live/blueprints/shop.toml", true),
        ("tenants/shop/values.yaml", false),
        ("platform.toml", false),
    ] {
        assert_eq!(files.is_match(path), is_read, "{path}");
    }
    let versions = regex::Regex::new(&text(&manager["matchStrings"][0])).expect("it is a pattern");
    let component = "kind = \"chart\"\nrepository = \"https://charts.example.com\"\nname = \"web\"\nversion = \"1.2.3\"\n";
    let found = versions.captures(component).expect("the version is found");
    let found = ["registryUrl", "depName", "currentValue"].map(|name| &found[name]);
    assert_eq!(found, ["https://charts.example.com", "web", "1.2.3"]);
    assert!(!versions.is_match("repository = \"git@example.com:a.git\"\n"));
}
