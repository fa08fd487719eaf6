//! The layers of a component, merged.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;

use crate::component::{DeclaredComponent, Definition};
use crate::delivery;
use crate::environment::Environment;
use crate::node::{Layer, Node};
use crate::platform::Platform;
use crate::tenancy::Tenancy;

/// Returns the fields of a component in one environment with all layers merged, lowest first: the platform's
/// defaults, the environment's, the blueprint, the tenant's defaults, the component. The general `delivery` of the
/// platform, environment and tenant comes below their defaults for the kind.
pub(crate) fn merge(platform: &Platform, tenancy: &Tenancy, component: &DeclaredComponent) -> Node {
    let kind = &component.kind;
    let environment = &tenancy.environment;
    let mut layers = Layers::default();
    layers.add_delivery(&platform.node);
    layers.add(platform.defaults.get(kind));
    layers.add_delivery(&environment.node);
    layers.add(environment.defaults.get(kind));
    layers.add_definition(component.blueprint.as_ref(), environment);
    // The tenancy's node is the tenant merged with its overrides for the environment.
    layers.add_delivery(&tenancy.node);
    layers.add(tenancy.defaults.get(kind));
    layers.add_definition(component.own.as_ref(), environment);
    layers.0.unwrap_or_else(|| Node::empty_table(Layer::Component, component.file.clone()))
}

/// The layers merged so far.
#[derive(Default)]
struct Layers(Option<Node>);

impl Layers {
    fn add(&mut self, layer: Option<&Arc<Node>>) {
        match (&mut self.0, layer) {
            (Some(merged), Some(layer)) => merged.merge(layer),
            (lowest @ None, Some(layer)) => *lowest = Some(layer.as_ref().clone()),
            (_, None) => {}
        }
    }

    fn add_delivery(&mut self, table: &Node) {
        self.add(delivery::layer(table).map(Arc::new).as_ref());
    }

    fn add_definition(&mut self, definition: Option<&Definition>, environment: &Environment) {
        let Some(Definition { node, environments }) = definition else { return };
        self.add(Some(node));
        overrides(environments, environment).for_each(|layer| self.add(Some(layer)));
    }
}

/// Returns the tables for an environment, starting with those that it extends.
fn overrides<'t>(
    tables: &'t BTreeMap<SmolStr, Arc<Node>>,
    environment: &Environment,
) -> impl Iterator<Item = &'t Arc<Node>> {
    environment.lineage.iter().filter_map(|name| tables.get(name.as_str()))
}
