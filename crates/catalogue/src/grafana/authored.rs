//! The dashboards that tenants write: JSON files in the source, validated before Grafana reads them.

use std::collections::BTreeMap;

use aqueduct_manifest::{Diagnostic, List, Map, SmolStr, Value, json};
use aqueduct_model::Tenancy;
use aqueduct_render::Context;

/// Returns the dashboards of a tenant by name: those in `tenants/<tenant>/dashboards/`, which take precedence, and
/// those of its blueprint in `blueprints/<blueprint>/dashboards/`.
///
/// `${tenant.name}`, `${tenant.namespace}`, `${environment.name}`, `${environment.domain}` and `${parameter.…}` in
/// their strings are expanded, but not Grafana's own variables. An invalid file is an error at its place.
pub(super) fn dashboards(
    context: &Context<'_>,
    tenancy: &Tenancy,
    sources: &[&str],
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Value> {
    let blueprint =
        tenancy.tenant.blueprint.as_ref().map(|blueprint| format!("blueprints/{blueprint}/dashboards"));
    let own = format!("tenants/{}/dashboards", tenancy.tenant.name);
    let mut dashboards = BTreeMap::new();
    for folder in blueprint.iter().chain([&own]) {
        for (path, _) in context.site.inputs.files.below(folder) {
            let Some(name) = path[folder.len() + 1..].strip_suffix(".json") else {
                problems.push(problem(path, "a dashboards folder may only contain `.json` files"));
                continue;
            };
            if name.contains('/') {
                problems.push(problem(path, "a dashboards folder may not contain other folders"));
                continue;
            }
            match read(context.site.inputs.files.text(path).unwrap_or_default(), sources) {
                Ok(value) => {
                    dashboards.insert(name.to_owned(), expanded(&value, tenancy));
                }
                Err(messages) => problems.extend(messages.iter().map(|message| problem(path, message))),
            }
        }
    }
    dashboards
}

fn problem(path: &str, message: &str) -> Diagnostic {
    Diagnostic::error("dashboard", message.to_owned()).at(path.to_owned(), None, "")
}

/// Parses a dashboard and checks that it has what Grafana needs.
fn read(text: &str, sources: &[&str]) -> Result<Value, Vec<String>> {
    let value = json::read(text).map_err(|error| vec![format!("not JSON: {error}")])?;
    let mut messages = Vec::new();
    if value.get("title").and_then(Value::as_str).is_none_or(str::is_empty) {
        messages.push("a dashboard needs a `title`".to_owned());
    }
    let Some(panels) = value.get("panels").and_then(Value::as_list) else {
        messages.push("a dashboard needs a list of `panels`".to_owned());
        return Err(messages);
    };
    for (number, panel) in panels.iter().enumerate() {
        if panel.get("type").and_then(Value::as_str).is_none() {
            messages.push(format!("panel {} has no `type`", number + 1));
        }
    }
    unknown_sources(&value, sources, &mut messages);
    if messages.is_empty() { Ok(value) } else { Err(messages) }
}

/// Reports the data sources in a dashboard that Grafana does not have.
fn unknown_sources(value: &Value, sources: &[&str], messages: &mut Vec<String>) {
    match value {
        Value::Map(map) => {
            for (key, inner) in map.iter() {
                let uid = inner.get("uid").and_then(Value::as_str).filter(|_| key == "datasource");
                let known = |uid: &str| {
                    uid.starts_with('$') || uid.starts_with('-') || uid == "grafana" || sources.contains(&uid)
                };
                if let Some(uid) = uid.filter(|uid| !known(uid)) {
                    let message = match aqueduct_manifest::closest(uid, sources.iter().copied()) {
                        Some(near) => {
                            format!("there is no such data source: `{uid}`; did you mean `{near}`?")
                        }
                        None => format!("there is no such data source: `{uid}`"),
                    };
                    if !messages.contains(&message) {
                        messages.push(message);
                    }
                }
                unknown_sources(inner, sources, messages);
            }
        }
        Value::List(list) => list.iter().for_each(|inner| unknown_sources(inner, sources, messages)),
        _ => {}
    }
}

/// Returns a value with the names of the tenant and environment filled into all its strings.
fn expanded(value: &Value, tenancy: &Tenancy) -> Value {
    match value {
        Value::String(text) => expand(text, tenancy).into(),
        Value::List(list) => Value::List(list.iter().map(|inner| expanded(inner, tenancy)).collect::<List>()),
        Value::Map(map) => Value::Map(
            map.iter().map(|(key, inner)| (key.clone(), expanded(inner, tenancy))).collect::<Map>(),
        ),
        other => other.clone(),
    }
}

fn expand(text: &str, tenancy: &Tenancy) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        result.push_str(before);
        let known = after.split_once('}').and_then(|(name, after)| Some((lookup(name, tenancy)?, after)));
        match known {
            Some((value, after)) => {
                result.push_str(&value);
                rest = after;
            }
            None => {
                result.push_str("${");
                rest = after;
            }
        }
    }
    result.push_str(rest);
    result
}

fn lookup(name: &str, tenancy: &Tenancy) -> Option<SmolStr> {
    Some(match name {
        "tenant.name" => tenancy.tenant.name.as_str().into(),
        "tenant.namespace" => tenancy.namespace().as_str().into(),
        "environment.name" => tenancy.environment.name.as_str().into(),
        "environment.domain" => tenancy.environment.domain.as_str().into(),
        _ => match tenancy.parameters.get(name.strip_prefix("parameter.")?)?.to_value() {
            Value::String(text) => text,
            other => json::write(&other).into(),
        },
    })
}
