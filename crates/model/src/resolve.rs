//! Resolving: from the platform to instances, one for each component of each tenant in each environment.

mod layers;
mod references;

use std::collections::BTreeSet;
use std::sync::Arc;

use aqueduct_manifest::{Diagnostic, SmolStr};
use rayon::prelude::*;

use crate::component::{CommonFields, Component};
use crate::instance::Instance;
use crate::interpolate::{Scope, fill};
use crate::load::in_order;
use crate::node::{Content, Node};
use crate::platform::{Platform, Selection, tenancies};
use crate::table::Table;
use crate::tenancy::Tenancy;
use crate::types::Name;

pub(crate) use layers::merge as effective;

/// What resolving made of the platform.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The instances, in the order of environments, tenants and components.
    pub instances: Vec<Instance>,
    /// What is wrong with the components, in the order of files and lines.
    pub diagnostics: Vec<Diagnostic>,
}

/// Merges the layers of the selected components; `kinds` are the kinds that there are.
pub fn resolve(platform: &Platform, kinds: &[&str], selection: &Selection) -> Resolved {
    let mut diagnostics = check_selection(platform, selection);
    diagnostics.extend(check_kinds(platform, kinds));
    let of_tenancy = |tenancy: &Arc<Tenancy>| {
        let mut diagnostics = Vec::new();
        let components = tenancy.tenant.components.values();
        let known = components.filter(|component| kinds.contains(&component.kind.as_str()));
        let instances: Vec<Instance> = known
            .filter_map(|component| resolve_component(platform, tenancy, component, &mut diagnostics))
            .collect();
        (instances, diagnostics)
    };
    let mut instances = Vec::new();
    for (some, found) in tenancies(platform, selection).par_iter().map(of_tenancy).collect::<Vec<_>>() {
        instances.extend(some);
        diagnostics.extend(found);
    }
    references::check(platform, &instances, &mut diagnostics);
    Resolved { instances, diagnostics: in_order(diagnostics) }
}

/// Merges one component; nothing where it is not enabled or cannot be understood.
fn resolve_component(
    platform: &Platform,
    tenancy: &Arc<Tenancy>,
    component: &Component,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Instance> {
    let mut node = layers::merge(platform, tenancy, component);
    let scope = Scope {
        platform: platform.name.as_str(),
        environment: &tenancy.environment,
        tenant: tenancy.tenant.name.as_str(),
        namespace: tenancy.namespace().as_str(),
        component: component.name.as_str(),
        parameters: &tenancy.parameters,
    };
    fill(&mut node, &scope, diagnostics);
    let mut common = Node {
        content: Content::Table(Table::default()),
        origin: node.origin.clone(),
        key: node.key,
        shadowed: None,
    };
    for key in CommonFields::KEYS {
        if let (Some(field), Content::Table(table)) = (node.take(key), &mut common.content) {
            table.insert(SmolStr::new_static(key), field);
        }
    }
    // Defaults cannot have this, which is reported while loading.
    node.take("environments");
    let kind = node.take("kind")?;
    // Whatever the kind misses is missing at the line that says the kind.
    node.origin = kind.origin.clone();
    node.key = kind.key;
    let what = format!("{} `{}/{}`", component.kind, tenancy.tenant.name, component.name);
    let (fields, errors) = common.read_leniently::<CommonFields>(&what);
    diagnostics.extend(errors);
    let fields = fields?;
    if !fields.enabled {
        return None;
    }
    let namespace = match fields.namespace {
        Some(namespace) => {
            check_namespace(tenancy, &namespace, &common, &what, diagnostics);
            namespace
        }
        None => tenancy.namespace().clone(),
    };
    if let Content::Table(table) = &mut common.content {
        table.insert(SmolStr::new_static("kind"), kind);
    }
    Some(Instance {
        environment: tenancy.environment.clone(),
        tenancy: tenancy.clone(),
        component: component.name.clone(),
        kind: component.kind.clone(),
        description: fields.description,
        namespace,
        labels: fields.labels,
        annotations: fields.annotations,
        depends_on: fields.depends_on,
        common,
        spec: node,
        file: component.file.clone(),
    })
}

fn check_namespace(
    tenancy: &Tenancy,
    namespace: &Name,
    common: &Node,
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if tenancy.tenant.sound && !tenancy.namespaces.contains(namespace) {
        let place = common.get("namespace").unwrap_or(common);
        let names = tenancy.namespaces.iter().map(Name::as_str);
        let list = names.clone().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        diagnostics.push(
            place
                .diagnostic(
                    "foreign-namespace",
                    format!("namespace `{namespace}` of {what} is not one of the tenant's"),
                )
                .did_you_mean(namespace.as_str(), names)
                .hint(format!("the namespaces of tenant `{}` are {list}", tenancy.tenant.name)),
        );
    }
}

/// Reports selected environments and tenants that are not there.
fn check_selection(platform: &Platform, selection: &Selection) -> Vec<Diagnostic> {
    let environments =
        selection.environments.iter().filter(|name| !platform.declared_environments.contains(*name));
    let tenants = selection.tenants.iter().filter(|name| !platform.tenants.contains_key(*name));
    let known_environments = || platform.declared_environments.iter().map(Name::as_str);
    let known_tenants = || platform.tenants.keys().map(Name::as_str);
    environments
        .map(|name| {
            Diagnostic::error("unknown-environment", format!("the platform has no environment `{name}`"))
                .did_you_mean(name.as_str(), known_environments())
        })
        .chain(tenants.map(|name| {
            Diagnostic::error("unknown-tenant", format!("there is no tenant `{name}`"))
                .did_you_mean(name.as_str(), known_tenants())
        }))
        .collect()
}

/// Reports kinds that are not there, in components and in defaults.
fn check_kinds(platform: &Platform, kinds: &[&str]) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut seen = BTreeSet::new();
    let mut report = |kind: &str, diagnostic: Diagnostic| {
        let list = kinds.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ");
        if seen.insert(diagnostic.labels.clone()) {
            diagnostics.push(
                diagnostic.did_you_mean(kind, kinds.iter().copied()).hint(format!("the kinds are {list}")),
            );
        }
    };
    let unknown = |kind: &str| !kinds.contains(&kind);
    let message = |kind: &str| format!("there is no kind `{kind}`");
    let definitions = platform.blueprints.values().flat_map(|blueprint| blueprint.components.values());
    let own = platform
        .tenants
        .values()
        .flat_map(|tenant| tenant.components.values())
        .flat_map(|component| &component.own);
    for definition in definitions.chain(own) {
        if let Some(node) = definition.node.get("kind") {
            match node.as_str() {
                Some(kind) if unknown(kind) => report(kind, node.diagnostic("unknown-kind", message(kind))),
                _ => {}
            }
        }
    }
    let tenants = platform.tenants.values().filter_map(|tenant| tenant.node.get("defaults"));
    let in_environments = platform.tenants.values().filter_map(|tenant| tenant.node.get("environments"));
    let in_environments = in_environments
        .filter_map(Node::as_table)
        .flat_map(|table| table.values())
        .filter_map(|node| node.get("defaults"));
    let environments =
        platform.environments.values().filter_map(|environment| environment.node.get("defaults"));
    let all =
        platform.node.get("defaults").into_iter().chain(environments).chain(tenants).chain(in_environments);
    for (kind, node) in all.filter_map(Node::as_table).flatten() {
        if unknown(kind) {
            report(kind, node.key_diagnostic("unknown-kind", message(kind)));
        }
    }
    diagnostics
}
