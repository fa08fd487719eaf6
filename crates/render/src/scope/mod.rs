//! Whether kinds are namespaced. The API server rejects cluster-scoped objects with a namespace.
//!
//! Kubernetes' own kinds are known. For other kinds, the scope comes from the environment, a CustomResourceDefinition
//! in the tree or the sources, or the table of [well-known](well_known) kinds, in this order. An unknown scope is an
//! error and never guessed.

mod well_known;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use aqueduct_manifest::{Diagnostic, Object, SmolStr, Value, is_cluster_scoped, is_native};
use aqueduct_model::Environment;

use crate::Inputs;

/// The scope of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Namespaced.
    Namespaced,
    /// Cluster-scoped.
    Cluster,
}

type Declared = BTreeMap<(SmolStr, SmolStr), Scope>;

/// The scopes of kinds in an environment.
pub struct Scopes<'a> {
    environment: &'a Environment,
    inputs: &'a Inputs<'a>,
    /// The scopes in definitions of the tree, by group and kind.
    rendered: Declared,
    /// The scopes in definitions among the sources, only read if a scope is still unknown.
    sources: OnceLock<Declared>,
}

impl<'a> Scopes<'a> {
    /// Returns the scopes known from an environment, all its rendered objects and the source files.
    pub fn new<'o>(
        environment: &'a Environment,
        inputs: &'a Inputs<'a>,
        objects: impl IntoIterator<Item = &'o Object>,
    ) -> Self {
        Self { environment, inputs, rendered: declared(objects), sources: OnceLock::new() }
    }

    /// Returns the scope of an object's kind; `None` if it is unknown.
    pub fn of(&self, object: &Object) -> Option<Scope> {
        let (group, kind) = (object.group(), object.kind());
        let scope = |is_cluster: bool| if is_cluster { Scope::Cluster } else { Scope::Namespaced };
        if is_native(group) {
            return Some(scope(is_cluster_scoped(group, kind)));
        }
        if let Some(api) = self.environment.api_groups.get(group) {
            return Some(scope(api.contains(kind)));
        }
        let key = (SmolStr::from(group), SmolStr::from(kind));
        self.rendered
            .get(&key)
            .copied()
            .or_else(|| well_known(group, kind))
            .or_else(|| self.sources.get_or_init(|| self.among_sources()).get(&key).copied())
    }

    fn among_sources(&self) -> Declared {
        declared(&self.inputs.definitions_of(self.environment).objects)
    }

    /// Tells whether an object's kind is cluster-scoped.
    pub fn is_cluster_scoped(&self, object: &Object) -> bool {
        self.of(object) == Some(Scope::Cluster)
    }

    /// Returns an error for each kind of some objects with an unknown scope, at its first object.
    pub fn unknown<'o>(&self, objects: impl IntoIterator<Item = &'o Object>) -> Vec<Diagnostic> {
        let mut asked: BTreeSet<(&str, &str)> = BTreeSet::new();
        let mut diagnostics = Vec::new();
        for object in objects {
            let (group, kind) = (object.group(), object.kind());
            if self.of(object).is_some() || !asked.insert((group, kind)) {
                continue;
            }
            let message = format!("it is not known whether `{kind}` of `{group}` is namespaced");
            let mut diagnostic = Diagnostic::error("unknown-scope", message).hint(format!(
                "add its CustomResourceDefinition to the platform, or add `{{ group = \"{group}\", cluster-scoped = [] }}` to `apis` of the environment, listing the cluster-scoped kinds"
            ));
            if let Some(origin) = &object.origin {
                diagnostic = diagnostic.label(origin.clone(), format!("in `{}`", self.environment.name));
            }
            diagnostics.push(diagnostic);
        }
        diagnostics
    }
}

fn well_known(group: &str, kind: &str) -> Option<Scope> {
    let place = well_known::GROUPS.binary_search_by_key(&group, |(name, ..)| name).ok()?;
    let (_, cluster, namespaced) = well_known::GROUPS.get(place)?;
    if cluster.contains(&kind) || cluster.contains(&"*") {
        Some(Scope::Cluster)
    } else {
        namespaced.contains(&kind).then_some(Scope::Namespaced)
    }
}

/// Returns the scopes in the definitions among some objects.
fn declared<'o>(objects: impl IntoIterator<Item = &'o Object>) -> Declared {
    let definitions = objects.into_iter().filter(|object| object.kind() == "CustomResourceDefinition");
    let scope = |definition: &Object| {
        let text = |path: &[&str]| definition.at(path).and_then(Value::as_str);
        let key = (text(&["spec", "group"])?.into(), text(&["spec", "names", "kind"])?.into());
        let is_cluster = text(&["spec", "scope"])? == "Cluster";
        Some((key, if is_cluster { Scope::Cluster } else { Scope::Namespaced }))
    };
    definitions.filter_map(scope).collect()
}

#[cfg(test)]
mod tests {
    use super::{Scope, is_native, well_known, well_known::GROUPS};

    #[test]
    fn the_lists_can_be_searched() {
        assert!(GROUPS.is_sorted_by(|left, right| left.0 < right.0));
        for (group, cluster, namespaced) in GROUPS {
            assert!(!is_native(group), "{group} is native");
            assert!(!cluster.iter().any(|kind| namespaced.contains(kind)), "{group} has a kind twice");
        }
    }

    #[test]
    fn well_known_kinds() {
        let cases = [
            ("kyverno.io", "ClusterPolicy", Some(Scope::Cluster)),
            ("kyverno.io", "Policy", Some(Scope::Namespaced)),
            ("karpenter.sh", "NodePool", Some(Scope::Cluster)),
            ("snapshot.storage.k8s.io", "VolumeSnapshotClass", Some(Scope::Cluster)),
            ("snapshot.storage.k8s.io", "VolumeSnapshot", Some(Scope::Namespaced)),
            ("velero.io", "BackupStorageLocation", Some(Scope::Namespaced)),
            ("constraints.gatekeeper.sh", "K8sRequiredLabels", Some(Scope::Cluster)),
            ("cert-manager.io", "Unheard", None),
            ("example.com", "Thing", None),
        ];
        for (group, kind, scope) in cases {
            assert_eq!(well_known(group, kind), scope, "{group} {kind}");
        }
    }
}
