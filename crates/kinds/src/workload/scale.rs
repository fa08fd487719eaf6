//! The number of pods: autoscaling, and how many may be unavailable.

use aqueduct_manifest::Object;
use aqueduct_model::types::Percentage;
use aqueduct_render::{Context, Error, object};
use k8s_openapi::api::autoscaling::v2::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec,
    MetricTarget, ResourceMetricSource,
};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use schemars::JsonSchema;
use serde::Deserialize;

/// How many pods may be unavailable while nodes are drained.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Disruption {
    /// The minimum number of available pods.
    pub min_available: Option<u16>,
    /// The maximum number of unavailable pods (default: 1, if neither field is set).
    pub max_unavailable: Option<u16>,
}

/// Returns the disruption budget; `None` for a single replica, since its node could never be drained.
///
/// # Errors
/// Returns an error for both bounds at once, and for one that prevents every drain.
pub fn disruption_budget(
    context: &Context<'_>,
    disruption: Option<&Disruption>,
    replicas: u16,
) -> Result<Option<Object>, Error> {
    if replicas < 2 {
        return Ok(None);
    }
    let (min, max) = match disruption {
        Some(Disruption { min_available: Some(_), max_unavailable: Some(_) }) => {
            return Err(Error::field(
                "disruption",
                "set either `min-available` or `max-unavailable`, not both",
            ));
        }
        Some(Disruption { min_available: Some(min), .. }) if *min >= replicas => {
            return Err(Error::field(
                "disruption.min-available",
                format!("with {replicas} replicas, no node could ever be drained: `{min}`"),
            ));
        }
        Some(disruption) => (disruption.min_available, disruption.max_unavailable),
        None => (None, None),
    };
    let number = |number: u16| IntOrString::Int(number.into());
    object(&PodDisruptionBudget {
        metadata: context.metadata(context.name()),
        spec: Some(PodDisruptionBudgetSpec {
            min_available: min.map(number),
            max_unavailable: min.is_none().then(|| number(max.unwrap_or(1))),
            selector: Some(context.label_selector()),
            ..Default::default()
        }),
        ..Default::default()
    })
    .map(Some)
}

/// How the number of replicas follows the load.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Autoscaling {
    /// The minimum number of replicas.
    pub min: u16,
    /// The maximum number of replicas.
    pub max: u16,
    /// The target CPU usage, as a percentage of the request.
    pub cpu: Option<Percentage>,
    /// The target memory usage, as a percentage of the request.
    pub memory: Option<Percentage>,
}

/// Returns the autoscaler of a Deployment or StatefulSet, given its name.
///
/// # Errors
/// Returns an error without a target, and if `min` exceeds `max`.
pub fn scaler(
    context: &Context<'_>,
    kind: &str,
    name: String,
    autoscaling: &Autoscaling,
) -> Result<Object, Error> {
    if autoscaling.min > autoscaling.max || autoscaling.min == 0 {
        let message = format!("`min` must be at least 1 and at most `max`: `{}`", autoscaling.min);
        return Err(Error::field("autoscaling.min", message));
    }
    for (field, aim) in [("cpu", &autoscaling.cpu), ("memory", &autoscaling.memory)] {
        if aim.as_ref().is_some_and(|aim| aim.get() == 0) {
            return Err(Error::path(&["autoscaling", field], "a target must be at least 1%: `0%`"));
        }
    }
    let metric = |name: &str, aim: &Percentage| MetricSpec {
        type_: "Resource".to_owned(),
        resource: Some(ResourceMetricSource {
            name: name.to_owned(),
            target: MetricTarget {
                type_: "Utilization".to_owned(),
                average_utilization: Some(aim.get().into()),
                ..Default::default()
            },
        }),
        ..Default::default()
    };
    let cpu = autoscaling.cpu.as_ref().map(|aim| metric("cpu", aim));
    let memory = autoscaling.memory.as_ref().map(|aim| metric("memory", aim));
    let metrics: Vec<MetricSpec> = cpu.into_iter().chain(memory).collect();
    if metrics.is_empty() {
        return Err(Error::field("autoscaling", "autoscaling needs a target: `cpu` or `memory`"));
    }
    object(&HorizontalPodAutoscaler {
        metadata: context.metadata(context.name()),
        spec: Some(HorizontalPodAutoscalerSpec {
            max_replicas: autoscaling.max.into(),
            metrics: Some(metrics),
            min_replicas: Some(autoscaling.min.into()),
            scale_target_ref: CrossVersionObjectReference {
                api_version: Some("apps/v1".to_owned()),
                kind: kind.to_owned(),
                name,
            },
            ..Default::default()
        }),
        ..Default::default()
    })
}
