//! Custom resources, compared with the answers of a real server.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use aqueduct_apiserver::Cause;
use aqueduct_apiserver::custom::CustomDefinition;
use aqueduct_manifest::{Map, Object, Value, json, yaml};
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::{collection, sample};

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says where the data is")]
fn path() -> PathBuf {
    let root: PathBuf = match std::env::var_os("AQUEDUCT_CORPUS") {
        Some(folder) => folder.into(),
        None => concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus").into(),
    };
    root.join("kubernetes/admission/custom-resources.jsonl")
}

fn object(row: &Value, key: &str) -> Option<Object> {
    row.get(key).and_then(Value::as_map).map(|map| Object::new(map.clone()))
}

#[test]
fn custom_resources_are_judged_as_by_a_server() {
    let Ok(text) = fs::read_to_string(path()) else {
        println!("skipped: the answers of real servers are not here");
        return;
    };
    let (mut total, mut false_refusals, mut differences) = (0, 0, Vec::new());
    for line in text.lines() {
        let row = json::read(line).expect("each line is JSON");
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        // Nobody applies with lenient decoding.
        if text("fieldValidation") == "Warn" {
            continue;
        }
        let definition = CustomDefinition::new(&object(&row, "crd").expect("a definition"));
        let object = object(&row, "object").expect("an object");
        let causes = if object.kind() == "CustomResourceDefinition" {
            CustomDefinition::new(&object).check_rules()
        } else {
            definition.check(&object, self::object(&row, "old").as_ref())
        };
        let wanted: Vec<String> = row
            .get("errors")
            .and_then(Value::as_list)
            .cloned()
            .unwrap_or_default()
            .iter()
            .filter_map(|error| error.get("field")?.as_str().map(str::to_owned))
            .collect();
        let is_refused = text("answer") == "refused";
        let has_fields =
            wanted.iter().all(|field| field == "<nil>" || causes.iter().any(|cause| cause.field == *field));
        total += 1;
        if causes.is_empty() == is_refused || (is_refused && !has_fields) {
            false_refusals += usize::from(!is_refused);
            differences.push(format!("{}: {} {}, {causes:?}", text("name"), text("answer"), text("message")));
        }
    }
    println!(
        "custom resources: {} of {total} agree, {false_refusals} false refusals",
        total - differences.len()
    );
    for difference in &differences {
        println!("    {difference}");
    }
    assert!(differences.len() * 100 <= total && false_refusals == 0, "{} differ", differences.len());
}

/// Formats causes, one per line.
fn print(text: &mut String, causes: &[Cause]) {
    for cause in causes {
        let message = cause.message.replace('\n', "\n        ");
        writeln!(text, "    {} {}\n        {message}", cause.field, cause.reason)
            .expect("text can be written");
    }
}

#[test]
fn objects_are_held_against_the_definition_above_them() {
    insta::glob!("custom/*.yaml", |path| {
        let text = fs::read_to_string(path).expect("the file is readable");
        let documents = yaml::read_documents(&text, yaml::Dialect::Sigs).expect("the file is YAML");
        let mut objects =
            documents.iter().map(|one| Object::new(one.value.as_map().expect("an object").clone()));
        let definition = CustomDefinition::new(&objects.next().expect("a definition"));
        let mut answers = "definition\n".to_owned();
        print(&mut answers, &definition.check_rules());
        let is_update = path.ends_with("update.yaml");
        let mut old: Option<Object> = None;
        for object in objects {
            writeln!(answers, "{}", object.name()).expect("text can be written");
            print(&mut answers, &definition.check(&object, old.as_ref()));
            let filled = definition.filled(&object);
            writeln!(answers, "    = {}", json::write_raw(&Value::Map(filled.map)))
                .expect("text can be written");
            old = Some(object).filter(|_| is_update);
        }
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(answers) });
    });
}

/// Any value that can occur in schemas and objects.
fn value() -> impl Strategy<Value = Value> {
    let words = "type|properties|items|a|b|spec|required|default|enum|nullable|additionalProperties|oneOf|not|format|pattern|\
        x-kubernetes-list-type|x-kubernetes-list-map-keys|x-kubernetes-validations|rule|minimum|multipleOf|maxLength";
    let texts = "object|array|string|integer|number|a|self == oldSelf|self.a > 1|set|map|date-time|duration|cidr|isbn|1h|[|";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        sample::select(texts.split('|').collect::<Vec<_>>()).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        let key = sample::select(words.split('|').collect::<Vec<_>>());
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            collection::vec((key, inner), 0..5).prop_map(|entries| Value::Map(Map::from_iter(entries))),
        ]
    })
}

proptest! {
    #[test]
    fn any_object_is_held_against_any_definition(schema in value(), new in value(), old in value()) {
        let version = Map::from_iter([
            ("name", Value::from("v1")),
            ("served", Value::Bool(true)),
            ("schema", Value::Map(Map::from_iter([("openAPIV3Schema", schema)]))),
        ]);
        let names = Value::Map(Map::from_iter([("kind", "Thing")]));
        let spec = Map::from_iter([("names", names), ("versions", Value::from(vec![Value::Map(version)]))]);
        let definition = CustomDefinition::new(&Object::new(Map::from_iter([("spec", Value::Map(spec))])));
        let thing = |spec: Value| {
            let names = [("apiVersion", Value::from("example.com/v1")), ("kind", Value::from("Thing")), ("spec", spec)];
            Object::new(Map::from_iter(names))
        };
        let (new, old) = (thing(new), thing(old));
        let causes = [definition.check_rules(), definition.check(&new, None), definition.check(&new, Some(&old))];
        for cause in causes.iter().flatten() {
            assert!(!cause.message.is_empty());
        }
    }
}
