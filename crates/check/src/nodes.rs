//! The nodes of an environment: which pods may run on them, and how much DaemonSets use.

use std::collections::BTreeSet;

use aqueduct_manifest::{Quantity, Value};

use crate::demand::asked;
use crate::facts::PoolFacts;
use crate::index::Index;
use crate::pod::{Pod, list_at, text};

/// The label of every node with its name.
const HOST: &str = "kubernetes.io/hostname";

/// The nodes of an environment, by pool.
#[derive(Debug)]
pub(crate) struct Nodes<'a> {
    pools: &'a [PoolFacts],
    /// The labels that some pool lists. For all other labels, it is unknown which nodes have them.
    stated: BTreeSet<&'a str>,
    /// What DaemonSets use on a node of each pool.
    daemons: Vec<Share>,
}

/// CPU and memory of one pod or node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    /// CPU.
    pub(crate) cpu: Quantity,
    /// Memory.
    pub(crate) memory: Quantity,
}

impl Share {
    /// Returns what one pod requests.
    pub(crate) fn of(index: &Index<'_>, pod: &Pod<'_>) -> Self {
        Self { cpu: asked(index, pod, "requests", "cpu"), memory: asked(index, pod, "requests", "memory") }
    }

    /// Returns the sum.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { cpu: self.cpu.plus(other.cpu), memory: self.memory.plus(other.memory) }
    }

    /// Returns a multiple.
    pub(crate) fn times(self, count: u64) -> Self {
        Self { cpu: self.cpu.times(count), memory: self.memory.times(count) }
    }

    /// Tells whether it fits into another.
    pub(crate) fn fits(self, room: Self) -> bool {
        self.cpu <= room.cpu && self.memory <= room.memory
    }
}

impl<'a> Nodes<'a> {
    /// Returns the nodes of an environment.
    pub(crate) fn of(index: &Index<'a>) -> Self {
        let pools = index.cluster().node_pools.as_slice();
        let stated = pools.iter().flat_map(|pool| pool.labels.keys().map(String::as_str)).collect();
        let mut nodes = Self { pools, stated, daemons: vec![Share::default(); pools.len()] };
        for pod in index.pods().iter().filter(|pod| pod.entry.kind == "DaemonSet") {
            let share = Share::of(index, pod);
            for pool in nodes.allowed(pod) {
                nodes.daemons[pool] = nodes.daemons[pool].plus(share);
            }
        }
        nodes
    }

    /// Returns the pools.
    pub(crate) fn pools(&self) -> &'a [PoolFacts] {
        self.pools
    }

    /// Returns the pools where a pod may run, by number.
    pub(crate) fn allowed(&self, pod: &Pod<'_>) -> Vec<usize> {
        let is_allowed = |pool: &PoolFacts| self.is_selected(pod, pool) && self.is_liked(pod, pool);
        (0..self.pools.len()).filter(|number| is_allowed(&self.pools[*number])).collect()
    }

    /// Returns the total number of nodes of some pools.
    pub(crate) fn count(&self, pools: &[usize]) -> u64 {
        pools.iter().map(|pool| u64::from(self.pools[*pool].count)).sum()
    }

    /// Returns what a node of a pool has.
    pub(crate) fn whole(&self, pool: usize) -> Share {
        let PoolFacts { cpu_millis, memory_bytes, .. } = self.pools[pool];
        Share { cpu: Quantity::millis(cpu_millis), memory: Quantity::bytes(memory_bytes) }
    }

    /// Returns what a node of a pool has left beside its DaemonSets.
    pub(crate) fn beside_daemons(&self, pool: usize) -> Share {
        let (node, daemons) = (self.whole(pool), self.daemons[pool]);
        Share { cpu: node.cpu.minus(daemons.cpu), memory: node.memory.minus(daemons.memory) }
    }

    /// Returns the number of topology domains of a node label among some pools; `None` if unknown.
    pub(crate) fn domains(&self, key: &str, pools: &[usize]) -> Option<u64> {
        if key == HOST {
            return Some(self.count(pools));
        }
        let values: Option<BTreeSet<&String>> =
            pools.iter().map(|pool| self.pools[*pool].labels.get(key)).collect();
        values.map(|values| values.len() as u64)
    }

    fn is_selected(&self, pod: &Pod<'_>, pool: &PoolFacts) -> bool {
        let labels = pod.spec.get("nodeSelector").and_then(Value::as_map).into_iter().flatten();
        labels.into_iter().all(|(key, value)| {
            !self.stated.contains(key.as_str())
                || pool.labels.get(key.as_str()).map(String::as_str) == value.as_str()
        })
    }

    /// Tells whether the required affinity of a pod matches the nodes of a pool.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-affinity>.
    fn is_liked(&self, pod: &Pod<'_>, pool: &PoolFacts) -> bool {
        const REQUIRED: [&str; 3] =
            ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];
        let terms = pod.spec.at(&REQUIRED).map_or(&[][..], |required| list_at(required, "nodeSelectorTerms"));
        terms.is_empty()
            || terms
                .iter()
                .any(|term| list_at(term, "matchExpressions").iter().all(|one| self.is_so(one, pool)))
    }

    fn is_so(&self, expression: &Value, pool: &PoolFacts) -> bool {
        let key = text(expression, "key");
        if !self.stated.contains(key) {
            return true;
        }
        let value = pool.labels.get(key).map(String::as_str);
        let is_listed = || list_at(expression, "values").iter().any(|listed| listed.as_str() == value);
        match text(expression, "operator") {
            "In" => value.is_some() && is_listed(),
            "NotIn" => value.is_none() || !is_listed(),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => true,
        }
    }
}
