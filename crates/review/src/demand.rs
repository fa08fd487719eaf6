//! What environments ask of their nodes, and what they cost.

use std::fmt;

/// What an environment asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Demand {
    /// How many pods there are at most.
    pub pods: u64,
    /// What they request of processors, in thousandths of a core.
    pub cpu_millis: u64,
    /// What they request of memory, in bytes.
    pub memory_bytes: u64,
    /// What claims ask for, in bytes.
    pub storage_bytes: u64,
    /// What a month costs, in the currency of the prices.
    pub monthly_cost: f64,
}

/// An environment that asks for something else than before.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// Its name.
    pub environment: String,
    /// What it asked for.
    pub old: Demand,
    /// What it asks for now.
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
            ("a month", format!("{:.2}", old.monthly_cost), format!("{:.2}", new.monthly_cost)),
        ];
        let steps = steps.iter().filter(|(_, old, new)| old != new);
        let steps: Vec<String> = steps.map(|(what, old, new)| format!("{what} {old} -> {new}")).collect();
        write!(out, "{}: {}", self.environment, steps.join(", "))
    }
}
