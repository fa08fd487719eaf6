//! Renders one component again on its own, to see the effect of a change to its source.

use std::collections::BTreeSet;

use aqueduct_manifest::{Diagnostic, Object};
use aqueduct_model::{Environment, Instance, Platform, Tenancy};

use crate::normalise::normalise;
use crate::patches::Patches;
use crate::render::render_node;
use crate::selected::SelectedLabels;
use crate::{
    Context, Graph, GraphNode, Inputs, Registry, RenderedComponent, Scopes, TENANCY, Writers, tenancy,
};

/// What the other objects of an environment decide for each object: the scopes of kinds, and the labels in selectors.
pub struct Surroundings<'a> {
    scopes: Scopes<'a>,
    labels: SelectedLabels,
}

impl<'a> Surroundings<'a> {
    /// Collects what the objects of an environment decide.
    pub fn new(
        environment: &'a Environment,
        inputs: &'a Inputs<'a>,
        instances: &[Instance],
        components: &[RenderedComponent],
    ) -> Self {
        let objects = || components.iter().flat_map(|component| &component.objects);
        let authored: BTreeSet<_> = instances.iter().map(|instance| &instance.spec.origin.place).collect();
        let is_foreign =
            |object: &&Object| object.origin.as_ref().is_some_and(|origin| !authored.contains(origin));
        Self {
            scopes: Scopes::new(environment, inputs, objects()),
            labels: SelectedLabels::new(objects().filter(is_foreign)),
        }
    }
}

/// Renders one component, or a tenant's own objects, in the order in which its kind creates them.
///
/// # Errors
/// Returns all errors of its environment, since an output next to an error would prove nothing.
pub fn render_alone(
    platform: &Platform,
    tenancies: &[&Tenancy],
    instances: &[Instance],
    registry: &Registry,
    inputs: &Inputs<'_>,
    surroundings: &Surroundings<'_>,
    (tenant, component): (&str, &str),
) -> Result<Vec<Object>, Vec<Diagnostic>> {
    let (graph, mut diagnostics) = Graph::new(platform, instances, registry, inputs);
    let mut objects = Vec::new();
    if component == TENANCY {
        let own = tenancies.iter().find(|tenancy| tenancy.tenant.name.as_str() == tenant);
        let nodes: Vec<&GraphNode<'_>> =
            graph.nodes().iter().filter(|node| node.site.tenant() == tenant).collect();
        if let Some(tenancy) = own {
            match tenancy::objects(platform, tenancy, &graph, &nodes, &|_| true) {
                Ok(found) => {
                    objects = found;
                    // Patches of Argo CD's objects match nothing here.
                    Patches::new(&tenancy.patches, &tenancy.node).apply(&mut objects);
                }
                Err(error) => diagnostics.push(Diagnostic::error("tenant", error.to_string())),
            }
        }
    } else if let Some(node) = graph.node(tenant, component) {
        let (found, problems) = render_node(&graph, node);
        diagnostics.extend(problems);
        objects = found;
        for object in &mut objects {
            normalise(&node.site, object, &surroundings.scopes, &surroundings.labels);
        }
    }
    // Secret values stay secret, whatever else changes.
    diagnostics.retain(|found| found.is_error() && found.code != "plaintext-secret");
    if diagnostics.is_empty() { Ok(objects) } else { Err(diagnostics) }
}

/// Returns the writers of a component's objects; see [`Component::writers`](crate::Component::writers).
pub fn writers(graph: &Graph<'_>, (tenant, component): (&str, &str)) -> Option<Writers> {
    let node = graph.node(tenant, component).filter(|node| node.sound)?;
    node.component.writers(&Context::new(graph, node))
}
