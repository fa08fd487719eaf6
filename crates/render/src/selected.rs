//! The labels by which foreign objects are selected. A chart whose ServiceMonitor selects
//! `app.kubernetes.io/managed-by: Helm` finds nothing once that label has a different value.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{Object, SmolStr, Value};

/// The required values of labels, by label.
type Wanted = BTreeMap<SmolStr, BTreeSet<SmolStr>>;

/// The labels and values that selectors of foreign objects require.
#[derive(Debug, Default)]
pub struct SelectedLabels {
    /// In selectors of objects: monitors, aggregated roles, claims.
    of_objects: Wanted,
    /// In selectors of pods. Templates are never relabelled, so these only matter for bare Pods.
    of_pods: Wanted,
}

impl SelectedLabels {
    /// Collects the labels that selectors of foreign objects require. Objects that a kind creates itself have no
    /// origin yet.
    pub fn new<'a>(objects: impl IntoIterator<Item = &'a Object>) -> Self {
        let mut selected = Self::default();
        for object in objects.into_iter().filter(|object| object.origin.is_some()) {
            // A definition only describes selectors.
            if object.kind() == "CustomResourceDefinition" {
                continue;
            }
            let looks_for_pods =
                matches!(object.group(), "" | "apps" | "batch" | "networking.k8s.io" | "policy")
                    && object.kind() != "PersistentVolumeClaim";
            let wanted = if looks_for_pods { &mut selected.of_pods } else { &mut selected.of_objects };
            add(wanted, object.at(&["spec", "selector"]));
            object.map.values().for_each(|value| gather(value, wanted));
        }
        selected
    }

    /// Tells whether a selector requires a label of an object of a kind.
    pub fn contains(&self, kind: &str, key: &str, value: &str) -> bool {
        let has = |wanted: &Wanted| wanted.get(key).is_some_and(|values| values.contains(value));
        has(&self.of_objects) || (kind == "Pod" && has(&self.of_pods))
    }
}

fn add(wanted: &mut Wanted, labels: Option<&Value>) {
    for (key, value) in labels.and_then(Value::as_map).into_iter().flatten() {
        if let Some(value) = value.as_str() {
            wanted.entry(key.clone()).or_default().insert(value.into());
        }
    }
}

fn gather(value: &Value, wanted: &mut Wanted) {
    match value {
        Value::List(list) => list.iter().for_each(|item| gather(item, wanted)),
        Value::Map(map) => {
            add(wanted, map.get("matchLabels"));
            for expression in map.get("matchExpressions").and_then(Value::as_list).into_iter().flatten() {
                let Some(key) = expression.get("key").and_then(Value::as_str) else { continue };
                let values = expression.get("values").and_then(Value::as_list).into_iter().flatten();
                let values = values.filter_map(|value| Some(SmolStr::from(value.as_str()?)));
                wanted.entry(key.into()).or_default().extend(values);
            }
            map.values().for_each(|value| gather(value, wanted));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::{Object, Place, yaml};

    use super::SelectedLabels;

    #[test]
    fn selectors_of_foreign_objects() {
        let documents = [
            "{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, spec: {selector: {matchLabels: {by: Helm}, matchExpressions: [{key: tier, operator: In, values: [a, b]}]}}}",
            "{apiVersion: v1, kind: Service, spec: {selector: {app: web}}}",
        ];
        let objects = documents.map(|text| {
            let map = yaml::read(text).expect("the example is YAML").as_map().cloned().unwrap_or_default();
            Object { map, origin: Some(Place::whole("x.yaml")) }
        });
        let selected = SelectedLabels::new(&objects);
        let contains = |kind, (key, value)| selected.contains(kind, key, value);
        assert!(contains("Service", ("by", "Helm")) && contains("Service", ("tier", "b")));
        assert!(contains("Pod", ("app", "web")) && !contains("Service", ("app", "web")));
        assert!(!contains("Service", ("by", "aqueduct")) && !contains("Pod", ("tier", "c")));
        let authored = objects.map(|object| Object { origin: None, ..object });
        assert!(!SelectedLabels::new(&authored).contains("Service", "by", "Helm"));
    }
}
