//! What is true for all values: no difference between two of them is lost.

use aqueduct_apiserver::Server;
use aqueduct_manifest::{List, Map, Value};
use aqueduct_review::{differences, patch};
use proptest::prelude::*;

/// Kinds with many lists, whose entries are identified in different ways.
const KINDS: [(&str, &str); 6] = [
    ("apps/v1", "Deployment"),
    ("v1", "Service"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("v1", "ConfigMap"),
    ("example.com/v1", "Custom"),
];

/// Names from the paths of real objects, so that values match the schemas.
const NAMES: [&str; 14] = [
    "spec",
    "template",
    "containers",
    "ports",
    "name",
    "containerPort",
    "protocol",
    "env",
    "rules",
    "verbs",
    "metadata",
    "finalizers",
    "value",
    "a.b/c",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0_i64..4).prop_map(Value::from),
        prop::sample::select(&["", "a", "b", "name=a", "TCP"][..]).prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 5, |inner| {
        let entries = prop::collection::vec((prop::sample::select(&NAMES[..]), inner.clone()), 0..5);
        prop_oneof![
            2 => entries.prop_map(|entries| Value::Map(entries.into_iter().collect::<Map>())),
            1 => prop::collection::vec(inner, 0..5).prop_map(|list| Value::List(list.into_iter().collect::<List>())),
        ]
    })
}

/// A list of containers or the like, whose entries have names or ports.
fn keyed() -> impl Strategy<Value = Value> {
    let entry = (prop::sample::select(&["a", "b", "c", "d"][..]), value()).prop_map(|(name, value)| {
        let map: Map = [("name", Value::from(name)), ("value", value)].into_iter().collect();
        Value::Map(map)
    });
    let list =
        prop::collection::vec(entry, 0..5).prop_map(|list| Value::List(list.into_iter().collect::<List>()));
    (list, value()).prop_map(|(containers, metadata)| {
        let nest =
            |name: &'static str, value: Value| Value::Map([(name, value)].into_iter().collect::<Map>());
        let mut object = nest("spec", nest("template", nest("spec", nest("containers", containers))));
        if let Some(map) = object.as_map_mut() {
            map.insert("metadata", metadata);
        }
        object
    })
}

proptest! {
    #[test]
    fn differences_lead_from_the_old_value_to_the_new_one(
        kind in prop::sample::select(&KINDS[..]),
        old in prop_oneof![value(), keyed()],
        new in prop_oneof![value(), keyed()],
    ) {
        let kind = Server::new(37).kind(kind.0, kind.1);
        let found = differences(kind, &old, &new);
        prop_assert_eq!(found.is_empty(), old == new);
        prop_assert_eq!(patch(kind, &old, &found), Some(new));
    }
}
