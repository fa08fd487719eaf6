//! The pods of an environment fit on its nodes.

use std::collections::BTreeSet;

use aqueduct_manifest::Value;

use crate::demand::replicas;
use crate::index::Index;
use crate::label_selector::{LabelSelector, Labels};
use crate::nodes::{Nodes, Share};
use crate::pod::{Pod, list_at, text};
use crate::report::{Field, Report};
use crate::rollout::needs_another_pod;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "capacity",
    summary: "pods fit on no node, or an environment requests more than its nodes have",
    level: Level::Error,
    page: include_str!("capacity.md"),
    check: capacity,
};

/// The path to required anti-affinity.
const APART: [&str; 3] = ["affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];

fn capacity(index: &Index<'_>, report: &mut Report) {
    let nodes = index.nodes();
    if nodes.pools().is_empty() {
        return;
    }
    // A pod with a node name is already placed.
    let free = index.pods().iter().filter(|pod| pod.spec.get("nodeName").is_none());
    let mut placed: Vec<Placed<'_, '_>> = free.map(|pod| Placed::of(index, pod)).collect();
    // Pods that fit nowhere use no capacity either.
    placed.retain(|one| fits(nodes, report, one));
    let mut groups: BTreeSet<Vec<usize>> = [(0..nodes.pools().len()).collect()].into();
    for one in &placed {
        apart(nodes, report, one);
        if !one.is_daemon() {
            groups.insert(one.pools.clone());
        }
    }
    for pools in groups {
        let mut group = Group::default();
        placed.iter().for_each(|one| group.add(nodes, one, &pools));
        group.tell(nodes, report, &pools);
    }
}

/// Pods, and where they may run.
struct Placed<'i, 'a> {
    pod: &'i Pod<'a>,
    /// The pools on whose nodes they may run.
    pools: Vec<usize>,
    /// What one of them requests.
    one: Share,
    /// The highest number of pods.
    count: u64,
    /// Whether an update starts with an extra pod.
    needs_another: bool,
}

impl<'i, 'a> Placed<'i, 'a> {
    fn of(index: &Index<'a>, pod: &'i Pod<'a>) -> Self {
        let pools = index.nodes().allowed(pod);
        let (one, count) = (Share::of(index, pod), replicas(index, pod));
        Self { pod, pools, one, count, needs_another: needs_another_pod(index, pod) }
    }

    fn is_daemon(&self) -> bool {
        self.pod.entry.kind == "DaemonSet"
    }
}

/// Reports pods for which no node has the labels.
fn no_node(report: &mut Report, pod: &Pod<'_>) {
    let selector = pod.spec.get("nodeSelector").and_then(Value::as_map);
    let labels =
        selector.into_iter().flatten().filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)));
    let labels: Vec<String> = labels.collect();
    // The DaemonSet simply has no pods then.
    if pod.entry.kind == "DaemonSet" {
        return;
    }
    let (field, wanted) = match labels.is_empty() {
        true => ((pod.spec, ["affinity"]).into(), "that its affinity requires".to_owned()),
        false => (Field::from((pod.spec, ["nodeSelector"])), labels.join(",")),
    };
    let message = format!("{} fits on no node: no node pool has the labels {wanted}", pod.entry.title());
    report.error(&pod.entry, field, message).hint("add these `labels` to a node pool of the environment");
}

/// Tells whether one pod fits on some node beside the DaemonSets, and reports it if not.
fn fits(nodes: &Nodes<'_>, report: &mut Report, placed: &Placed<'_, '_>) -> bool {
    let Placed { pod, pools, one, .. } = placed;
    if pools.is_empty() {
        no_node(report, pod);
        return false;
    }
    let whole: Vec<Share> = pools.iter().map(|pool| nodes.whole(*pool)).collect();
    let beside: Vec<Share> = pools.iter().map(|pool| nodes.beside_daemons(*pool)).collect();
    let fits_alone = whole.iter().any(|room| one.fits(*room));
    // A DaemonSet has a pod on every node.
    let (is_well, rooms) = match placed.is_daemon() {
        true => (whole.iter().all(|room| one.fits(*room)), whole),
        false => (beside.iter().any(|room| one.fits(*room)), if fits_alone { beside } else { whole }),
    };
    if is_well {
        return true;
    }
    let how = match (placed.is_daemon(), fits_alone) {
        (true, true) => "does not fit on every node where it runs",
        (false, true) => "fits on no node beside the DaemonSets",
        (_, false) => "fits on no node",
    };
    let resource = if rooms.iter().any(|room| one.memory <= room.memory) { "cpu" } else { "memory" };
    let Share { cpu, memory } = one;
    report.error(
        &pod.entry,
        pod.request(resource),
        format!("{} {how}: {cpu} CPU and {memory} memory per pod", pod.entry.title()),
    );
    false
}

/// Reports workloads that have more pods than places for pods that must be apart.
fn apart(nodes: &Nodes<'_>, report: &mut Report, placed: &Placed<'_, '_>) {
    let Placed { pod, pools, count, .. } = placed;
    if !matches!(pod.entry.kind, "Deployment" | "ReplicaSet" | "StatefulSet") {
        return;
    }
    let labels = Labels::plain(pod.labels);
    let is_own = |rule: &Value| {
        let selector = rule.get("labelSelector").map(LabelSelector::full);
        let is_here = ["namespaces", "namespaceSelector"].iter().all(|field| rule.get(field).is_none());
        is_here && selector.is_some_and(|selector| !selector.is_empty() && selector.matches(&labels))
    };
    for term in pod.spec.at(&APART).and_then(Value::as_list).into_iter().flatten() {
        let key = text(term, "topologyKey");
        let Some(places) = nodes.domains(key, pools).filter(|_| is_own(term)) else { continue };
        // With `matchLabelKeys`, the pods of an update may share nodes with the old ones.
        let rolls = term.get("matchLabelKeys").is_none() && placed.needs_another;
        let title = pod.entry.title();
        let message = if *count > places {
            format!(
                "{title} has {count} pods that must be apart, but there are nodes for only {places}: `{key}`"
            )
        } else if *count == places && rolls {
            format!(
                "an update of {title} starts an extra pod, but its {count} pods must be apart and already take all nodes: `{key}`"
            )
        } else {
            continue;
        };
        report
            .error(&pod.entry, term, message)
            .hint("use preferred instead of required anti-affinity, or add nodes");
    }
    for rule in list_at(pod.spec, "topologySpreadConstraints") {
        let number = |field: &str| {
            rule.get(field).and_then(Value::as_i64).and_then(|number| u64::try_from(number).ok())
        };
        let key = text(rule, "topologyKey");
        let Some(places) = nodes.domains(key, pools).filter(|_| is_own(rule)) else { continue };
        let is_required = text(rule, "whenUnsatisfiable") != "ScheduleAnyway";
        // With fewer places than required, each takes at most the skew.
        let Some(least) = number("minDomains").filter(|least| is_required && *least > places) else {
            continue;
        };
        let most = number("maxSkew").unwrap_or(1).saturating_mul(places);
        if *count > most {
            let title = pod.entry.title();
            let message = format!(
                "{title} must spread {count} pods over {least} places, but there are only {places}, which take {most}: `{key}`"
            );
            report.error(&pod.entry, rule, message).hint("lower `minDomains`, or add nodes");
        }
    }
}

/// What all pods that can only run on some nodes request together.
#[derive(Default)]
struct Group<'i, 'a> {
    sum: Share,
    /// What the largest workload requests, and its pods.
    largest: Option<(Share, &'i Pod<'a>)>,
    /// Workloads that start an extra pod for an update, and what one pod requests: the largest by CPU and by
    /// memory.
    updated: [Option<(Share, &'i Pod<'a>)>; 2],
}

impl<'i, 'a> Group<'i, 'a> {
    /// Adds pods that can only run on some pools.
    fn add(&mut self, nodes: &Nodes<'_>, placed: &Placed<'i, 'a>, pools: &[usize]) {
        let Placed { pod, one, count, .. } = placed;
        let all = if placed.is_daemon() {
            let shared: Vec<usize> =
                placed.pools.iter().filter(|pool| pools.contains(pool)).copied().collect();
            one.times(nodes.count(&shared))
        } else if !placed.pools.is_empty() && placed.pools.iter().all(|pool| pools.contains(pool)) {
            one.times(*count)
        } else {
            return;
        };
        self.sum = self.sum.plus(all);
        if self.largest.as_ref().is_none_or(|(most, _)| all.cpu > most.cpu) {
            self.largest = Some((all, pod));
        }
        if placed.needs_another {
            let [by_cpu, by_memory] = &mut self.updated;
            if by_cpu.as_ref().is_none_or(|(most, _)| one.cpu > most.cpu) {
                *by_cpu = Some((*one, pod));
            }
            if by_memory.as_ref().is_none_or(|(most, _)| one.memory > most.memory) {
                *by_memory = Some((*one, pod));
            }
        }
    }

    /// Reports sums that exceed the nodes.
    fn tell(&self, nodes: &Nodes<'_>, report: &mut Report, pools: &[usize]) {
        let shares = pools.iter().map(|pool| nodes.whole(*pool).times(nodes.count(&[*pool])));
        let room = shares.fold(Share::default(), Share::plus);
        let names: BTreeSet<&str> = pools.iter().map(|pool| nodes.pools()[*pool].name.as_str()).collect();
        let of = match names.len() == nodes.pools().len() {
            true => String::new(),
            false => format!(
                " of node pool {}",
                names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        // The sum has no object of its own. The largest workload is the best place to start.
        let Some((_, largest)) = self.largest else { return };
        let sides = [
            ("CPU", "cpu", self.sum.cpu, room.cpu, self.updated[0].map(|(one, pod)| (one.cpu, pod))),
            (
                "memory",
                "memory",
                self.sum.memory,
                room.memory,
                self.updated[1].map(|(one, pod)| (one.memory, pod)),
            ),
        ];
        for (shown, resource, sum, room, updated) in sides {
            if sum > room {
                let message = format!("capacity exceeded: {shown} {sum} of {room}{of}");
                report
                    .error(&largest.entry, largest.request(resource), message)
                    .hint("add nodes, or lower requests and replicas");
                continue;
            }
            let Some((one, pod)) = updated.filter(|(one, _)| sum.plus(*one) > room) else { continue };
            let title = pod.entry.title();
            let message =
                format!("capacity exceeded by an update of {title}: {shown} {} of {room}{of}", sum.plus(one));
            report
                .error(&pod.entry, pod.request(resource), message)
                .hint("add nodes, or let the update remove a pod first (`maxUnavailable`, `Recreate`)");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::facts::{ClusterFacts, PoolFacts};
    use crate::testing::{cluster, findings, findings_in};

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
        error: `Pod shop/huge` fits on no node: 0 CPU and 20Gi memory per pod: 3.yaml at spec.containers[0].resources.requests.memory
        ");
    }

    /// Returns the findings for a workload with some replicas, on two nodes of one pool and one node of another that
    /// has a label.
    fn check(kind: &str, replicas: u32, strategy: &str, spec: &str) -> String {
        let pool = |name: &str, count, labels: &[(&str, &str)]| PoolFacts {
            name: name.to_owned(),
            count,
            cpu_millis: 4000,
            memory_bytes: 8 << 30,
            labels: labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        };
        let cluster = ClusterFacts {
            node_pools: vec![
                pool("main", 2, &[("tier", "plain")]),
                pool("fast", 1, &[("tier", "fast"), ("disk", "ssd")]),
            ],
            ..cluster()
        };
        findings_in(
            "capacity",
            &format!(
                "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\nspec:\n  replicas: {replicas}\n  strategy: {{{strategy}}}\n  \
                 template: {{metadata: {{labels: {{app: web}}}}, spec: {{{spec}}}}}\n---\n\
                 apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: agent, namespace: platform}}\n\
                 spec: {{template: {{spec: {{containers: [{{name: a, resources: {{requests: {{cpu: 500m}}}}}}]}}}}}}\n"
            ),
            cluster,
        )
    }

    fn asks(cpu: &str) -> String {
        format!("containers: [{{name: a, resources: {{requests: {{cpu: {cpu}}}}}}}]")
    }

    #[test]
    fn a_pod_fits_beside_the_daemons() {
        insta::assert_snapshot!(check("StatefulSet", 1, "", &asks("3500m")), @"");
        insta::assert_snapshot!(check("StatefulSet", 1, "", &asks("3600m")), @r"
        error: `StatefulSet shop/web` fits on no node beside the DaemonSets: 3600m CPU and 0 memory per pod: 1.yaml at spec.template.spec.containers[0].resources.requests.cpu
        ");
        insta::assert_snapshot!(check("StatefulSet", 1, "", &asks("5")), @r"
        error: `StatefulSet shop/web` fits on no node: 5 CPU and 0 memory per pod: 1.yaml at spec.template.spec.containers[0].resources.requests.cpu
        ");
        insta::assert_snapshot!(check("DaemonSet", 1, "", &asks("4100m")), @r"
        error: `DaemonSet shop/web` fits on no node: 4100m CPU and 0 memory per pod: 1.yaml at spec.template.spec.containers[0].resources.requests.cpu
        ");
    }

    #[test]
    fn pods_run_where_their_labels_let_them() {
        let on = |labels: &str, cpu: &str| format!("nodeSelector: {{{labels}}}, {}", asks(cpu));
        insta::assert_snapshot!(check("StatefulSet", 1, "", &on("tier: fast, kubernetes.io/os: linux", "1")), @"");
        insta::assert_snapshot!(check("StatefulSet", 1, "", &on("tier: slow", "1")), @r"
        error: `StatefulSet shop/web` fits on no node: no node pool has the labels tier=slow: 1.yaml at spec.template.spec.nodeSelector
          hint: add these `labels` to a node pool of the environment
        ");
        insta::assert_snapshot!(check("StatefulSet", 4, "", &on("disk: ssd", "1")), @r"
        error: capacity exceeded: CPU 4500m of 4 of node pool `fast`: 1.yaml at spec.template.spec.containers[0].resources.requests.cpu
          hint: add nodes, or lower requests and replicas
        ");
        let affinity = |operator: &str| {
            format!(
                "affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{{matchExpressions: [{{key: disk, {operator}}}]}}]}}}}}}, {}",
                asks("2")
            )
        };
        insta::assert_snapshot!(check("StatefulSet", 2, "", &affinity("operator: Exists")), @r"
        error: capacity exceeded: CPU 4500m of 4 of node pool `fast`: 1.yaml at spec.template.spec.containers[0].resources.requests.cpu
          hint: add nodes, or lower requests and replicas
        ");
        insta::assert_snapshot!(check("StatefulSet", 2, "", &affinity("operator: DoesNotExist")), @"");
        insta::assert_snapshot!(check("StatefulSet", 1, "", &affinity("operator: In, values: [hdd]")), @r"
        error: `StatefulSet shop/web` fits on no node: no node pool has the labels that its affinity requires: 1.yaml at spec.template.spec.affinity
          hint: add these `labels` to a node pool of the environment
        ");
    }

    #[test]
    fn an_update_has_room_for_one_more_pod() {
        let rolling = "rollingUpdate: {maxSurge: 1, maxUnavailable: 0}";
        insta::assert_snapshot!(check("Deployment", 10, rolling, &asks("1")), @r"
        error: capacity exceeded by an update of `Deployment shop/web`: CPU 12500m of 12: 1.yaml at spec.template.spec.containers[0].resources.requests.cpu
          hint: add nodes, or let the update remove a pod first (`maxUnavailable`, `Recreate`)
        ");
        insta::assert_snapshot!(check("Deployment", 9, rolling, &asks("1")), @"");
        insta::assert_snapshot!(check("Deployment", 10, "", &asks("1")), @"");
        insta::assert_snapshot!(check("Deployment", 3, "", &asks("3500m")), @r"
        error: capacity exceeded by an update of `Deployment shop/web`: CPU 15500m of 12: 1.yaml at spec.template.spec.containers[0].resources.requests.cpu
          hint: add nodes, or let the update remove a pod first (`maxUnavailable`, `Recreate`)
        ");
        insta::assert_snapshot!(check("Deployment", 3, "type: Recreate", &asks("3500m")), @"");
    }

    #[test]
    fn pods_that_must_be_apart_have_places() {
        let apart = |key: &str, more: &str| {
            format!(
                "affinity: {{podAntiAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{{topologyKey: {key}, labelSelector: {{matchLabels: {{app: web}}}}{more}}}]}}}}, {}",
                asks("1")
            )
        };
        let host = "kubernetes.io/hostname";
        insta::assert_snapshot!(check("StatefulSet", 3, "", &apart(host, "")), @"");
        insta::assert_snapshot!(check("StatefulSet", 4, "", &apart(host, "")), @r"
        error: `StatefulSet shop/web` has 4 pods that must be apart, but there are nodes for only 3: `kubernetes.io/hostname`: 1.yaml at spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]
          hint: use preferred instead of required anti-affinity, or add nodes
        ");
        insta::assert_snapshot!(check("StatefulSet", 3, "", &apart("tier", "")), @r"
        error: `StatefulSet shop/web` has 3 pods that must be apart, but there are nodes for only 2: `tier`: 1.yaml at spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]
          hint: use preferred instead of required anti-affinity, or add nodes
        ");
        insta::assert_snapshot!(check("StatefulSet", 3, "", &apart("topology.kubernetes.io/zone", "")), @"");
        insta::assert_snapshot!(check("Deployment", 3, "", &apart(host, "")), @r"
        error: an update of `Deployment shop/web` starts an extra pod, but its 3 pods must be apart and already take all nodes: `kubernetes.io/hostname`: 1.yaml at spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]
          hint: use preferred instead of required anti-affinity, or add nodes
        ");
        insta::assert_snapshot!(check("Deployment", 3, "", &apart(host, ", matchLabelKeys: [pod-template-hash]")), @"");
        let spread = |most: &str| {
            format!(
                "topologySpreadConstraints: [{{maxSkew: 1, topologyKey: {host}, minDomains: 4, whenUnsatisfiable: {most}, labelSelector: {{matchLabels: {{app: web}}}}}}], {}",
                asks("1")
            )
        };
        insta::assert_snapshot!(check("StatefulSet", 4, "", &spread("DoNotSchedule")), @r"
        error: `StatefulSet shop/web` must spread 4 pods over 4 places, but there are only 3, which take 3: `kubernetes.io/hostname`: 1.yaml at spec.template.spec.topologySpreadConstraints[0]
          hint: lower `minDomains`, or add nodes
        ");
        insta::assert_snapshot!(check("StatefulSet", 4, "", &spread("ScheduleAnyway")), @"");
        insta::assert_snapshot!(check("StatefulSet", 3, "", &spread("DoNotSchedule")), @"");
    }
}
