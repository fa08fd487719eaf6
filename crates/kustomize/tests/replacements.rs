//! Builds every case of `data/replacements.yaml`: a value of one map goes into another.

use aqueduct_kustomize::{Options, build};
use aqueduct_manifest::yaml::{self, Dialect};
use aqueduct_manifest::{Files, Map, Value};

const CASES: &str = include_str!("data/replacements.yaml");

fn map(pairs: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let mut map = Map::new();
    for (key, value) in pairs {
        map.insert(key, value);
    }
    Value::Map(map)
}

fn config_map(name: &str, data: Value) -> Value {
    map([
        ("apiVersion", "v1".into()),
        ("kind", "ConfigMap".into()),
        ("metadata", map([("name", name.into())])),
        ("data", data),
    ])
}

/// Builds one case and returns the data of the target.
fn replaced(case: &Map) -> Result<Value, String> {
    let field = |name: &str| case.get(name).cloned();
    let mut source = field("source").and_then(|value| value.as_map().cloned()).unwrap_or_default();
    source.insert("kind", Value::from("ConfigMap"));
    source.insert("name", Value::from("source"));
    source.insert("fieldPath", Value::from("data.value"));
    let mut target = field("replace").and_then(|value| value.as_map().cloned()).unwrap_or_default();
    target.insert("select", map([("name", "target".into())]));
    let replacement = map([
        ("source", Value::Map(source)),
        ("targets", Value::List([Value::Map(target)].into_iter().collect())),
    ]);
    let kustomization = map([
        ("resources", Value::List([Value::from("all.yaml")].into_iter().collect())),
        ("replacements", Value::List([replacement].into_iter().collect())),
    ]);
    let source = config_map("source", map([("value", field("value").unwrap_or(Value::Null))]));
    let target = config_map("target", field("target").unwrap_or(Value::Null));
    let resources = format!("{}---\n{}", yaml::write(&source), yaml::write(&target));
    let files: Files = [("kustomization.yaml", yaml::write(&kustomization)), ("all.yaml", resources)]
        .into_iter()
        .map(|(path, text)| (path, text.into_bytes()))
        .collect();
    let built = build(&files, ".", &Options::default()).map_err(|error| error.to_string())?;
    let target = built.objects.iter().find(|object| object.name() == "target");
    Ok(target.and_then(|object| object.map.get("data")).cloned().unwrap_or(Value::Null))
}

#[test]
fn replaces_fields() {
    let cases = yaml::read_values(CASES, Dialect::Kyaml).expect("the cases are valid YAML");
    let cases = cases.first().and_then(Value::as_list).expect("the cases are a list");
    let mut failures = String::new();
    for case in cases {
        let case = case.as_map().expect("a case is a map");
        let shows = case.get("shows").and_then(Value::as_str).unwrap_or_default();
        let expected = case.get("becomes").map(yaml::write).unwrap_or_default();
        let found = replaced(case).map_or_else(|error| error, |data| yaml::write(&data));
        if found != expected {
            failures.push_str(&format!("{shows}:\n{found}\nexpected:\n{expected}\n"));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
