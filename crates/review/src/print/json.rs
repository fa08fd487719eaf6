//! A review as complete JSON for programs.

use aqueduct_manifest::{List, Map, SmolStr, Value, json};

use super::is_secret;
use crate::claim::Judged;
use crate::compare::{Change, Fate, Review};
use crate::demand::{Demand, Growth};
use crate::diff::{Edit, FieldChange};
use crate::embedded::{Inside, inside};
use crate::rollout::RolloutSteps;

/// The format version of the JSON.
const VERSION: i64 = 1;

/// Returns the review as JSON, with every object and field.
pub fn json(review: &Review) -> String {
    json::write_pretty(&value(review))
}

/// Returns the content of the JSON.
pub(crate) fn value(review: &Review) -> Value {
    let changes: List = review.changes.iter().map(change).collect();
    let connections: List = review.connections.iter().map(|line| Value::from(line.as_str())).collect();
    let root: Map = [
        ("version", Value::from(VERSION)),
        ("changes", Value::List(changes)),
        ("reachability", Value::List(connections)),
        ("capacity", Value::List(review.demands.iter().map(growth).collect())),
        ("claims", Value::List(review.claims.iter().map(claim).collect())),
    ]
    .into_iter()
    .collect();
    Value::Map(root)
}

fn growth(growth: &Growth) -> Value {
    let side = |demand: &Demand| -> Value {
        let whole = |number: u64| Value::from(i64::try_from(number).unwrap_or(i64::MAX));
        let map: Map = [
            ("pods", whole(demand.pods)),
            ("cpu_millis", whole(demand.cpu_millis)),
            ("memory_bytes", whole(demand.memory_bytes)),
            ("storage_bytes", whole(demand.storage_bytes)),
            ("monthly_cost", Value::from(demand.monthly_cost)),
        ]
        .into_iter()
        .collect();
        Value::Map(map)
    };
    let map: Map = [
        ("environment", Value::from(growth.environment.as_str())),
        ("tenants", Value::List(growth.tenants.iter().map(|tenant| Value::from(tenant.as_str())).collect())),
        ("old", side(&growth.old)),
        ("new", side(&growth.new)),
    ]
    .into_iter()
    .collect();
    Value::Map(map)
}

fn claim(judged: &Judged) -> Value {
    let broken_by: List = judged.broken_by.iter().map(|line| Value::from(line.as_str())).collect();
    let map: Map = [
        ("claim", Value::from(judged.claim.to_string())),
        ("holds", Value::Bool(judged.broken_by.is_empty())),
        ("broken_by", Value::List(broken_by)),
    ]
    .into_iter()
    .collect();
    Value::Map(map)
}

fn change(change: &Change) -> Value {
    let object = &change.object;
    let fate = match change.fate {
        Fate::Added => "added",
        Fate::Removed => "removed",
        Fate::Changed => "changed",
    };
    let mut identity: Map = [
        ("apiVersion", object.api_version()),
        ("kind", object.kind()),
        ("name", object.name()),
        ("namespace", object.namespace()),
    ]
    .into_iter()
    .collect();
    if object.namespace().is_empty() {
        identity.remove("namespace");
    }
    let consequences: List = change
        .consequences
        .iter()
        .map(|one| {
            let map: Map = [("name", one.name.as_str()), ("field", &one.field), ("message", &one.message)]
                .into_iter()
                .collect();
            Value::Map(map)
        })
        .collect();
    let fields: List = change.fields.iter().map(|one| field(one, is_secret(change, one))).collect();
    let mut map: Map = [
        ("change", Value::from(fate)),
        ("object", Value::Map(identity)),
        ("fields", Value::List(fields)),
        ("consequences", Value::List(consequences)),
    ]
    .into_iter()
    .collect();
    if !change.environment.is_empty() {
        map.insert("environment", change.environment.clone());
        // Objects rendered by a platform have their tenant in this label.
        let tenant = object.labels().and_then(|labels| labels.get("app.kubernetes.io/part-of"));
        if let Some(tenant) = tenant {
            map.insert("tenant", tenant.clone());
        }
    }
    if let Some(old) = &change.old_key {
        if old.name != object.name() {
            map.insert("old_name", old.name.clone());
        }
        if old.namespace != object.namespace() {
            map.insert("old_namespace", old.namespace.clone());
        }
    }
    if let Some(RolloutSteps { pods, surge, unavailable }) = change.rollout {
        let rollout: Map =
            [("pods", pods), ("surge", surge), ("unavailable", unavailable)].into_iter().collect();
        map.insert("rollout", rollout);
    }
    Value::Map(map)
}

/// Placeholders for a hidden value. They only show whether it is the old or the new one.
const HIDDEN: [&str; 2] = ["*** (before)", "*** (after)"];

fn field(change: &FieldChange, is_hidden: bool) -> Value {
    let mut map: Map = [("path", Value::from(change.path.to_string()))].into_iter().collect();
    match &change.edit {
        Edit::Set { old, new } => {
            for (name, value, hidden) in [("old", old, HIDDEN[0]), ("new", new, HIDDEN[1])] {
                if let Some(value) = value {
                    map.insert(name, if is_hidden { Value::from(hidden) } else { value.clone() });
                }
            }
        }
        Edit::Order { old, new } => {
            let keys =
                |keys: &[SmolStr]| Value::List(keys.iter().map(|key| Value::from(key.clone())).collect());
            map.insert("order", true);
            map.insert("old", keys(old));
            map.insert("new", keys(new));
        }
    }
    if !is_hidden && let Some(Inside::Fields(fields)) = inside(change) {
        let fields: List = fields.iter().map(|one| field(one, false)).collect();
        map.insert("inside", fields);
    }
    Value::Map(map)
}
