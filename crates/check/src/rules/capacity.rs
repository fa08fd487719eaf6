//! The requests of an environment's pods fit on its nodes.

use aqueduct_manifest::Quantity;

use crate::demand::{Demand, asked, demand};
use crate::index::Index;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "capacity",
    summary: "an environment requests more than its nodes have",
    level: Level::Error,
    page: include_str!("capacity.md"),
    check: capacity,
};

fn capacity(index: &Index<'_>, report: &mut Report) {
    let pools = &index.cluster().node_pools;
    if pools.is_empty() {
        return;
    }
    let cpu = pools.iter().map(|pool| Quantity::millis(pool.cpu_millis).times(pool.count.into()));
    let cpu = cpu.fold(Quantity::default(), Quantity::plus);
    let memory = pools.iter().map(|pool| Quantity::bytes(pool.memory_bytes).times(pool.count.into()));
    let memory = memory.fold(Quantity::default(), Quantity::plus);
    let mut sum = Demand::default();
    let mut largest = None;
    for pod in index.pods() {
        let (one_cpu, one_memory) =
            (asked(index, pod, "requests", "cpu"), asked(index, pod, "requests", "memory"));
        let fits_a_node = pools.iter().any(|pool| {
            one_cpu <= Quantity::millis(pool.cpu_millis) && one_memory <= Quantity::bytes(pool.memory_bytes)
        });
        if !fits_a_node {
            let title = pod.entry.title();
            let message = format!("{title} fits no node: {one_cpu} CPU and {one_memory} memory per pod");
            let fits_in_memory = pools.iter().any(|pool| one_memory <= Quantity::bytes(pool.memory_bytes));
            let resource = if fits_in_memory { "cpu" } else { "memory" };
            report.error(&pod.entry, pod.request(resource), message);
        }
        let all = demand(index, pod);
        sum = sum.plus(all);
        if largest.as_ref().is_none_or(|(most, _)| all.cpu > *most) {
            largest = Some((all.cpu, pod));
        }
    }
    // The sum has no object of its own; the largest workload is the best place to start.
    let Some((_, pod)) = largest else { return };
    if sum.cpu > cpu {
        let message = format!("capacity exceeded: CPU {} of {cpu}", sum.cpu);
        report
            .error(&pod.entry, pod.request("cpu"), message)
            .hint("add nodes, or lower requests and replicas");
    }
    if sum.memory > memory {
        report
            .error(
                &pod.entry,
                pod.request("memory"),
                format!("capacity exceeded: memory {} of {memory}", sum.memory),
            )
            .hint("add nodes, or lower requests and replicas");
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn the_sum_fits_the_nodes() {
        insta::assert_snapshot!(findings("capacity", "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {replicas: 6, template: {spec: {containers: [{name: a, resources: {requests: {cpu: 1, memory: 1Gi}}}]}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: platform}
spec: {template: {spec: {containers: [{name: a, resources: {requests: {cpu: 1500m}}}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: huge, namespace: shop}
spec: {containers: [{name: a, resources: {requests: {memory: 20Gi}}}]}
"), @r"
        error: capacity exceeded: CPU 9 of 8: 1.yaml at spec.template.spec.containers[0].resources.requests.cpu
          hint: add nodes, or lower requests and replicas
        error: `Pod shop/huge` fits no node: 0 CPU and 20Gi memory per pod: 3.yaml at spec.containers[0].resources.requests.memory
        ");
    }
}
