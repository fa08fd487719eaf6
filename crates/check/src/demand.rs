//! What workloads request of a cluster at their peak.

use aqueduct_manifest::{Quantity, Value};

use crate::facts::{Entry, Facts};
use crate::index::Index;
use crate::pod::{Container, Pod, Role, list_at, text};

/// What one workload requests of the nodes at its peak.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeakRequest {
    /// The tenant.
    pub tenant: String,
    /// The component.
    pub component: String,
    /// The labels that a node must have.
    pub node_selector: Vec<(String, String)>,
    /// The number of pods.
    pub pods: u64,
    /// CPU in thousandths of a core.
    pub cpu_millis: u64,
    /// Memory in bytes.
    pub memory_bytes: u64,
}

/// Returns what the workloads of an environment request, in path order. Each counts at its peak: the maximum
/// replicas of its autoscaler, one DaemonSet pod per node, one run of each Job.
pub fn requests(environment: &Facts<'_>) -> Vec<PeakRequest> {
    let index = Index::new(environment);
    index
        .pods()
        .iter()
        .map(|pod| {
            let demand = demand(&index, pod);
            let selector = pod.spec.get("nodeSelector").and_then(Value::as_map).into_iter().flatten();
            PeakRequest {
                tenant: pod.entry.tenant.to_owned(),
                component: pod.entry.component.to_owned(),
                node_selector: selector
                    .filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_owned())))
                    .collect(),
                pods: demand.pods.whole(),
                cpu_millis: demand.cpu.thousandths(),
                memory_bytes: demand.memory.whole(),
            }
        })
        .collect()
}

/// Returns the bytes of block storage that the claims of an environment request, each with its tenant.
pub fn claimed_storage(environment: &Facts<'_>) -> Vec<(String, u64)> {
    let claims = claims(&Index::new(environment)).into_iter();
    claims.map(|(claim, amount)| (claim.tenant.to_owned(), amount.whole())).collect()
}

/// Resources that pods request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    /// Requested CPU.
    pub(crate) cpu: Quantity,
    /// Requested memory.
    pub(crate) memory: Quantity,
    /// The limit of CPU.
    pub(crate) cpu_limit: Quantity,
    /// The limit of memory.
    pub(crate) memory_limit: Quantity,
    /// The number of pods.
    pub(crate) pods: Quantity,
}

impl Demand {
    /// Returns the sum.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            cpu: self.cpu.plus(other.cpu),
            memory: self.memory.plus(other.memory),
            cpu_limit: self.cpu_limit.plus(other.cpu_limit),
            memory_limit: self.memory_limit.plus(other.memory_limit),
            pods: self.pods.plus(other.pods),
        }
    }

    fn times(self, count: u64) -> Self {
        Self {
            cpu: self.cpu.times(count),
            memory: self.memory.times(count),
            cpu_limit: self.cpu_limit.times(count),
            memory_limit: self.memory_limit.times(count),
            pods: self.pods.times(count),
        }
    }
}

/// Returns what a workload requests at its peak.
pub(crate) fn demand(index: &Index<'_>, pod: &Pod<'_>) -> Demand {
    one(index, pod).times(replicas(index, pod))
}

/// Returns what one pod of a workload requests.
pub(crate) fn one(index: &Index<'_>, pod: &Pod<'_>) -> Demand {
    Demand {
        cpu: asked(index, pod, "requests", "cpu"),
        memory: asked(index, pod, "requests", "memory"),
        cpu_limit: asked(index, pod, "limits", "cpu"),
        memory_limit: asked(index, pod, "limits", "memory"),
        pods: Quantity::units(1),
    }
}

/// Returns the `requests` or `limits` of one pod for a resource, as the scheduler counts them: the sum of
/// containers and sidecars, or an init container plus the sidecars before it if that is more. Pod-level resources
/// override those of the containers. The overhead of the runtime is added.
///
/// Source: `k8s.io/component-helpers/resource`, <https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/>.
pub(crate) fn asked(index: &Index<'_>, pod: &Pod<'_>, of: &str, resource: &str) -> Quantity {
    let (mut running, mut sidecars, mut most) = <(Quantity, Quantity, Quantity)>::default();
    let mut is_asked = false;
    for container in pod.containers() {
        let amount = amount(index, pod, &container, of, resource);
        is_asked |= amount.is_some();
        let amount = amount.unwrap_or_default();
        match container.role {
            Role::Initial => most = most.max(sidecars.plus(amount)),
            Role::Sidecar => {
                sidecars = sidecars.plus(amount);
                running = running.plus(amount);
            }
            Role::Main => running = running.plus(amount),
        }
    }
    let of_containers = Some(running.max(most)).filter(|_| is_asked);
    let own = |of| pod.spec.at(&["resources", of, resource]).and_then(Quantity::read);
    let sum = own(of).or(of_containers).or_else(|| own("limits"));
    let overhead = pod.spec.at(&["overhead", resource]).or_else(|| {
        let class = index.get("node.k8s.io", "RuntimeClass", "", text(pod.spec, "runtimeClassName"))?;
        class.object.at(&["overhead", "podFixed", resource])
    });
    // Without a limit, a pod has no limit for its overhead either.
    let overhead = overhead.filter(|_| of == "requests" || sum.is_some()).and_then(Quantity::read);
    sum.unwrap_or_default().plus(overhead.unwrap_or_default())
}

/// Returns the `requests` or `limits` of a container for a resource as the API server completes them: a limit
/// is also a request, and a LimitRange of the namespace fills in what is still missing.
pub(crate) fn amount(
    index: &Index<'_>,
    pod: &Pod<'_>,
    container: &Container<'_>,
    of: &str,
    resource: &str,
) -> Option<Quantity> {
    let written = container.amount(of, resource).or_else(|| container.amount("limits", resource));
    // The API server fills in fields that a LimitRange omits from its other fields.
    let fields: &[&str] =
        if of == "requests" { &["defaultRequest", "default", "max", "min"] } else { &["default", "max"] };
    written.or_else(|| {
        let mut ranges = index.in_namespace("", "LimitRange", pod.namespace());
        ranges.find_map(|range| {
            let limits = list_at(range.object.map.get("spec")?, "limits").iter();
            let mut of_containers = limits.filter(|limit| text(limit, "type") == "Container");
            of_containers.find_map(|limit| {
                fields.iter().find_map(|field| Quantity::read(limit.at(&[field, resource])?))
            })
        })
    })
}

/// Returns the highest number of pods that a workload has at once.
pub(crate) fn replicas(index: &Index<'_>, pod: &Pod<'_>) -> u64 {
    let Entry { object, kind, namespace, name, .. } = pod.entry;
    let count =
        |path: &[&str]| object.at(path).and_then(Value::as_i64).and_then(|count| u64::try_from(count).ok());
    match kind {
        "Pod" => 1,
        "DaemonSet" => {
            let nodes = index.nodes();
            if nodes.pools().is_empty() { 1 } else { nodes.count(&nodes.allowed(pod)) }
        }
        "Job" => count(&["spec", "parallelism"]).unwrap_or(1),
        "CronJob" => count(&["spec", "jobTemplate", "spec", "parallelism"]).unwrap_or(1),
        _ => index.most_replicas(namespace, kind, name).or_else(|| count(&["spec", "replicas"])).unwrap_or(1),
    }
}

/// Returns the storage that claims request, with the objects that create them.
pub(crate) fn claims<'a>(index: &Index<'a>) -> Vec<(Entry<'a>, Quantity)> {
    let amount = |spec: Option<&Value>| {
        spec.and_then(|spec| spec.at(&["resources", "requests", "storage"]))
            .and_then(Quantity::read)
            .unwrap_or_default()
    };
    let rendered = index.of_kind("", "PersistentVolumeClaim");
    let mut claims: Vec<(Entry<'a>, Quantity)> =
        rendered.map(|claim| (claim, amount(claim.object.map.get("spec")))).collect();
    for set in index.of_kind("apps", "StatefulSet") {
        let Some(spec) = set.object.map.get("spec") else { continue };
        let replicas =
            spec.get("replicas").and_then(Value::as_i64).and_then(|count| u64::try_from(count).ok());
        for template in list_at(spec, "volumeClaimTemplates") {
            let all = amount(template.get("spec")).times(replicas.unwrap_or(1));
            claims.push((set, all));
        }
    }
    claims
}

/// What an autoscaler scales.
pub(crate) struct Target<'a> {
    /// The group.
    pub(crate) group: &'a str,
    /// The kind.
    pub(crate) kind: &'a str,
    /// The name.
    pub(crate) name: &'a str,
    /// The highest number of replicas that it sets.
    pub(crate) most: Option<u64>,
}

/// Returns the target of an autoscaler.
pub(crate) fn target<'a>(entry: &Entry<'a>) -> Option<Target<'a>> {
    let (field, default) = match (entry.group, entry.kind) {
        ("autoscaling", "HorizontalPodAutoscaler") => ("maxReplicas", None),
        ("keda.sh", "ScaledObject") => ("maxReplicaCount", Some(100)),
        _ => return None,
    };
    let spec = entry.object.map.get("spec")?;
    let reference = spec.get("scaleTargetRef")?;
    let or = |key, default| Some(text(reference, key)).filter(|text| !text.is_empty()).unwrap_or(default);
    let most = spec.get(field).and_then(Value::as_i64).and_then(|most| u64::try_from(most).ok());
    Some(Target {
        group: or("apiVersion", "apps/v1").rsplit_once('/').map_or("", |(group, _)| group),
        kind: or("kind", "Deployment"),
        name: text(reference, "name"),
        most: most.or(default),
    })
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::Object;

    use super::{claimed_storage, requests};
    use crate::facts::{Entry, Facts};
    use crate::testing::cluster;

    #[test]
    fn requests_are_those_of_the_largest_size() {
        let documents = [
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {replicas: 1, template: {spec: {nodeSelector: {pool: main}, containers: [{name: a, resources: {requests: {cpu: 250m, memory: 1Gi}}}]}}}}",
            "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web, namespace: shop}, spec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: web}}}",
            "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent, namespace: shop}, spec: {template: {spec: {containers: [{name: a, resources: {requests: {cpu: 1}}}]}}}}",
            "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: store, namespace: shop}, spec: {replicas: 2, template: {spec: {containers: []}}, volumeClaimTemplates: [{spec: {resources: {requests: {storage: 4Gi}}}}]}}",
            "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: files, namespace: shop}, spec: {resources: {requests: {storage: 1Gi}}}}",
        ];
        let objects: Vec<Object> = documents
            .iter()
            .map(|text| Object::new(serde_yaml::from_str(text).expect("the example is an object")))
            .collect();
        let entries = objects.iter().map(|object| Entry::new("shop", "web", "web.yaml", object));
        let environment = Facts { cluster: cluster(), entries: entries.collect(), ..Facts::default() };
        let found: Vec<_> = requests(&environment)
            .into_iter()
            .map(|request| (request.pods, request.cpu_millis, request.memory_bytes, request.node_selector))
            .collect();
        let pool = vec![("pool".to_owned(), "main".to_owned())];
        assert_eq!(found, [(3, 750, 3 << 30, pool), (2, 2000, 0, vec![]), (2, 0, 0, vec![])]);
        let bytes: u64 = claimed_storage(&environment).iter().map(|(_, bytes)| bytes).sum();
        assert_eq!(bytes, 9 << 30);
    }

    /// Each pod and the CPU that the scheduler counts for it, in thousandths.
    const PODS: &[(&str, u64)] = &[
        (
            "containers: [{name: a, resources: {requests: {cpu: 118m}}}, {name: b, resources: {limits: {cpu: 1}}}]",
            1118,
        ),
        // An init container runs alone; it only counts if it requests more than all others together.
        (
            "initContainers: [{name: i, resources: {requests: {cpu: 3}}}], containers: [{name: a, resources: {requests: {cpu: 1}}}]",
            3000,
        ),
        // A sidecar keeps running beside the containers after it.
        (
            "initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: 1}}}, {name: i, resources: {requests: {cpu: 3}}}], containers: [{name: a, resources: {requests: {cpu: 1}}}]",
            4000,
        ),
        (
            "initContainers: [{name: i, resources: {requests: {cpu: 3}}}, {name: s, restartPolicy: Always, resources: {requests: {cpu: 1}}}], containers: [{name: a, resources: {requests: {cpu: 1}}}]",
            3000,
        ),
        (
            "initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: 2}}}], containers: [{name: a, resources: {requests: {cpu: 2}}}]",
            4000,
        ),
        // Pod-level requests come first, then limits if there are no requests.
        ("resources: {requests: {cpu: 5}}, containers: [{name: a, resources: {requests: {cpu: 1}}}]", 5000),
        ("resources: {limits: {cpu: 5}}, containers: [{name: a, resources: {requests: {cpu: 1}}}]", 1000),
        ("resources: {limits: {cpu: 5}}, containers: [{name: a}]", 5000),
        ("overhead: {cpu: 250m}, containers: [{name: a, resources: {requests: {cpu: 1}}}]", 1250),
        ("runtimeClassName: gvisor, containers: [{name: a, resources: {requests: {cpu: 1}}}]", 1100),
    ];

    #[test]
    fn pods_ask_for_what_the_scheduler_counts() {
        let class = "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: gvisor}, handler: runsc, overhead: {podFixed: {cpu: 100m}}}";
        for (spec, millis) in PODS {
            let pod = format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: web, namespace: shop}}, spec: {{{spec}}}}}"
            );
            let objects = [pod.as_str(), class]
                .map(|text| Object::new(serde_yaml::from_str(text).expect("the example is an object")));
            let entries = objects.iter().map(|object| Entry::new("shop", "web", "web.yaml", object));
            let environment = Facts { entries: entries.collect(), ..Facts::default() };
            let counted: Vec<u64> = requests(&environment).iter().map(|request| request.cpu_millis).collect();
            assert_eq!(counted, [*millis], "{spec}");
        }
    }
}
