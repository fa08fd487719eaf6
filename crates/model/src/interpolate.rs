//! Replaces `${…}` in the strings of components and blueprints.
//!
//! Only names that start with `environment`, `tenant`, `component`, `platform` or `parameter` are replaced. Anything
//! else in this notation belongs to a shell or another program and stays as it is, and `$${` is a literal `${`. Names
//! are checked once while loading; values are filled in for each instance.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::{Diagnostic, SmolStr, closest};

use crate::blueprint::Parameter;
use crate::environment::Environment;
use crate::node::{Content, Node};

/// The values of names in one place.
pub(crate) struct Scope<'a> {
    pub(crate) platform: &'a str,
    pub(crate) environment: &'a Environment,
    pub(crate) tenant: &'a str,
    pub(crate) namespace: &'a str,
    /// The component; empty in the parameters of a tenant.
    pub(crate) component: &'a str,
    pub(crate) parameters: &'a BTreeMap<SmolStr, Arc<Node>>,
}

/// Which names are valid in one place.
#[derive(Clone, Copy)]
pub(crate) enum Names<'a> {
    /// In a component of a blueprint, and in components of tenants that use one.
    WithParameters(&'a BTreeMap<SmolStr, Parameter>),
    /// In a component of a tenant without a blueprint.
    WithoutParameters,
    /// In defaults, which also apply to components of tenants whose blueprint is not known here.
    AnyParameters,
    /// In the parameters of a tenant.
    WithoutComponent,
}

const ROOTS: &[(&str, &[&str])] = &[
    ("environment", ENVIRONMENT),
    ("tenant", &["name", "namespace"]),
    ("component", &["name"]),
    ("platform", &["name"]),
    ("parameter", &[]),
];

/// The fields of an environment that have a value; `values` contains its own values.
const ENVIRONMENT: &[&str] = &[
    "name",
    "cluster",
    "kubernetes",
    "domain",
    "sync",
    "apis",
    "storage-class",
    "storage-classes",
    "ingress-class",
    "cluster-issuer",
    "secret-store",
    "cloud",
    "node-pools",
    "infrastructure",
    "isolation",
    "pod-security",
    "patches",
    "extends",
    "argocd",
    "delivery",
    "namespace-suffix",
    "path",
    "promoted-from",
    "repository",
    "revision",
    "labels",
    "annotations",
    "values",
];

/// How many undefined names in a text are reported.
const UNKNOWN_NAMES: usize = 50;

/// How many bytes parameter values may take up in one component: a thousand uses of a value with a thousand letters
/// make a million.
const ROOM: usize = 16 << 20;

enum Piece<'a> {
    Text(&'a str),
    Variable { root: &'static str, known: &'static [&'static str], name: &'a str },
}

/// Splits a text into literal parts and the names to replace.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut is_closed = true;
    while let Some(at) = rest.find("${") {
        let (before, found) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            pieces.extend([Piece::Text(before), Piece::Text("${")]);
            rest = found.strip_prefix("${").unwrap_or_default();
            continue;
        }
        pieces.push(Piece::Text(before));
        let inner = found.strip_prefix("${").unwrap_or_default();
        // Only searches for the end after a name to replace, and stops after the first failure, since a text may
        // contain very many beginnings.
        let ours = ROOTS
            .iter()
            .find_map(|(root, known)| Some((root, known, inner.strip_prefix(root)?.strip_prefix('.')?)));
        let variable = ours.filter(|_| is_closed).and_then(|(root, known, path)| {
            let end = path.split_once('}');
            is_closed = end.is_some();
            let (name, after) = end?;
            Some((Piece::Variable { root, known, name }, after))
        });
        match variable {
            Some((variable, after)) => {
                pieces.push(variable);
                rest = after;
            }
            None => {
                pieces.push(Piece::Text("${"));
                rest = inner;
            }
        }
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| !matches!(piece, Piece::Text("")));
    pieces
}

/// Tells whether a text contains names to replace. After filling in, these are the undefined ones.
pub(crate) fn has_names(text: &str) -> bool {
    text.contains("${") && pieces(text).iter().any(|piece| matches!(piece, Piece::Variable { .. }))
}

/// Reports undefined names in a node.
pub(crate) fn check_names(node: &Node, names: Names<'_>, diagnostics: &mut Vec<Diagnostic>) {
    match &node.content {
        Content::String(text) if text.contains("${") => {
            let unknown = pieces(text).into_iter().filter_map(|piece| match piece {
                Piece::Variable { root, known, name } => unknown_name(node, names, root, known, name),
                Piece::Text(_) => None,
            });
            diagnostics.extend(unknown.take(UNKNOWN_NAMES));
        }
        Content::List(list) => list.iter().for_each(|node| check_names(node, names, diagnostics)),
        Content::Table(table) => table.values().for_each(|node| check_names(node, names, diagnostics)),
        _ => {}
    }
}

fn unknown_name(node: &Node, names: Names<'_>, root: &str, known: &[&str], name: &str) -> Option<Diagnostic> {
    let unknown = || node.diagnostic("unknown-variable", format!("`${{{root}.{name}}}` is not defined"));
    match (root, names) {
        ("parameter", Names::WithParameters(parameters)) => {
            (!parameters.contains_key(name)).then(|| match parameters.keys().next() {
                Some(_) => unknown().did_you_mean(name, parameters.keys().map(SmolStr::as_str)),
                None => unknown().hint("the blueprint has no parameters"),
            })
        }
        ("parameter", Names::AnyParameters) => None,
        ("parameter", Names::WithoutParameters) => {
            Some(unknown().hint("the tenant has no blueprint, and only blueprints have parameters"))
        }
        ("parameter", Names::WithoutComponent) => {
            Some(unknown().hint("a parameter cannot refer to another parameter"))
        }
        ("component", Names::WithoutComponent) => {
            Some(unknown().hint("parameters are the same for all components, so they cannot refer to one"))
        }
        // Whether a nested field is set depends on the environment.
        ("environment", _) if known.contains(&name.split('.').next().unwrap_or(name)) => None,
        _ if known.contains(&name) => None,
        _ => {
            let similar = closest(name, known.iter().copied());
            let diagnostic = match similar {
                None if root == "environment" => unknown().hint(format!(
                    "to define your own value, declare `[values.{name}]` in platform.toml, set it in \
                     `values` of each environment, and use `${{environment.values.{name}}}`"
                )),
                similar => similar.into_iter().fold(unknown(), |diagnostic, similar| {
                    diagnostic.hint(format!("did you mean `{similar}`?"))
                }),
            };
            Some(diagnostic.hint(format!(
                "the names are {}",
                known.iter().map(|name| format!("`${{{root}.{name}}}`")).collect::<Vec<_>>().join(", ")
            )))
        }
    }
}

/// Replaces the names by their values. Unknown names stay, since loading has reported them.
pub(crate) fn fill(node: &mut Node, scope: &Scope<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut room = ROOM;
    fill_node(node, scope, &mut room, diagnostics);
    if room == 0 {
        let message = format!("the values of `${{…}}` take up more than {ROOM} bytes");
        diagnostics.push(node.diagnostic("too-large", message));
    }
}

fn fill_node(node: &mut Node, scope: &Scope<'_>, room: &mut usize, diagnostics: &mut Vec<Diagnostic>) {
    match &mut node.content {
        Content::String(text) if text.contains("${") => {
            let text = text.clone();
            fill_text(node, &text, scope, room, diagnostics);
        }
        Content::List(list) => list.iter_mut().for_each(|node| fill_node(node, scope, room, diagnostics)),
        Content::Table(table) => {
            table.values_mut().for_each(|node| fill_node(node, scope, room, diagnostics));
        }
        _ => {}
    }
}

/// Reserves the space for a value, and tells whether there is enough.
fn take(room: &mut usize, node: &Node) -> bool {
    let below = match &node.content {
        Content::String(text) => text.len(),
        Content::List(list) => list.iter().map(size_of_val).sum(),
        Content::Table(table) => table.values().map(size_of_val).sum(),
        _ => size_of_val(node),
    };
    *room = room.saturating_sub(below);
    *room > 0
        && match &node.content {
            Content::List(list) => list.iter().all(|node| take(room, node)),
            Content::Table(table) => table.values().all(|node| take(room, node)),
            _ => true,
        }
}

fn fill_text(
    node: &mut Node,
    text: &str,
    scope: &Scope<'_>,
    room: &mut usize,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let pieces = pieces(text);
    if let [Piece::Variable { root: "parameter", name, .. }] = pieces.as_slice() {
        // A value that is the whole string keeps its type, and its own place if that type is wrong.
        if let Some(parameter) = scope.parameters.get(*name).filter(|parameter| take(room, parameter)) {
            let written = std::mem::replace(node, parameter.as_ref().clone());
            node.shadowed = Some(Box::new(written));
        }
        return;
    }
    if let [Piece::Variable { root: "environment", name, .. }] = pieces.as_slice()
        && let Some(value) = environment_value(scope.environment, name)
        && !matches!(value.content, Content::String(_))
        && take(room, &value)
    {
        let written = std::mem::replace(node, value);
        node.shadowed = Some(Box::new(written));
        return;
    }
    let mut filled = String::with_capacity(text.len());
    for piece in pieces {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Variable { root, name, .. } => match (root, name) {
                ("environment", name) => match environment_value(scope.environment, name) {
                    Some(value) => push(&mut filled, node, root, name, &value, diagnostics),
                    None => {
                        diagnostics.extend(unset(node, scope.environment, name));
                        filled.push_str(&format!("${{{root}.{name}}}"));
                    }
                },
                ("tenant", "name") => filled.push_str(scope.tenant),
                ("tenant", "namespace") => filled.push_str(scope.namespace),
                ("component", "name") => filled.push_str(scope.component),
                ("platform", "name") => filled.push_str(scope.platform),
                ("parameter", name) => {
                    match scope.parameters.get(name).filter(|parameter| take(room, parameter)) {
                        Some(value) => push(&mut filled, node, root, name, value, diagnostics),
                        None => filled.push_str(&format!("${{{root}.{name}}}")),
                    }
                }
                _ => filled.push_str(&format!("${{{root}.{name}}}")),
            },
        }
    }
    node.content = Content::String(filled.into());
}

/// Adds a value to a text. A list or table cannot be part of one.
fn push(
    filled: &mut String,
    node: &Node,
    root: &str,
    name: &str,
    value: &Node,
    diagnostics: &mut Vec<Diagnostic>,
) {
    match &value.content {
        Content::String(text) => filled.push_str(text),
        Content::Integer(value) => filled.push_str(&value.to_string()),
        Content::Float(value) => filled.push_str(&value.to_string()),
        Content::Boolean(value) => filled.push_str(&value.to_string()),
        Content::List(_) | Content::Table(_) => {
            diagnostics.push(node.diagnostic(
                "wrong-type",
                format!("`${{{root}.{name}}}` is {} and cannot be part of a string", value.kind()),
            ));
            filled.push_str(&format!("${{{root}.{name}}}"));
        }
    }
}

/// Returns the value of a name that starts with `environment`.
fn environment_value(environment: &Environment, path: &str) -> Option<Node> {
    let text = |text: &str| {
        let content = Content::String(text.into());
        Some(Node { content, origin: environment.node.origin.clone(), key: None, shadowed: None })
    };
    match path {
        "name" => text(environment.name.as_str()),
        "cluster" => text(&environment.cluster.to_string()),
        "kubernetes" => text(&environment.kubernetes.to_string()),
        "domain" => text(environment.domain.as_str()),
        "sync" if environment.node.get("sync").is_none() => text("automatic"),
        _ => {
            let parts: Vec<&str> = path.split('.').collect();
            match parts.as_slice() {
                ["values", name, below @ ..] => environment.values.get(*name)?.find(below).cloned(),
                parts => environment.node.find(parts).cloned(),
            }
        }
    }
}

/// Reports a name that has no value in an environment. Loading has reported names that are not fields.
fn unset(node: &Node, environment: &Environment, path: &str) -> Option<Diagnostic> {
    let field = path.split('.').next().unwrap_or(path);
    if !ENVIRONMENT.contains(&field) {
        return None;
    }
    let message = format!("`${{environment.{path}}}` has no value in environment `{}`", environment.name);
    let diagnostic = node.diagnostic("unknown-variable", message);
    Some(match path.strip_prefix("values.") {
        Some(name) => diagnostic
            .did_you_mean(name, environment.values.keys().map(SmolStr::as_str))
            .hint(format!("set `{name}` in `[environments.{}.values]` of platform.toml", environment.name)),
        None => diagnostic.hint(format!("set it in `[environments.{}]` of platform.toml", environment.name)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> String {
        pieces(text)
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => format!("[{text}]"),
                Piece::Variable { root, name, .. } => format!("<{root} {name}>"),
            })
            .collect()
    }

    #[test]
    fn only_our_names_are_variables() {
        assert_eq!(
            split("a-${tenant.name}.${environment.domain}"),
            "[a-]<tenant name>[.]<environment domain>"
        );
        assert_eq!(
            split("${HOME}/${a.b} $tenant.name ${tenant}"),
            "[${][HOME}/][${][a.b} $tenant.name ][${][tenant}]"
        );
        assert_eq!(split("$${tenant.name} $$${tenant.name}"), "[${][tenant.name} $][${][tenant.name}]");
        assert_eq!(split("${tenant.name"), "[${][tenant.name]");
        assert_eq!(split("${ ${tenant.name}"), "[${][ ]<tenant name>");
        assert_eq!(split("${parameter.x:-5}"), "<parameter x:-5>");
        assert_eq!(split("${tenant.${x.y} ${tenant.name"), "<tenant ${x.y>[ ][${][tenant.name]");
        assert_eq!(split(""), "");
    }

    #[test]
    fn every_field_of_an_environment_has_a_name() {
        let schema = crate::schema::of::<crate::environment::EnvironmentFile>().to_value();
        let fields = schema["properties"].as_object().expect("an environment has fields").keys();
        let mut fields: Vec<&str> = fields.map(String::as_str).filter(|field| *field != "defaults").collect();
        let mut names = ENVIRONMENT.to_vec();
        names.retain(|name| *name != "name");
        fields.sort_unstable();
        names.sort_unstable();
        assert_eq!(names, fields);
    }

    /// The time is that of the length: with its square, each of these would take minutes.
    #[test]
    fn very_many_beginnings() {
        for beginning in ["${", "${tenant.", "${a.", "$${", "${tenant.name}"] {
            assert!(pieces(&beginning.repeat(200_000)).len() >= 200_000, "{beginning}");
        }
        assert_eq!(pieces(&("${tenant.".repeat(200_000) + "}")).len(), 1);
    }
}
