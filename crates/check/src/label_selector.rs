//! Label selectors, as Kubernetes matches them (`k8s.io/apimachinery/pkg/labels`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aqueduct_manifest::{Map, Value};

use crate::controller_label::ControllerLabel;
use crate::facts::Entry;

/// A selector over labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LabelSelector<'a> {
    equal: Vec<(&'a str, &'a str)>,
    expressions: Vec<Expression<'a>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Expression<'a> {
    key: &'a str,
    operator: &'a str,
    values: Vec<&'a str>,
}

/// The labels of something: the written ones and those that controllers add to pods.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Labels<'a> {
    written: Option<&'a Map>,
    /// The object with the pod template, and the number of its pods if known.
    workload: Option<(Entry<'a>, Option<u64>)>,
}

impl<'a> Labels<'a> {
    /// Returns labels to which no controller adds any.
    pub(crate) fn plain(written: Option<&'a Map>) -> Self {
        Self { written, workload: None }
    }

    /// Returns the labels of a workload's pods; `most` is their number, if known.
    pub(crate) fn of_pods(written: Option<&'a Map>, entry: Entry<'a>, most: Option<u64>) -> Self {
        Self { written, workload: Some((entry, most)) }
    }

    fn has(&self, key: &str) -> bool {
        self.text(key).is_some() || self.added(key).is_some()
    }

    fn may_be(&self, key: &str, value: &str) -> bool {
        self.text(key) == Some(value) || self.added(key).is_some_and(|label| label.may_be(value))
    }

    fn text(&self, key: &str) -> Option<&'a str> {
        self.written?.get(key)?.as_str()
    }

    fn added(&self, key: &str) -> Option<ControllerLabel<'a>> {
        let (entry, most) = self.workload?;
        ControllerLabel::of(&entry, key, most)
    }
}

impl<'a> LabelSelector<'a> {
    /// Reads the plain form, a map of labels, that Services use.
    pub(crate) fn plain(labels: &'a Map) -> Self {
        let equal = labels.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect();
        Self { equal, expressions: Vec::new() }
    }

    /// Returns the selector for exactly some labels.
    pub(crate) fn equal_to(labels: &'a BTreeMap<String, String>) -> Self {
        let equal = labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
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

    /// Returns the required labels with their values.
    pub(crate) fn equal(&self) -> &[(&'a str, &'a str)] {
        &self.equal
    }

    /// Returns the selector in a canonical order.
    pub(crate) fn sorted(mut self) -> Self {
        self.equal.sort_unstable();
        self.expressions.iter_mut().for_each(|expression| expression.values.sort_unstable());
        self.expressions.sort_unstable();
        self
    }

    /// Tells whether labels match.
    pub(crate) fn matches(&self, labels: &Labels<'_>) -> bool {
        self.equal.iter().all(|(key, value)| labels.may_be(key, value))
            && self.expressions.iter().all(|expression| expression.matches(labels))
    }

    /// Returns the labels that are missing if everything else matches and at least one label does. A program
    /// may set the rest on its own pod.
    pub(crate) fn lacking(&self, labels: &Labels<'_>) -> Option<String> {
        let (there, lacking): (Vec<_>, Vec<_>) = self.equal.iter().partition(|(key, _)| labels.has(key));
        let rest = Self { equal: there, expressions: self.expressions.clone() };
        if lacking.is_empty() || rest.equal.is_empty() || !rest.matches(labels) {
            return None;
        }
        Some(Self { equal: lacking, expressions: Vec::new() }.text())
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

impl Expression<'_> {
    fn matches(&self, labels: &Labels<'_>) -> bool {
        match self.operator {
            "In" => self.values.iter().any(|value| labels.may_be(self.key, value)),
            // Some pod may have a different value of a label that a controller adds.
            "NotIn" => labels.text(self.key).is_none_or(|value| !self.values.contains(&value)),
            "Exists" => labels.has(self.key),
            "DoesNotExist" => !labels.has(self.key),
            // The API server refuses other operators, so what they match does not matter.
            _ => true,
        }
    }
}
