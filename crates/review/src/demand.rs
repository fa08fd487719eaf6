//! What environments request of their nodes, and what they cost.

use std::fmt;

/// What an environment requests.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Demand {
    /// The highest number of pods.
    pub pods: u64,
    /// The requested CPU, in thousandths of a core.
    pub cpu_millis: u64,
    /// The requested memory, in bytes.
    pub memory_bytes: u64,
    /// The storage that claims request, in bytes.
    pub storage_bytes: u64,
    /// The monthly cost, in the currency of the prices.
    pub monthly_cost: f64,
}

impl Demand {
    /// Returns the sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            pods: self.pods.saturating_add(other.pods),
            cpu_millis: self.cpu_millis.saturating_add(other.cpu_millis),
            memory_bytes: self.memory_bytes.saturating_add(other.memory_bytes),
            storage_bytes: self.storage_bytes.saturating_add(other.storage_bytes),
            monthly_cost: self.monthly_cost + other.monthly_cost,
        }
    }
}

/// Changed requests of an environment's tenants, or a changed cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// The environment.
    pub environment: String,
    /// The tenants.
    pub tenants: Vec<String>,
    /// The requests and cost before.
    pub old: Demand,
    /// The requests and cost now.
    pub new: Demand,
}

impl fmt::Display for Growth {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (old, new) = (&self.old, &self.new);
        let cores = |millis: u64| format!("{:.2}", millis as f64 / 1_000.0);
        let gibibytes = |bytes: u64| format!("{:.2}Gi", bytes as f64 / f64::from(1 << 30));
        let steps = [
            ("pods", old.pods.to_string(), new.pods.to_string()),
            ("CPU", cores(old.cpu_millis), cores(new.cpu_millis)),
            ("memory", gibibytes(old.memory_bytes), gibibytes(new.memory_bytes)),
            ("storage", gibibytes(old.storage_bytes), gibibytes(new.storage_bytes)),
            ("monthly cost", format!("{:.2}", old.monthly_cost), format!("{:.2}", new.monthly_cost)),
        ];
        let steps = steps.iter().filter(|(_, old, new)| old != new);
        let steps: Vec<String> = steps.map(|(what, old, new)| format!("{what} {old} -> {new}")).collect();
        write!(out, "{}: {}", self.environment, steps.join(", "))?;
        const NAMED: usize = 3;
        let (named, more) = self.tenants.split_at(self.tenants.len().min(NAMED));
        match (named, more.len()) {
            ([], _) => Ok(()),
            (named, 0) => write!(out, " ({})", named.join(", ")),
            (named, more) => write!(out, " ({} and {more} more)", named.join(", ")),
        }
    }
}
