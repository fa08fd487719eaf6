//! Objects, and the answers of a real API server to them.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use aqueduct_apiserver::{Server, defaulted};
use aqueduct_manifest::{Value, json, yaml};

/// The minimum number of objects of each file that must agree.
const FLOORS: &[(&str, usize)] = &[
    ("config-storage.jsonl", 1281),
    ("extension.jsonl", 1305),
    ("network.jsonl", 1262),
    ("rbac-policy.jsonl", 1172),
    ("workloads.jsonl", 5584),
];

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says where the data is")]
fn folder(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("AQUEDUCT_CORPUS")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus").into(), PathBuf::from);
    let folder = root.join(part);
    if folder.exists() {
        Some(folder)
    } else {
        report(&format!("skipped: there is no {part} in the corpus"));
        None
    }
}

#[expect(clippy::print_stderr, reason = "a tally is for whoever runs the tests")]
fn report(line: &str) {
    eprintln!("{line}");
}

/// Returns a field path without the text in brackets.
fn shape(field: &str) -> String {
    let mut shape = String::new();
    let mut depth = 0;
    for letter in field.chars() {
        if letter == ']' && depth > 0 {
            depth -= 1;
        }
        if depth == 0 {
            shape.push(letter);
        }
        if letter == '[' && depth == 0 {
            depth += 1;
        }
    }
    shape
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a variable says how many differences are shown")]
fn objects_are_answered_as_by_a_server() {
    let Some(folder) = folder("kubernetes/apiserver") else { return };
    let show: usize = std::env::var("AQUEDUCT_SHOW").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let server = Server::new(37);
    let (mut all, mut agreed, mut false_refusals, mut messages) = (0, 0, 0, Vec::new());
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder is readable")
        .map(|entry| entry.expect("the entry is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    let mut below = Vec::new();
    let (mut taken, mut warned) = (0, 0);
    for path in files {
        let text = fs::read_to_string(&path).expect("the file is readable");
        let (mut total, mut good) = (0, 0);
        for line in text.lines() {
            let line = json::read(line).expect("each line is JSON");
            let answer = server.create(line.get("object").expect("a line has an object"));
            let accepted = line.get("verdict").and_then(Value::as_str) == Some("accepted");
            let errors = line.get("errors").and_then(Value::as_list).map_or(&[][..], |list| list);
            let theirs: BTreeSet<String> = errors
                .iter()
                .filter_map(|error| error.get("field").and_then(Value::as_str))
                .map(shape)
                .filter(|field| !field.is_empty())
                .collect();
            let ours: BTreeSet<String> = answer.errors.iter().map(|cause| shape(&cause.field)).collect();
            let agrees = if accepted {
                answer.errors.is_empty()
            } else {
                !answer.errors.is_empty() && theirs.is_subset(&ours)
            };
            total += 1;
            if accepted {
                let theirs =
                    line.get("warnings").and_then(Value::as_list).is_some_and(|list| !list.is_empty());
                warned += usize::from(theirs != answer.warnings.is_empty());
                taken += 1;
            }
            good += usize::from(agrees);
            false_refusals += usize::from(accepted && !agrees);
            if !agrees {
                let name = line.get("name").and_then(Value::as_str).unwrap_or_default();
                let missing: Vec<_> = theirs.difference(&ours).collect();
                let mark = if accepted { "FALSE " } else { "" };
                let why: Vec<String> = if accepted {
                    answer.errors.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect()
                } else {
                    let message = line.get("message").map(json::write).unwrap_or_default();
                    let errors = errors
                        .iter()
                        .filter(|error| {
                            let field =
                                error.get("field").and_then(Value::as_str).map(shape).unwrap_or_default();
                            !ours.contains(&field)
                        })
                        .map(|error| error.get("message").and_then(Value::as_str).unwrap_or_default());
                    std::iter::once(message.as_str()).chain(errors).map(str::to_owned).collect()
                };
                messages.push(format!("{mark}{name}: missing {missing:?} {why:?}"));
            }
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        report(&format!("{name}: {good} of {total} agree"));
        if FLOORS.iter().any(|(file, floor)| *file == name && good < *floor) {
            below.push(name);
        }
        (all, agreed) = (all + total, agreed + good);
    }
    for message in messages.iter().take(show) {
        report(message);
    }
    report(&format!("{agreed} of {all} agree, {false_refusals} false refusals"));
    report(&format!(
        "of {taken} accepted ones, {warned} are warned about where a server warns, and only there"
    ));
    assert_eq!(false_refusals, 0, "an accepted object is refused");
    assert!(below.is_empty(), "fewer objects agree than before: {below:?}");
}

/// Objects that a real server accepted, from recordings of what it did with them later.
#[test]
fn objects_that_a_server_took_are_taken() {
    let server = Server::new(37);
    let (mut count, mut refused) = (0, Vec::new());
    for file in
        ["updates/updates", "admission/limits", "admission/quota", "admission/policies", "admission/defaults"]
    {
        let Some(path) = folder(&format!("kubernetes/{file}.jsonl")) else { return };
        let text = fs::read_to_string(path).expect("the file is readable");
        for line in text.lines() {
            let line = json::read(line).expect("each line is JSON");
            if line.get("object").is_some() && line.get("object") == line.get("policy") {
                continue;
            }
            let accepted = line.get("answer").and_then(Value::as_str) == Some("accepted");
            let lists = [
                "limitRanges",
                "quotas",
                "existing",
                "cluster_objects",
                "namespace_objects",
                "setup",
                "policies",
            ]
            .iter()
            .filter_map(|name| line.get(name)?.as_list())
            .flat_map(|list| list.iter());
            let single = ["old", "policy", "binding"].iter().filter_map(|name| line.get(name));
            let judged = line.get("object").filter(|_| accepted);
            for object in lists.chain(single).chain(judged) {
                // Some are names of objects, or part of others.
                let kind = object.get("kind").and_then(Value::as_str);
                if kind.is_none_or(|kind| kind == "Scale") || object.get("apiVersion").is_none() {
                    continue;
                }
                let mut object = object.clone();
                if let Some(map) = object.as_map_mut() {
                    map.map_entry("metadata").remove("resourceVersion");
                    // Notes of the recording, not of the object.
                    map.remove("status");
                    map.remove("stored_limits");
                }
                count += 1;
                let answer = server.create(&object);
                if !answer.errors.is_empty() {
                    let name = line.get("name").and_then(Value::as_str).unwrap_or_default();
                    refused.push(format!("{file} {name}: {:?}", answer.errors));
                }
            }
        }
    }
    report(&format!("{count} objects that a server took, {} refused", refused.len()));
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// What the server itself fills in. The rest comes from admission, allocation or another controller.
#[test]
fn what_is_left_out_is_filled_in() {
    const OTHERS: &[&str] = &[
        "metadata.",
        "spec.containers[0].volumeMounts",
        "spec.imagePullSecrets",
        "spec.ingressClassName",
        "spec.nodeSelector",
        "spec.overhead",
        "spec.preemptionPolicy",
        "spec.priority",
        "spec.serviceAccount",
        "spec.storageClassName",
        "spec.tolerations",
        "spec.volumes",
        "spec.jobTemplate.metadata",
        "spec.clusterIP",
        "spec.ipFamil",
        "spec.ports[0].nodePort",
    ];
    let Some(path) = folder("kubernetes/admission/defaults.jsonl") else { return };
    let (mut count, mut wrong) = (0, Vec::new());
    for line in fs::read_to_string(path).expect("the file is readable").lines() {
        let line = json::read(line).expect("each line is JSON");
        let object = line.get("object").expect("a line has an object");
        let defaulted = defaulted(object.clone());
        for added in line.get("added").and_then(Value::as_list).into_iter().flat_map(|list| list.iter()) {
            let field = added.get("field").and_then(Value::as_str).unwrap_or_default();
            if OTHERS.iter().any(|other| field.starts_with(other)) {
                continue;
            }
            count += 1;
            let found = field.split('.').try_fold(&defaulted, |value, step| match step.split_once('[') {
                None => value.get(step),
                Some((name, index)) => {
                    value.get(name)?.as_list()?.get(index.trim_end_matches(']').parse::<usize>().ok()?)
                }
            });
            if found.unwrap_or(&Value::Null) != added.get("to").unwrap_or(&Value::Null) {
                wrong.push(format!("{field}: {found:?} for {:?} in {object:?}", added.get("to")));
            }
        }
    }
    report(&format!("{count} things that a server filled in, {} wrong", wrong.len()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn full_objects_have_no_unknown_field() {
    let Some(folder) = folder("kubernetes/full-objects") else { return };
    let mut wrong = Vec::new();
    let mut count = 0;
    for version in fs::read_dir(folder).expect("the folder is readable") {
        let path = version.expect("the entry is readable").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let minor =
            name.strip_prefix("v1.").and_then(|rest| rest.split('.').next()?.parse().ok()).unwrap_or(37);
        let server = Server::new(minor);
        for file in fs::read_dir(path).expect("the folder is readable") {
            let path = file.expect("the entry is readable").path();
            if path.extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            count += 1;
            let text = fs::read_to_string(&path).expect("the file is readable");
            {
                let object = yaml::read(&text).expect("the file is YAML");
                let answer = server.create(&object);
                for cause in answer.errors {
                    if matches!(cause.reason, "UnknownField" | "BadRequest") {
                        wrong.push(format!("{}: {cause:?}", path.display()));
                    }
                }
            }
        }
    }
    report(&format!("{count} full objects have no unknown field"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
