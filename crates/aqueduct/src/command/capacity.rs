//! `aqueduct capacity`: how much of the nodes the pods request, by environment and tenant, and what that costs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use aqueduct_check::{PeakRequest, claimed_storage, requests};
use aqueduct_manifest::{Diagnostic, Object, Value};
use aqueduct_model::{Environment, Selection};
use aqueduct_render::Registry;
use clap::Args;
use serde::Serialize;

use super::{Failure, Outcome, next, print, read, tell};
use crate::Compiler;
use crate::cli::SelectionArguments;
use crate::cost::{Cost, costs, total};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: SelectionArguments,
    /// Print a JSON list, with CPU in millicores and memory in bytes.
    #[arg(long)]
    json: bool,
}

/// What one environment requests, provides and costs.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Capacity {
    environment: String,
    nodes: u32,
    allocatable: Amount,
    requested: Share,
    tenants: Vec<Tenant>,
    pools: Vec<Pool>,
    /// Block storage that claims request, in bytes.
    storage: u64,
    /// Services of type `LoadBalancer`.
    load_balancers: usize,
    costs: Vec<Cost>,
    monthly_cost: f64,
}

/// What the objects of one environment request.
struct Demand {
    requests: Vec<PeakRequest>,
    storage: u64,
    load_balancers: usize,
}

impl Demand {
    fn of(environment: &aqueduct_check::Facts<'_>) -> Self {
        let is_balancer = |object: &Object| {
            object.kind() == "Service"
                && object.at(&["spec", "type"]).and_then(Value::as_str) == Some("LoadBalancer")
        };
        Self {
            requests: requests(environment),
            storage: claimed_storage(environment).into_iter().map(|(_, bytes)| bytes).sum(),
            load_balancers: environment.entries.iter().filter(|entry| is_balancer(entry.object)).count(),
        }
    }
}

#[derive(Clone, Copy, Default, Serialize)]
struct Amount {
    cpu: u64,
    memory: u64,
}

impl Amount {
    fn plus(self, cpu: u64, memory: u64) -> Self {
        Self { cpu: self.cpu.saturating_add(cpu), memory: self.memory.saturating_add(memory) }
    }
}

/// An amount, and its percentage of what is available.
#[derive(Clone, Copy, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Share {
    pods: u64,
    cpu: u64,
    cpu_percent: f64,
    memory: u64,
    memory_percent: f64,
}

impl Share {
    fn of<'a>(requests: impl Iterator<Item = &'a PeakRequest>, whole: Amount) -> Self {
        let (mut pods, mut sum) = (0_u64, Amount::default());
        for request in requests {
            pods = pods.saturating_add(request.pods);
            sum = sum.plus(request.cpu_millis, request.memory_bytes);
        }
        Self {
            pods,
            cpu: sum.cpu,
            cpu_percent: percent(sum.cpu, whole.cpu),
            memory: sum.memory,
            memory_percent: percent(sum.memory, whole.memory),
        }
    }
}

/// Returns a share in percent with one decimal; 0 if the whole is 0.
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64 * 1000.0).round() / 10.0 }
}

#[derive(Serialize)]
struct Tenant {
    tenant: String,
    #[serde(flatten)]
    share: Share,
}

/// A node pool, and the pods that can run only there.
#[derive(Serialize)]
struct Pool {
    pool: String,
    size: Option<String>,
    count: u32,
    allocatable: Amount,
    bound: Share,
}

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let files = read(directory, registry)?;
    let chosen = arguments.selection.selection();
    // Other tenants use the same nodes, so all tenants are rendered.
    let whole = Selection { environments: chosen.environments.clone(), tenants: Vec::new() };
    let progress = terminal.progress();
    let mut compiler = Compiler::new(&files, registry, &whole);
    let mut capacities = Vec::new();
    while let Some(environment) = next(&mut compiler, &progress, "summing") {
        let demand = compiler.facts(&environment).map(|facts| Demand::of(&facts));
        capacities.extend(demand.map(|demand| Capacity::new(environment.environment(), &demand, &chosen)));
    }
    progress.finish_and_clear();
    let errors: Vec<_> = compiler.finish().into_iter().filter(Diagnostic::is_error).collect();
    tell(&errors, &files, terminal);
    let text = if arguments.json {
        serde_json::to_string_pretty(&capacities).map_err(|error| Failure::new(error.to_string()))? + "\n"
    } else {
        capacities.iter().map(Capacity::table).collect::<Vec<_>>().join("\n")
    };
    print(terminal, &text)?;
    Ok(if errors.is_empty() { Outcome::Done } else { Outcome::Failed })
}

impl Capacity {
    fn new(environment: &Environment, demand: &Demand, selection: &Selection) -> Self {
        let requests = &demand.requests;
        let amount = |count: u32, cpu: u64, memory: u64| Amount {
            cpu: cpu.saturating_mul(count.into()),
            memory: memory.saturating_mul(count.into()),
        };
        let mut allocatable = Amount::default();
        let mut pools = Vec::new();
        for (name, pool) in &environment.node_pools {
            let own = amount(pool.count, pool.cpu.millicores(), pool.memory.bytes());
            allocatable = allocatable.plus(own.cpu, own.memory);
            let selector = environment.pool_selector(name);
            let bound = requests.iter().filter(|request| {
                let asks = |wanted| request.node_selector.iter().any(|(key, value)| wanted == (key, value));
                !selector.is_empty() && selector.iter().all(asks)
            });
            pools.push(Pool {
                pool: name.to_string(),
                size: pool.size.clone(),
                count: pool.count,
                allocatable: own,
                bound: Share::of(bound, own),
            });
        }
        let mut by_tenant: BTreeMap<&str, Vec<&PeakRequest>> = BTreeMap::new();
        for request in requests {
            by_tenant.entry(&request.tenant).or_default().push(request);
        }
        let tenants = by_tenant
            .into_iter()
            .filter(|(tenant, _)| {
                selection.tenants.is_empty() || selection.tenants.iter().any(|name| name.as_str() == *tenant)
            })
            .map(|(tenant, requests)| Tenant {
                tenant: tenant.to_owned(),
                share: Share::of(requests.into_iter(), allocatable),
            })
            .collect();
        let costs = costs(environment);
        Self {
            environment: environment.name.to_string(),
            nodes: environment.node_pools.values().map(|pool| pool.count).sum(),
            allocatable,
            requested: Share::of(requests.iter(), allocatable),
            tenants,
            pools,
            storage: demand.storage,
            load_balancers: demand.load_balancers,
            monthly_cost: total(&costs),
            costs,
        }
    }

    /// Returns the environment as three tables: tenants, pools, costs.
    fn table(&self) -> String {
        let share = |name: &str, share: &Share| {
            vec![
                name.to_owned(),
                share.pods.to_string(),
                cpu(share.cpu),
                format!("{:.1} %", share.cpu_percent),
                memory(share.memory),
                format!("{:.1} %", share.memory_percent),
            ]
        };
        let mut requests = vec![["REQUESTS", "PODS", "CPU", "", "MEMORY", ""].map(str::to_owned).to_vec()];
        requests.extend(self.tenants.iter().map(|tenant| share(&tenant.tenant, &tenant.share)));
        requests.push(share("all tenants", &self.requested));
        let mut pools =
            vec![["NODES", "COUNT", "CPU", "BOUND", "MEMORY", "BOUND"].map(str::to_owned).to_vec()];
        pools.extend(self.pools.iter().map(|pool| {
            vec![
                pool.size
                    .as_ref()
                    .map_or_else(|| pool.pool.clone(), |size| format!("{} ({size})", pool.pool)),
                pool.count.to_string(),
                cpu(pool.allocatable.cpu),
                format!("{:.1} %", pool.bound.cpu_percent),
                memory(pool.allocatable.memory),
                format!("{:.1} %", pool.bound.memory_percent),
            ]
        }));
        let (count, all) = (self.nodes.to_string(), self.allocatable);
        pools.push(vec![
            "all nodes".to_owned(),
            count,
            cpu(all.cpu),
            String::new(),
            memory(all.memory),
            String::new(),
        ]);
        let beside = vec![
            ["OTHER RESOURCES", ""].map(str::to_owned).to_vec(),
            vec!["volumes".to_owned(), memory(self.storage)],
            vec!["load balancers".to_owned(), self.load_balancers.to_string()],
        ];
        let (requests, pools, beside) = (aligned(&requests), aligned(&pools), aligned(&beside));
        let mut text = format!("{}\n\n{requests}\n{pools}\n{beside}", self.environment);
        if !self.costs.is_empty() {
            let mut rows = vec![["COSTS", "COUNT", "EACH", "MONTHLY"].map(str::to_owned).to_vec()];
            rows.extend(self.costs.iter().map(|cost| {
                vec![cost.item.clone(), cost.count.to_string(), money(cost.price), money(cost.monthly)]
            }));
            rows.push(vec!["all costs".to_owned(), String::new(), String::new(), money(self.monthly_cost)]);
            let _ = write!(text, "\n{}", aligned(&rows));
        }
        text
    }
}

fn cpu(millis: u64) -> String {
    let cores = millis as f64 / 1000.0;
    if millis.is_multiple_of(1000) { format!("{cores:.0}") } else { format!("{cores:.2}") }
}

fn memory(bytes: u64) -> String {
    format!("{:.1}Gi", bytes as f64 / 1_073_741_824.0)
}

fn money(amount: f64) -> String {
    format!("{amount:.2}")
}

/// Returns rows as a table, with names left-aligned and numbers right-aligned.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}
