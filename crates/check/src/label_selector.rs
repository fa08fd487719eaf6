//! Label selectors, as Kubernetes matches them (`k8s.io/apimachinery/pkg/labels`).

use std::fmt::Write as _;

use aqueduct_manifest::{Map, Value};

/// A selector over labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LabelSelector<'a> {
    equal: Vec<(&'a str, &'a str)>,
    expressions: Vec<Expression<'a>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Expression<'a> {
    key: &'a str,
    operator: &'a str,
    values: Vec<&'a str>,
}

impl<'a> LabelSelector<'a> {
    /// Reads the plain form, a map of labels, that Services use.
    pub(crate) fn plain(labels: &'a Map) -> Self {
        let equal = labels.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect();
        Self { equal, expressions: Vec::new() }
    }

    /// Reads the form with `matchLabels` and `matchExpressions`.
    pub(crate) fn full(selector: &'a Value) -> Self {
        let mut read =
            selector.get("matchLabels").and_then(Value::as_map).map(Self::plain).unwrap_or_default();
        let expressions =
            selector.get("matchExpressions").and_then(Value::as_list).map_or(&[][..], |list| list);
        for expression in expressions {
            let text = |key| expression.get(key).and_then(Value::as_str).unwrap_or("");
            let values = expression.get("values").and_then(Value::as_list).map_or(&[][..], |list| list);
            let values = values.iter().filter_map(Value::as_str).collect();
            read.expressions.push(Expression { key: text("key"), operator: text("operator"), values });
        }
        read
    }

    /// Tells whether it has no condition; such a selector matches everything.
    pub(crate) fn is_empty(&self) -> bool {
        self.equal.is_empty() && self.expressions.is_empty()
    }

    /// Returns one label that must be there, if the selector demands any.
    pub(crate) fn anchor(&self) -> Option<(&'a str, &'a str)> {
        self.equal.first().copied()
    }

    /// Tells whether labels match.
    pub(crate) fn matches(&self, labels: Option<&Map>) -> bool {
        let label = |key: &str| labels.and_then(|labels| labels.get(key)).and_then(Value::as_str);
        self.equal.iter().all(|(key, value)| label(key) == Some(*value))
            && self.expressions.iter().all(|expression| {
                let found = label(expression.key);
                match expression.operator {
                    "In" => found.is_some_and(|value| expression.values.contains(&value)),
                    "NotIn" => found.is_none_or(|value| !expression.values.contains(&value)),
                    "Exists" => found.is_some(),
                    "DoesNotExist" => found.is_none(),
                    // The API server refuses others; nothing to say about what they match.
                    _ => true,
                }
            })
    }

    /// Returns the selector as `kubectl` writes it.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (key, value) in &self.equal {
            let _ = write!(text, "{}{key}={value}", if text.is_empty() { "" } else { "," });
        }
        for Expression { key, operator, values } in &self.expressions {
            let values = values.join(",");
            let comma = if text.is_empty() { "" } else { "," };
            let _ = match *operator {
                "In" => write!(text, "{comma}{key} in ({values})"),
                "NotIn" => write!(text, "{comma}{key} notin ({values})"),
                "DoesNotExist" => write!(text, "{comma}!{key}"),
                _ => write!(text, "{comma}{key}"),
            };
        }
        text
    }
}
