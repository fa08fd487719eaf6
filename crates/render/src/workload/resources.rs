//! CPU and memory.

use std::collections::BTreeMap;

use aqueduct_model::types::{Cpu, Memory};
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
pub fn requirements(resources: &Resources) -> ResourceRequirements {
    let amounts = |amounts: &Amounts| {
        BTreeMap::from([
            ("cpu".to_owned(), cpu(&amounts.cpu)),
            ("memory".to_owned(), memory(&amounts.memory)),
        ])
    };
    ResourceRequirements {
        limits: Some(amounts(&resources.limits)),
        requests: Some(amounts(&resources.requests)),
        ..Default::default()
    }
}

fn cpu(cpu: &Cpu) -> Quantity {
    Quantity(cpu.to_string())
}

pub(super) fn memory(memory: &Memory) -> Quantity {
    Quantity(memory.to_string())
}
