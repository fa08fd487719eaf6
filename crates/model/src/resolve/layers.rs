//! The layers of a component, laid over each other.

use crate::component::Component;
use crate::node::{Layer, Node};
use crate::platform::Platform;
use crate::tenancy::Tenancy;

/// Returns the fields of a component in one environment with all layers merged, lowest first: the
/// platform's defaults, the environment's, the blueprint, the tenant's defaults, the component.
pub(crate) fn merge(platform: &Platform, tenancy: &Tenancy, component: &Component) -> Node {
    let kind = &component.kind;
    let environment = tenancy.environment.name.as_str();
    let blueprint = component.blueprint.as_ref();
    let own = component.own.as_ref();
    let layers = [
        platform.defaults.get(kind),
        tenancy.environment.defaults.get(kind),
        blueprint.map(|definition| &definition.node),
        blueprint.and_then(|definition| definition.environments.get(environment)),
        tenancy.defaults.get(kind),
        own.map(|definition| &definition.node),
        own.and_then(|definition| definition.environments.get(environment)),
    ];
    let mut layers = layers.into_iter().flatten();
    match layers.next() {
        Some(lowest) => layers.fold(lowest.as_ref().clone(), |mut merged, layer| {
            merged.merge(layer);
            merged
        }),
        None => Node::empty_table(Layer::Component, component.file.clone()),
    }
}
