//! Checks references between components: the target exists, it may be referred to, and there are no cycles.

use std::collections::BTreeMap;

use aqueduct_manifest::Diagnostic;

use crate::instance::Instance;
use crate::node::Node;
use crate::platform::Platform;
use crate::tenancy::Peer;
use crate::tenant::Tenant;
use crate::types::{ComponentPeer, Name, Reference};

use super::layers;

/// Reports references to missing components, and cycles.
pub(super) fn check(platform: &Platform, instances: &[Instance], diagnostics: &mut Vec<Diagnostic>) {
    let positions: BTreeMap<(&Name, &Name, &Name), usize> = instances
        .iter()
        .enumerate()
        .map(|(at, instance)| {
            ((&instance.environment.name, &instance.tenancy.tenant.name, &instance.component), at)
        })
        .collect();
    let mut edges: Vec<Vec<(usize, usize)>> = Vec::with_capacity(instances.len());
    for instance in instances {
        let mut targets = Vec::new();
        for (number, reference) in instance.depends_on.iter().enumerate() {
            let tenant = reference.tenant_or(&instance.tenancy.tenant.name);
            match positions.get(&(&instance.environment.name, tenant, &reference.component)) {
                Some(target)
                    if may_refer(instance, &instances[*target].tenancy.tenant, platform)
                        || lets_in(&instances[*target], instance) =>
                {
                    targets.push((*target, number));
                }
                _ => diagnostics.extend(explain(platform, instance, number, reference)),
            }
        }
        edges.push(targets);
        check_peers(platform, instance, diagnostics);
    }
    Circles { instances, edges: &edges, state: vec![State::New; instances.len()], diagnostics }.find();
}

/// Tells whether an instance may refer to components of a tenant: its own, a system tenant, or one that permits it.
fn may_refer(instance: &Instance, target: &Tenant, platform: &Platform) -> bool {
    let own = &instance.tenancy.tenant.name;
    target.name == *own || target.system || {
        let place = (instance.environment.name.clone(), target.name.clone());
        platform.tenancies.get(&place).is_some_and(|tenancy| {
            let lets_in = |peer: &Peer| match peer {
                Peer::Any => true,
                Peer::Tenant(name) => name == own,
            };
            tenancy.isolation.allow_from.iter().any(lets_in)
        })
    }
}

/// Tells whether a component itself permits another one.
fn lets_in(target: &Instance, instance: &Instance) -> bool {
    let own = &target.tenancy.tenant.name;
    let peers = target.allow_from.iter().flatten();
    peers.into_iter().any(|peer| peer.is(own, &instance.tenancy.tenant.name, &instance.component))
}

/// Reports components and tenants in `allow-from` and `allow-to` that do not exist in any environment.
fn check_peers(platform: &Platform, instance: &Instance, diagnostics: &mut Vec<Diagnostic>) {
    let own = &instance.tenancy.tenant.name;
    for key in ["allow-from", "allow-to"] {
        let nodes = instance.common.get(key).and_then(Node::as_list).unwrap_or_default();
        for node in nodes {
            let Some(Ok(peer)) = node.as_str().map(str::parse) else { continue };
            let (name, component) = match &peer {
                ComponentPeer::Any => continue,
                ComponentPeer::Tenant(name) => (name, None),
                ComponentPeer::Component(reference) => (reference.tenant_or(own), Some(&reference.component)),
            };
            let Some(tenant) = platform.tenants.get(name) else {
                let names = platform.tenants.keys().map(Name::as_str);
                diagnostics.push(
                    node.diagnostic("unknown-tenant", format!("there is no tenant `{name}`"))
                        .did_you_mean(name.as_str(), names),
                );
                continue;
            };
            let Some(component) = component.filter(|name| !is_declared(platform, tenant, name)) else {
                continue;
            };
            let message = format!("tenant `{name}` has no component `{component}`");
            let diagnostic = node.diagnostic("unknown-reference", message);
            // In a tenant's `isolation`, the name alone means the whole tenant.
            diagnostics.push(if name == own && platform.tenants.contains_key(component) {
                diagnostic.hint(format!("write `{component}/*` for all components of a tenant"))
            } else {
                let known = tenant.components.keys().map(Name::as_str);
                diagnostic.did_you_mean(component.as_str(), known)
            });
        }
    }
}

/// Tells whether a tenant has a component, or may have it as far as is known.
fn is_declared(platform: &Platform, tenant: &Tenant, component: &Name) -> bool {
    let is_unsure = |name| platform.blueprints.get(name).is_none_or(|blueprint| !blueprint.sound);
    !tenant.sound
        || tenant.components.contains_key(component)
        || tenant.declared.contains(component)
        || tenant.blueprint.as_ref().is_some_and(is_unsure)
}

/// Returns why a reference has no target; `None` if the target exists but is invalid or not selected.
fn explain(
    platform: &Platform,
    instance: &Instance,
    number: usize,
    reference: &Reference,
) -> Option<Diagnostic> {
    let environment = &instance.environment.name;
    let own = &instance.tenancy.tenant.name;
    let name = reference.tenant_or(own);
    let error = |message: String| depends_on(instance, number).diagnostic("unknown-reference", message);
    let Some(tenant) = platform.tenants.get(name) else {
        let names = platform.tenants.keys().map(Name::as_str);
        return Some(error(format!("there is no tenant `{name}`")).did_you_mean(name.as_str(), names));
    };
    if !tenant.sound {
        return None;
    }
    if !may_refer(instance, tenant, platform) {
        return Some(
            error(format!("tenant `{own}` may not refer to components of tenant `{name}`"))
                .hint(format!("add `{own}` to `isolation.allow-from` of tenant `{name}`")),
        );
    }
    let Some(component) = tenant.components.get(&reference.component) else {
        let known = tenant.components.keys().map(Name::as_str);
        return (!is_declared(platform, tenant, &reference.component)).then(|| {
            error(format!("tenant `{name}` has no component `{}`", reference.component))
                .did_you_mean(reference.component.as_str(), known)
        });
    };
    let absence = absence(platform, environment, name, &component.name)?;
    Some(absence.place(error(absence.message.clone())))
}

/// Why a component is not in an environment.
#[derive(Clone, Debug)]
pub struct Absence {
    /// The reason, as a message.
    pub message: String,
    /// The node that causes it, if any.
    written: Option<Node>,
}

impl Absence {
    /// Adds the place of the cause to a diagnostic.
    pub fn place(&self, diagnostic: Diagnostic) -> Diagnostic {
        match &self.written {
            Some(written) => written.label(diagnostic, "because of this"),
            None => diagnostic,
        }
    }
}

/// Returns why a declared component is not in an environment; `None` if it is there, or is invalid.
pub fn absence(platform: &Platform, environment: &Name, tenant: &Name, component: &Name) -> Option<Absence> {
    let tenant = platform.tenants.get(tenant)?;
    let component = tenant.components.get(component)?;
    if !tenant.environments.contains(environment) {
        let message = format!("tenant `{}` is not in environment `{environment}`", tenant.name);
        let switch = tenant.node.find(&["environments", environment.as_str(), "enabled"]);
        let switch =
            switch.or_else(|| tenant.node.get("environments")).or_else(|| tenant.node.get("enabled"));
        return Some(Absence { message, written: switch.cloned() });
    }
    let tenancy = platform.tenancies.get(&(environment.clone(), tenant.name.clone()))?;
    let merged = layers::merge(platform, tenancy, component);
    let enabled = merged.get("enabled").filter(|enabled| enabled.as_bool() == Some(false))?;
    let name = format!("component `{}/{}`", tenant.name, component.name);
    // The environment's table gives more context than the single value in it.
    let tables = [&component.own, &component.blueprint].into_iter().flatten();
    let mut tables = tables.filter_map(|definition| definition.environments.get(environment.as_str()));
    let table = tables.find(|table| table.get("enabled").is_some_and(|field| field.origin == enabled.origin));
    Some(match table {
        Some(table) => Absence {
            message: format!("{name} is not in environment `{environment}`"),
            written: Some(table.as_ref().clone()),
        },
        None => Absence { message: format!("{name} is not enabled"), written: Some(enabled.clone()) },
    })
}

fn depends_on(instance: &Instance, number: usize) -> &Node {
    instance
        .common
        .get("depends-on")
        .and_then(Node::as_list)
        .and_then(|list| list.get(number))
        .unwrap_or(&instance.common)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// Searches for cycles depth first, without recursion, so that a long chain cannot exhaust the stack.
struct Circles<'a> {
    instances: &'a [Instance],
    /// For each instance, the indices of those that it depends on, with their index in `depends-on`.
    edges: &'a [Vec<(usize, usize)>],
    state: Vec<State>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Circles<'_> {
    fn find(mut self) {
        for start in 0..self.instances.len() {
            if self.state[start] == State::New {
                self.search(start);
            }
        }
    }

    fn search(&mut self, start: usize) {
        let edges = self.edges;
        // The path to the current instance, with the edges of each that are still to be followed.
        let mut way = vec![(start, edges[start].iter())];
        self.state[start] = State::Open;
        while let Some((at, rest)) = way.last_mut() {
            match rest.next() {
                Some((target, _)) => match self.state[*target] {
                    State::New => {
                        self.state[*target] = State::Open;
                        way.push((*target, edges[*target].iter()));
                    }
                    State::Open => {
                        let circle: Vec<usize> =
                            way.iter().map(|(at, _)| *at).skip_while(|at| at != target).collect();
                        self.report(&circle);
                    }
                    State::Done => {}
                },
                None => {
                    self.state[*at] = State::Done;
                    way.pop();
                }
            }
        }
    }

    fn report(&mut self, circle: &[usize]) {
        // The cycle starts at its first instance in order, so that the message does not depend on where the search
        // began.
        let first = circle.iter().enumerate().min_by_key(|(_, at)| **at).map_or(0, |(position, _)| position);
        let mut circle = circle.to_vec();
        circle.rotate_left(first);
        let name = |at: &usize| {
            let instance = &self.instances[*at];
            format!("`{}/{}`", instance.tenancy.tenant.name, instance.component)
        };
        let way: Vec<String> = circle.iter().chain(circle.first()).map(name).collect();
        let message = format!("components depend on each other in a cycle: {}", way.join(" -> "));
        let mut diagnostic = Diagnostic::error("reference-cycle", message);
        for (at, next) in circle.iter().zip(circle.iter().cycle().skip(1)) {
            if let Some((_, number)) = self.edges[*at].iter().find(|(target, _)| target == next) {
                diagnostic = depends_on(&self.instances[*at], *number).label(diagnostic, "");
            }
        }
        self.diagnostics.push(diagnostic);
    }
}
