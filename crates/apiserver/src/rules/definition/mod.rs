//! CustomResourceDefinitions.
//!
//! The API server stores in one place what all versions have in common. With one version, the path of everything in its
//! schema is therefore `spec.validation.openAPIV3Schema`.

mod default;
mod path;
mod pattern;
mod schema;
mod structural;

use std::collections::BTreeSet;

use aqueduct_manifest::Value;

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::webhook;

pub(crate) fn check(root: &Field<'_>, report: &mut Report) {
    let spec = root.get("spec");
    let (group, scope, kinds, versions) =
        (spec.get("group"), spec.get("scope"), spec.get("names"), spec.get("versions"));
    name(root, &spec, report);
    if group.is_empty() {
        report.required(&group, "");
    } else if names::subdomain(group.text()).is_some() {
        report.format(&group, names::subdomain);
    } else if !group.text().contains('.') {
        report.invalid(&group, "should be a domain with at least one dot");
    }
    report.needs_one_of(&scope, &["Cluster", "Namespaced"]);
    approval(root, group.text(), report);
    self::versions(&spec, &versions, report);
    self::names(&kinds, report);
    let preserve = spec.get("preserveUnknownFields");
    if preserve.is_true() {
        report.invalid(
            &preserve,
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
        );
    }
    conversion(&spec, report);
    stored_versions(root, &versions, report);
}

fn name(root: &Field<'_>, spec: &Field<'_>, report: &mut Report) {
    let (meta, kinds) = (root.get("metadata"), spec.get("names"));
    let wanted = format!("{}.{}", kinds.get("plural").text(), spec.get("group").text());
    let (name, prefix) = (meta.get("name"), meta.get("generateName"));
    for field in [&name, &prefix] {
        if !field.is_empty() && field.text() != wanted {
            report.invalid(field, "must be spec.names.plural+\".\"+spec.group");
        }
    }
    if name.is_empty() && !prefix.is_empty() {
        report.invalid(&name, "must be spec.names.plural+\".\"+spec.group");
    }
}

fn approval(root: &Field<'_>, group: &str, report: &mut Report) {
    let is_protected = ["k8s.io", "kubernetes.io"]
        .iter()
        .any(|kept| group.strip_suffix(kept).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
    if !is_protected {
        return;
    }
    let meta = root.get("metadata");
    let annotations = meta.get("annotations");
    let annotation = annotations.key("api-approved.kubernetes.io");
    let text = annotation.text();
    let is_url = text.split_once("://").is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty());
    if text.is_empty() {
        report.required(
            &annotation,
            "protected groups must have approval annotation \"api-approved.kubernetes.io\", see https://github.com/kubernetes/enhancements/pull/1111",
        );
    } else if !is_url && !text.starts_with("unapproved") {
        report.invalid(
            &annotation,
            "protected groups must have approval annotation \"api-approved.kubernetes.io\" with either a URL or a reason starting with \"unapproved\"",
        );
    }
}

/// Tells whether all versions have the same value for a name, so that it is stored once.
fn is_common(versions: &Field<'_>, name: &str) -> bool {
    let list = versions.value.as_list().map_or(&[][..], |list| list);
    let part = |version: &Value| version.get(name).cloned().unwrap_or_default();
    list.windows(2).all(|pair| part(&pair[0]) == part(&pair[1]))
}

fn versions(spec: &Field<'_>, versions: &Field<'_>, report: &mut Report) {
    let mut seen = BTreeSet::new();
    let mut is_unique = true;
    let common = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"]
        .map(|name| is_common(versions, name));
    let has_status = |version: &Field<'_>| {
        let parts = version.get("subresources");
        parts.get("status").is_set()
    };
    let any_status = versions.items().any(|version| has_status(&version));
    for version in versions.items() {
        let (name, warning, holder) =
            (version.get("name"), version.get("deprecationWarning"), version.get("schema"));
        report.format(&name, names::label_1035);
        is_unique &= seen.insert(name.text().to_owned());
        self::warning(&warning, version.get("deprecated").is_true(), report);
        let schema = holder.get("openAPIV3Schema");
        if !schema.is_set() {
            report.required(&schema, "");
        }
        if !common[0] {
            schema::check(&schema, has_status(&version), report);
        }
        if !common[1] {
            subresources(&version.get("subresources"), report);
        }
        if !common[2] {
            columns(&version.get("additionalPrinterColumns"), report);
        }
        if !common[3] {
            selectable(&version.get("selectableFields"), schema.value, report);
        }
    }
    if let Some(first) = versions.items().next() {
        // What is common is in the spec itself.
        let parts = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"];
        let [holder, resources, printed, selected] =
            parts.map(|name| first.value.get(name).unwrap_or(&Value::Null));
        if common[0] {
            let place = spec.with("validation", holder);
            schema::check(&place.get("openAPIV3Schema"), any_status, report);
        }
        if common[1] {
            subresources(&spec.with("subresources", resources), report);
        }
        if common[2] {
            columns(&spec.with("additionalPrinterColumns", printed), report);
        }
        if common[3] {
            let schema = holder.get("openAPIV3Schema").unwrap_or(&Value::Null);
            let place = spec.with("selectableFields", selected);
            if common[0] || !place.is_empty() {
                selectable(&place, if common[0] { schema } else { &Value::Null }, report);
            }
        }
        let name = first.get("name");
        if let Some(problem) = names::label_1035(name.text())
            && !name.is_empty()
        {
            report.invalid(&spec.with("version", name.value), problem);
        }
    }
    if !is_unique {
        report.invalid(versions, "must contain unique version names");
    }
    if versions.items().filter(|version| version.get("storage").is_true()).count() != 1 {
        report.invalid(versions, "must have exactly one version marked as storage version");
    }
}

fn warning(warning: &Field<'_>, is_deprecated: bool, report: &mut Report) {
    if !warning.is_set() {
        return;
    }
    let text = warning.text();
    let problem = if !is_deprecated {
        "can only be set for deprecated versions"
    } else if text.len() > 256 {
        "must be <= 256 characters long"
    } else if text.is_empty() {
        "must not be an empty string"
    } else if text.chars().any(char::is_control) {
        "must only contain printable UTF-8 characters"
    } else {
        return;
    };
    report.invalid(warning, problem);
}

fn names(kinds: &Field<'_>, report: &mut Report) {
    let (plural, singular, kind, list) =
        (kinds.get("plural"), kinds.get("singular"), kinds.get("kind"), kinds.get("listKind"));
    report.needs_format(&plural, names::label_1035);
    // Both of these default to names derived from the kind.
    if singular.is_empty() && kind.is_empty() {
        report.required(&singular, "");
    }
    report.optional_format(&singular, names::label_1035);
    report.needs(&kind);
    if list.is_empty() && kind.is_empty() {
        report.required(&list, "");
    }
    let made = format!("{}List", kind.text());
    let listed = if list.is_empty() && !kind.is_empty() { made.as_str() } else { list.text() };
    for (field, text) in [(&kind, kind.text()), (&list, listed)] {
        if !text.is_empty()
            && let Some(problem) = names::label_1035(&text.to_lowercase())
        {
            report.invalid_as(
                field,
                text,
                format_args!("may have mixed case, but should otherwise match: {problem}"),
            );
        }
    }
    if singular.is_empty() && !kind.is_empty() {
        let made = kind.text().to_lowercase();
        if let Some(problem) = names::label_1035(&made) {
            report.invalid_as(&singular, &made, problem);
        }
    }
    for list in ["shortNames", "categories"] {
        for name in kinds.get(list).items() {
            report.format(&name, names::label_1035);
        }
    }
    if !kind.is_empty() && kind.text() == list.text() {
        report.invalid(&list, "kind and listKind may not be the same");
    }
}

fn subresources(parts: &Field<'_>, report: &mut Report) {
    let scale = parts.get("scale");
    if !scale.is_set() {
        return;
    }
    for (name, roots) in [
        ("specReplicasPath", &[".spec."][..]),
        ("statusReplicasPath", &[".status."]),
        ("labelSelectorPath", &[".spec.", ".status."]),
    ] {
        let path = scale.get(name);
        if path.is_empty() {
            if name != "labelSelectorPath" {
                report.required(&path, "");
            }
        } else if !path.text().starts_with('.') {
            report.invalid(&path, "must be a simple json path starting with .");
        } else if !roots.iter().any(|root| path.text().starts_with(root)) {
            report.invalid(
                &path,
                format_args!(
                    "should be a json path under {}",
                    roots.join(" or ").replace(". ", " ").trim_end_matches('.')
                ),
            );
        }
    }
}

fn columns(columns: &Field<'_>, report: &mut Report) {
    const TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];
    const FORMATS: [&str; 8] = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];
    for column in columns.items() {
        let (kind, format, path) = (column.get("type"), column.get("format"), column.get("jsonPath"));
        report.needs(&column.get("name"));
        if kind.is_empty() {
            report.required(&kind, "must be one of boolean,date,integer,number,string");
        } else if !TYPES.contains(&kind.text()) {
            report.invalid(&kind, "must be one of boolean,date,integer,number,string");
        }
        if !format.is_empty() && !FORMATS.contains(&format.text()) {
            report.invalid(&format, format_args!("must be one of {}", FORMATS.join(",")));
        }
        let place = column.with("JSONPath", path.value);
        if path.is_empty() {
            report.required(&place, "");
        } else if !path.text().starts_with('.') {
            report.invalid(&place, "must be a simple json path starting with .");
        }
    }
}

fn selectable(fields: &Field<'_>, schema: &Value, report: &mut Report) {
    if fields.is_empty() {
        return;
    }
    if schema.is_null() {
        return report.invalid_as(fields, "", "may only be set when validations.schema is included");
    }
    let mut seen = BTreeSet::new();
    for entry in fields.items() {
        let place = entry.get("jsonPath");
        if place.is_empty() {
            report.required(&place, "");
            continue;
        }
        let Some((steps, found)) = path::find(schema, place.text()) else {
            report.invalid(&place, "is an invalid path: does not refer to a valid field");
            continue;
        };
        if steps.first().is_some_and(|first| first == "metadata") {
            report.invalid(&place, "must not point to fields in metadata");
        }
        let kind = found.get("type").and_then(Value::as_str).unwrap_or_default();
        if !matches!(kind, "string" | "boolean" | "integer") {
            report.invalid(&place, "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.");
        }
        if !seen.insert(steps) {
            report.duplicate(&place);
        }
    }
    if seen.len() > 8 {
        report.too_many(fields, 8);
    }
}

fn conversion(spec: &Field<'_>, report: &mut Report) {
    let conversion = spec.get("conversion");
    if !conversion.is_set() {
        return;
    }
    let (strategy, hook) = (conversion.get("strategy"), conversion.get("webhook"));
    let (client, versions) = (hook.get("clientConfig"), hook.get("conversionReviewVersions"));
    let client = conversion.with("webhookClientConfig", client.value);
    let versions = conversion.with("conversionReviewVersions", versions.value);
    report.needs_one_of(&strategy, &["None", "Webhook"]);
    if strategy.text() == "Webhook" {
        if client.is_set() {
            webhook::client(&client, report);
        } else {
            report.required(&client, "required when strategy is set to Webhook");
        }
        webhook::review_versions(&versions, "", report);
        if spec.get("preserveUnknownFields").is_true() {
            report.invalid(&strategy, "must be None if spec.preserveUnknownFields is true");
        }
        return;
    }
    if client.is_set() {
        report.forbidden(&client, "should not be set when strategy is not set to Webhook");
    }
    if !versions.is_empty() {
        report.forbidden(&versions, "should not be set when strategy is not set to Webhook");
    }
}

/// Checks the list that the API server fills in: it starts with the first storage version.
fn stored_versions(root: &Field<'_>, versions: &Field<'_>, report: &mut Report) {
    let status = root.get("status");
    let place = status.get("storedVersions");
    let stored: Vec<Field<'_>> =
        versions.items().filter(|version| version.get("storage").is_true()).collect();
    match &stored[..] {
        [] => report.invalid(&place, "must have at least one stored version"),
        [_, others @ ..] => {
            for other in others {
                let name = other.get("name");
                report.invalid(&place, format_args!("must have the storage version {}", name.text()));
            }
        }
    }
}
