//! Pairs of manifests and their reviews.

use std::collections::BTreeMap;

use aqueduct_apiserver::Server;
use aqueduct_manifest::{Object, Value, yaml};
use aqueduct_review::{Apply, Claim, Demand, Effect, Growth, Review, print, review};

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
            [Apply::Server, Apply::Replace].map(|apply| review(&server, &old, &new, &|_| apply));
        let (apply_text, replace_text) = (print::text(&apply), print::text(&replace));
        let replace_text = if replace_text == apply_text { "the same\n".to_owned() } else { replace_text };
        insta::assert_snapshot!(format!(
            "{apply_text}\nby a replace:\n{replace_text}\n{}",
            print::json(&apply)
        ));
    });
}

/// Every JSON conforms to the published schema, and has no field that the schema does not define.
#[test]
fn the_json_keeps_to_its_schema() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schemas/review.schema.json");
    let text = std::fs::read_to_string(path).expect("the schema is there");
    let mut schema: serde_json::Value = serde_json::from_str(&text).expect("the schema is JSON");
    let names = Effect::ALL.map(Effect::as_str);
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
            whole.add("prod", review(&server, &old, &new, &|_| apply));
            let growth = Growth {
                environment: "prod".to_owned(),
                tenants: vec!["shop".to_owned()],
                old: Demand::default(),
                new: Demand { pods: 1, monthly_cost: 2.5, ..Demand::default() },
            };
            whole.demands.push(growth);
            whole.claims = claims.iter().map(|claim| claim.judge(&whole)).collect();
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
    let found = review(&server, &fleet("1.0.0"), &fleet("1.0.1"), &|_| Apply::Server);
    let text = print::text(&found);
    insta::assert_snapshot!(text);
    assert_eq!(found.changes.len(), 120);
    assert!(text.lines().count() <= 15, "{text}");
}

/// A comment keeps to its limit, whatever a manifest contains.
#[test]
fn a_comment_keeps_to_its_limit() {
    const LIMIT: usize = 65_536;
    let server = Server::new(37);
    let settings = |count: usize, text: &str| -> Vec<Object> {
        let make = |index: usize| {
            let data = BTreeMap::from([("text", format!("{index}\n{text}\n"))]);
            let settings = serde_json::json!({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("settings-{index}")}, "data": data,
            });
            let value = yaml::read(&settings.to_string()).expect("it is YAML");
            Object::new(value.as_map().cloned().unwrap_or_default())
        };
        (0..count).map(make).collect()
    };
    let seen = |count: usize, text: &str| {
        let found = review(&server, &settings(count, ""), &settings(count, text), &|_| Apply::Server);
        let comment = print::markdown(&found, LIMIT);
        assert!(comment.chars().count() <= LIMIT, "{} characters", comment.chars().count());
        let last = comment.lines().last().unwrap_or_default().to_owned();
        format!("{} lines, the last: {last}", comment.lines().count())
    };
    let texts = [
        (1, "`".repeat(70_000)),
        (1, "x".repeat(70_000)),
        (1, "```\n# a heading\n</details> @everyone\n".to_owned()),
        (3_000, "`".repeat(90)),
    ];
    let all: Vec<String> = texts.iter().map(|(count, text)| seen(*count, text)).collect();
    insta::assert_snapshot!(all.join("\n"));
}

/// Changes that reach an environment before the one that it is promoted from.
#[test]
fn what_comes_too_early_is_named() {
    let server = Server::new(37);
    let shop = |environment: &str, tag: &str, level: &str, more: &str| {
        let text = format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web, namespace: shop-{environment}, \
             labels: {{app.kubernetes.io/part-of: shop}}}}, spec: {{selector: {{matchLabels: {{app: web}}}}, template: \
             {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{{name: web, image: 'web:{tag}', \
             env: [{{name: LEVEL, value: {level}}}]}}]}}}}}}}}\n---\n{more}"
        );
        let values = yaml::read_values(&text, yaml::Dialect::Sigs).expect("it is YAML");
        values.iter().filter_map(Value::as_map).map(|map| Object::new(map.clone())).collect::<Vec<_>>()
    };
    let job = "{apiVersion: v1, kind: ConfigMap, metadata: {name: new, namespace: shop-prod, labels: {app.kubernetes.io/part-of: shop}}}";
    let reviewed = |prod: &[Object], staging: &[Object]| {
        let mut found = Review::default();
        found.add("prod", review(&server, &shop("prod", "1.0", "info", ""), prod, &|_| Apply::Server));
        found.promote(&server, "prod", "staging", staging);
        let of_it = found.changes.iter().flat_map(|change| &change.consequences);
        let told: Vec<String> = of_it
            .filter(|one| one.name == Effect::Promotion)
            .map(|one| format!("{}: {}", one.field, one.message))
            .collect();
        told.join("\n")
    };
    let told = [
        ("too early", reviewed(&shop("prod", "1.1", "warn", job), &shop("staging", "1.0", "info", ""))),
        (
            "the image is there",
            reviewed(&shop("prod", "1.1", "info", ""), &shop("staging", "1.1", "info", "")),
        ),
        (
            "another value of its own",
            reviewed(&shop("prod", "1.0", "warn", ""), &shop("staging", "1.0", "debug", "")),
        ),
        (
            "staging is further",
            reviewed(&shop("prod", "1.1", "info", ""), &shop("staging", "1.2", "info", "")),
        ),
    ];
    let told: Vec<String> = told.iter().map(|(what, lines)| format!("{what}\n{lines}")).collect();
    insta::assert_snapshot!(told.join("\n"));
}
