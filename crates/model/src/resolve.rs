//! Resolving: from the platform to instances, one for each component of each tenant in each environment.

mod layers;
mod references;

use std::collections::BTreeSet;
use std::sync::Arc;

use aqueduct_manifest::{Diagnostic, SmolStr};
use rayon::prelude::*;

use crate::component::{CommonFields, DeclaredComponent};
use crate::delivery::{self, Delivery};
use crate::instance::Instance;
use crate::interpolate::{Scope, fill};
use crate::load::in_order;
use crate::names;
use crate::node::{Content, Node};
use crate::patch;
use crate::platform::{Platform, Selection, tenancies};
use crate::table::Table;
use crate::tenancy::Tenancy;
use crate::types::Name;

pub(crate) use layers::merge as effective;
pub use references::{Absence, absence};

/// The labels that every object gets.
const OWN_LABELS: [&str; 5] = [
    "app.kubernetes.io/component",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/name",
    "app.kubernetes.io/part-of",
];

/// The result of resolving.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The instances, in the order of environments, tenants and components.
    pub instances: Vec<Instance>,
    /// The fields that are part of no instance: disabled components, components of blueprints that no tenant uses,
    /// and the defaults of each kind.
    pub fragments: Vec<Fragment>,
    /// The errors in the components, in the order of files and lines.
    pub diagnostics: Vec<Diagnostic>,
}

/// Fields of a kind that may be incomplete.
#[derive(Clone, Debug)]
pub struct Fragment {
    /// The kind.
    pub kind: SmolStr,
    /// The fields.
    pub node: Node,
    /// Whether a higher layer can complete their tables.
    pub partial: bool,
}

/// Merges the layers of the selected components; `kinds` are the known kinds.
pub fn resolve(platform: &Platform, kinds: &[&str], selection: &Selection) -> Resolved {
    let mut diagnostics = check_selection(platform, selection);
    diagnostics.extend(check_kinds(platform, kinds));
    let of_tenancy = |tenancy: &Arc<Tenancy>| {
        let mut diagnostics = Vec::new();
        let mut fragments = Vec::new();
        let components = tenancy.tenant.components.values();
        let known = components.filter(|component| kinds.contains(&component.kind.as_str()));
        let instances: Vec<Instance> = known
            .filter_map(|component| {
                resolve_component(platform, tenancy, component, &mut fragments, &mut diagnostics)
            })
            .collect();
        (instances, fragments, diagnostics)
    };
    let mut instances = Vec::new();
    let mut fragments = unused(platform);
    for (some, off, found) in tenancies(platform, selection).par_iter().map(of_tenancy).collect::<Vec<_>>() {
        instances.extend(some);
        fragments.extend(off);
        diagnostics.extend(found);
    }
    references::check(platform, &instances, &mut diagnostics);
    names::check(platform, selection, &instances, &mut diagnostics);
    Resolved { instances, fragments, diagnostics: in_order(diagnostics) }
}

/// Returns the components of blueprints that no tenant uses, and the defaults of each kind.
fn unused(platform: &Platform) -> Vec<Fragment> {
    let fragment = |kind: &str, node: &Node, partial: bool| {
        let mut node = node.clone();
        for key in CommonFields::KEYS.iter().chain(&["kind", "environments"]) {
            node.take(key);
        }
        Fragment { kind: kind.into(), node, partial }
    };
    let is_used =
        |name: &Name| platform.tenants.values().any(|tenant| tenant.blueprint.as_ref() == Some(name));
    let blueprints = platform.blueprints.iter().filter(|(name, _)| !is_used(name));
    let mut fragments: Vec<Fragment> = blueprints
        .flat_map(|(_, blueprint)| blueprint.components.values())
        .flat_map(|definition| {
            let kind = definition.node.get("kind").and_then(Node::as_str).unwrap_or_default();
            let whole = std::iter::once(fragment(kind, &definition.node, false));
            whole.chain(definition.environments.values().map(move |node| fragment(kind, node, true)))
        })
        .collect();
    fragments.extend(defaults(platform).map(|(kind, node)| fragment(kind, node, true)));
    fragments
}

/// Returns the defaults of each kind, in all layers that have any.
fn defaults(platform: &Platform) -> impl Iterator<Item = (&SmolStr, &Node)> {
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
    all.filter_map(Node::as_table).flatten()
}

/// Merges the layers of a component; `None` if it is disabled or invalid.
fn resolve_component(
    platform: &Platform,
    tenancy: &Arc<Tenancy>,
    component: &DeclaredComponent,
    fragments: &mut Vec<Fragment>,
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
    // A disabled component may need values that the environment does not have.
    let is_off = node.get("enabled").and_then(Node::as_bool) == Some(false);
    let mut unheard = Vec::new();
    fill(&mut node, &scope, if is_off { &mut unheard } else { &mut *diagnostics });
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
    // Loading reports this key in defaults.
    node.take("environments");
    let kind = node.take("kind")?;
    // Missing fields are reported at the line with the kind.
    node.origin = kind.origin.clone();
    node.key = kind.key;
    let what = format!("{} `{}/{}`", component.kind, tenancy.tenant.name, component.name);
    let (fields, errors) = common.read_leniently::<CommonFields>(&what);
    diagnostics.extend(errors);
    let fields = fields?;
    if !fields.enabled {
        fragments.push(Fragment { kind: component.kind.clone(), node, partial: false });
        return None;
    }
    for (key, label) in common.get("labels").and_then(Node::as_table).into_iter().flatten() {
        if OWN_LABELS.contains(&key.as_str()) {
            let message = format!("the label `{key}` of {what} is reserved: aqueduct uses it in selectors");
            diagnostics.push(label.key_diagnostic("reserved-label", message));
        }
    }
    diagnostics.extend(patch::check(&fields.patches, &common));
    let delivery = match common.get("delivery") {
        Some(node) => {
            delivery::check_component(node, tenancy.delivery.order, diagnostics);
            Delivery::read(node, diagnostics)
        }
        // No layer sets anything.
        None => tenancy.delivery.clone(),
    };
    let namespace = match fields.namespace.map(|namespace| tenancy.meant(namespace)) {
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
        allow_from: fields.allow_from,
        allow_to: fields.allow_to,
        delivery,
        adopt: fields.adopt,
        patches: fields.patches,
        allow: fields.allow,
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

/// Reports selected environments and tenants that do not exist.
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

/// Reports unknown kinds in components and in defaults.
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
    for (kind, node) in defaults(platform) {
        if unknown(kind) {
            report(kind, node.key_diagnostic("unknown-kind", message(kind)));
        }
    }
    diagnostics
}
