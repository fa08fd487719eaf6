//! Clusters that several environments share: only one environment can have a cluster-scoped object.

use std::collections::BTreeMap;

use aqueduct_manifest::{Diagnostic, ObjectKey, SmolStr};
use aqueduct_model::{Environment, Platform};
use aqueduct_render::RenderedComponent;
use aqueduct_render::argocd::ROOT;

/// How many objects a message lists.
const NAMED: usize = 5;

/// The cluster-scoped objects by cluster, each with its environment.
#[derive(Default)]
pub(crate) struct SharedClusters(BTreeMap<(SmolStr, ObjectKey), String>);

impl SharedClusters {
    /// Adds the objects of an environment, and reports those that another environment of its cluster already has.
    pub(crate) fn add(
        &mut self,
        platform: &Platform,
        environment: &Environment,
        components: &[RenderedComponent],
    ) -> Vec<Diagnostic> {
        let cluster = environment.cluster_key();
        let of_cluster = platform.environments.values().filter(|one| one.cluster_key() == cluster);
        if of_cluster.count() < 2 {
            return Vec::new();
        }
        let mut diagnostics = Vec::new();
        for component in components.iter().filter(|component| component.tenant != ROOT) {
            let outside = component.objects.iter().filter(|object| object.namespace().is_empty());
            let mut twice: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for object in outside {
                let key = (cluster.clone(), object.key());
                match self.0.get(&key) {
                    Some(other) => twice.entry(other.clone()).or_default().push(key.1.to_string()),
                    None => drop(self.0.insert(key, environment.name.to_string())),
                }
            }
            diagnostics.extend(twice.into_iter().map(|(other, names)| {
                let more = match names.len().saturating_sub(NAMED) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let names: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
                let message = format!(
                    "environments `{other}` and `{}` share a cluster, and both have {}{more}",
                    environment.name,
                    names.join(", ")
                );
                Diagnostic::error("shared-object", message).at(component.file.as_str(), None, "").hint(
                    "deploy the tenant to only one of them, or put `${environment.name}` into the names",
                )
            }));
        }
        diagnostics
    }
}
