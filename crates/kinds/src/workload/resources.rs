//! CPU and memory.

use std::collections::BTreeMap;

use aqueduct_model::types::{Cpu, Memory};
use aqueduct_render::{Error, Errors};
use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use schemars::JsonSchema;
use serde::Deserialize;

/// CPU and memory that a container asks for and may not exceed.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// What the scheduler reserves.
    pub requests: Amounts,
    /// What the kernel enforces.
    pub limits: Amounts,
}

/// An amount of CPU and memory.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Amounts {
    /// CPU, such as `250m` or `2`.
    pub cpu: Cpu,
    /// Memory, such as `256Mi`.
    pub memory: Memory,
}

/// Returns Kubernetes' form of the resources.
///
/// # Errors
/// A request above its limit: the API server refuses the pod.
pub fn requirements(resources: &Resources) -> Result<ResourceRequirements, Error> {
    let (requests, limits) = (&resources.requests, &resources.limits);
    let above = [
        (requests.cpu > limits.cpu).then(|| ("cpu", requests.cpu.to_string(), limits.cpu.to_string())),
        (requests.memory > limits.memory)
            .then(|| ("memory", requests.memory.to_string(), limits.memory.to_string())),
    ];
    let mut errors = Errors::default();
    for (resource, request, limit) in above.into_iter().flatten() {
        errors.push(Error::path(
            &["resources", "requests", resource],
            format!("the {resource} that is requested is above its limit: `{request}` of `{limit}`"),
        ));
    }
    let amounts = |amounts: &Amounts| {
        BTreeMap::from([
            ("cpu".to_owned(), cpu(&amounts.cpu)),
            ("memory".to_owned(), memory(&amounts.memory)),
        ])
    };
    errors.end(ResourceRequirements {
        limits: Some(amounts(limits)),
        requests: Some(amounts(requests)),
        ..Default::default()
    })
}

fn cpu(cpu: &Cpu) -> Quantity {
    Quantity(cpu.to_string())
}

pub(super) fn memory(memory: &Memory) -> Quantity {
    Quantity(memory.to_string())
}
