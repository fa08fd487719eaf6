//! How a Deployment replaces its pods.

use aqueduct_manifest::Value;

use crate::demand::replicas;
use crate::index::Index;
use crate::pod::Pod;

/// The default of both fields, as a part of the replicas.
const BY_DEFAULT: &str = "25%";

/// Tells whether an update of a workload must start an extra pod, because no old one may stop first.
///
/// Source: `ResolveFenceposts` of `k8s.io/kubernetes/pkg/controller/deployment/util`.
pub(crate) fn needs_another_pod(index: &Index<'_>, pod: &Pod<'_>) -> bool {
    let entry = &pod.entry;
    let strategy = entry.object.at(&["spec", "strategy", "type"]).and_then(Value::as_str);
    if (entry.group, entry.kind) != ("apps", "Deployment")
        || strategy.is_some_and(|kind| kind != "RollingUpdate")
    {
        return false;
    }
    let replicas = replicas(index, pod);
    let part = |field: &str, round: fn(u64) -> u64| {
        let written = entry.object.at(&["spec", "strategy", "rollingUpdate", field]);
        let of = |text: &str| Some(round(replicas.saturating_mul(text.strip_suffix('%')?.parse().ok()?)));
        match written.filter(|value| !value.is_null()) {
            None => of(BY_DEFAULT),
            Some(Value::String(text)) => of(text),
            Some(number) => number.as_i64().and_then(|number| u64::try_from(number).ok()),
        }
    };
    let surge = part("maxSurge", |hundredths| hundredths.div_ceil(100));
    let unavailable = part("maxUnavailable", |hundredths| hundredths / 100);
    replicas > 0 && surge.is_some_and(|surge| surge > 0) && unavailable == Some(0)
}
