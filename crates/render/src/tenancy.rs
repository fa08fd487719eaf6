//! A tenant's own objects: namespaces, quota, limits, roles for its owners, and the network policies of all its pods.
//!
//! The policies are here and not next to the pods, so that a namespace is isolated before its first pod starts, and
//! hooks that run before a rollout are covered.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::Object;
use aqueduct_model::types::Name;
use aqueduct_model::{CpuAndMemory, IsolationLevel, Platform, Tenancy};
use k8s_openapi::api::core::v1::{
    LimitRange, LimitRangeItem, LimitRangeSpec, Namespace, ResourceQuota, ResourceQuotaSpec,
};
use k8s_openapi::api::networking::v1::{
    IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
    NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::api::rbac::v1::{RoleBinding, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::graph::GraphNode;
use crate::{Error, Graph, PodGroup, application_name, object};

/// The private address ranges, which are never outside a cluster.
const PRIVATE: [&str; 3] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/// Returns a tenant's own objects; `has_pods` tells which of its components may have pods.
///
/// # Errors
/// Returns an error for a struct that cannot be written as a manifest.
pub fn objects(
    platform: &Platform,
    tenancy: &Tenancy,
    graph: &Graph<'_>,
    nodes: &[&GraphNode<'_>],
    has_pods: &(dyn Fn(&GraphNode<'_>) -> bool + Sync),
) -> Result<Vec<Object>, Error> {
    let mut objects = Vec::new();
    let own = tenancy.namespaces.iter().filter(|namespace| !tenancy.is_existing(namespace.as_str()));
    for namespace in own {
        let namespace = namespace.as_str();
        objects.push(object(&namespace_object(tenancy, namespace))?);
        objects.extend(quota(tenancy, namespace).map(|quota| object(&quota)).transpose()?);
        objects.extend(limit_range(tenancy, namespace).map(|limits| object(&limits)).transpose()?);
        objects.extend(owners(tenancy, namespace).map(|binding| object(&binding)).transpose()?);
        objects.push(match tenancy.isolation.level {
            IsolationLevel::Strict => object(&deny_all(tenancy, namespace))?,
            IsolationLevel::Namespace => object(&among_namespaces(tenancy, namespace))?,
            IsolationLevel::None => continue,
        });
        objects.push(object(&allow_dns(tenancy, namespace))?);
        let has_hosts = nodes.iter().any(|node| {
            node.site.namespace() == namespace
                && node.offer.pod_groups.iter().any(|group| !group.from_ingress.is_empty())
        });
        if has_hosts && tenancy.environment.cluster_issuer.is_some() {
            objects.push(object(&allow_solver(platform, tenancy, graph, namespace))?);
        }
    }
    for node in nodes.iter().filter(|node| tenancy.has_policies(node.site.namespace())) {
        for group in node.offer.pod_groups.iter().filter(|group| !group.assumed || has_pods(node)) {
            let mut policy = object(&group_policy(platform, tenancy, graph, node, group))?;
            policy.origin = Some(node.site.instance.spec.origin.place.clone());
            objects.push(policy);
        }
    }
    objects.sort_by_cached_key(Object::key);
    Ok(objects)
}

fn metadata(tenancy: &Tenancy, name: &str, namespace: Option<&str>) -> ObjectMeta {
    let tenant = tenancy.tenant.name.as_str();
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: namespace.map(str::to_owned),
        labels: Some(BTreeMap::from([
            ("app.kubernetes.io/name".to_owned(), tenant.to_owned()),
            ("app.kubernetes.io/instance".to_owned(), application_name(tenant, crate::TENANCY)),
            ("app.kubernetes.io/component".to_owned(), crate::TENANCY.to_owned()),
            ("app.kubernetes.io/part-of".to_owned(), tenant.to_owned()),
            ("app.kubernetes.io/managed-by".to_owned(), "aqueduct".to_owned()),
        ])),
        ..Default::default()
    }
}

fn namespace_object(tenancy: &Tenancy, name: &str) -> Namespace {
    let mut metadata = metadata(tenancy, name, None);
    let settings = tenancy.namespace_settings.get(name).cloned().unwrap_or_default();
    let level = settings.pod_security.as_str();
    let labels = metadata.labels.get_or_insert_default();
    for mode in ["enforce", "audit", "warn"] {
        labels.insert(format!("pod-security.kubernetes.io/{mode}"), level.to_owned());
    }
    labels.extend(marks(tenancy, &tenancy.tenant.name));
    labels.extend(settings.labels.iter().map(|(key, value)| (key.to_string(), value.to_string())));
    let mut annotations = BTreeMap::from([("argocd.argoproj.io/sync-wave".to_owned(), "-1".to_owned())]);
    if let Some(description) = &tenancy.tenant.description {
        annotations.insert("aqueduct.dev/description".to_owned(), description.clone());
    }
    annotations.extend(settings.annotations.iter().map(|(key, value)| (key.to_string(), value.to_string())));
    metadata.annotations = Some(annotations);
    Namespace { metadata, ..Default::default() }
}

/// Returns the labels that identify the namespaces of a tenant in the environment.
fn marks(tenancy: &Tenancy, tenant: &Name) -> BTreeMap<String, String> {
    let mut marks = BTreeMap::from([("aqueduct.dev/tenant".to_owned(), tenant.to_string())]);
    // Another environment in the cluster may have the same tenant.
    if tenancy.environment.namespace_suffix.is_some() {
        marks.insert("aqueduct.dev/environment".to_owned(), tenancy.environment.name.to_string());
    }
    marks
}

fn quota(tenancy: &Tenancy, namespace: &str) -> Option<ResourceQuota> {
    let quota = &tenancy.quota;
    let hard: BTreeMap<String, Quantity> = [
        ("requests.cpu", quota.cpu.as_ref().map(ToString::to_string)),
        ("requests.memory", quota.memory.as_ref().map(ToString::to_string)),
        ("pods", quota.pods.map(|pods| pods.to_string())),
        ("requests.storage", quota.storage.as_ref().map(ToString::to_string)),
    ]
    .into_iter()
    .filter_map(|(name, amount)| Some((name.to_owned(), Quantity(amount?))))
    .collect();
    (!hard.is_empty()).then(|| ResourceQuota {
        metadata: metadata(tenancy, "quota", Some(namespace)),
        spec: Some(ResourceQuotaSpec { hard: Some(hard), ..Default::default() }),
        ..Default::default()
    })
}

fn limit_range(tenancy: &Tenancy, namespace: &str) -> Option<LimitRange> {
    let amounts = |resources: &CpuAndMemory| {
        let amounts: BTreeMap<String, Quantity> = [
            ("cpu", resources.cpu.as_ref().map(ToString::to_string)),
            ("memory", resources.memory.as_ref().map(ToString::to_string)),
        ]
        .into_iter()
        .filter_map(|(name, amount)| Some((name.to_owned(), Quantity(amount?))))
        .collect();
        Some(amounts).filter(|amounts| !amounts.is_empty())
    };
    let item = LimitRangeItem {
        type_: "Container".to_owned(),
        default: amounts(&tenancy.limits.default),
        default_request: amounts(&tenancy.limits.default_request),
        max: amounts(&tenancy.limits.max),
        min: amounts(&tenancy.limits.min),
        ..Default::default()
    };
    let empty =
        item.default.is_none() && item.default_request.is_none() && item.max.is_none() && item.min.is_none();
    (!empty).then(|| LimitRange {
        metadata: metadata(tenancy, "limits", Some(namespace)),
        spec: Some(LimitRangeSpec { limits: vec![item] }),
    })
}

/// Owners may view and change everything in their namespaces. Argo CD restores whatever the tree contains.
fn owners(tenancy: &Tenancy, namespace: &str) -> Option<RoleBinding> {
    let subjects: Vec<Subject> = tenancy
        .tenant
        .owners
        .iter()
        .map(|owner| {
            let (kind, name) = match owner.strip_prefix("user:") {
                Some(user) => ("User", user),
                None => ("Group", owner.strip_prefix("group:").unwrap_or(owner)),
            };
            Subject {
                api_group: Some("rbac.authorization.k8s.io".to_owned()),
                kind: kind.to_owned(),
                name: name.to_owned(),
                namespace: None,
            }
        })
        .collect();
    (!subjects.is_empty()).then(|| RoleBinding {
        metadata: metadata(tenancy, "owners", Some(namespace)),
        role_ref: RoleRef {
            api_group: "rbac.authorization.k8s.io".to_owned(),
            kind: "ClusterRole".to_owned(),
            name: "edit".to_owned(),
        },
        subjects: Some(subjects),
    })
}

fn policy(tenancy: &Tenancy, name: &str, namespace: &str, spec: NetworkPolicySpec) -> NetworkPolicy {
    NetworkPolicy { metadata: metadata(tenancy, name, Some(namespace)), spec: Some(spec) }
}

fn both() -> Option<Vec<String>> {
    Some(vec!["Ingress".to_owned(), "Egress".to_owned()])
}

fn deny_all(tenancy: &Tenancy, namespace: &str) -> NetworkPolicy {
    let spec = NetworkPolicySpec { pod_selector: all_pods(), policy_types: both(), ..Default::default() };
    policy(tenancy, "deny-all", namespace, spec)
}

/// Selects every pod of the namespace. Before Kubernetes 1.34, the schema requires the field.
fn all_pods() -> Option<LabelSelector> {
    Some(LabelSelector::default())
}

fn allow_dns(tenancy: &Tenancy, namespace: &str) -> NetworkPolicy {
    let port = |protocol: &str| NetworkPolicyPort {
        port: Some(IntOrString::Int(53)),
        protocol: Some(protocol.to_owned()),
        ..Default::default()
    };
    let rule = NetworkPolicyEgressRule {
        ports: Some(vec![port("UDP"), port("TCP")]),
        to: Some(vec![in_namespace(
            "kube-system",
            Some(BTreeMap::from([("k8s-app".to_owned(), "kube-dns".to_owned())])),
        )]),
    };
    let spec = NetworkPolicySpec {
        egress: Some(vec![rule]),
        pod_selector: all_pods(),
        policy_types: Some(vec!["Egress".to_owned()]),
        ..Default::default()
    };
    policy(tenancy, "allow-dns", namespace, spec)
}

/// Lets the ingress controller reach the pods with which cert-manager proves to an ACME server that it controls a
/// host. Source: <https://cert-manager.io/docs/configuration/acme/http01/>.
fn allow_solver(platform: &Platform, tenancy: &Tenancy, graph: &Graph<'_>, namespace: &str) -> NetworkPolicy {
    let mut ingress = Rules::default();
    ingress.add(graph.service_peers(platform, Role::Ingress), [8089]);
    let solver = BTreeMap::from([("acme.cert-manager.io/http01-solver".to_owned(), "true".to_owned())]);
    let spec = NetworkPolicySpec {
        ingress: ingress.ingress(),
        pod_selector: Some(labels(solver)),
        policy_types: Some(vec!["Ingress".to_owned()]),
        ..Default::default()
    };
    policy(tenancy, "allow-acme-solver", namespace, spec)
}

/// Lets the pods in the tenant's namespaces reach each other, and nobody else.
fn among_namespaces(tenancy: &Tenancy, namespace: &str) -> NetworkPolicy {
    let own = || tenancy.namespaces.iter().map(|namespace| in_namespace(namespace.as_str(), None)).collect();
    let spec = NetworkPolicySpec {
        egress: Some(vec![NetworkPolicyEgressRule { to: Some(own()), ..Default::default() }]),
        ingress: Some(vec![NetworkPolicyIngressRule { from: Some(own()), ..Default::default() }]),
        pod_selector: all_pods(),
        policy_types: both(),
    };
    policy(tenancy, "allow-namespaces", namespace, spec)
}

fn labels(labels: BTreeMap<String, String>) -> LabelSelector {
    LabelSelector { match_labels: Some(labels), ..Default::default() }
}

fn in_namespace(namespace: &str, pods: Option<BTreeMap<String, String>>) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        namespace_selector: Some(labels(BTreeMap::from([(
            "kubernetes.io/metadata.name".to_owned(),
            namespace.to_owned(),
        )]))),
        pod_selector: pods.map(labels),
        ..Default::default()
    }
}

/// Returns a peer for the pods with some labels in the policy's own namespace.
fn selected(pods: &BTreeMap<String, String>) -> NetworkPolicyPeer {
    NetworkPolicyPeer { pod_selector: Some(labels(pods.clone())), ..Default::default() }
}

fn range(cidr: &str) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        ip_block: Some(IPBlock { cidr: cidr.to_owned(), except: None }),
        ..Default::default()
    }
}

/// Everything except the private ranges that clusters use.
fn world() -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        ip_block: Some(IPBlock {
            cidr: "0.0.0.0/0".to_owned(),
            except: Some(PRIVATE.map(str::to_owned).to_vec()),
        }),
        ..Default::default()
    }
}

fn anywhere_in_cluster() -> NetworkPolicyPeer {
    NetworkPolicyPeer { namespace_selector: Some(LabelSelector::default()), ..Default::default() }
}

/// What some peers may reach, collected so that each set of peers occurs once, with all its ports.
#[derive(Default)]
struct Rules(Vec<(Vec<NetworkPolicyPeer>, BTreeSet<u16>)>);

impl Rules {
    fn add(&mut self, peers: Vec<NetworkPolicyPeer>, ports: impl IntoIterator<Item = u16>) {
        match self.0.iter_mut().find(|(known, _)| *known == peers) {
            Some((_, known)) => known.extend(ports),
            None => self.0.push((peers, ports.into_iter().collect())),
        }
    }

    fn ports(ports: BTreeSet<u16>) -> Option<Vec<NetworkPolicyPort>> {
        let ports: Vec<NetworkPolicyPort> = ports
            .into_iter()
            .map(|port| NetworkPolicyPort {
                port: Some(IntOrString::Int(port.into())),
                protocol: Some("TCP".to_owned()),
                ..Default::default()
            })
            .collect();
        Some(ports).filter(|ports| !ports.is_empty())
    }

    fn ingress(self) -> Option<Vec<NetworkPolicyIngressRule>> {
        let rules: Vec<_> = self
            .0
            .into_iter()
            .map(|(peers, ports)| NetworkPolicyIngressRule { from: Some(peers), ports: Self::ports(ports) })
            .collect();
        Some(rules).filter(|rules| !rules.is_empty())
    }

    fn egress(self) -> Option<Vec<NetworkPolicyEgressRule>> {
        let rules: Vec<_> = self
            .0
            .into_iter()
            .map(|(peers, ports)| NetworkPolicyEgressRule { to: Some(peers), ports: Self::ports(ports) })
            .collect();
        Some(rules).filter(|rules| !rules.is_empty())
    }
}

/// Returns the policy of one group of pods, from the platform's links in both directions.
fn group_policy(
    platform: &Platform,
    tenancy: &Tenancy,
    graph: &Graph<'_>,
    node: &GraphNode<'_>,
    group: &PodGroup,
) -> NetworkPolicy {
    let own = || selected(&group.labels);
    let mut ingress = Rules::default();
    for (user, endpoint) in graph.users(node) {
        let Some(pods) = endpoint.and_then(|endpoint| endpoint.pods.as_ref()) else { continue };
        if pods.labels == group.labels {
            // A component without pods, such as a shared configuration, only uses the address.
            let callers = graph.node(user.tenant(), user.name()).map(pods_of).unwrap_or_default();
            if !callers.is_empty() {
                ingress.add(callers, [pods.port]);
            }
        }
    }
    if group.open_among {
        ingress.add(vec![own()], []);
    } else if !group.among.is_empty() {
        ingress.add(vec![own()], group.among.iter().copied());
    }
    if !group.from_ingress.is_empty() {
        ingress.add(graph.service_peers(platform, Role::Ingress), group.from_ingress.iter().copied());
    }
    if let Some(metrics) = &group.metrics {
        ingress.add(graph.service_peers(platform, Role::Metrics), [metrics.port]);
    }
    for (port, ranges) in &group.from_outside {
        let peers = if ranges.is_empty() {
            vec![range("0.0.0.0/0")]
        } else {
            ranges.iter().map(|cidr| range(cidr)).collect()
        };
        ingress.add(peers, [*port]);
    }
    for (namespace, ports) in &group.from_namespaces {
        ingress.add(vec![in_namespace(namespace, None)], ports.iter().copied());
    }
    if !group.from_cluster.is_empty() {
        ingress.add(vec![anywhere_in_cluster()], group.from_cluster.iter().copied());
    }
    let named = |name: &String| node.offer.pod_groups.iter().find(|other| other.name == *name);
    for (caller, ports) in &group.from_groups {
        // A rule without peers would admit everybody.
        if let Some(caller) = named(caller) {
            ingress.add(vec![selected(&caller.labels)], ports.iter().copied());
        }
    }

    let mut egress = Rules::default();
    for (_, endpoint) in graph.uses(node) {
        match (&endpoint.pods, &endpoint.outside) {
            (Some(pods), _) => {
                egress.add(vec![in_namespace(&pods.namespace, Some(pods.labels.clone()))], [pods.port])
            }
            (None, Some(outside)) => egress.add(vec![range(&outside.cidr)], [outside.port]),
            (None, None) => {}
        }
    }
    if group.open_among {
        egress.add(vec![own()], []);
    } else if !group.among.is_empty() {
        egress.add(vec![own()], group.among.iter().copied());
    }
    for other in &node.offer.pod_groups {
        for (_, ports) in other.from_groups.iter().filter(|(caller, _)| *caller == group.name) {
            egress.add(vec![selected(&other.labels)], ports.iter().copied());
        }
    }
    for (cidr, ports) in &group.egress {
        egress.add(vec![cidr.as_deref().map_or_else(world, range)], ports.iter().copied());
    }
    if group.api_server {
        // The API server is outside the pod network, at an address that is not known here.
        egress.add(vec![range("0.0.0.0/0")], [443, 6443]);
    }
    if group.to_cluster {
        egress.add(vec![anywhere_in_cluster(), range("10.0.0.0/8")], []);
    }
    let spec = NetworkPolicySpec {
        pod_selector: Some(labels(group.labels.clone())),
        ingress: ingress.ingress(),
        egress: egress.egress(),
        policy_types: both(),
    };
    policy(tenancy, &group.name, node.site.namespace(), spec)
}

/// Returns the pods of a component as peers of a policy, group by group.
fn pods_of(node: &GraphNode<'_>) -> Vec<NetworkPolicyPeer> {
    let groups = node.offer.pod_groups.iter();
    groups.map(|group| in_namespace(node.site.namespace(), Some(group.labels.clone()))).collect()
}

/// A service that the platform shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Ingress,
    Metrics,
}

impl Graph<'_> {
    /// Returns the peers of a shared service: the pods of the platform's shared component, or every namespace if the
    /// platform sets none.
    fn service_peers(&self, platform: &Platform, role: Role) -> Vec<NetworkPolicyPeer> {
        let services = &platform.services;
        let reference = match role {
            Role::Ingress => services.ingress.as_ref(),
            Role::Metrics => services.metrics.as_ref(),
        };
        let node = reference.and_then(|reference| {
            self.node(reference.tenant.as_ref()?.as_str(), reference.component.as_str())
        });
        match node {
            Some(node) if node.offer.pod_groups.is_empty() => vec![in_namespace(node.site.namespace(), None)],
            Some(node) => pods_of(node),
            None => vec![anywhere_in_cluster()],
        }
    }
}
