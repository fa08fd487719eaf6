//! Expected differences between the tree and the cluster, which Argo CD must ignore to find an Application in sync.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{Object, Value, list_defaults};

use crate::application::ResourceIgnoreDifferences;

/// What changes objects of an environment in its cluster.
pub(crate) struct Differences<'o> {
    /// The workloads with an autoscaler, by namespace, group, kind and name.
    scaled: BTreeSet<(&'o str, &'o str, &'o str, &'o str)>,
    /// The schemas of custom objects, by group, kind and version.
    schemas: BTreeMap<(&'o str, &'o str, &'o str), &'o Value>,
}

impl<'o> Differences<'o> {
    /// Searches all objects of an environment, and the definitions among the sources.
    pub(crate) fn new(objects: impl Iterator<Item = &'o Object> + Clone, definitions: &'o [Object]) -> Self {
        let all = definitions.iter().chain(objects.clone());
        let schemas =
            all.filter(|object| object.kind() == "CustomResourceDefinition").flat_map(schemas).collect();
        Self { scaled: objects.filter_map(scaled).collect(), schemas }
    }

    /// Returns the replicas that an autoscaler sets although the tree contains a number.
    pub(crate) fn ignored<'a>(
        &self,
        objects: impl Iterator<Item = &'a Object>,
    ) -> Vec<ResourceIgnoreDifferences> {
        let sets_replicas =
            |object: &&Object| object.at(&["spec", "replicas"]).is_some_and(|replicas| !replicas.is_null());
        let is_scaled = |object: &&Object| {
            let key = (object.namespace(), object.group(), object.kind(), object.name());
            self.scaled.contains(&key)
        };
        objects
            .filter(sets_replicas)
            .filter(is_scaled)
            .map(|object| ResourceIgnoreDifferences {
                group: object.group().to_owned(),
                kind: object.kind().to_owned(),
                name: Some(object.name().to_owned()),
                namespace: Some(object.namespace().to_owned()),
                json_pointers: vec!["/spec/replicas".to_owned()],
                jq_path_expressions: Vec::new(),
                managed_fields_managers: Vec::new(),
            })
            .collect()
    }

    /// Tells whether the API server fills in list items of some objects, since Argo CD compares lists as a whole.
    pub(crate) fn completes_lists<'a>(&self, mut objects: impl Iterator<Item = &'a Object>) -> bool {
        objects.any(|object| {
            let schema = self.schemas.get(&(object.group(), object.kind(), object.version()));
            schema.is_some_and(|schema| !list_defaults(schema, object).is_empty())
        })
    }
}

/// Returns the target of an autoscaler.
fn scaled(object: &Object) -> Option<(&str, &str, &str, &str)> {
    if !matches!(
        (object.group(), object.kind()),
        ("autoscaling", "HorizontalPodAutoscaler") | ("keda.sh", "ScaledObject")
    ) {
        return None;
    }
    let target = object.at(&["spec", "scaleTargetRef"])?;
    let text = |key: &str| target.get(key).and_then(Value::as_str);
    let version = text("apiVersion").unwrap_or("apps/v1");
    let group = version.rsplit_once('/').map_or("", |(group, _)| group);
    Some((object.namespace(), group, text("kind").unwrap_or("Deployment"), text("name")?))
}

/// Returns the schemas of a definition by group, kind and version.
fn schemas(definition: &Object) -> Vec<((&str, &str, &str), &Value)> {
    let text = |path: &[&str]| definition.at(path).and_then(Value::as_str);
    let (Some(group), Some(kind)) = (text(&["spec", "group"]), text(&["spec", "names", "kind"])) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for version in definition.at(&["spec", "versions"]).and_then(Value::as_list).into_iter().flatten() {
        if let Some(name) = version.get("name").and_then(Value::as_str)
            && let Some(schema) = version.at(&["schema", "openAPIV3Schema"])
        {
            found.push(((group, kind, name), schema));
        }
    }
    found
}
