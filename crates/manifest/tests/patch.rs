//! Examples of patches, and properties of all patches.

use aqueduct_manifest::patch::{
    Builtin, MergeContext, Outcome, json6902, merge, read_operations, strategic_merge,
};
use aqueduct_manifest::{Map, Value, yaml};
use proptest::prelude::*;

fn read(text: &str) -> Value {
    yaml::read(text).expect("the example is YAML")
}

/// Merges into a Deployment's pod template and returns the result there.
fn pod(target: &str, patch: &str) -> Value {
    let wrap = |text: &str| {
        let mut object = read("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}");
        let root = object.as_map_mut().expect("the object is a map");
        root.map_entry("spec").map_entry("template").insert("spec", read(text));
        object
    };
    match strategic_merge(&wrap(target), &wrap(patch), &MergeContext::kubernetes())
        .expect("the patch applies")
    {
        Outcome::Changed(value) => value.at(&["spec", "template", "spec"]).cloned().unwrap_or_default(),
        Outcome::Deleted => Value::Null,
    }
}

fn operate(target: &str, operations: &str) -> Result<Value, String> {
    let mut target = read(target);
    // A text that starts with `[` would have to be JSON.
    let operations = read_operations(&format!("---\n{operations}")).map_err(|error| error.to_string())?;
    json6902(&mut target, &operations).map_err(|error| error.to_string())?;
    Ok(target)
}

#[test]
fn containers_merge_by_name_and_new_ones_come_first() {
    assert_eq!(
        pod(
            "containers: [{name: web, image: 'web:1'}, {name: proxy, image: 'proxy:1'}]",
            "containers: [{name: log, image: 'log:1'}, {name: proxy, image: 'proxy:2'}]",
        ),
        read(
            "containers: [{name: log, image: 'log:1'}, {name: proxy, image: 'proxy:2'}, {name: web, image: 'web:1'}]"
        ),
    );
}

#[test]
fn directives_delete_and_replace() {
    assert_eq!(
        pod("containers: [{name: web}, {name: proxy}]", "containers: [{name: web, $patch: delete}]"),
        read("containers: [{name: proxy}]"),
    );
    assert_eq!(
        pod("containers: [{name: web}, {name: proxy}]", "containers: [{$patch: replace}, {name: only}]"),
        read("containers: [{name: only}]"),
    );
    assert_eq!(
        pod("nodeSelector: {a: b}", "nodeSelector: {$patch: replace, c: d}"),
        read("nodeSelector: {c: d}")
    );
    assert_eq!(
        pod("{hostNetwork: true, nodeSelector: {a: b}}", "nodeSelector: {$patch: delete}"),
        read("hostNetwork: true")
    );
}

#[test]
fn an_element_without_its_key_empties_the_list() {
    assert_eq!(pod("containers: [{name: web}]", "containers: [{image: 'web:2'}]"), read("containers: []"));
}

#[test]
fn ports_are_told_apart_by_protocol() {
    let ports = |target: &str, patch: &str| {
        let wrap = |ports: &str| format!("containers: [{{name: web, ports: {ports}}}]");
        let spec = pod(&wrap(target), &wrap(patch));
        let container =
            spec.get("containers").and_then(Value::as_list).and_then(|list| list.first()).cloned();
        container.and_then(|container| container.get("ports").cloned()).unwrap_or_default()
    };
    assert_eq!(
        ports("[{containerPort: 53, protocol: TCP}]", "[{containerPort: 53, protocol: UDP}]"),
        read("[{containerPort: 53, protocol: UDP}, {containerPort: 53, protocol: TCP}]"),
    );
    // With the protocol on only one side, the patch is lost.
    assert_eq!(
        ports("[{containerPort: 53}]", "[{containerPort: 53, protocol: UDP, name: dns}]"),
        read("[{containerPort: 53}]")
    );
    assert_eq!(
        ports("[{containerPort: 53, protocol: TCP}]", "[{containerPort: 53, name: dns}]"),
        read("[{containerPort: 53, protocol: TCP}]")
    );
}

#[test]
fn fields_keep_their_quotes() {
    assert_eq!(
        pod(
            "containers: [{name: web, env: [{name: A, value: '1'}]}]",
            "containers: [{name: web, env: [{name: A, value: 2}]}]"
        ),
        read("containers: [{name: web, env: [{name: A, value: '2'}]}]"),
    );
}

#[test]
fn kinds_that_are_not_known_have_their_lists_replaced() {
    let target = read("{apiVersion: example.com/v1, kind: Thing, spec: {list: [{name: a}], map: {a: 1}}}");
    let patch = read("{apiVersion: example.com/v1, kind: Thing, spec: {list: [{name: b}], map: {b: 2}}}");
    let merged = strategic_merge(&target, &patch, &MergeContext::kubernetes());
    let expected =
        read("{apiVersion: example.com/v1, kind: Thing, spec: {list: [{name: b}], map: {a: 1, b: 2}}}");
    assert_eq!(merged, Ok(Outcome::Changed(expected)));
}

#[test]
fn an_openapi_document_names_the_keys() {
    let document = read(
        "definitions:
           example.Thing:
             x-kubernetes-group-version-kind: [{group: example.com, version: v1, kind: Thing}]
             properties:
               spec: {$ref: '#/definitions/example.Spec'}
           example.Spec:
             properties:
               list:
                 type: array
                 x-kubernetes-patch-strategy: merge
                 x-kubernetes-patch-merge-key: id
                 items: {$ref: '#/definitions/example.Element'}
           example.Element: {properties: {id: {type: string}}}",
    );
    let target = read("{apiVersion: example.com/v1, kind: Thing, spec: {list: [{id: a, x: 1}, {id: b}]}}");
    let patch = read("{apiVersion: example.com/v1, kind: Thing, spec: {list: [{id: b, x: 2}, {id: c}]}}");
    let expected = read(
        "{apiVersion: example.com/v1, kind: Thing, spec: {list: [{id: b, x: 2}, {id: c}, {id: a, x: 1}]}}",
    );
    assert_eq!(
        strategic_merge(&target, &patch, &MergeContext::openapi(&document, Builtin::Absent)),
        Ok(Outcome::Changed(expected))
    );
}

#[test]
fn whole_objects_can_be_deleted() {
    let target = read("{apiVersion: v1, kind: ConfigMap, data: {a: b}}");
    let patch = read("{apiVersion: v1, kind: ConfigMap, $patch: delete}");
    assert_eq!(strategic_merge(&target, &patch, &MergeContext::kubernetes()), Ok(Outcome::Deleted));
}

#[test]
fn nesting_without_end_is_an_error() {
    let deep = (0..300).fold(Value::Int(1), |value, _| {
        let mut map = Map::new();
        map.insert("a", value);
        map.into()
    });
    let error = strategic_merge(&deep, &deep, &MergeContext::kubernetes()).map_err(|error| error.to_string());
    assert_eq!(error, Err("values are nested too deeply to be merged".to_owned()));
}

#[test]
fn operations_apply_in_order() {
    assert_eq!(
        operate(
            "{list: [1, 2, 3], map: {a/b: 1}}",
            "[{op: add, path: /list/-, value: 4}, {op: remove, path: /list/0}, {op: move, from: /map/a~1b, path: /map/c},
              {op: copy, from: /map/c, path: /d}, {op: test, path: /d, value: 1}, {op: replace, path: /new, value: x}]"
        ),
        Ok(read("{list: [2, 3, 4], map: {c: 1}, d: 1, new: x}")),
    );
}

#[test]
fn numbers_are_compared_as_json_writes_them() {
    let test = |operations: &str| {
        let operations = read_operations(operations).expect("the example is a patch");
        json6902(&mut read("{replicas: 1, ratio: 2.0}"), &operations).is_ok()
    };
    assert!(test("[{\"op\": \"test\", \"path\": \"/replicas\", \"value\": 1}]"));
    assert!(test("[{\"op\": \"test\", \"path\": \"/ratio\", \"value\": 2}]"));
    assert!(!test("[{\"op\": \"test\", \"path\": \"/replicas\", \"value\": 1.0}]"));
    assert!(test("- {op: test, path: /replicas, value: 1.0}"));
}

#[test]
fn integers_pass_through_floats() {
    assert_eq!(
        operate(
            "{a: 9007199254740993, b: 18446744073709551615, c: -5, d: 0.5}",
            "[{op: add, path: /e, value: 10000000}, {op: add, path: /f, value: -1234567890123456789}]"
        ),
        Ok(read(
            "{a: 9007199254740992, b: 18446744073709552000, c: -5, d: 0.5, e: 10000000, \
             f: -1234567890123456800}"
        )),
    );
}

#[test]
fn operations_that_do_not_apply() {
    let error = |operations: &str| {
        operate("{list: [1], map: {}, nothing: null}", operations).expect_err("it does not apply")
    };
    assert_eq!(
        error("[{op: add, path: /list/5, value: 1}]"),
        "error in add for path: '/list/5': Unable to access invalid index: 5: invalid index referenced"
    );
    assert_eq!(
        error("[{op: remove, path: /list/x}]"),
        "error in remove for path: '/list/x': strconv.Atoi: parsing \"x\": invalid syntax"
    );
    assert_eq!(
        error("[{op: add, path: /nothing/x, value: 1}]"),
        "add operation does not apply: doc is missing path: \"/nothing/x\": missing value"
    );
    assert_eq!(error("[{op: remove}]"), "remove operation failed to decode path: missing value");
    assert_eq!(
        error("[{op: replace, path: 5, value: 1}]"),
        "replace operation failed to decode path: json: cannot unmarshal number into Go value of type string"
    );
    assert_eq!(error("[{op: test, path: '', value: {}}]"), "testing value  failed: test failed");
}

#[test]
fn merge_patch_follows_the_examples_of_the_standard() {
    // RFC 7386, appendix A.
    let cases = [
        ("{a: b}", "{a: c}", "{a: c}"),
        ("{a: b}", "{b: c}", "{a: b, b: c}"),
        ("{a: b}", "{a: null}", "{}"),
        ("{a: b, b: c}", "{a: null}", "{b: c}"),
        ("{a: [b]}", "{a: c}", "{a: c}"),
        ("{a: c}", "{a: [b]}", "{a: [b]}"),
        ("{a: {b: c}}", "{a: {b: d, c: null}}", "{a: {b: d}}"),
        ("{a: [{b: c}]}", "{a: [1]}", "{a: [1]}"),
        ("[a, b]", "[c, d]", "[c, d]"),
        ("{a: b}", "[c]", "[c]"),
        ("{a: foo}", "null", "null"),
        ("{a: foo}", "bar", "bar"),
        ("{e: null}", "{a: 1}", "{e: null, a: 1}"),
        ("[1, 2]", "{a: b, c: null}", "{a: b}"),
        ("{}", "{a: {bb: {ccc: null}}}", "{a: {bb: {}}}"),
    ];
    for (target, patch, expected) in cases {
        let mut value = read(target);
        merge(&mut value, &read(patch));
        assert_eq!(value, read(expected), "{target} + {patch}");
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        (-9i64..100).prop_map(Value::Int),
        "[a-c]{0,3}".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("name|spec|env|a|b", inner, 0..4)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

fn any_map() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("spec|template|metadata|a", any_value(), 0..4)
        .prop_map(|entries| Value::Map(entries.into_iter().collect()))
}

/// A Deployment around any content.
fn deployment(pod_spec: Value) -> Value {
    let mut object = read("{apiVersion: apps/v1, kind: Deployment}");
    let root = object.as_map_mut().expect("the object is a map");
    root.map_entry("spec").map_entry("template").insert("spec", pod_spec);
    object
}

fn containers() -> impl Strategy<Value = Value> {
    let container =
        ("[a-c]", prop::option::of("[x-z]"), prop::option::of(0i64..3)).prop_map(|(name, image, port)| {
            let mut container = Map::new();
            container.insert("name", name);
            if let Some(image) = image {
                container.insert("image", image);
            }
            if let Some(port) = port {
                let mut entry = Map::new();
                entry.insert("containerPort", port);
                container.insert("ports", vec![Value::from(entry)]);
            }
            container
        });
    prop::collection::btree_map("[a-c]", container, 1..4).prop_map(|containers| {
        let list: Vec<Value> = containers
            .into_iter()
            .map(|(name, mut container)| {
                container.insert("name", name);
                container.into()
            })
            .collect();
        let mut spec = Map::new();
        spec.insert("containers", list);
        deployment(spec.into())
    })
}

#[test]
fn copies_of_copies_have_a_bound() {
    for (target, path) in [("{a: {b: 1}}", "/a/x"), ("{a: [1]}", "/a/-"), ("{a: {b: a longer text}}", "/a/x")]
    {
        let copy = |index| format!("- {{op: copy, from: /a, path: '{path}{index}'}}\n");
        let index = |number: usize| if path.ends_with('-') { String::new() } else { number.to_string() };
        let few: String = (0..10).map(|number| copy(index(number))).collect();
        operate(target, &few).expect("a thousand values are not many");
        let many: String = (0..60).map(|number| copy(index(number))).collect();
        let error = operate(target, &many).expect_err("2^60 values are too many");
        assert!(error.contains("may contain no more than"), "{error}");
    }
}

#[test]
fn patches_do_not_nest_without_end() {
    let deep = |levels: usize| format!("- {{op: add, path: '{}', value: {{}}}}\n", "/a".repeat(levels));
    let operations = |levels| (1..=levels).map(deep).collect::<String>();
    let deepest = operate("{a: {}}", &operations(999)).expect("this is just deep enough");
    assert_eq!(yaml::read(&yaml::write(&deepest)).expect("this can be read again"), deepest);
    for last in [
        deep(1000),
        format!("- {{op: copy, from: /a, path: '{}/b'}}\n", "/a".repeat(600)),
        format!("- {{op: replace, path: '{}/b', value: {{c: {{}}}}}}\n", "/a".repeat(998)),
    ] {
        let error = operate("{a: {}}", &(operations(999) + &last)).expect_err("this is too deep");
        assert!(error.contains("nest deeper than 1000 levels"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_empty_patch_changes_nothing(target in any_map()) {
        let patch = Value::Map(Map::new());
        let mut merged = target.clone();
        merge(&mut merged, &patch);
        prop_assert_eq!(&merged, &target);
        prop_assert_eq!(
            strategic_merge(&target, &patch, &MergeContext::kubernetes()),
            Ok(Outcome::Changed(target.clone()))
        );
        prop_assert_eq!(operate("{a: [1, {b: null}]}", "[]"), Ok(read("{a: [1, {b: null}]}")));
    }

    #[test]
    fn a_merge_patch_twice_is_the_patch_once(target in any_value(), patch in any_value()) {
        let mut once = target;
        merge(&mut once, &patch);
        let mut twice = once.clone();
        merge(&mut twice, &patch);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn a_strategic_merge_twice_is_the_merge_once(target in containers(), patch in containers()) {
        let context = MergeContext::kubernetes();
        let Ok(Outcome::Changed(once)) = strategic_merge(&target, &patch, &context) else {
            return Err(TestCaseError::fail("the merge applies"));
        };
        prop_assert_eq!(strategic_merge(&once, &patch, &context), Ok(Outcome::Changed(once)));
    }

    #[test]
    fn any_patch_applies_or_says_why_not(target in any_value(), patch in any_value()) {
        let target = deployment(target);
        match strategic_merge(&target, &deployment(patch), &MergeContext::kubernetes()) {
            Ok(_) => {}
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
