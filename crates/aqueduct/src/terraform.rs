//! The typed environment for the layer below: the variables of a Terraform module.
//!
//! Terraform makes what the platform stands on (network, cluster, node pools), and this file is the one
//! place where both meet: the numbers that the checks sum against are those that are bought.

use std::collections::BTreeMap;

use aqueduct_model::types::Name;
use aqueduct_model::{Environment, NodePool, PricedItem};
use serde::Serialize;

use crate::cost::{costs, total};

/// The path of the file below its environment.
pub(crate) const VARIABLES_FILE: &str = "terraform/terraform.tfvars.json";

/// The variables, under the names that Terraform's style asks for.
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

/// Returns what is paid for by name.
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

/// Returns `terraform.tfvars.json` of an environment; `None` where it has no `infrastructure`.
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
    let text = serde_json::to_string_pretty(&variables).expect("texts and finite numbers are always JSON");
    Some(text + "\n")
}
