//! The environment for the layer below it: the variables of a Terraform module.
//!
//! Terraform creates the infrastructure (network, cluster, node pools), and this file connects the two: the
//! capacities that the checks count with are those that are bought.

use std::collections::BTreeMap;

use aqueduct_model::types::Name;
use aqueduct_model::{Environment, NodePool, PricedItem};
use serde::Serialize;

use crate::cost::{costs, total};

/// The path of the file in its environment's folder.
pub(crate) const VARIABLES_FILE: &str = "terraform/terraform.tfvars.json";

/// The variables, with names in Terraform's style.
#[derive(Serialize)]
struct Variables<'a> {
    environment: &'a str,
    region: Option<&'a str>,
    vpc_cidr: Option<String>,
    kubernetes_version: String,
    domain: String,
    node_pools: BTreeMap<&'a str, Pool<'a>>,
    load_balancers: BTreeMap<&'a str, Item<'a>>,
    items: BTreeMap<&'a str, Item<'a>>,
    monthly_cost: f64,
}

#[derive(Serialize)]
struct Pool<'a> {
    size: Option<&'a str>,
    count: u32,
    labels: BTreeMap<String, String>,
    monthly_price: Option<f64>,
}

#[derive(Serialize)]
struct Item<'a> {
    description: Option<&'a str>,
    count: u32,
    monthly_price: f64,
}

/// Returns priced items by name.
fn items<'a>(items: &'a BTreeMap<Name, PricedItem>) -> BTreeMap<&'a str, Item<'a>> {
    let item = |item: &'a PricedItem| Item {
        description: item.description.as_deref(),
        count: item.count,
        monthly_price: item.monthly_price,
    };
    items.iter().map(|(name, priced)| (name.as_str(), item(priced))).collect()
}

impl<'a> Pool<'a> {
    fn new(pool: &'a NodePool) -> Self {
        Self {
            size: pool.size.as_deref(),
            count: pool.count,
            labels: pool.labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
            monthly_price: pool.monthly_price,
        }
    }
}

/// Returns an environment's `terraform.tfvars.json`; `None` if it has no `infrastructure`.
pub(crate) fn variables(environment: &Environment) -> Option<String> {
    let infrastructure = environment.infrastructure.as_ref()?;
    let variables = Variables {
        environment: environment.name.as_str(),
        region: infrastructure.region.as_deref(),
        vpc_cidr: infrastructure.vpc.as_ref().map(ToString::to_string),
        kubernetes_version: environment.kubernetes.to_string(),
        domain: environment.domain.to_string(),
        node_pools: environment
            .node_pools
            .iter()
            .map(|(name, pool)| (name.as_str(), Pool::new(pool)))
            .collect(),
        load_balancers: items(&infrastructure.load_balancers),
        items: items(&infrastructure.items),
        monthly_cost: total(&costs(environment)),
    };
    let text =
        serde_json::to_string_pretty(&variables).expect("strings and finite numbers are always valid JSON");
    Some(text + "\n")
}
