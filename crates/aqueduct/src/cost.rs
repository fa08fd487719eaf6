//! What an environment costs in a month, from the prices that its TOML gives.

use aqueduct_model::{Environment, PricedItem};
use serde::Serialize;

/// One line of the costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Cost {
    /// What is paid for.
    pub(crate) item: String,
    /// How many there are.
    pub(crate) count: u32,
    /// The price of one for a month.
    pub(crate) price: f64,
    /// The price of all for a month.
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

/// Returns what an environment pays for: node pools with a price, load balancers, and the other items.
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
    // The sum of nothing is `-0.0` to an iterator.
    cents(costs.iter().fold(0.0, |sum, cost| sum + cost.monthly))
}

/// Rounds to what can be paid.
fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}
