//! CPU and memory.

use std::collections::BTreeMap;

use aqueduct_model::types::{Cpu, Memory};
use aqueduct_render::{Error, Errors};
use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use schemars::JsonSchema;
use serde::Deserialize;

/// The CPU and memory that a container requests, and their limits.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// The amounts that the scheduler reserves.
    pub requests: Amounts,
    /// The limits that the kernel enforces.
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

/// Returns the resources in Kubernetes' form.
///
/// # Errors
/// Returns an error for a request above its limit, which the API server would reject.
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
            format!("the {resource} request exceeds the limit: `{request}` of `{limit}`"),
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
