//! One environment in, all its objects out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use aqueduct_manifest::{Diagnostic, Object, Place};
use aqueduct_model::types::Name;
use aqueduct_model::{Environment, Instance, Order, Platform, Tenancy, plaintext};
use rayon::prelude::*;

use crate::argocd::Delivered;
use crate::differences::Differences;
use crate::graph::GraphNode;
use crate::normalise::normalise;
use crate::patches::Patches;
use crate::selected::SelectedLabels;
use crate::wave::waves;
use crate::{Context, Error, Graph, Inputs, Registry, Route, Scopes, data, order, owned, tenancy};

/// The objects of one environment.
#[derive(Debug, Default)]
pub struct RenderedObjects {
    /// All components with their objects, tenant by tenant, and the objects that deliver them.
    pub components: Vec<RenderedComponent>,
    /// All components, without their objects.
    pub outlines: Vec<Outline>,
    /// The links that lead to pods.
    pub routes: Vec<Route>,
    /// The cycles of components that need each other, each with the place of a link between two of them.
    pub cycles: Vec<(Vec<(String, String)>, Place)>,
    /// The network policies that tenants' own patches have changed or removed, by namespace and name, each with its
    /// last patch.
    pub patched: BTreeMap<(String, String), Place>,
    /// The errors and warnings of the platform and the selected tenants.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether a tenant that is not selected could not be rendered, so that its objects are missing.
    pub incomplete: bool,
}

/// A summary of a component, without its objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outline {
    /// The environment.
    pub environment: String,
    /// The tenant.
    pub tenant: String,
    /// The component.
    pub component: String,
    /// The kind.
    pub kind: String,
    /// The namespace.
    pub namespace: String,
    /// The wave in which Argo CD starts it.
    pub wave: usize,
    /// The main source file.
    pub file: String,
}

/// A folder of the tree: a component of a tenant with its objects, or objects that deliver the tree.
#[derive(Clone, Debug)]
pub struct RenderedComponent {
    /// The tenant; `argocd` for objects that deliver the tree.
    pub tenant: String,
    /// The component; for objects that deliver the tree, the tenant that they deliver, or `None` for the root.
    pub component: Option<String>,
    /// The main source file, for messages.
    pub file: String,
    /// The objects, in the order of their keys.
    pub objects: Vec<Object>,
}

impl RenderedComponent {
    /// Returns the component's folder in its environment's folder.
    pub fn folder(&self) -> String {
        match &self.component {
            Some(component) => format!("{}/{component}", self.tenant),
            None => self.tenant.clone(),
        }
    }
}

/// The name of the folder with a tenant's own objects.
pub const TENANCY: &str = "tenant";

/// Renders all tenants of one environment, and the objects that deliver them.
///
/// `tenancies` are all tenants of the environment and `instances` all their components. References, definitions,
/// webhooks and network policies cross tenants, so all tenants are rendered, but only errors of the selected ones are
/// reported.
pub fn render(
    platform: &Platform,
    environment: &Environment,
    tenancies: &[&Tenancy],
    instances: &[Instance],
    registry: &Registry,
    inputs: &Inputs<'_>,
    selected: &(dyn Fn(&Name) -> bool + Sync),
) -> RenderedObjects {
    let (graph, mut diagnostics) = Graph::new(platform, instances, registry, inputs);
    let nodes: Vec<&GraphNode<'_>> = graph.nodes().iter().collect();
    let outcomes: Vec<(Vec<Object>, Vec<Diagnostic>)> =
        nodes.par_iter().map(|node| render_node(&graph, node)).collect();
    let (waves, cycles) =
        waves(&graph, &outcomes.iter().map(|(objects, _)| objects.as_slice()).collect::<Vec<_>>());
    let scopes = Scopes::new(environment, inputs, outcomes.iter().flat_map(|(objects, _)| objects));
    let labels = SelectedLabels::new(outcomes.iter().flat_map(|(objects, _)| objects));
    let rendered: Vec<(RenderedComponent, Vec<Diagnostic>)> = nodes
        .par_iter()
        .zip(outcomes)
        .map(|(node, (mut objects, found))| {
            for object in &mut objects {
                normalise(&node.site, object, &scopes, &labels);
                data::keep(object, node.site.instance.delivery.data);
            }
            objects.sort_by_cached_key(Object::key);
            let component = RenderedComponent {
                tenant: node.site.tenant().to_owned(),
                component: Some(node.site.name().to_owned()),
                file: node.site.instance.file.to_string(),
                objects,
            };
            (component, found)
        })
        .collect();
    let podless: BTreeSet<(&str, &str)> = nodes
        .iter()
        .zip(&rendered)
        .filter(|(node, (component, _))| {
            node.offer.pod_groups.iter().any(|part| part.assumed)
                && !component.objects.iter().any(may_become_pods)
        })
        .map(|(node, _)| (node.site.tenant(), node.site.name()))
        .collect();
    let has_pods = |node: &GraphNode<'_>| !podless.contains(&(node.site.tenant(), node.site.name()));
    let mut components: Vec<RenderedComponent> = Vec::with_capacity(rendered.len() + tenancies.len() + 1);
    let mut incomplete = false;
    for (node, (component, found)) in nodes.iter().zip(rendered) {
        if selected(&node.site.tenancy().tenant.name) {
            diagnostics.extend(found);
        } else {
            incomplete |= found.iter().any(Diagnostic::is_error);
        }
        components.push(component);
    }
    // An unknown scope is reported once for each kind.
    let of_selected =
        components.iter().zip(&nodes).filter(|(_, node)| selected(&node.site.tenancy().tenant.name));
    diagnostics.extend(scopes.unknown(of_selected.flat_map(|(component, _)| &component.objects)));
    let mut parts: BTreeMap<&str, Vec<&GraphNode<'_>>> = BTreeMap::new();
    for node in &nodes {
        parts.entry(node.site.tenant()).or_default().push(node);
    }
    let own: Vec<_> = tenancies
        .par_iter()
        .map(|tenancy| {
            let nodes = parts.get(tenancy.tenant.name.as_str()).map_or(&[][..], Vec::as_slice);
            tenancy::objects(platform, tenancy, &graph, nodes, &has_pods)
        })
        .collect();
    let mut of_tenants: BTreeMap<&str, Patches<'_>> = BTreeMap::new();
    let mut patched = BTreeMap::new();
    for (tenancy, objects) in tenancies.iter().zip(own) {
        match objects {
            Ok(mut objects) => {
                let mut patches = Patches::new(&tenancy.patches, &tenancy.node);
                let made = if tenancy.patches.is_empty() { Vec::new() } else { objects.clone() };
                patches.apply(&mut objects);
                patched.extend(changed_policies(&made, &objects, &patches));
                of_tenants.insert(tenancy.tenant.name.as_str(), patches);
                for object in &mut objects {
                    let tenant = || Place::whole(tenancy.tenant.file.clone());
                    object.origin.get_or_insert_with(tenant);
                    // Deleting a namespace by mistake would delete all data in it.
                    data::keep(object, tenancy.delivery.data);
                }
                components.push(RenderedComponent {
                    tenant: tenancy.tenant.name.to_string(),
                    component: Some(TENANCY.to_owned()),
                    file: tenancy.tenant.file.to_string(),
                    objects,
                });
            }
            Err(error) => diagnostics.push(tenancy.node.diagnostic("tenant", error.to_string())),
        }
    }
    components.sort_by(|left, right| (&left.tenant, &left.component).cmp(&(&right.tenant, &right.component)));
    let outlines = outlines(environment, tenancies, &graph, &waves);
    let waves_of_tenants = order_tenants(tenancies, &mut components, &outlines, &graph, &waves);
    // Invalid lists cause no further errors.
    let is_sound = |tenancy: &Tenancy| {
        ["platform.toml", &*tenancy.tenant.file].iter().all(|file| !inputs.broken.contains(*file))
    };
    let told = |tenancy: &&&Tenancy| selected(&tenancy.tenant.name) && is_sound(tenancy);
    for tenancy in tenancies.iter().filter(told) {
        let folders = &components[folders_of(&components, tenancy.tenant.name.as_str())];
        let objects = folders.iter().flat_map(|component| &component.objects);
        diagnostics.extend(owned::foreign_kinds(tenancy, objects, &scopes));
    }
    let definitions = inputs.definitions_of(environment);
    diagnostics.extend(definitions.problems.iter().cloned());
    let delivered = Delivered {
        platform,
        environment,
        tenancies,
        instances,
        components: &components,
        outlines: &outlines,
        waves: &waves_of_tenants,
        differences: Differences::new(
            components.iter().flat_map(|component| &component.objects),
            &definitions.objects,
        ),
    };
    match delivered.folders() {
        Ok(mut delivery) => {
            let mut of_all = [
                Patches::new(&platform.patches, &platform.node),
                Patches::new(&environment.patches, &environment.node),
            ];
            for component in &mut delivery {
                let tenant = component.component.as_deref().and_then(|tenant| of_tenants.get_mut(tenant));
                tenant
                    .into_iter()
                    .chain(&mut of_all)
                    .for_each(|patches| patches.apply(&mut component.objects));
            }
            diagnostics.extend(of_all.into_iter().flat_map(Patches::finish));
            let found = of_tenants
                .into_iter()
                .filter(|(tenant, _)| tenant.parse().is_ok_and(|tenant| selected(&tenant)));
            diagnostics.extend(found.flat_map(|(_, patches)| patches.finish()));
            components.extend(delivery);
        }
        Err(error) => diagnostics.push(platform.node.diagnostic("argocd", error.to_string())),
    }
    let cycles = cycles.iter().map(|members| graph.cycle(members)).collect();
    RenderedObjects { components, outlines, routes: graph.routes(), cycles, patched, diagnostics, incomplete }
}

/// Returns the patched network policies, by namespace and name, each with its last patch.
fn changed_policies(
    made: &[Object],
    patched: &[Object],
    patches: &Patches<'_>,
) -> Vec<((String, String), Place)> {
    let is_kept = |policy: &Object| {
        patched
            .iter()
            .any(|other| other.key() == policy.key() && other.map.get("spec") == policy.map.get("spec"))
    };
    let changed = made.iter().filter(|object| object.kind() == "NetworkPolicy" && !is_kept(object));
    changed
        .filter_map(|policy| {
            Some(((policy.namespace().to_owned(), policy.name().to_owned()), patches.last_of(policy)?))
        })
        .collect()
}

/// Returns the range of a tenant's folders among all, which are in order.
pub(crate) fn folders_of(components: &[RenderedComponent], tenant: &str) -> Range<usize> {
    let start = components.partition_point(|one| one.tenant.as_str() < tenant);
    let end = components.partition_point(|one| one.tenant.as_str() <= tenant);
    start..end
}

/// Sets the waves of objects of tenants that are one Application, and returns the waves of the Applications.
fn order_tenants<'t>(
    tenancies: &[&'t Tenancy],
    components: &mut [RenderedComponent],
    outlines: &[Outline],
    graph: &Graph<'_>,
    waves: &[usize],
) -> BTreeMap<&'t str, usize> {
    let mut of_tenants = BTreeMap::new();
    for tenancy in tenancies.iter().filter(|tenancy| tenancy.delivery.order == Order::Always) {
        let tenant = tenancy.tenant.name.as_str();
        let range = folders_of(components, tenant);
        for component in &mut components[range] {
            let is_it =
                |one: &&Outline| one.tenant == tenant && component.component.as_ref() == Some(&one.component);
            let wave = outlines.iter().find(is_it).map_or(0, |outline| outline.wave);
            order::number(&mut component.objects, wave);
        }
        of_tenants.insert(tenant, wave_of_tenant(tenant, graph, waves));
    }
    of_tenants
}

/// Returns the wave of a tenant that is one Application: after the components of other tenants that it needs.
fn wave_of_tenant(tenant: &str, graph: &Graph<'_>, waves: &[usize]) -> usize {
    let own = graph.nodes().iter().filter(|node| node.site.tenant() == tenant);
    let needed = own.flat_map(|node| &node.links).filter(|link| link.link.ordered).filter_map(|link| link.to);
    let of_others = needed.filter(|node| graph.nodes()[*node].site.tenant() != tenant);
    // The waves of components come after the wave of the tenants' own objects.
    of_others.map(|node| waves[node] + 2).max().unwrap_or(0)
}

/// Returns the outlines of all components of an environment, in order.
fn outlines(
    environment: &Environment,
    tenancies: &[&Tenancy],
    graph: &Graph<'_>,
    waves: &[usize],
) -> Vec<Outline> {
    let tenants = tenancies.iter().map(|tenancy| Outline {
        environment: environment.name.to_string(),
        tenant: tenancy.tenant.name.to_string(),
        component: TENANCY.to_owned(),
        kind: TENANCY.to_owned(),
        namespace: tenancy.namespace().to_string(),
        wave: 0,
        file: tenancy.tenant.file.to_string(),
    });
    let components = graph.nodes().iter().zip(waves).map(|(node, wave)| Outline {
        environment: environment.name.to_string(),
        tenant: node.site.tenant().to_owned(),
        component: node.site.name().to_owned(),
        kind: node.site.instance.kind.to_string(),
        namespace: node.site.namespace().to_owned(),
        // Wave 0 is for the tenants' own objects: namespaces and policies come before pods.
        wave: wave + 1,
        file: node.site.instance.file.to_string(),
    });
    let mut outlines: Vec<Outline> = tenants.chain(components).collect();
    outlines.sort();
    outlines
}

/// Tells whether an object may create pods: through its template, as a Pod, or as a resource of an operator.
fn may_become_pods(object: &Object) -> bool {
    let group = object.group();
    let is_native = !group.contains('.') || group.ends_with(".k8s.io");
    let has_template = ["template", "jobTemplate"].iter().any(|key| object.at(&["spec", key]).is_some());
    !is_native || has_template || object.kind() == "Pod"
}

/// Renders one component, and returns its objects and its errors.
pub(crate) fn render_node(graph: &Graph<'_>, node: &GraphNode<'_>) -> (Vec<Object>, Vec<Diagnostic>) {
    if !node.sound {
        let mut found = plaintext("", &node.site.instance.spec);
        found.retain(|found| !node.site.instance.allows(found.code));
        return (Vec::new(), found);
    }
    let context = Context::new(graph, node);
    let result = node.component.render(&context).and_then(|objects| context.patched(objects));
    let mut problems = context.into_problems();
    let objects = result.unwrap_or_else(|error| {
        problems.push(error);
        Vec::new()
    });
    if let Some(adopt) = &node.site.instance.adopt
        && problems.is_empty()
        && !objects.iter().any(|object| object.name() == adopt.name.as_str())
    {
        problems.push(
            Error::field(
                "adopt",
                format!("the component has no workload that can take over: `{}`", adopt.name),
            )
            .hint("only the Deployment or DaemonSet of a `service`, `worker` or `daemon` can be taken over"),
        );
    }
    let mut diagnostics: Vec<Diagnostic> =
        problems.into_iter().flat_map(|problem| problem.into_diagnostics(node.site.instance)).collect();
    diagnostics.extend(plaintext("", &node.site.instance.spec));
    diagnostics.retain(|found| !node.site.instance.allows(found.code));
    (objects, diagnostics)
}
