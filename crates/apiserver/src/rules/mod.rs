//! What Kubernetes validates in code, kind by kind.

mod address;
mod admission;
mod autoscaler;
mod config;
mod definition;
mod device;
pub mod expressions;
mod flow;
mod job;
mod metadata;
mod network;
mod pod;
mod policy;
mod rbac;
mod schedule;
mod selector;
mod service;
mod storage;
mod warning;
mod webhook;
mod workload;

use crate::field::Field;
use crate::report::Report;
use crate::rules::metadata::{LABEL, NameRule, PATH_SEGMENT, SUBDOMAIN, WHOLE_SUBDOMAIN};

/// The rules of one kind.
type Rule = fn(&Field<'_>, &mut Report);

/// The rules of a kind: the form of its name, and its other checks.
struct KindRules {
    group: &'static str,
    kind: &'static str,
    name: NameRule,
    rule: Rule,
}

/// All kinds with their own rules. For other kinds, only the metadata is checked.
#[rustfmt::skip]
const KINDS: &[KindRules] = &[
    kind("", "ConfigMap", SUBDOMAIN, config::config_map),
    kind("", "Endpoints", SUBDOMAIN, network::endpoints),
    kind("", "Event", PATH_SEGMENT, config::event),
    kind("", "LimitRange", SUBDOMAIN, policy::limit_range),
    kind("", "Namespace", LABEL, config::namespace),
    kind("", "Node", SUBDOMAIN, config::node),
    kind("", "PersistentVolume", SUBDOMAIN, storage::persistent_volume),
    kind("", "PersistentVolumeClaim", SUBDOMAIN, storage::claim),
    kind("", "Pod", SUBDOMAIN, pod::check),
    kind("", "PodTemplate", SUBDOMAIN, workload::pod_template),
    kind("", "ReplicationController", WHOLE_SUBDOMAIN, workload::replication_controller),
    kind("", "ResourceQuota", SUBDOMAIN, policy::quota),
    kind("", "Secret", SUBDOMAIN, config::secret),
    kind("", "Service", LABEL, service::check),
    kind("admissionregistration.k8s.io", "MutatingAdmissionPolicy", SUBDOMAIN, admission::mutating),
    kind("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding", SUBDOMAIN, admission::mutating_binding),
    kind("admissionregistration.k8s.io", "MutatingWebhookConfiguration", SUBDOMAIN, webhook::configuration),
    kind("admissionregistration.k8s.io", "ValidatingAdmissionPolicy", SUBDOMAIN, admission::validating),
    kind("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding", SUBDOMAIN, admission::validating_binding),
    kind("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", SUBDOMAIN, webhook::configuration),
    kind("apiextensions.k8s.io", "CustomResourceDefinition", SUBDOMAIN, definition::check),
    kind("apiregistration.k8s.io", "APIService", PATH_SEGMENT, webhook::api_service),
    kind("apps", "ControllerRevision", SUBDOMAIN, workload::revision),
    kind("apps", "DaemonSet", SUBDOMAIN, workload::daemon_set),
    kind("apps", "Deployment", SUBDOMAIN, workload::deployment),
    kind("apps", "ReplicaSet", SUBDOMAIN, workload::replica_set),
    kind("apps", "StatefulSet", LABEL, workload::stateful_set),
    kind("autoscaling", "HorizontalPodAutoscaler", SUBDOMAIN, autoscaler::check),
    kind("batch", "CronJob", SUBDOMAIN, job::cron_job),
    kind("batch", "Job", SUBDOMAIN, job::job),
    kind("certificates.k8s.io", "CertificateSigningRequest", SUBDOMAIN, webhook::signing_request),
    kind("coordination.k8s.io", "Lease", SUBDOMAIN, config::lease),
    kind("discovery.k8s.io", "EndpointSlice", SUBDOMAIN, network::endpoint_slice),
    kind("flowcontrol.apiserver.k8s.io", "FlowSchema", SUBDOMAIN, flow::flow_schema),
    kind("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration", SUBDOMAIN, flow::priority_level),
    kind("networking.k8s.io", "Ingress", SUBDOMAIN, network::ingress),
    kind("networking.k8s.io", "IngressClass", SUBDOMAIN, network::ingress_class),
    kind("networking.k8s.io", "NetworkPolicy", SUBDOMAIN, network::policy),
    kind("networking.k8s.io", "ServiceCIDR", SUBDOMAIN, network::service_cidr),
    kind("node.k8s.io", "RuntimeClass", SUBDOMAIN, policy::runtime_class),
    kind("policy", "PodDisruptionBudget", PATH_SEGMENT, policy::disruption_budget),
    kind("rbac.authorization.k8s.io", "ClusterRole", PATH_SEGMENT, rbac::cluster_role),
    kind("rbac.authorization.k8s.io", "ClusterRoleBinding", PATH_SEGMENT, rbac::cluster_role_binding),
    kind("rbac.authorization.k8s.io", "Role", PATH_SEGMENT, rbac::role),
    kind("rbac.authorization.k8s.io", "RoleBinding", PATH_SEGMENT, rbac::role_binding),
    kind("resource.k8s.io", "DeviceClass", WHOLE_SUBDOMAIN, device::class),
    kind("resource.k8s.io", "ResourceClaim", SUBDOMAIN, device::claim),
    kind("resource.k8s.io", "ResourceClaimTemplate", SUBDOMAIN, device::claim_template),
    kind("resource.k8s.io", "ResourceSlice", SUBDOMAIN, device::slice),
    kind("scheduling.k8s.io", "PriorityClass", SUBDOMAIN, policy::priority_class),
    kind("storage.k8s.io", "CSIDriver", SUBDOMAIN, storage::driver),
    kind("storage.k8s.io", "CSINode", SUBDOMAIN, storage::csi_node),
    kind("storage.k8s.io", "CSIStorageCapacity", SUBDOMAIN, storage::capacity),
    kind("storage.k8s.io", "StorageClass", SUBDOMAIN, storage::storage_class),
    kind("storage.k8s.io", "VolumeAttachment", SUBDOMAIN, storage::attachment),
    kind("storage.k8s.io", "VolumeAttributesClass", SUBDOMAIN, storage::attributes_class),
];

const fn kind(group: &'static str, kind: &'static str, name: NameRule, rule: Rule) -> KindRules {
    KindRules { group, kind, name, rule }
}

/// Checks an object whose fields have valid names and types.
pub(crate) fn check(group: &str, kind: &str, root: &Field<'_>, report: &mut Report) {
    let rules = KINDS.iter().find(|rules| rules.group == group && rules.kind == kind);
    metadata::check(root, rules.map_or(SUBDOMAIN, |rules| rules.name), report);
    if let Some(rules) = rules {
        (rules.rule)(root, report);
    }
    warning::check(group, kind, root, report);
}
