//! Label selectors, as `k8s.io/apimachinery/pkg/labels` matches them.

use smol_str::SmolStr;

use crate::value::{Map, Value};

/// A label selector.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelSelector {
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Condition {
    key: SmolStr,
    operator: Operator,
    values: Vec<SmolStr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    /// An invalid selector, which the API server rejects; nothing matches it.
    Unknown,
}

impl LabelSelector {
    /// Reads the plain form that Services use, a map of labels.
    pub fn plain(labels: &Map) -> Self {
        let equal = labels.iter().filter_map(|(key, value)| {
            let value = value.as_str()?;
            Some(Condition { key: key.clone(), operator: Operator::In, values: vec![value.into()] })
        });
        Self { conditions: equal.collect() }
    }

    /// Reads the form with `matchLabels` and `matchExpressions`.
    pub fn full(selector: &Value) -> Self {
        let mut read =
            selector.get("matchLabels").and_then(Value::as_map).map(Self::plain).unwrap_or_default();
        let expressions = selector.get("matchExpressions").and_then(Value::as_list);
        for expression in expressions.map_or(&[][..], |list| list) {
            let operator = match expression.get("operator").and_then(Value::as_str) {
                Some("In") => Operator::In,
                Some("NotIn") => Operator::NotIn,
                Some("Exists") => Operator::Exists,
                Some("DoesNotExist") => Operator::DoesNotExist,
                _ => Operator::Unknown,
            };
            let values = expression.get("values").and_then(Value::as_list).map_or(&[][..], |list| list);
            let values = values.iter().filter_map(Value::as_str).map(SmolStr::from).collect();
            let key = expression.get("key").and_then(Value::as_str).unwrap_or("").into();
            read.conditions.push(Condition { key, operator, values });
        }
        read.conditions.sort_unstable();
        read
    }

    /// Tells whether it has no conditions, and so matches everything.
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Returns the labels that all matching objects have.
    pub fn labels(&self) -> impl Iterator<Item = (&SmolStr, &SmolStr)> {
        self.conditions.iter().filter_map(|condition| {
            match (condition.operator, condition.values.as_slice()) {
                (Operator::In, [value]) => Some((&condition.key, value)),
                _ => None,
            }
        })
    }

    /// Tells whether labels match.
    pub fn matches(&self, labels: &Map) -> bool {
        self.conditions.iter().all(|condition| {
            let value = labels.get(&condition.key).and_then(Value::as_str);
            let listed = value.is_some_and(|value| condition.values.iter().any(|one| one == value));
            match condition.operator {
                Operator::In => listed,
                Operator::NotIn => !listed,
                Operator::Exists => value.is_some(),
                Operator::DoesNotExist => value.is_none(),
                Operator::Unknown => false,
            }
        })
    }
}
