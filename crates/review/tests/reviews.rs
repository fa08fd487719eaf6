//! Pairs of manifests, and what is said of them.

use std::collections::BTreeMap;

use aqueduct_apiserver::Server;
use aqueduct_manifest::{Object, Value, yaml};
use aqueduct_review::{Apply, Claim, Name, Review, print, review};

/// Splits a text at a line `=====` into old and new manifests.
fn sides(text: &str) -> [Vec<Object>; 2] {
    let (old, new) = text.split_once("=====\n").expect("there are two sides");
    [old, new].map(|side| {
        let documents = yaml::read_values(side, yaml::Dialect::Sigs).expect("it is YAML");
        documents.iter().filter_map(Value::as_map).map(|map| Object::new(map.clone())).collect()
    })
}

/// Every pair in `pairs/`: what a server-side apply does, what a replace does, and the JSON of the first.
#[test]
fn pairs() {
    let server = Server::new(37);
    insta::glob!("pairs/*.yaml", |path| {
        let text = std::fs::read_to_string(path).expect("the pair is readable");
        let [old, new] = sides(&text);
        let [apply, replace] =
            [Apply::Server, Apply::Replace].map(|apply| review(&server, &old, &new, apply));
        let (apply_text, replace_text) = (print::text(&apply), print::text(&replace));
        let replace_text = if replace_text == apply_text { "the same\n".to_owned() } else { replace_text };
        insta::assert_snapshot!(format!(
            "{apply_text}\nby a replace:\n{replace_text}\n{}",
            print::json(&apply)
        ));
    });
}

/// Every JSON keeps to the published schema, and has no field that the schema does not name.
#[test]
fn the_json_keeps_to_its_schema() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schemas/review.schema.json");
    let text = std::fs::read_to_string(path).expect("the schema is there");
    let mut schema: serde_json::Value = serde_json::from_str(&text).expect("the schema is JSON");
    let names = Name::ALL.map(Name::as_str);
    assert_eq!(schema["$defs"]["consequence"]["properties"]["name"]["enum"], serde_json::json!(names));
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let server = Server::new(37);
    let claims = ["no restarts", "no rbac", "only kinds Service", "cost at most 1"];
    let claims = claims.map(|claim| claim.parse::<Claim>().expect("it is a claim"));
    let mut held = 0;
    insta::glob!("pairs/*.yaml", |path| {
        let [old, new] = sides(&std::fs::read_to_string(path).expect("the pair is readable"));
        for apply in [Apply::Server, Apply::Replace] {
            let mut whole = Review::default();
            whole.add("prod", review(&server, &old, &new, apply));
            whole.claims = claims.iter().map(|claim| claim.judge(&whole, &BTreeMap::new())).collect();
            let json = serde_json::from_str(&print::json(&whole)).expect("it is JSON");
            let wrong: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{}: {wrong:?}", path.display());
            held += 1;
        }
    });
    assert!(held > 10, "only {held} reviews were held against the schema");
}

/// Lets objects have no other fields than those that the schema names.
fn close(schema: &mut serde_json::Value) {
    if let Some(map) = schema.as_object_mut() {
        if map.get("type") == Some(&"object".into()) {
            map.insert("additionalProperties".to_owned(), false.into());
        }
        map.values_mut().for_each(close);
    }
}

/// A new image of one component of forty tenants in three environments.
#[test]
fn one_tag_in_a_fleet_is_a_few_lines() {
    let server = Server::new(37);
    let fleet = |tag: &str| -> Vec<Object> {
        let mut objects = Vec::new();
        for tenant in 0..40 {
            for environment in ["dev", "stage", "prod"] {
                let text = format!(
                    "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web, namespace: tenant-{tenant}-{environment}, \
                     labels: {{helm.sh/chart: web-{tag}}}}}, spec: {{selector: {{matchLabels: {{app: web}}}}, template: \
                     {{metadata: {{labels: {{app: web}}, annotations: {{checksum/config: '{tenant}{tag}'}}}}, \
                     spec: {{containers: [{{name: web, image: 'registry.example.com/web:{tag}'}}]}}}}}}}}"
                );
                let value = yaml::read(&text).expect("it is YAML");
                objects.push(Object::new(value.as_map().cloned().unwrap_or_default()));
            }
        }
        objects
    };
    let found = review(&server, &fleet("1.0.0"), &fleet("1.0.1"), Apply::Server);
    let text = print::text(&found);
    insta::assert_snapshot!(text);
    assert_eq!(found.changes.len(), 120);
    assert!(text.lines().count() <= 15, "{text}");
}
