//! The differences between the environments, field by field. A change in them changes a snapshot that a reviewer
//! sees.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use aqueduct_manifest::{Value, json, yaml};

/// The environments in promotion order, with their domains from platform.toml.
const ENVIRONMENTS: [(&str, &str); 3] =
    [("dev", "dev.example.com"), ("staging", "staging.example.com"), ("prod", "example.com")];

/// A value in each environment that has it.
type Values<'a> = [Option<&'a Value>; 3];

/// The objects of a component by file, for each environment that has them.
type Objects = BTreeMap<String, [Option<Value>; 3]>;

/// Reads the objects of all components by folder.
fn components() -> BTreeMap<String, Objects> {
    let mut components: BTreeMap<String, Objects> = BTreeMap::new();
    for (number, (environment, _)) in ENVIRONMENTS.iter().enumerate() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("output").join(environment);
        for tenant in folders(&root) {
            for component in folders(&root.join(&tenant)) {
                let objects = components.entry(format!("{tenant}/{component}")).or_default();
                for file in
                    fs::read_dir(root.join(&tenant).join(&component)).expect("the folder can be listed")
                {
                    let file = file.expect("the entry can be read");
                    let text = fs::read_to_string(file.path()).expect("the output is text");
                    let value = yaml::read(&text).expect("the output is YAML");
                    let name = file.file_name().to_string_lossy().trim_end_matches(".yaml").to_owned();
                    objects.entry(name).or_default()[number] = Some(value);
                }
            }
        }
    }
    components
}

fn folders(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root)
        .expect("the folder can be listed")
        .map(|entry| entry.expect("the entry can be read"));
    let folders = entries.filter(|entry| entry.path().is_dir());
    folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// The differing fields of one component: each with its values, and the files that have it.
#[derive(Default)]
struct Differences {
    fields: BTreeMap<(String, [String; 3]), Vec<String>>,
    own: usize,
}

impl Differences {
    /// Compares one value of a file in all environments.
    fn compare(&mut self, file: &str, path: &str, values: Values<'_>) {
        if values.iter().all(|value| *value == values[0]) {
            return;
        }
        let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        let maps = values.map(|value| value.and_then(Value::as_map));
        if maps.iter().all(Option::is_some) {
            let keys: BTreeSet<&str> =
                maps.iter().flatten().flat_map(|map| map.keys()).map(|key| key.as_str()).collect();
            // A digest only shows that its contents have changed.
            for key in keys.into_iter().filter(|key| !key.ends_with("-digest")) {
                self.compare(file, &below(key), maps.map(|map| map.and_then(|map| map.get(key))));
            }
            return;
        }
        let lists = values.map(|value| value.and_then(Value::as_list));
        if lists.iter().all(Option::is_some)
            && lists.iter().flatten().any(|list| list.iter().any(|one| one.as_map().is_some()))
        {
            // Elements are identified by their names, or by their whole contents.
            let key = |number: usize, element: &Value| match element.get("name").and_then(Value::as_str) {
                Some(name) => name.to_owned(),
                None => neutral(number, element),
            };
            let mut keys = BTreeSet::new();
            for (number, list) in lists.iter().enumerate() {
                keys.extend(list.iter().flat_map(|list| list.iter()).map(|element| key(number, element)));
            }
            for wanted in keys {
                let mut found: Values<'_> = [None; 3];
                for (number, (found, list)) in found.iter_mut().zip(&lists).enumerate() {
                    *found = list.and_then(|list| list.iter().find(|element| key(number, element) == wanted));
                }
                self.compare(file, &format!("{path}[{wanted}]"), found);
            }
            return;
        }
        if are_alike(values) {
            self.own += 1;
            return;
        }
        let named = path.ends_with(']');
        let shown = values.map(|value| match value {
            None => "-".to_owned(),
            Some(value) if value.as_map().is_some() && named => "yes".to_owned(),
            Some(value) => short(value),
        });
        self.fields.entry((path.to_owned(), shown)).or_default().push(file.to_owned());
    }
}

/// Returns a value without what is specific to the environment: its domain and its name.
fn neutral(number: usize, value: &Value) -> String {
    let (name, domain) = ENVIRONMENTS[number];
    json::write(value).replace(domain, "${domain}").replace(name, "${name}")
}

/// Returns whether values differ only in what is specific to the environments.
fn are_alike(values: Values<'_>) -> bool {
    let all = values.iter().enumerate().map(|(number, value)| value.map(|value| neutral(number, value)));
    all.collect::<BTreeSet<_>>().len() == 1
}

/// Returns a value in one short line.
fn short(value: &Value) -> String {
    let text = json::write(value);
    if text.chars().count() > 80 { format!("({} characters)", text.chars().count()) } else { text }
}

/// Returns the differing fields of one component.
fn differences(objects: &Objects) -> String {
    let mut text = String::new();
    let mut found = Differences::default();
    for (file, values) in objects {
        let names: Vec<&str> = ENVIRONMENTS
            .iter()
            .zip(values)
            .filter(|(_, value)| value.is_some())
            .map(|((name, _), _)| *name)
            .collect();
        if names.len() == ENVIRONMENTS.len() {
            found.compare(file, "", values.each_ref().map(Option::as_ref));
        } else {
            let _ = writeln!(text, "  {file}: only in {}", names.join(", "));
        }
    }
    for ((path, values), files) in &found.fields {
        let _ = writeln!(text, "  {path}: {}\n    in {}", values.join(" | "), files.join(", "));
    }
    if found.own > 0 {
        let _ = writeln!(text, "  fields with the environment's name or domain: {}", found.own);
    }
    text
}

#[test]
fn environments_differ_only_so() {
    let mut text = String::from("dev | staging | prod; - where there is none\n");
    for (component, objects) in components() {
        let found = differences(&objects);
        if !found.is_empty() {
            let _ = write!(text, "\n{component}\n{found}");
        }
    }
    insta::assert_snapshot!(text);
}

/// A component whose TOML has no environment table differs only in the name and the domain.
#[test]
fn a_component_without_overrides_differs_in_nothing() {
    let components = components();
    for component in ["delivery/argocd", "goverse/etcd"] {
        let found = differences(&components[component]);
        assert!(found.contains(" | "), "{component} has overrides that are not seen:\n{found}");
    }
    for component in ["goverse/certificates", "cluster/storage"] {
        let found = differences(&components[component]);
        let lines: Vec<&str> =
            found.lines().filter(|line| !line.contains("fields with the environment's")).collect();
        assert!(lines.is_empty(), "{component} has no overrides, and differs in:\n{found}");
    }
}

#[test]
fn a_differing_field_is_seen() {
    let object = |text: &str| Some(yaml::read(text).expect("it is YAML"));
    let objects = Objects::from([
        (
            "a".to_owned(),
            [
                object(
                    "{same: 1, replicas: 1, gone: 1, host: x.dev.example.com, list: [{name: a, port: 1}]}",
                ),
                object("{same: 1, replicas: 1, host: x.staging.example.com, list: [{name: a, port: 2}]}"),
                object("{same: 1, replicas: 3, host: x.example.com, list: [{name: a, port: 1}, {kind: b}]}"),
            ],
        ),
        ("b".to_owned(), [object("{}"), None, object("{}")]),
    ]);
    insta::assert_snapshot!(differences(&objects));
}
