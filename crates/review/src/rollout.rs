//! How a controller recreates its pods, and the limits that it meets.

use std::collections::BTreeMap;

use aqueduct_manifest::{LabelSelector, Object, ObjectKey, Value};

/// The steps in which a controller recreates its pods, if they follow from the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RolloutSteps {
    /// The number of pods.
    pub pods: i64,
    /// The highest number of extra pods during the rollout.
    pub surge: i64,
    /// The highest number of missing pods during the rollout.
    pub unavailable: i64,
}

impl RolloutSteps {
    /// Returns the steps of a controller. A DaemonSet has none, because its nodes are unknown. Neither does a rollout that
    /// waits for somebody.
    pub(crate) fn of(object: &Object, around: &Around<'_>) -> Option<Self> {
        let pods = around.replicas(object)?;
        let strategy = strategy(object);
        let part = |name: &str, default: &str, rounding: Rounding| {
            let value = object.at(&["spec", strategy, "rollingUpdate", name]);
            share(value, pods, rounding).or_else(|| share(Some(&default.into()), pods, rounding)).unwrap_or(0)
        };
        let (surge, unavailable) = match (object.kind(), kind(object)) {
            ("Deployment", "Recreate") => (0, pods),
            ("Deployment", _) => {
                let surge = part("maxSurge", "25%", Rounding::Up);
                let unavailable = part("maxUnavailable", "25%", Rounding::Down);
                // Otherwise the rollout would never start.
                (surge, if surge == 0 { unavailable.max(1) } else { unavailable })
            }
            ("StatefulSet", "RollingUpdate") => (0, 1),
            _ => return None,
        };
        (pods > 0).then_some(Self { pods, surge, unavailable: unavailable.min(pods) })
    }
}

/// Returns the field with the update strategy.
fn strategy(object: &Object) -> &'static str {
    if object.kind() == "Deployment" { "strategy" } else { "updateStrategy" }
}

fn kind(object: &Object) -> &str {
    object.at(&["spec", strategy(object), "type"]).and_then(Value::as_str).unwrap_or("RollingUpdate")
}

#[derive(Clone, Copy)]
enum Rounding {
    Up,
    Down,
}

/// Reads a number or a percentage of all pods.
fn share(value: Option<&Value>, all: i64, rounding: Rounding) -> Option<i64> {
    match value? {
        Value::Int(number) => Some(*number),
        Value::String(text) => {
            let percent: i64 = text.strip_suffix('%')?.parse().ok()?;
            let product = all.checked_mul(percent)?;
            Some(match rounding {
                Rounding::Up => product.checked_add(99)? / 100,
                Rounding::Down => product / 100,
            })
        }
        _ => None,
    }
}

/// Describes how pods are recreated.
pub(crate) fn told(object: &Object) -> String {
    let strategy = strategy(object);
    let part = |name: &str| match object.at(&["spec", strategy, "rollingUpdate", name]) {
        Some(Value::Int(number)) => Some(number.to_string()),
        Some(Value::String(text)) => Some(text.to_string()),
        _ => None,
    };
    match (kind(object), object.kind()) {
        ("Recreate", _) => "all pods stop before new ones start".to_owned(),
        ("OnDelete", _) => "new pods only when old ones are deleted by hand".to_owned(),
        (_, "Deployment") => format!(
            "rolling update: at most {} extra, {} unavailable",
            part("maxSurge").unwrap_or_else(|| "25%".to_owned()),
            part("maxUnavailable").unwrap_or_else(|| "25%".to_owned())
        ),
        (_, "StatefulSet") => match part("partition").filter(|partition| partition != "0") {
            Some(partition) => {
                format!("rolling update: one pod at a time, from the last down to number {partition}")
            }
            None => "rolling update: one pod at a time, from the last to the first".to_owned(),
        },
        _ => format!(
            "rolling update: node by node, {} at once",
            part("maxUnavailable").unwrap_or_else(|| "1".to_owned())
        ),
    }
}

/// What affects rollouts: budgets and autoscalers.
pub(crate) struct Around<'o> {
    budgets: BTreeMap<&'o str, Vec<&'o Object>>,
    scaled: BTreeMap<ObjectKey, i64>,
}

impl<'o> Around<'o> {
    pub(crate) fn of(objects: &'o [Object]) -> Self {
        let mut around = Self { budgets: BTreeMap::new(), scaled: BTreeMap::new() };
        for object in objects {
            match (object.group(), object.kind()) {
                ("policy", "PodDisruptionBudget") => {
                    around.budgets.entry(object.namespace()).or_default().push(object);
                }
                ("autoscaling", "HorizontalPodAutoscaler") => {
                    let text = |name: &str| {
                        object
                            .at(&["spec", "scaleTargetRef", name])
                            .and_then(Value::as_str)
                            .unwrap_or_default()
                    };
                    let group = text("apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
                    let key = ObjectKey {
                        group: group.into(),
                        kind: text("kind").into(),
                        namespace: object.namespace().into(),
                        name: text("name").into(),
                    };
                    let least = object.at(&["spec", "minReplicas"]).and_then(Value::as_i64).unwrap_or(1);
                    around.scaled.insert(key, least);
                }
                _ => {}
            }
        }
        around
    }

    /// Returns the number of pods of a workload; the minimum if it is autoscaled.
    pub(crate) fn replicas(&self, object: &Object) -> Option<i64> {
        if !matches!(object.kind(), "Deployment" | "StatefulSet") {
            return None;
        }
        let written = object.at(&["spec", "replicas"]).and_then(Value::as_i64);
        written.or_else(|| self.scaled.get(&object.key()).copied()).or(Some(1))
    }

    /// Reports the budget that a rollout violates.
    pub(crate) fn broken_budget(&self, object: &Object, rollout: RolloutSteps) -> Option<String> {
        let labels = object.at(&["spec", "template", "metadata", "labels"]).and_then(Value::as_map)?;
        let left = rollout.pods - rollout.unavailable;
        let budgets = self.budgets.get(object.namespace())?;
        let of_it = budgets.iter().filter(|budget| {
            let selector = budget.at(&["spec", "selector"]);
            selector.is_some_and(|selector| LabelSelector::full(selector).matches(labels))
        });
        let broken = of_it.filter_map(|budget| Some((budget.name(), least(budget, rollout.pods)?)));
        let (name, least) = broken.filter(|(_, least)| *least > left).max_by_key(|(_, least)| *least)?;
        let pods = rollout.pods;
        Some(format!(
            "as few as {left} of {pods} pods stay up, but PodDisruptionBudget `{name}` requires {least}; rollouts ignore budgets"
        ))
    }
}

/// Returns how many pods must stay up according to a budget.
fn least(budget: &Object, pods: i64) -> Option<i64> {
    let spec = |name: &str| budget.at(&["spec", name]);
    let lacking = spec("maxUnavailable").map(|value| share(Some(value), pods, Rounding::Up));
    match lacking {
        Some(lacking) => Some(pods - lacking?),
        None => share(spec("minAvailable"), pods, Rounding::Up),
    }
}
