//! The chart and the kustomization of the repository produce the same as the typed components beside them.

#![expect(clippy::panic, reason = "a test that cannot read its input fails with the reason")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use aqueduct_manifest::{Map, Object, Value, json, yaml};

/// Objects by kind and name.
type Objects = BTreeMap<(String, String), Value>;

/// Reads the objects of some components of a tenant.
fn read(environment: &str, tenant: &str, components: &[&str], words: &[(&str, &str)]) -> Objects {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("output").join(environment).join(tenant);
    let mut objects = Objects::new();
    for component in components {
        let folder = root.join(component);
        let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for file in files {
            let text =
                fs::read_to_string(file.expect("the folder can be listed").path()).expect("it is text");
            let text = words.iter().fold(text, |text, (from, to)| text.replace(from, to));
            let Ok(Value::Map(map)) = yaml::read(&text) else {
                panic!("{component} contains something that is not an object")
            };
            let object = Object::new(map);
            let key = (object.kind().to_owned(), object.name().to_owned());
            objects.insert(key, substance(&Value::Map(object.map), ""));
        }
    }
    objects
}

/// Returns a value without what only shows who made it: labels that select nothing, digests, and meaningless order.
fn substance(value: &Value, key: &str) -> Value {
    match value {
        Value::Map(map) => Value::Map(
            map.iter()
                .filter(|(key, _)| !matches!(key.as_str(), "labels") && !key.ends_with("-digest"))
                .map(|(key, value)| (key.clone(), substance(value, key)))
                .filter(|(key, value)| !(key == "annotations" && value.as_map().is_some_and(Map::is_empty)))
                .collect(),
        ),
        Value::List(list) => {
            let mut values: Vec<Value> = list.iter().map(|value| substance(value, key)).collect();
            if matches!(
                key,
                "env"
                    | "preferredDuringSchedulingIgnoredDuringExecution"
                    | "volumes"
                    | "ports"
                    | "volumeMounts"
            ) {
                values.sort_by_key(json::write);
            }
            values.into()
        }
        // Compares the contents of a configuration, not the order of its lines.
        Value::String(text) if key.ends_with(".yaml") || key.ends_with(".yml") => {
            yaml::read(text).unwrap_or_else(|error| panic!("{key}: {error}"))
        }
        other => other.clone(),
    }
}

/// Compares two sets of objects one by one, as readable YAML.
fn assert_same(typed: &Objects, foreign: &Objects) {
    let names = |objects: &Objects| objects.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(typed), names(foreign));
    for (key, value) in typed {
        assert_eq!(yaml::write(value), yaml::write(&foreign[key]), "{key:?}");
    }
}

#[test]
fn the_chart_says_what_the_typed_components_say() {
    let components = ["goverse-config", "goverse-node", "goverse-gate", "etcd", "postgres", "inspector"];
    let typed =
        read("dev", "goverse", &components, &[("goverse-etcd", "TOKEN"), ("goverse-goverse-", "goverse-")]);
    let chart = read(
        "dev",
        "goverse-chart",
        &["goverse", "login"],
        &[("goverse-etcd", "TOKEN"), ("goverse-chart", "goverse"), ("name: login", "name: postgres-login")],
    );
    let (mut typed, mut chart) = (only_selectors(typed), only_selectors(chart));
    // The chart stores the password under the name of the key itself.
    let login = ("ExternalSecret".to_owned(), "postgres-login".to_owned());
    assert!(typed.remove(&login).is_some() && chart.remove(&login).is_some());
    assert_same(&typed, &chart);
}

/// Removes the instance label, the only difference between the selectors of a release and of a component.
fn only_selectors(objects: Objects) -> Objects {
    fn strip(value: &mut Value) {
        match value {
            Value::Map(map) => {
                map.remove("app.kubernetes.io/instance");
                map.values_mut().for_each(strip);
            }
            Value::List(list) => list.make_mut().iter_mut().for_each(strip),
            _ => {}
        }
    }
    objects
        .into_iter()
        .map(|(key, mut value)| {
            strip(&mut value);
            (key, value)
        })
        .collect()
}

#[test]
fn the_kustomization_says_what_the_blueprint_says() {
    for environment in ["dev", "staging", "prod"] {
        // A DAO without a timelock too, so that only names and contract addresses differ.
        let typed = read(
            environment,
            "demo-no-timelock-dao",
            &["web"],
            &[("demo-no-timelock-dao", "DAO"), ("c3D403", "CONTRACT"), ("3F4a03", "CONTRACT")],
        );
        let suffix = generated_suffix(environment);
        let built = read(
            environment,
            "demo-kustomize-dao",
            &["site"],
            &[("demo-kustomize-dao", "DAO"), ("c3D404", "CONTRACT"), ("3F4a04", "CONTRACT"), (&suffix, "")],
        );
        assert_same(&typed, &built);
    }
}

/// Returns the hash that Kustomize appends to the name of a generated ConfigMap.
fn generated_suffix(environment: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("output")
        .join(environment)
        .join("demo-kustomize-dao/site");
    let names =
        fs::read_dir(folder).expect("the kustomization is rendered").flatten().map(|file| file.file_name());
    let names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    let name =
        names.iter().find(|name| name.starts_with("configmap-web-files-")).expect("a ConfigMap is generated");
    name.trim_start_matches("configmap-web-files").trim_end_matches(".yaml").to_owned()
}
