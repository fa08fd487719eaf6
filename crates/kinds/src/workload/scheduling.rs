//! Where pods may run, and how replicas are distributed.

use std::collections::BTreeMap;

use aqueduct_model::types::Name;
use aqueduct_render::{Context, Error};
use k8s_openapi::api::core::v1::{
    Affinity, PodAffinityTerm, PodAntiAffinity, Toleration as KubernetesToleration, TopologySpreadConstraint,
    WeightedPodAffinityTerm,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use schemars::JsonSchema;
use serde::Deserialize;

/// Where pods may run.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scheduling {
    /// The node pool, one of the environment's.
    pub pool: Option<Name>,
    /// How replicas are distributed.
    #[serde(default)]
    pub spread: Spread,
    /// The taints that the pods tolerate.
    #[serde(default)]
    pub tolerations: Vec<Toleration>,
    /// The PriorityClass.
    pub priority_class: Option<Name>,
}

/// How replicas are distributed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Spread {
    /// Evenly over zones and nodes, with topology spread constraints.
    #[default]
    Even,
    /// Away from each other, with a preferred anti-affinity for zones, then nodes.
    Apart,
    /// Wherever there is capacity.
    None,
}

/// A taint that pods tolerate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Toleration {
    /// The key of the taint (default: any).
    pub key: Option<String>,
    /// `Exists` or `Equal` (default: `Equal` if there is a `value`, else `Exists`).
    pub operator: Option<String>,
    /// The value that the taint must have.
    pub value: Option<String>,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute` (default: any).
    pub effect: Option<String>,
    /// How long a `NoExecute` taint is tolerated.
    pub seconds: Option<i64>,
}

pub(super) fn node_selector(
    context: &Context<'_>,
    scheduling: &Scheduling,
) -> Result<Option<BTreeMap<String, String>>, Error> {
    let Some(pool) = &scheduling.pool else { return Ok(None) };
    let pools = &context.environment().node_pools;
    match pools.get(pool) {
        Some(_) => {
            let labels = context.environment().pool_selector(pool);
            if labels.is_empty() {
                return Err(Error::field(
                    "scheduling.pool",
                    format!("the nodes of this pool have no label to select them by: `{pool}`"),
                )
                .hint("set `labels` of the node pool, or `cloud` of the environment"));
            }
            Ok(Some(labels))
        }
        None => {
            let environment = &context.environment().name;
            let error =
                Error::field("scheduling.pool", format!("{environment} has no such node pool: `{pool}`"));
            Err(match aqueduct_manifest::closest(pool.as_str(), pools.keys().map(|name| name.as_str())) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error,
            })
        }
    }
}

const ZONE: &str = "topology.kubernetes.io/zone";
const NODE: &str = "kubernetes.io/hostname";

pub(super) fn affinity(context: &Context<'_>, scheduling: &Scheduling, replicas: u16) -> Option<Affinity> {
    if scheduling.spread != Spread::Apart || replicas < 2 {
        return None;
    }
    let term = |weight, topology: &str| WeightedPodAffinityTerm {
        weight,
        pod_affinity_term: PodAffinityTerm {
            label_selector: Some(context.label_selector()),
            topology_key: topology.to_owned(),
            ..Default::default()
        },
    };
    Some(Affinity {
        pod_anti_affinity: Some(PodAntiAffinity {
            preferred_during_scheduling_ignored_during_execution: Some(vec![term(100, ZONE), term(50, NODE)]),
            ..Default::default()
        }),
        ..Default::default()
    })
}

pub(super) fn topology_spread(
    context: &Context<'_>,
    scheduling: &Scheduling,
    replicas: u16,
) -> Option<Vec<TopologySpreadConstraint>> {
    if scheduling.spread != Spread::Even || replicas < 2 {
        return None;
    }
    let constraint = |topology: &str| TopologySpreadConstraint {
        label_selector: Some(LabelSelector { ..context.label_selector() }),
        max_skew: 1,
        topology_key: topology.to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        ..Default::default()
    };
    Some(vec![constraint(ZONE), constraint(NODE)])
}

pub(super) fn tolerations(tolerations: &[Toleration]) -> Option<Vec<KubernetesToleration>> {
    let tolerations = tolerations.iter().map(|toleration| KubernetesToleration {
        key: toleration.key.clone(),
        value: toleration.value.clone(),
        operator: toleration
            .operator
            .clone()
            .or_else(|| toleration.value.is_none().then(|| "Exists".to_owned())),
        effect: toleration.effect.clone(),
        toleration_seconds: toleration.seconds,
    });
    Some(tolerations.collect::<Vec<_>>()).filter(|tolerations| !tolerations.is_empty())
}
