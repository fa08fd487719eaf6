//! The defaults that the API server fills in.
//!
//! Only what follows from the object itself is filled in: no addresses, no names of other objects, nothing that admission
//! adds. Most of it is regular and in tables: the path, whether the zero value counts as omitted, and the default.

use std::sync::LazyLock;

use aqueduct_manifest::{Map, Value, json};

/// What counts as omitted: an absent value, or the zero value as well.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Absent or `null`.
    Out,
    /// Also an empty string or 0.
    Zero,
}

use Left::{Out, Zero};

/// A default: its path, with `[]` after lists, and its value as JSON.
type Default = (&'static str, Left, &'static str);

/// Defaults as a tree, so that one walk through a value fills in all of them.
#[derive(Default)]
struct Tree(Vec<Branch>);

struct Branch {
    name: &'static str,
    is_list: bool,
    default: Option<(Left, Value)>,
    inner: Tree,
}

impl Tree {
    fn of(table: &[Default]) -> Self {
        let mut tree = Self::default();
        for (path, left, default) in table {
            tree.add(path, *left, default);
        }
        tree
    }

    fn add(&mut self, path: &'static str, left: Left, default: &str) {
        let (step, rest) = path.split_once('.').unwrap_or((path, ""));
        let (name, is_list) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
        let at = self.0.iter().position(|branch| branch.name == name).unwrap_or_else(|| {
            self.0.push(Branch { name, is_list, default: None, inner: Self::default() });
            self.0.len() - 1
        });
        let branch = &mut self.0[at];
        if rest.is_empty() {
            branch.default = Some((left, read(default)));
        } else {
            branch.inner.add(rest, left, default);
        }
    }

    /// Fills in the defaults, in every entry of the lists on their paths. Missing parents stay missing.
    fn fill(&self, value: &mut Value) {
        let Some(map) = value.as_map_mut() else { return };
        for Branch { name, is_list, default, inner } in &self.0 {
            if let Some((left, default)) = default
                && is_left(map.get(name), *left)
            {
                map.insert(*name, default.clone());
            }
            if inner.0.is_empty() {
                continue;
            }
            let Some(value) = map.get_mut(name) else { continue };
            if !is_list {
                inner.fill(value);
            } else if let Some(list) = value.as_list_mut().filter(|list| !list.is_empty()) {
                list.make_mut().iter_mut().for_each(|item| inner.fill(item));
            }
        }
    }
}

/// Defaults of the pod spec.
static POD: LazyLock<Tree> = LazyLock::new(|| Tree::of(POD_TABLE));
const POD_TABLE: &[Default] = &[
    ("restartPolicy", Zero, r#""Always""#),
    ("dnsPolicy", Zero, r#""ClusterFirst""#),
    ("schedulerName", Zero, r#""default-scheduler""#),
    ("securityContext", Out, "{}"),
    ("terminationGracePeriodSeconds", Out, "30"),
    ("volumes[].secret.defaultMode", Out, "420"),
    ("volumes[].configMap.defaultMode", Out, "420"),
    ("volumes[].downwardAPI.defaultMode", Out, "420"),
    ("volumes[].downwardAPI.items[].fieldRef.apiVersion", Zero, r#""v1""#),
    ("volumes[].projected.defaultMode", Out, "420"),
    ("volumes[].projected.sources[].serviceAccountToken.expirationSeconds", Out, "3600"),
    ("volumes[].projected.sources[].downwardAPI.items[].fieldRef.apiVersion", Zero, r#""v1""#),
    ("volumes[].hostPath.type", Out, r#""""#),
    ("volumes[].iscsi.iscsiInterface", Zero, r#""default""#),
    ("volumes[].rbd.pool", Zero, r#""rbd""#),
    ("volumes[].rbd.user", Zero, r#""admin""#),
    ("volumes[].rbd.keyring", Zero, r#""/etc/ceph/keyring""#),
    ("volumes[].azureDisk.cachingMode", Out, r#""ReadWrite""#),
    ("volumes[].azureDisk.kind", Out, r#""Shared""#),
    ("volumes[].azureDisk.fsType", Out, r#""ext4""#),
    ("volumes[].azureDisk.readOnly", Out, "false"),
    ("volumes[].scaleIO.storageMode", Zero, r#""ThinProvisioned""#),
    ("volumes[].scaleIO.fsType", Zero, r#""xfs""#),
    ("volumes[].ephemeral.volumeClaimTemplate.spec.volumeMode", Out, r#""Filesystem""#),
];

/// Defaults of each container.
static CONTAINER: LazyLock<Tree> = LazyLock::new(|| Tree::of(CONTAINER_TABLE));
const CONTAINER_TABLE: &[Default] = &[
    ("terminationMessagePath", Zero, r#""/dev/termination-log""#),
    ("terminationMessagePolicy", Zero, r#""File""#),
    ("resources", Out, "{}"),
    ("ports[].protocol", Zero, r#""TCP""#),
    ("env[].valueFrom.fieldRef.apiVersion", Zero, r#""v1""#),
    ("env[].valueFrom.resourceFieldRef.divisor", Out, r#""0""#),
    ("lifecycle.postStart.httpGet.path", Zero, r#""/""#),
    ("lifecycle.postStart.httpGet.scheme", Zero, r#""HTTP""#),
    ("lifecycle.preStop.httpGet.path", Zero, r#""/""#),
    ("lifecycle.preStop.httpGet.scheme", Zero, r#""HTTP""#),
];

/// Defaults of each probe.
static PROBE: LazyLock<Tree> = LazyLock::new(|| Tree::of(PROBE_TABLE));
const PROBE_TABLE: &[Default] = &[
    ("timeoutSeconds", Zero, "1"),
    ("periodSeconds", Zero, "10"),
    ("successThreshold", Zero, "1"),
    ("failureThreshold", Zero, "3"),
    ("httpGet.path", Zero, r#""/""#),
    ("httpGet.scheme", Zero, r#""HTTP""#),
    ("grpc.service", Out, r#""""#),
];

/// Defaults of whole objects, by group and kind.
static KINDS: LazyLock<Vec<(&str, &str, Tree)>> = LazyLock::new(|| {
    KIND_TABLE.iter().map(|(group, kind, table)| (*group, *kind, Tree::of(table))).collect()
});
const KIND_TABLE: &[(&str, &str, &[Default])] = &[
    ("", "Pod", &[("spec.enableServiceLinks", Out, "true")]),
    ("", "ReplicationController", &[("spec.replicas", Out, "1")]),
    ("", "Secret", &[("type", Zero, r#""Opaque""#)]),
    ("", "PersistentVolumeClaim", &[("spec.volumeMode", Out, r#""Filesystem""#)]),
    (
        "",
        "PersistentVolume",
        &[
            ("spec.volumeMode", Out, r#""Filesystem""#),
            ("spec.persistentVolumeReclaimPolicy", Zero, r#""Retain""#),
            ("spec.hostPath.type", Out, r#""""#),
        ],
    ),
    (
        "",
        "Service",
        &[
            ("spec.type", Zero, r#""ClusterIP""#),
            ("spec.sessionAffinity", Zero, r#""None""#),
            ("spec.ports[].protocol", Zero, r#""TCP""#),
        ],
    ),
    ("", "Endpoints", &[("subsets[].ports[].protocol", Zero, r#""TCP""#)]),
    ("", "Namespace", &[("spec", Out, r#"{"finalizers":["kubernetes"]}"#)]),
    (
        "apps",
        "Deployment",
        &[
            ("spec.replicas", Out, "1"),
            ("spec.revisionHistoryLimit", Out, "10"),
            ("spec.progressDeadlineSeconds", Out, "600"),
            ("spec.strategy", Out, "{}"),
            ("spec.strategy.type", Zero, r#""RollingUpdate""#),
        ],
    ),
    ("apps", "ReplicaSet", &[("spec.replicas", Out, "1")]),
    (
        "apps",
        "DaemonSet",
        &[
            ("spec.revisionHistoryLimit", Out, "10"),
            ("spec.updateStrategy", Out, "{}"),
            ("spec.updateStrategy.type", Zero, r#""RollingUpdate""#),
        ],
    ),
    (
        "apps",
        "StatefulSet",
        &[
            ("spec.replicas", Out, "1"),
            ("spec.revisionHistoryLimit", Out, "10"),
            ("spec.podManagementPolicy", Zero, r#""OrderedReady""#),
            ("spec.updateStrategy", Out, "{}"),
            ("spec.updateStrategy.type", Zero, r#""RollingUpdate""#),
            ("spec.persistentVolumeClaimRetentionPolicy", Out, "{}"),
            ("spec.persistentVolumeClaimRetentionPolicy.whenDeleted", Zero, r#""Retain""#),
            ("spec.persistentVolumeClaimRetentionPolicy.whenScaled", Zero, r#""Retain""#),
            ("spec.volumeClaimTemplates[].spec.volumeMode", Out, r#""Filesystem""#),
        ],
    ),
    (
        "batch",
        "Job",
        &[
            ("spec.backoffLimit", Out, "6"),
            ("spec.completionMode", Out, r#""NonIndexed""#),
            ("spec.suspend", Out, "false"),
            ("spec.manualSelector", Out, "false"),
        ],
    ),
    (
        "batch",
        "CronJob",
        &[
            ("spec.concurrencyPolicy", Zero, r#""Allow""#),
            ("spec.suspend", Out, "false"),
            ("spec.successfulJobsHistoryLimit", Out, "3"),
            ("spec.failedJobsHistoryLimit", Out, "1"),
        ],
    ),
    ("autoscaling", "HorizontalPodAutoscaler", &[("spec.minReplicas", Out, "1")]),
    (
        "networking.k8s.io",
        "NetworkPolicy",
        &[
            ("spec.ingress[].ports[].protocol", Out, r#""TCP""#),
            ("spec.egress[].ports[].protocol", Out, r#""TCP""#),
        ],
    ),
    ("networking.k8s.io", "IngressClass", &[("spec.parameters.scope", Out, r#""Cluster""#)]),
    (
        "discovery.k8s.io",
        "EndpointSlice",
        &[
            ("endpoints[].conditions", Out, "{}"),
            ("ports[].protocol", Out, r#""TCP""#),
            ("ports[].name", Out, r#""""#),
        ],
    ),
    (
        "storage.k8s.io",
        "StorageClass",
        &[("reclaimPolicy", Out, r#""Delete""#), ("volumeBindingMode", Out, r#""Immediate""#)],
    ),
    ("scheduling.k8s.io", "PriorityClass", &[("preemptionPolicy", Out, r#""PreemptLowerPriority""#)]),
    (
        "rbac.authorization.k8s.io",
        "RoleBinding",
        &[("roleRef.apiGroup", Zero, r#""rbac.authorization.k8s.io""#)],
    ),
    (
        "rbac.authorization.k8s.io",
        "ClusterRoleBinding",
        &[("roleRef.apiGroup", Zero, r#""rbac.authorization.k8s.io""#)],
    ),
    (
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicy",
        &[
            ("spec.failurePolicy", Out, r#""Fail""#),
            ("spec.matchConstraints.matchPolicy", Out, r#""Equivalent""#),
            ("spec.matchConstraints.namespaceSelector", Out, "{}"),
            ("spec.matchConstraints.objectSelector", Out, "{}"),
            ("spec.matchConstraints.resourceRules[].scope", Out, r#""*""#),
            ("spec.matchConstraints.excludeResourceRules[].scope", Out, r#""*""#),
        ],
    ),
    (
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicyBinding",
        &[
            ("spec.matchResources.matchPolicy", Out, r#""Equivalent""#),
            ("spec.matchResources.namespaceSelector", Out, "{}"),
            ("spec.matchResources.objectSelector", Out, "{}"),
        ],
    ),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", WEBHOOK),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration", WEBHOOK),
    (
        "admissionregistration.k8s.io",
        "MutatingWebhookConfiguration",
        &[("webhooks[].reinvocationPolicy", Out, r#""Never""#)],
    ),
];

const WEBHOOK: &[Default] = &[
    ("webhooks[].failurePolicy", Out, r#""Fail""#),
    ("webhooks[].matchPolicy", Out, r#""Equivalent""#),
    ("webhooks[].namespaceSelector", Out, "{}"),
    ("webhooks[].objectSelector", Out, "{}"),
    ("webhooks[].timeoutSeconds", Out, "10"),
    ("webhooks[].clientConfig.service.port", Out, "443"),
    ("webhooks[].rules[].scope", Out, r#""*""#),
];

/// The path of the pod spec in a kind.
pub(crate) fn pod_path(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "Pod" => &["spec"],
        "PodTemplate" => &["template", "spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        "DaemonSet" | "Deployment" | "Job" | "ReplicaSet" | "ReplicationController" | "StatefulSet" => {
            &["spec", "template", "spec"]
        }
        _ => return None,
    })
}

/// Returns an object with the defaults that the API server fills in: what follows from the object itself, without
/// addresses and without what admission adds.
pub fn defaulted(mut object: Value) -> Value {
    fill(&mut object);
    object
}

fn fill(object: &mut Value) {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let group = version.split_once('/').map_or("", |(group, _)| group);
    for (_, _, defaults) in KINDS.iter().filter(|(known, name, _)| *known == group && *name == kind) {
        defaults.fill(object);
    }
    if matches!(group, "" | "apps" | "batch")
        && let Some(path) = pod_path(&kind)
        && let Some(spec) = at(object, path)
    {
        pod(spec, kind == "Pod");
    }
    let Some(map) = object.as_map_mut() else { return };
    match (group, kind.as_str()) {
        ("", "Secret") => secret(map),
        ("", "LimitRange") => limits(map),
        ("", "Namespace") => {
            let name = map.get("metadata").and_then(|meta| meta.get("name")).cloned();
            if let Some(name) = name {
                map.map_entry("metadata").map_entry("labels").insert("kubernetes.io/metadata.name", name);
            }
        }
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => subjects(map),
        ("autoscaling", "HorizontalPodAutoscaler") if version != "autoscaling/v1" => metrics(map),
        _ => {}
    }
    if let Some(spec) = map.get_mut("spec").and_then(Value::as_map_mut) {
        match (group, kind.as_str()) {
            ("", "Service") => service(spec),
            ("", "ReplicationController") => controller_selector(spec),
            ("apps", "Deployment") => {
                rolling(spec, "strategy", r#"{"maxSurge":"25%","maxUnavailable":"25%"}"#)
            }
            ("apps", "DaemonSet") => rolling(spec, "updateStrategy", r#"{"maxSurge":0,"maxUnavailable":1}"#),
            ("apps", "StatefulSet") => rolling(spec, "updateStrategy", r#"{"partition":0}"#),
            ("batch", "Job") => job(spec),
            ("networking.k8s.io", "NetworkPolicy") => policy_types(spec),
            _ => {}
        }
    }
}

fn is_left(value: Option<&Value>, left: Left) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => left == Zero && text.is_empty(),
        Some(Value::Int(0)) => left == Zero,
        Some(_) => false,
    }
}

fn read(text: &str) -> Value {
    json::read(text).expect("the tables hold JSON")
}

fn at<'v>(value: &'v mut Value, path: &[&str]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| value.as_map_mut()?.get_mut(step))
}

fn pod(spec: &mut Value, is_pod: bool) {
    POD.fill(spec);
    let Some(map) = spec.as_map_mut() else { return };
    // The old name of a field repeats the new one, which takes precedence.
    let is_name = |name: &&Value| name.as_str().is_some_and(|name| !name.is_empty());
    let account =
        map.get("serviceAccountName").filter(is_name).or_else(|| map.get("serviceAccount").filter(is_name));
    if let Some(account) = account.cloned() {
        map.insert("serviceAccountName", account.clone());
        map.insert("serviceAccount", account);
    }
    let has_host_network = map.get("hostNetwork").and_then(Value::as_bool) == Some(true);
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for item in
            map.get_mut(list).and_then(Value::as_list_mut).into_iter().flat_map(|list| list.make_mut())
        {
            container(item, is_pod, has_host_network);
        }
    }
    for volume in
        map.get_mut("volumes").and_then(Value::as_list_mut).into_iter().flat_map(|list| list.make_mut())
    {
        if let Some(volume) = volume.as_map_mut()
            && volume.iter().all(|(name, source)| name == "name" || source.is_null())
        {
            volume.insert("emptyDir", Map::new());
        }
        if let Some(image) = volume.as_map_mut().and_then(|volume| volume.get_mut("image")?.as_map_mut()) {
            pull_policy(image, "reference", "pullPolicy");
        }
    }
}

/// An image with a fixed tag need not be pulled again.
fn pull_policy(map: &mut Map, image: &str, policy: &str) {
    if is_left(map.get(policy), Zero) {
        let image = map.get(image).and_then(Value::as_str).unwrap_or_default();
        let name = image.rsplit('/').next().unwrap_or_default();
        let is_moving = !name.contains('@') && name.split_once(':').is_none_or(|(_, tag)| tag == "latest");
        map.insert(policy, if is_moving { "Always" } else { "IfNotPresent" });
    }
}

fn container(container: &mut Value, is_pod: bool, has_host_network: bool) {
    CONTAINER.fill(container);
    let Some(map) = container.as_map_mut() else { return };
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = map.get_mut(probe) {
            PROBE.fill(probe);
        }
    }
    pull_policy(map, "image", "imagePullPolicy");
    if !is_pod {
        return;
    }
    if has_host_network {
        for port in
            map.get_mut("ports").and_then(Value::as_list_mut).into_iter().flat_map(|list| list.make_mut())
        {
            if let Some(port) = port.as_map_mut()
                && is_left(port.get("hostPort"), Zero)
                && let Some(number) = port.get("containerPort").cloned()
            {
                port.insert("hostPort", number);
            }
        }
    }
    // A pod requests its limits, unless it sets requests.
    let limits =
        map.get("resources").and_then(|resources| resources.get("limits")).and_then(Value::as_map).cloned();
    if let Some(limits) = limits.filter(|limits| !limits.is_empty()) {
        let requests = map.map_entry("resources").map_entry("requests");
        for (name, limit) in &limits {
            if !requests.contains_key(name) {
                requests.insert(name.clone(), limit.clone());
            }
        }
    }
}

fn rolling(spec: &mut Map, strategy: &str, default: &str) {
    let Some(strategy) = spec.get_mut(strategy).and_then(Value::as_map_mut) else { return };
    if strategy.get("type").and_then(Value::as_str) != Some("RollingUpdate") {
        return;
    }
    let defaults = read(default);
    let rolling = strategy.map_entry("rollingUpdate");
    for (name, default) in defaults.as_map().into_iter().flatten() {
        if is_left(rolling.get(name), Out) {
            rolling.insert(name.clone(), default.clone());
        }
    }
}

fn job(spec: &mut Map) {
    if is_left(spec.get("completions"), Out) && is_left(spec.get("parallelism"), Out) {
        spec.insert("completions", 1);
    }
    if is_left(spec.get("parallelism"), Out) {
        spec.insert("parallelism", 1);
    }
    if is_left(spec.get("podReplacementPolicy"), Out) {
        let has_policy = !is_left(spec.get("podFailurePolicy"), Out);
        spec.insert("podReplacementPolicy", if has_policy { "Failed" } else { "TerminatingOrFailed" });
    }
}

fn service(spec: &mut Map) {
    for port in
        spec.get_mut("ports").and_then(Value::as_list_mut).into_iter().flat_map(|list| list.make_mut())
    {
        if let Some(port) = port.as_map_mut()
            && is_left(port.get("targetPort"), Zero)
            && let Some(number) = port.get("port").cloned()
        {
            port.insert("targetPort", number);
        }
    }
    if spec.get("sessionAffinity").and_then(Value::as_str) == Some("ClientIP") {
        let client = spec.map_entry("sessionAffinityConfig").map_entry("clientIP");
        if is_left(client.get("timeoutSeconds"), Out) {
            client.insert("timeoutSeconds", 10800);
        }
    }
    let kind = spec.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_inside = matches!(kind.as_str(), "ClusterIP" | "NodePort" | "LoadBalancer");
    if is_inside && is_left(spec.get("internalTrafficPolicy"), Out) {
        spec.insert("internalTrafficPolicy", "Cluster");
    }
    let is_outside = matches!(kind.as_str(), "NodePort" | "LoadBalancer")
        || kind == "ClusterIP"
            && spec.get("externalIPs").and_then(Value::as_list).is_some_and(|list| !list.is_empty());
    if is_outside && is_left(spec.get("externalTrafficPolicy"), Zero) {
        spec.insert("externalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" && is_left(spec.get("allocateLoadBalancerNodePorts"), Out) {
        spec.insert("allocateLoadBalancerNodePorts", true);
    }
}

fn controller_selector(spec: &mut Map) {
    let labels = spec.get("template").and_then(|template| template.at(&["metadata", "labels"])).cloned();
    let is_empty = spec.get("selector").and_then(Value::as_map).is_none_or(Map::is_empty);
    if let Some(labels) = labels.filter(|_| is_empty) {
        spec.insert("selector", labels);
    }
}

fn policy_types(spec: &mut Map) {
    let is_empty = |name: &str| spec.get(name).and_then(Value::as_list).is_none_or(|list| list.is_empty());
    if is_empty("policyTypes") {
        let mut kinds = vec![Value::from("Ingress")];
        if !is_empty("egress") {
            kinds.push(Value::from("Egress"));
        }
        spec.insert("policyTypes", kinds);
    }
}

fn secret(map: &mut Map) {
    let Some(texts) = map.remove("stringData").and_then(|texts| texts.as_map().cloned()) else { return };
    let data = map.map_entry("data");
    for (key, text) in &texts {
        data.insert(key.clone(), base64(text.as_str().unwrap_or_default().as_bytes()));
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let all =
            chunk.iter().fold(0_u32, |all, byte| all << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            if place <= chunk.len() {
                out.push(char::from(LETTERS[(all >> (18 - 6 * place) & 63) as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

fn limits(map: &mut Map) {
    let list = map.get_mut("spec").and_then(|spec| spec.as_map_mut()?.get_mut("limits")?.as_list_mut());
    for limit in list.into_iter().flat_map(|list| list.make_mut()) {
        let Some(limit) = limit.as_map_mut() else { continue };
        if limit.get("type").and_then(Value::as_str) != Some("Container") {
            continue;
        }
        for (to, from) in [("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")] {
            let Some(given) =
                limit.get(from).and_then(Value::as_map).filter(|given| !given.is_empty()).cloned()
            else {
                continue;
            };
            let filled = limit.map_entry(to);
            for (name, amount) in &given {
                if !filled.contains_key(name) {
                    filled.insert(name.clone(), amount.clone());
                }
            }
        }
    }
}

fn subjects(map: &mut Map) {
    let namespace = map.get("metadata").and_then(|meta| meta.get("namespace")).cloned();
    let is_namespaced = map.get("kind").and_then(Value::as_str) == Some("RoleBinding");
    for subject in
        map.get_mut("subjects").and_then(Value::as_list_mut).into_iter().flat_map(|list| list.make_mut())
    {
        let Some(subject) = subject.as_map_mut() else { continue };
        let kind = subject.get("kind").and_then(Value::as_str).unwrap_or_default();
        match kind {
            "User" | "Group" if is_left(subject.get("apiGroup"), Zero) => {
                subject.insert("apiGroup", "rbac.authorization.k8s.io");
            }
            "ServiceAccount" if is_namespaced && is_left(subject.get("namespace"), Zero) => {
                if let Some(namespace) = &namespace {
                    subject.insert("namespace", namespace.clone());
                }
            }
            _ => {}
        }
    }
}

fn metrics(map: &mut Map) {
    let Some(spec) = map.get_mut("spec").and_then(Value::as_map_mut) else { return };
    if spec.get("metrics").and_then(Value::as_list).is_none_or(|list| list.is_empty()) {
        let usage = r#"[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":80}}}]"#;
        spec.insert("metrics", read(usage));
    }
}
