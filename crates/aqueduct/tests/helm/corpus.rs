//! Renders the charts of the reference corpus and compares the output with Helm's.

use std::fs;
use std::path::{Path, PathBuf};

use aqueduct::helm::{TemplateOptions, ValueOptions, read_file, template};
use aqueduct_helm::hosts::System;
use aqueduct_manifest::{Value, yaml};

use crate::corpus_folder;

#[test]
#[expect(clippy::disallowed_methods, reason = "one case can be picked")]
fn charts_as_helm_renders_them() {
    let folder = corpus_folder::corpus_folder().join("helm");
    let mut cases = Vec::new();
    find_cases(&folder, &mut cases);
    if cases.is_empty() {
        println!("helm: skipped, there are no cases in {}", folder.display());
        return;
    }
    let only = std::env::var("AQUEDUCT_CASE").unwrap_or_default();
    cases.retain(|(_, case)| case.to_string_lossy().contains(&only));
    cases.sort();
    let all = cases.len();
    cases.retain(|(chart, _)| is_complete(chart));
    if cases.len() < all {
        println!("helm: {} cases left out, charts that they depend on are not there", all - cases.len());
    }
    let mut failures = Vec::new();
    for (chart, case) in &cases {
        if let Some(failure) = check(chart, case) {
            let name = case.strip_prefix(&folder).unwrap_or(case);
            failures.push(format!("{}: {failure}", name.display()));
        }
    }
    println!("helm: {} of {} cases", cases.len() - failures.len(), cases.len());
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}

/// Finds the folders with `chart` and `cases` in them.
fn find_cases(folder: &Path, cases: &mut Vec<(PathBuf, PathBuf)>) {
    if folder.join("chart").is_dir() && folder.join("cases").is_dir() {
        for case in fs::read_dir(folder.join("cases")).into_iter().flatten().flatten() {
            cases.push((folder.join("chart"), case.path()));
        }
        return;
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            find_cases(&entry.path(), cases);
        }
    }
}

/// Tells whether the declared subcharts of a chart exist; a copy of the corpus may lack packaged ones.
fn is_complete(chart: &Path) -> bool {
    let declared = ["Chart.yaml", "requirements.yaml"].into_iter().filter_map(|name| {
        let text = fs::read_to_string(chart.join(name)).ok()?;
        yaml::read(&text).ok()?.get("dependencies")?.as_list().cloned()
    });
    let names: Vec<String> = fs::read_dir(chart.join("charts"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    declared.flat_map(|list| list.to_vec()).all(|dependency| {
        let name = dependency.get("name").and_then(Value::as_str).unwrap_or_default();
        let packed = format!("{name}-");
        names
            .iter()
            .any(|present| present == name || (present.starts_with(&packed) && present.ends_with(".tgz")))
    })
}

/// Renders one case and returns the differences.
fn check(chart: &Path, case: &Path) -> Option<String> {
    let values = case.join("values.yaml");
    let files = if values.exists() { vec![values.display().to_string()] } else { Vec::new() };
    let options = TemplateOptions {
        name: Some("demo".to_owned()),
        chart: chart.to_owned(),
        namespace: "demo-ns".to_owned(),
        values: ValueOptions { files, ..ValueOptions::default() },
        include_crds: true,
        ..TemplateOptions::default()
    };
    let result = template(&options, &read_file, &mut System::new());
    let Ok(expected) = fs::read(case.join("expected.yaml")) else {
        return match result {
            Ok(_) => Some("the reference refuses this".to_owned()),
            Err(failure) => {
                let expected = fs::read_to_string(case.join("error.txt")).unwrap_or_default();
                let actual = format!("Error: {}", failure.error);
                (actual.trim_end() != expected.trim_end())
                    .then(|| format!("another error:\n{actual}\nnot\n{expected}"))
            }
        };
    };
    match result {
        Ok(output) => difference(&output.stdout, &expected, fs::read(case.join("expected2.yaml")).ok()),
        Err(failure) => Some(format!("refused: {}", failure.error)),
    }
}

/// Returns the first line that differs, ignoring lines on which the reference differs from itself.
fn difference(actual: &[u8], expected: &[u8], again: Option<Vec<u8>>) -> Option<String> {
    if actual == expected {
        return None;
    }
    let lines = |text: &[u8]| -> Vec<String> {
        text.split(|byte| *byte == b'\n').map(|line| String::from_utf8_lossy(line).into_owned()).collect()
    };
    let (actual, expected) = (lines(actual), lines(expected));
    let again = again.map(|again| lines(&again)).filter(|again| again.len() == expected.len());
    for at in 0..actual.len().max(expected.len()) {
        if again.as_ref().is_some_and(|again| again.get(at) != expected.get(at)) {
            continue;
        }
        let end = || "<end of output>".to_owned();
        let left = actual.get(at).cloned().unwrap_or_else(end);
        let right = expected.get(at).cloned().unwrap_or_else(end);
        if left != right {
            return Some(format!("line {}: {left:?}, not {right:?}", at + 1));
        }
    }
    None
}
