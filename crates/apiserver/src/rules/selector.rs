//! Label, node and topology selectors.

use std::collections::BTreeSet;

use aqueduct_manifest::Value;

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::metadata;

/// Checks a label selector; an absent one is valid.
pub(crate) fn labels(selector: &Field<'_>, report: &mut Report) {
    metadata::labels(&selector.get("matchLabels"), report);
    for requirement in selector.get("matchExpressions").items() {
        let (key, operator, values) =
            (requirement.get("key"), requirement.get("operator"), requirement.get("values"));
        match operator.text() {
            "In" | "NotIn" => {
                if values.is_empty() {
                    report.required(&values, "must be specified when `operator` is 'In' or 'NotIn'");
                }
            }
            "Exists" | "DoesNotExist" => {
                if !values.is_empty() {
                    report.forbidden(
                        &values,
                        "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                    );
                }
            }
            _ => report.invalid(&operator, "not a valid selector operator"),
        }
        report.format(&key, names::qualified_name);
        for value in values.items() {
            report.format(&value, names::label_value);
        }
    }
}

/// Tells whether a selector selects everything.
pub(crate) fn is_empty(selector: &Field<'_>) -> bool {
    selector.get("matchLabels").is_empty() && selector.get("matchExpressions").is_empty()
}

/// Tells whether Kubernetes can convert a selector. If not, it reports that in addition to what is wrong in
/// it.
pub(crate) fn is_usable(selector: &Field<'_>) -> bool {
    let mut report = Report::new(0);
    labels(selector, &mut report);
    report.errors.is_empty()
}

/// Tells whether labels are selected.
pub(crate) fn selects(selector: &Field<'_>, labels: &Field<'_>) -> bool {
    let label = |key: &str| labels.value.get(key).map(|value| value.as_str().unwrap_or_default());
    let wanted = selector.get("matchLabels");
    let all = wanted.entries().all(|(key, value)| label(key) == Some(value.text()));
    let expressions = selector.get("matchExpressions");
    all && expressions.items().all(|requirement| {
        let key = requirement.get("key");
        let values = requirement.get("values");
        let found = label(key.text());
        match requirement.get("operator").text() {
            "In" => found.is_some_and(|found| values.has(found)),
            "NotIn" => found.is_none_or(|found| !values.has(found)),
            "Exists" => found.is_some(),
            "DoesNotExist" => found.is_none(),
            _ => false,
        }
    })
}

/// Whether the values of a node selector must be valid label values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Values {
    Labels,
    Any,
}

/// Checks a node selector, which must have a term.
pub(crate) fn nodes(selector: &Field<'_>, report: &mut Report) {
    let terms = selector.get("nodeSelectorTerms");
    if terms.is_empty() {
        report.required(&terms, "must have at least one node selector term");
    }
    for term in terms.items() {
        node_term(&term, Values::Labels, report);
    }
}

/// Checks one term of a node selector.
pub(crate) fn node_term(term: &Field<'_>, kind: Values, report: &mut Report) {
    for requirement in term.get("matchExpressions").items() {
        let (key, operator, values) =
            (requirement.get("key"), requirement.get("operator"), requirement.get("values"));
        match operator.text() {
            "In" | "NotIn" if values.is_empty() => {
                report.required(&values, "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                report
                    .forbidden(&values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            "Gt" | "Lt" if values.len() != 1 => {
                report.required(&values, "must be specified single value when `operator` is 'Lt' or 'Gt'");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            _ => report.invalid(&operator, "not a valid selector operator"),
        }
        report.format(&key, names::qualified_name);
        if kind == Values::Labels {
            for value in values.items() {
                report.format(&value, names::label_value);
            }
        }
    }
    for requirement in term.get("matchFields").items() {
        let (key, operator, values) =
            (requirement.get("key"), requirement.get("operator"), requirement.get("values"));
        match operator.text() {
            "In" | "NotIn" if values.len() != 1 => report.required(
                &values,
                "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
            ),
            "In" | "NotIn" => {}
            _ => report.invalid(&operator, "not a valid selector operator"),
        }
        if key.text() == "metadata.name" {
            for value in values.items() {
                report.format(&value, names::subdomain);
            }
        } else {
            report.invalid(&key, "not a valid field selector key");
        }
    }
}

/// Checks the topologies of a StorageClass.
pub(crate) fn topologies(topologies: &Field<'_>, report: &mut Report) {
    let terms = topologies.value.as_list().map_or(&[][..], |list| list);
    let expressions_of = |at: usize| terms.get(at).and_then(|term: &Value| term.get("matchLabelExpressions"));
    for (number, term) in topologies.items().enumerate() {
        let mut keys = BTreeSet::new();
        let expressions = term.get("matchLabelExpressions");
        for requirement in expressions.items() {
            let (key, values) = (requirement.get("key"), requirement.get("values"));
            report.needs(&values);
            let mut known = BTreeSet::new();
            for value in values.items() {
                if !known.insert(value.text().to_owned()) {
                    report.duplicate(&value);
                }
            }
            report.format(&key, names::qualified_name);
            if !keys.insert(key.text().to_owned()) {
                report.duplicate(&key);
            }
        }
        if (0..number).any(|before| expressions_of(before) == expressions_of(number)) {
            report.duplicate(&expressions);
        }
    }
}
