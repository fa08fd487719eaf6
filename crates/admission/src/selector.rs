//! Selectors of labels.

use aqueduct_manifest::{Map, Value};

use crate::pod::{items, text};

/// Tells whether labels fit a selector; an empty or missing one fits all.
pub(crate) fn fits(selector: Option<&Value>, labels: Option<&Map>) -> bool {
    let Some(selector) = selector else { return true };
    let label = |key: &str| labels.and_then(|labels| labels.get(key)).and_then(Value::as_str);
    let wanted = selector.get("matchLabels").and_then(Value::as_map);
    let has_all = wanted.into_iter().flatten().all(|(key, value)| label(key) == value.as_str());
    has_all
        && items(selector, "matchExpressions").iter().all(|expression| {
            let value = label(text(expression, &["key"]));
            let is_listed = || items(expression, "values").iter().any(|listed| listed.as_str() == value);
            match text(expression, &["operator"]) {
                "In" => value.is_some() && is_listed(),
                "NotIn" => value.is_none() || !is_listed(),
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => false,
            }
        })
}
