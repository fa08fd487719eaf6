//! Changes of objects, and what a real API server and its controllers did with them.

mod data;

use std::fs;
use std::path::Path;

use aqueduct_apiserver::Server;
use aqueduct_manifest::{Object, Value, json, yaml};
use aqueduct_review::{Apply, Change, Effect, print, review};

use crate::data::{folder, report};

/// The share of changes, in thousandths, for which at least the refusals and the recreated pods agree.
const FLOOR: usize = 990;

/// How many answers agree.
#[derive(Default)]
struct Tally {
    all: usize,
    good: usize,
    false_refusals: usize,
    messages: Vec<String>,
}

impl Tally {
    fn add(&mut self, title: &str, answer: &Value, changes: &[&Change]) {
        let has =
            |name: Effect| changes.iter().flat_map(|change| &change.consequences).any(|one| one.name == name);
        let is_refused = answer.get("answer").and_then(Value::as_str) == Some("refused");
        let new_pods = answer.get("new_pods").and_then(Value::as_bool).filter(|_| !is_refused);
        let agrees =
            has(Effect::Refused) == is_refused && new_pods.is_none_or(|new| has(Effect::Restart) == new);
        self.all += 1;
        self.good += usize::from(agrees);
        let is_false = has(Effect::Refused) && !is_refused;
        self.false_refusals += usize::from(is_false);
        if !agrees {
            let here: Vec<_> = changes.iter().flat_map(|change| &change.consequences).collect();
            let errors = answer.get("errors").map(json::write).unwrap_or_default();
            let errors: String = errors.chars().take(300).collect();
            let mark = if is_false { "FALSE " } else { "" };
            self.messages.push(format!(
                "{mark}{title}: refused {is_refused} {errors}, new pods {new_pods:?}; here {here:?}"
            ));
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a variable says how many differences are shown")]
    fn close(self, what: &str) {
        let show: usize = std::env::var("AQUEDUCT_SHOW").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        for message in self.messages.iter().take(show) {
            report(message);
        }
        report(&format!(
            "{what}: {} of {} agree, {} false refusals",
            self.good, self.all, self.false_refusals
        ));
        assert!(self.good * 1000 >= self.all * FLOOR, "{what}: {} of {}", self.good, self.all);
        assert_eq!(self.false_refusals, 0, "{what}");
    }
}

fn object(value: &Value) -> Object {
    Object::new(value.as_map().cloned().unwrap_or_default())
}

#[test]
fn updates_are_answered_as_by_a_server() {
    let Some(folder) = folder("kubernetes/updates") else { return };
    let server = Server::new(37);
    let mut tally = Tally::default();
    let text = fs::read_to_string(folder.join("updates.jsonl")).expect("the file is readable");
    for line in text.lines() {
        let line = json::read(line).expect("each line is JSON");
        let part = |name: &str| line.get(name).filter(|value| !value.is_null());
        let mut around: Vec<Object> =
            part("setup").and_then(Value::as_list).into_iter().flatten().map(object).collect();
        around.extend(part("cr").map(object));
        let mut old = object(part("old").expect("a line has an old object"));
        if let Some(status) = part("status") {
            old.map.insert("status", status.clone());
        }
        let new = object(part("new").expect("a line has a new object"));
        let apply = match part("how").and_then(Value::as_str) {
            Some("apply") => Apply::Server,
            _ => Apply::Replace,
        };
        let with = |object: &Object| [&around[..], &[object.clone()][..]].concat();
        let found = review(&server, &with(&old), &with(&new), &|_| apply);
        let changes: Vec<&Change> = found.changes.iter().collect();
        tally.add(part("name").and_then(Value::as_str).unwrap_or_default(), &line, &changes);
    }
    tally.close("updates");
}

fn objects(path: &Path) -> Vec<Object> {
    let text = fs::read_to_string(path).expect("the manifests are readable");
    let documents = yaml::read_values(&text, yaml::Dialect::Sigs).expect("the manifests are YAML");
    documents.iter().filter(|document| document.as_map().is_some()).map(object).collect()
}

#[test]
fn bumps_of_charts_are_answered_as_by_a_server() {
    let Some(folder) = folder("review/bumps") else { return };
    let server = Server::new(37);
    let mut tally = Tally::default();
    let mut patches = 0;
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let folder = entry.expect("the entry is readable").path();
        let (old, new) = (objects(&folder.join("old.yaml")), objects(&folder.join("new.yaml")));
        let found = review(&server, &old, &new, &|_| Apply::Server);
        let answers = fs::read_to_string(folder.join("answers.jsonl")).expect("the answers are readable");
        for line in answers.lines() {
            let answer = json::read(line).expect("each line is JSON");
            let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
            let is_it = |change: &&Change| {
                change.object.kind() == text("kind") && change.object.name() == text("name")
            };
            let changes: Vec<&Change> = found.changes.iter().filter(is_it).collect();
            tally.add(&format!("{} {} {}", folder.display(), text("kind"), text("name")), &answer, &changes);
        }
        if is_patch(&folder) {
            let text = print::text(&found);
            assert!(text.lines().count() <= PATCH_LINES, "{}:\n{text}", folder.display());
            patches += 1;
        }
    }
    tally.close("bumps");
    report(&format!("patch bumps: {patches} of {patches} in at most {PATCH_LINES} lines"));
}

/// The maximum number of lines for a patch version bump.
const PATCH_LINES: usize = 10;

/// Tells whether the versions in the name of a bump, such as `chart--1.2.3--1.2.9`, differ only in the last
/// number.
fn is_patch(folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut versions =
        name.rsplit("--").filter_map(|version| version.rsplit_once('.').map(|(minor, _)| minor));
    versions.next() == versions.next()
}
