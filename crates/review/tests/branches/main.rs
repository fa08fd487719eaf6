//! Changes of a public repository that Argo CD delivers, and what a preview tool printed for them.
//!
//! Both sides of a change are rendered here, Application by Application, from their folders, charts and kustomizations. The
//! result of the review is compared with the output of the tool: the same objects, each of the same Application, added,
//! removed, changed or renamed; the lines shown for them; and the number of Applications looked at.

#[path = "../argocd/mod.rs"]
mod argocd;
#[path = "../data/mod.rs"]
mod data;
mod ignored;
mod preview;
mod rendered;
mod seen;
mod selection;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use aqueduct_manifest::{Value, yaml};
use aqueduct_review::print;

use crate::argocd::tree::{Settings, Tree};
use crate::data::{folder, report};
use crate::preview::Preview;
use crate::seen::{Seen, see};
use crate::selection::{Options, Selection, Unwatched, all, select};

/// The share of outputs, in thousandths, that must agree in everything comparable.
const FLOOR: usize = 1_000;

/// The share of the shown objects, in thousandths, that must be comparable. The others need charts that are missing.
const HELD: usize = 600;

/// The repository of the changes.
const REPOSITORY: &str = "https://github.com/dag-andersen/argocd-diff-preview";

/// The runs with options, with the part of their output that shows them.
const RUNS: [(&str, Options<'_>); 9] = [
    // One Application, and not the other one with the same values: its own file changed.
    (
        "branch-5/target-2",
        Options {
            files: Some(&["examples/helm/applications/watch-pattern/valid-regex.yaml"]),
            unwatched: Unwatched::Left,
            ..Options::DEFAULT
        },
    ),
    // "No changed Applications that watched these files: `something/else.yaml`".
    (
        "branch-5/target-3",
        Options { files: Some(&["something/else.yaml"]), unwatched: Unwatched::Left, ..Options::DEFAULT },
    ),
    // Two Applications, those with the label.
    ("branch-5/target-4", Options { selector: Some(("team", "my-team")), ..Options::DEFAULT }),
    // "No changed Applications that matched `team=other-team`".
    ("branch-5/target-5", Options { selector: Some(("team", "other-team")), ..Options::DEFAULT }),
    // Two Applications, again by label, and no other file has a matching name.
    ("branch-5/target-6", Options { file_regex: Some(r".*labels\.yaml"), ..Options::DEFAULT }),
    // "Found no Applications".
    ("branch-5/target-7", Options { file_regex: Some(r"this-is-no-file\.yaml"), ..Options::DEFAULT }),
    // Everything except Applications that watch files.
    ("branch-5/target-8", Options { files: Some(&["something/else.yaml"]), ..Options::DEFAULT }),
    // One Application, whose file is the only one that changed.
    (
        "branch-9/target-2",
        Options {
            files: Some(&["examples/external-chart/nginx.yaml"]),
            unwatched: Unwatched::Left,
            ..Options::DEFAULT
        },
    ),
    // One Application, which has the label on one side only.
    ("branch-13/target-2", Options { selector: Some(("team", "your-team")), ..Options::DEFAULT }),
];

/// Returns the settings of Argo CD for a repository.
fn settings(repository: &str) -> Settings {
    Settings {
        repositories: vec![repository.to_owned()],
        // `kustomize.buildOptions` is not in the trees, and some of their kustomizations need it.
        build_options: "--load-restrictor LoadRestrictionsNone".to_owned(),
        ..Settings::default()
    }
}

/// Returns the subfolders whose names have a prefix, by name.
fn folders(folder: &Path, start: &str) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.expect("the folder can be listed").path());
    let mut folders: Vec<(String, PathBuf)> = paths
        .filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), path)))
        .filter(|(name, _)| name.starts_with(start))
        .collect();
    folders.sort();
    folders
}

/// How much agrees.
#[derive(Default)]
struct Tally {
    outputs: usize,
    good: usize,
    objects: usize,
    shown: usize,
    /// How many objects are shown for Applications that need something missing.
    remote: usize,
    /// How many Applications render, on both sides in total.
    rendered: usize,
    /// What cannot be compared, with the reason.
    outside: Vec<String>,
    messages: Vec<String>,
    /// The Applications that do not render.
    failures: Vec<String>,
}

impl Tally {
    /// Compares a run with its output.
    fn hold(&mut self, run: &str, trees: [&Tree; 2], preview: &Preview) {
        self.outputs += 1;
        let known = self.messages.len();
        let mut say = |message: String| self.messages.push(format!("{run}: {message}"));
        let chosen = RUNS.iter().find(|(name, _)| *name == run).map(|(_, options)| options.clone());
        // Only the number of Applications shows which of the two options a run had.
        let either =
            [Unwatched::Taken, Unwatched::Left].map(|unwatched| Options { unwatched, ..Options::DEFAULT });
        let candidates = chosen.map_or_else(|| either.to_vec(), |options| vec![options]);
        let selections: Vec<[Selection; 2]> =
            candidates.iter().map(|options| select(trees[0], trees[1], options)).collect();
        let count = |sides: &[Selection; 2]| sides.iter().map(|side| side.applications.len()).sum::<usize>();
        let counts: Vec<usize> = selections.iter().map(count).collect();
        let Some(sides) = selections.iter().find(|sides| count(sides) == preview.rendered) else {
            return say(format!("{} Applications were rendered, not {counts:?}", preview.rendered));
        };
        let left = [0, 1].map(|side| [sides[side].left_applications, sides[side].left_sets]);
        if let Some(told) = preview.left.filter(|told| *told != left) {
            say(format!("{told:?} were left out, not {left:?}"));
        }
        let seen = see(trees, sides);
        seen.wrong.iter().for_each(|wrong| say(wrong.clone()));
        let mut found = seen.named();
        let mut remote: BTreeMap<&str, usize> =
            seen.outside.keys().map(|title| (title.as_str(), 0)).collect();
        for (named, lines) in &preview.shown {
            if let Some(count) = remote.get_mut(named.application.as_str()) {
                *count += 1;
                self.remote += 1;
                continue;
            }
            self.shown += 1;
            match found.remove(named) {
                None => say(format!("not found: {named:?}")),
                Some(texts) if !texts.have(lines) => {
                    say(format!("{named:?}\n{}\nfrom\n{}\nto\n{}", lines.join("\n"), texts.old, texts.new));
                }
                Some(_) => self.objects += 1,
            }
        }
        found.keys().for_each(|named| say(format!("only found here: {named:?}")));
        for (title, reason) in &seen.outside {
            let count = remote.get(title.as_str()).copied().unwrap_or_default();
            self.outside.push(format!("not held: {run}: {count} objects of {title}: {reason}"));
        }
        self.good += usize::from(self.messages.len() == known);
    }

    fn close(self) {
        self.messages.iter().chain(&self.outside).for_each(|line| report(line));
        let Self { outputs, good, objects, shown, remote, rendered, .. } = self;
        report(&format!(
            "outputs: {good} of {outputs} agree, {objects} of {shown} objects; {remote} are not held"
        ));
        report(&format!("Applications of both sides: {rendered} render"));
        assert!(outputs > 0 && good * 1_000 >= outputs * FLOOR, "{good} of {outputs} outputs");
        assert!(objects * 1_000 >= (shown + remote) * HELD, "{objects} of {} objects", shown + remote);
        assert!(self.failures.is_empty(), "{}", self.failures.join("\n"));
    }
}

#[test]
fn changes_are_those_that_a_preview_shows() {
    let Some(folder) = folder("review") else { return };
    let mut tally = Tally::default();
    for (branch, folder) in folders(&folder, "branch-") {
        let trees = ["base", "target"].map(|side| Tree::read(&folder.join(side), settings(REPOSITORY)));
        let trees = [&trees[0], &trees[1]];
        // Everything can be rendered, whether or not an output shows it.
        for (side, tree) in ["base", "target"].iter().zip(trees) {
            let everything = all(tree);
            let seen = see([tree, tree], &[Selection::default(), everything]);
            tally.rendered += seen.pairs.len();
            tally.failures.extend(seen.wrong.iter().map(|wrong| format!("{branch}/{side}: {wrong}")));
        }
        let runs = folders(&folder.join("expected"), "");
        if runs.is_empty() {
            tally.outside.push(format!("not held: {branch}: there is no output"));
        }
        for (run, output) in runs {
            tally.hold(&format!("{branch}/{run}"), trees, &Preview::read(&output));
        }
    }
    tally.close();
}

/// Two small trees with everything that the changes above lack: the review of each Application, and what it renders
/// now.
#[test]
fn own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/branches/own");
    let trees = ["base", "target"]
        .map(|side| Tree::read(&root.join(side), settings("https://git.example.com/shop/delivery")));
    let sides = select(&trees[0], &trees[1], &Options::DEFAULT);
    let Seen { pairs, outside, wrong } = see([&trees[0], &trees[1]], &sides);
    let mut told = String::new();
    for pair in &pairs {
        let _ = writeln!(told, "== {}\n{}", pair.title, print::text(&pair.review));
        for object in &pair.new {
            let _ = writeln!(told, "{}", yaml::write(&Value::Map(object.map.clone())));
        }
    }
    for (title, reason) in outside {
        let _ = writeln!(told, "outside: {title}: {reason}");
    }
    for line in wrong {
        let _ = writeln!(told, "wrong: {line}");
    }
    let left = sides.map(|side| (side.left_applications, side.left_sets));
    let _ = writeln!(told, "left out: {left:?}");
    insta::assert_snapshot!(told);
}
