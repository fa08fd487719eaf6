//! The APIs of Kubernetes: the kinds that each minor version serves by default.
//!
//! The checks use this table to tell whether a cluster knows a kind, and charts to tell which APIs exist. It follows
//! <https://kubernetes.io/docs/reference/using-api/deprecation-guide/> and the published schemas of Kubernetes 1.25
//! to 1.37. Alpha versions are not served by default and are omitted, as are beta versions that are newer than 1.24
//! and have no older beta.

/// Some kinds of a Kubernetes API.
#[derive(Debug)]
pub struct KubernetesApi {
    /// Group and version, such as `apps/v1`.
    pub version: &'static str,
    /// The kinds.
    pub kinds: &'static [&'static str],
    /// The first minor version of Kubernetes that serves them by default.
    pub since: u32,
    /// The first minor version that no longer serves them.
    pub until: u32,
    /// The replacement; empty if there is none.
    pub instead: &'static str,
}

impl KubernetesApi {
    /// The `until` of kinds that are still served.
    pub const NEVER: u32 = u32::MAX;

    /// Returns the capabilities that charts see in a cluster of a minor version: each `group/version`, followed by
    /// its kinds as `group/version/Kind`.
    pub fn names(minor: u32) -> Vec<String> {
        let mut names: Vec<String> = KUBERNETES_APIS
            .iter()
            .filter(|api| api.is_served(minor))
            .flat_map(|api| {
                let kinds = api.kinds.iter().map(|kind| format!("{}/{kind}", api.version));
                std::iter::once(api.version.to_owned()).chain(kinds)
            })
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// Tells whether a minor version of Kubernetes serves these kinds.
    pub fn is_served(&self, minor: u32) -> bool {
        self.since <= minor && minor < self.until
    }
}

const fn api(
    version: &'static str,
    kinds: &'static [&'static str],
    since: u32,
    until: u32,
    instead: &'static str,
) -> KubernetesApi {
    KubernetesApi { version, kinds, since, until, instead }
}

const NEVER: u32 = KubernetesApi::NEVER;

/// All APIs, by version.
#[rustfmt::skip]
pub const KUBERNETES_APIS: &[KubernetesApi] = &[
    api("v1", &["Binding", "ComponentStatus", "ConfigMap", "Endpoints", "Event", "LimitRange", "Namespace", "Node", "PersistentVolume", "PersistentVolumeClaim", "Pod", "PodTemplate", "ReplicationController", "ResourceQuota", "Secret", "Service", "ServiceAccount"], 0, NEVER, ""),
    api("admissionregistration.k8s.io/v1", &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"], 30, NEVER, ""),
    api("admissionregistration.k8s.io/v1", &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"], 16, NEVER, ""),
    api("admissionregistration.k8s.io/v1", &["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"], 36, NEVER, ""),
    api("admissionregistration.k8s.io/v1beta1", &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"], 9, 22, "admissionregistration.k8s.io/v1"),
    api("apiextensions.k8s.io/v1", &["CustomResourceDefinition"], 16, NEVER, ""),
    api("apiextensions.k8s.io/v1beta1", &["CustomResourceDefinition"], 7, 22, "apiextensions.k8s.io/v1"),
    api("apiregistration.k8s.io/v1", &["APIService"], 10, NEVER, ""),
    api("apiregistration.k8s.io/v1beta1", &["APIService"], 7, 22, "apiregistration.k8s.io/v1"),
    api("apps/v1", &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"], 9, NEVER, ""),
    api("apps/v1beta1", &["ControllerRevision", "Deployment", "StatefulSet"], 6, 16, "apps/v1"),
    api("apps/v1beta2", &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"], 8, 16, "apps/v1"),
    api("authentication.k8s.io/v1", &["TokenRequest", "TokenReview"], 6, NEVER, ""),
    api("authentication.k8s.io/v1", &["SelfSubjectReview"], 28, NEVER, ""),
    api("authorization.k8s.io/v1", &["LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"], 6, NEVER, ""),
    api("autoscaling/v1", &["HorizontalPodAutoscaler"], 2, NEVER, ""),
    api("autoscaling/v2", &["HorizontalPodAutoscaler"], 23, NEVER, ""),
    api("autoscaling/v2beta1", &["HorizontalPodAutoscaler"], 8, 25, "autoscaling/v2"),
    api("autoscaling/v2beta2", &["HorizontalPodAutoscaler"], 12, 26, "autoscaling/v2"),
    api("batch/v1", &["Job"], 2, NEVER, ""),
    api("batch/v1", &["CronJob"], 21, NEVER, ""),
    api("batch/v1beta1", &["CronJob"], 8, 25, "batch/v1"),
    api("certificates.k8s.io/v1", &["CertificateSigningRequest"], 19, NEVER, ""),
    api("certificates.k8s.io/v1", &["ClusterTrustBundle", "PodCertificateRequest"], 37, NEVER, ""),
    api("certificates.k8s.io/v1beta1", &["CertificateSigningRequest"], 4, 22, "certificates.k8s.io/v1"),
    api("coordination.k8s.io/v1", &["Lease"], 14, NEVER, ""),
    api("coordination.k8s.io/v1beta1", &["Lease"], 12, 22, "coordination.k8s.io/v1"),
    api("discovery.k8s.io/v1", &["EndpointSlice"], 21, NEVER, ""),
    api("discovery.k8s.io/v1beta1", &["EndpointSlice"], 17, 25, "discovery.k8s.io/v1"),
    api("events.k8s.io/v1", &["Event"], 19, NEVER, ""),
    api("events.k8s.io/v1beta1", &["Event"], 8, 25, "events.k8s.io/v1"),
    api("extensions/v1beta1", &["DaemonSet", "Deployment", "ReplicaSet"], 1, 16, "apps/v1"),
    api("extensions/v1beta1", &["NetworkPolicy"], 3, 16, "networking.k8s.io/v1"),
    api("extensions/v1beta1", &["PodSecurityPolicy"], 3, 16, ""),
    api("extensions/v1beta1", &["Ingress"], 1, 22, "networking.k8s.io/v1"),
    api("flowcontrol.apiserver.k8s.io/v1", &["FlowSchema", "PriorityLevelConfiguration"], 29, NEVER, ""),
    api("flowcontrol.apiserver.k8s.io/v1beta1", &["FlowSchema", "PriorityLevelConfiguration"], 20, 26, "flowcontrol.apiserver.k8s.io/v1"),
    api("flowcontrol.apiserver.k8s.io/v1beta2", &["FlowSchema", "PriorityLevelConfiguration"], 23, 29, "flowcontrol.apiserver.k8s.io/v1"),
    api("flowcontrol.apiserver.k8s.io/v1beta3", &["FlowSchema", "PriorityLevelConfiguration"], 26, 32, "flowcontrol.apiserver.k8s.io/v1"),
    api("networking.k8s.io/v1", &["NetworkPolicy"], 7, NEVER, ""),
    api("networking.k8s.io/v1", &["Ingress", "IngressClass"], 19, NEVER, ""),
    api("networking.k8s.io/v1", &["IPAddress", "ServiceCIDR"], 33, NEVER, ""),
    api("networking.k8s.io/v1beta1", &["Ingress", "IngressClass"], 14, 22, "networking.k8s.io/v1"),
    api("node.k8s.io/v1", &["RuntimeClass"], 20, NEVER, ""),
    api("node.k8s.io/v1beta1", &["RuntimeClass"], 14, 25, "node.k8s.io/v1"),
    api("policy/v1", &["Eviction", "PodDisruptionBudget"], 21, NEVER, ""),
    api("policy/v1beta1", &["PodDisruptionBudget"], 5, 25, "policy/v1"),
    api("policy/v1beta1", &["PodSecurityPolicy"], 10, 25, ""),
    api("rbac.authorization.k8s.io/v1", &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"], 8, NEVER, ""),
    api("rbac.authorization.k8s.io/v1beta1", &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"], 6, 22, "rbac.authorization.k8s.io/v1"),
    api("resource.k8s.io/v1", &["DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"], 34, NEVER, ""),
    api("resource.k8s.io/v1", &["DeviceTaintRule"], 37, NEVER, ""),
    api("scheduling.k8s.io/v1", &["PriorityClass"], 14, NEVER, ""),
    api("scheduling.k8s.io/v1beta1", &["PriorityClass"], 11, 22, "scheduling.k8s.io/v1"),
    api("storage.k8s.io/v1", &["StorageClass"], 6, NEVER, ""),
    api("storage.k8s.io/v1", &["VolumeAttachment"], 13, NEVER, ""),
    api("storage.k8s.io/v1", &["CSINode"], 17, NEVER, ""),
    api("storage.k8s.io/v1", &["CSIDriver"], 18, NEVER, ""),
    api("storage.k8s.io/v1", &["CSIStorageCapacity"], 24, NEVER, ""),
    api("storage.k8s.io/v1", &["VolumeAttributesClass"], 34, NEVER, ""),
    api("storage.k8s.io/v1beta1", &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"], 4, 22, "storage.k8s.io/v1"),
    api("storage.k8s.io/v1beta1", &["CSIStorageCapacity"], 21, 27, "storage.k8s.io/v1"),
    api("storagemigration.k8s.io/v1", &["StorageVersionMigration"], 37, NEVER, ""),
];

/// Returns the resource name of a kind, such as `ingresses` for Ingress. It follows from the kind unless a definition
/// sets it.
pub fn plural(kind: &str) -> String {
    let kind = kind.to_ascii_lowercase();
    match kind.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u'])) {
        Some(stem) => format!("{stem}ies"),
        None if kind == "endpoints" => kind,
        None if kind.ends_with(['s', 'x']) || kind.ends_with("ch") => format!("{kind}es"),
        None => format!("{kind}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::plural;

    #[test]
    fn resources_are_named_as_kubernetes_does() {
        let kinds = ["Ingress", "NetworkPolicy", "Endpoints", "Gateway", "PrometheusRule"];
        let names = ["ingresses", "networkpolicies", "endpoints", "gateways", "prometheusrules"];
        assert_eq!(kinds.map(plural), names);
    }

    use super::KubernetesApi;

    /// Kinds that came or went with a version, and the minor versions that serve them.
    #[test]
    fn what_each_version_serves() {
        let served = |name: &str| -> Vec<u32> {
            (25..=38).filter(|minor| KubernetesApi::names(*minor).iter().any(|known| known == name)).collect()
        };
        let from = |first: u32| (first..=38).collect::<Vec<u32>>();
        for (name, expected) in [
            ("policy/v1/PodDisruptionBudget", from(25)),
            ("policy/v1", from(25)),
            ("v1/Pod", from(25)),
            ("policy/v1beta1", vec![]),
            ("policy/v1beta1/PodSecurityPolicy", vec![]),
            ("batch/v1beta1", vec![]),
            ("extensions/v1beta1", vec![]),
            ("autoscaling/v2beta2/HorizontalPodAutoscaler", vec![25]),
            ("storage.k8s.io/v1beta1", vec![25, 26]),
            ("flowcontrol.apiserver.k8s.io/v1beta3", (26..32).collect()),
            ("admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy", from(30)),
            ("networking.k8s.io/v1/ServiceCIDR", from(33)),
            ("resource.k8s.io/v1", from(34)),
            // Beta versions that are newer than 1.24 are off unless somebody turns them on.
            ("networking.k8s.io/v1beta1", vec![]),
            ("resource.k8s.io/v1beta1", vec![]),
            ("storagemigration.k8s.io/v1", from(37)),
        ] {
            assert_eq!(served(name), expected, "{name}");
        }
    }
}
