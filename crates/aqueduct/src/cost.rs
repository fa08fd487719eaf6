//! The monthly cost of an environment, from the prices in its TOML.

use aqueduct_model::{Environment, PricedItem};
use serde::Serialize;

/// One cost item.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Cost {
    /// What the price is for.
    pub(crate) item: String,
    /// How many there are.
    pub(crate) count: u32,
    /// The monthly price of one.
    pub(crate) price: f64,
    /// The monthly price of all.
    pub(crate) monthly: f64,
}

impl Cost {
    fn new(item: String, count: u32, price: f64) -> Self {
        Self { item, count, price, monthly: cents(price * f64::from(count)) }
    }

    fn of(name: &str, item: &PricedItem) -> Self {
        Self::new(item.description.clone().unwrap_or_else(|| name.to_owned()), item.count, item.monthly_price)
    }
}

/// Returns the costs of an environment: node pools with a price, load balancers, and other items.
pub(crate) fn costs(environment: &Environment) -> Vec<Cost> {
    let mut costs: Vec<Cost> = environment
        .node_pools
        .iter()
        .filter_map(|(name, pool)| {
            let size = pool.size.as_ref().map(|size| format!(" ({size})")).unwrap_or_default();
            Some(Cost::new(format!("nodes of {name}{size}"), pool.count, pool.monthly_price?))
        })
        .collect();
    if let Some(infrastructure) = &environment.infrastructure {
        let balancers = infrastructure.load_balancers.iter();
        costs.extend(balancers.map(|(name, item)| Cost::of(&format!("load balancer {name}"), item)));
        costs.extend(infrastructure.items.iter().map(|(name, item)| Cost::of(name.as_str(), item)));
    }
    costs
}

/// Returns the sum of some costs.
pub(crate) fn total(costs: &[Cost]) -> f64 {
    // `Iterator::sum` of nothing is `-0.0`.
    cents(costs.iter().fold(0.0, |sum, cost| sum + cost.monthly))
}

/// Rounds to cents.
fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}
