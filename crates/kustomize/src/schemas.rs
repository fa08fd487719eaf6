//! What is known about kinds: which are cluster-scoped, and by which keys their lists merge.
//!
//! The built-in data is that of Kubernetes 1.21.2, the version that Kustomize includes. The first `openapi.path` in a
//! build adds its own scopes for the rest of the build, and replaces the merge keys unless the built-in ones have
//! already been used.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;

use aqueduct_manifest::Value;
use aqueduct_manifest::patch::{Builtin, MergeContext};

use crate::id::Gvk;

/// Cluster-scoped kinds, by API version; from `precomputedIsNamespaceScoped` in kyaml.
const CLUSTER_SCOPED: &[(&str, &[&str])] = &[
    ("admissionregistration.k8s.io/v1", &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]),
    (
        "admissionregistration.k8s.io/v1beta1",
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    ),
    ("apiextensions.k8s.io/v1", &["CustomResourceDefinition"]),
    ("apiextensions.k8s.io/v1beta1", &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io/v1", &["APIService"]),
    ("apiregistration.k8s.io/v1beta1", &["APIService"]),
    ("certificates.k8s.io/v1", &["CertificateSigningRequest"]),
    ("certificates.k8s.io/v1beta1", &["CertificateSigningRequest"]),
    ("flowcontrol.apiserver.k8s.io/v1beta1", &["FlowSchema", "PriorityLevelConfiguration"]),
    ("networking.k8s.io/v1", &["IngressClass"]),
    ("networking.k8s.io/v1beta1", &["IngressClass"]),
    ("node.k8s.io/v1", &["RuntimeClass"]),
    ("node.k8s.io/v1beta1", &["RuntimeClass"]),
    ("policy/v1beta1", &["PodSecurityPolicy"]),
    ("rbac.authorization.k8s.io/v1", &["ClusterRole", "ClusterRoleBinding"]),
    ("rbac.authorization.k8s.io/v1beta1", &["ClusterRole", "ClusterRoleBinding"]),
    ("scheduling.k8s.io/v1", &["PriorityClass"]),
    ("scheduling.k8s.io/v1beta1", &["PriorityClass"]),
    ("storage.k8s.io/v1", &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"]),
    ("storage.k8s.io/v1beta1", &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"]),
    ("v1", &["ComponentStatus", "Namespace", "Node", "NodeProxyOptions", "PersistentVolume"]),
];

/// Namespaced kinds, from the same table.
const NAMESPACED: &[(&str, &[&str])] = &[
    ("apps/v1", &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"]),
    ("autoscaling/v1", &["HorizontalPodAutoscaler", "Scale"]),
    ("autoscaling/v2beta1", &["HorizontalPodAutoscaler"]),
    ("autoscaling/v2beta2", &["HorizontalPodAutoscaler"]),
    ("batch/v1", &["CronJob", "Job"]),
    ("batch/v1beta1", &["CronJob"]),
    ("coordination.k8s.io/v1", &["Lease"]),
    ("coordination.k8s.io/v1beta1", &["Lease"]),
    ("discovery.k8s.io/v1", &["EndpointSlice"]),
    ("discovery.k8s.io/v1beta1", &["EndpointSlice"]),
    ("events.k8s.io/v1", &["Event"]),
    ("events.k8s.io/v1beta1", &["Event"]),
    ("extensions/v1beta1", &["Ingress"]),
    ("networking.k8s.io/v1", &["Ingress", "NetworkPolicy"]),
    ("networking.k8s.io/v1beta1", &["Ingress"]),
    ("policy/v1", &["PodDisruptionBudget"]),
    ("policy/v1beta1", &["PodDisruptionBudget"]),
    ("rbac.authorization.k8s.io/v1", &["Role", "RoleBinding"]),
    ("rbac.authorization.k8s.io/v1beta1", &["Role", "RoleBinding"]),
    ("storage.k8s.io/v1beta1", &["CSIStorageCapacity"]),
    (
        "v1",
        &[
            "ConfigMap",
            "Endpoints",
            "Event",
            "LimitRange",
            "PersistentVolumeClaim",
            "Pod",
            "PodAttachOptions",
            "PodExecOptions",
            "PodPortForwardOptions",
            "PodProxyOptions",
            "PodTemplate",
            "ReplicationController",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
            "ServiceProxyOptions",
        ],
    ),
];

/// The knowledge about kinds that a build shares.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    custom: OnceCell<Option<Custom>>,
    /// What has used the built-in knowledge so far: it stays alongside a document that is adopted later.
    asked: Cell<Asked>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Asked {
    #[default]
    Nothing,
    /// The scope of a kind that is in neither table.
    Scope,
    /// A patch.
    Merge,
}

#[derive(Debug)]
struct Custom {
    document: Value,
    builtin: Builtin,
    /// Whether kinds, by API version and kind, are namespaced.
    namespaced: BTreeMap<(String, String), bool>,
}

impl Schemas {
    /// Returns whether the choice of knowledge is final.
    pub(crate) fn is_chosen(&self) -> bool {
        self.custom.get().is_some()
    }

    /// Chooses the built-in knowledge for good; no effect after a choice.
    pub(crate) fn keep_builtin(&self) {
        self.custom.get_or_init(|| None);
    }

    /// Adopts an OpenAPI document; no effect after a choice.
    pub(crate) fn adopt(&self, document: Value) {
        let builtin = match self.asked.get() {
            Asked::Nothing => Builtin::Absent,
            Asked::Scope => Builtin::First,
            Asked::Merge => Builtin::Last,
        };
        self.custom.get_or_init(|| Some(Custom { namespaced: scopes(&document), document, builtin }));
    }

    pub(crate) fn merge_context(&self) -> MergeContext<'_> {
        match self.custom.get() {
            Some(Some(custom)) => MergeContext::openapi(&custom.document, custom.builtin),
            _ => {
                self.asked.set(Asked::Merge);
                MergeContext::kubernetes()
            }
        }
    }

    /// Returns whether a kind is certainly cluster-scoped.
    pub(crate) fn is_cluster_scoped(&self, gvk: &Gvk) -> bool {
        let lists = |table: &[(&str, &[&str])]| {
            table.iter().any(|(api_version, kinds)| {
                kinds.contains(&gvk.kind.as_str())
                    && match api_version.split_once('/') {
                        Some((group, version)) => gvk.group == group && gvk.version == version,
                        None => gvk.group.is_empty() && gvk.version == *api_version,
                    }
            })
        };
        if lists(CLUSTER_SCOPED) {
            return true;
        }
        if lists(NAMESPACED) {
            return false;
        }
        match self.custom.get() {
            Some(Some(custom)) => {
                custom.namespaced.get(&(gvk.api_version(), gvk.kind.to_string())) == Some(&false)
            }
            _ => {
                if self.asked.get() == Asked::Nothing {
                    self.asked.set(Asked::Scope);
                }
                false
            }
        }
    }
}

/// Derives from the paths of an OpenAPI document which kinds are namespaced.
fn scopes(document: &Value) -> BTreeMap<(String, String), bool> {
    let mut scopes = BTreeMap::new();
    let paths = document.get("paths").and_then(Value::as_map);
    for (path, methods) in paths.into_iter().flatten() {
        let Some(of) = methods.at(&["get", "x-kubernetes-group-version-kind"]) else { continue };
        let text = |key| of.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        let (group, version) = (text("group"), text("version"));
        let api_version = if group.is_empty() { version } else { format!("{group}/{version}") };
        let namespaced = path.contains("namespaces/{namespace}");
        let entry = scopes.entry((api_version, text("kind"))).or_insert(namespaced);
        *entry |= namespaced;
    }
    scopes
}

#[cfg(test)]
mod tests {
    use super::Schemas;
    use crate::id::Gvk;

    #[test]
    fn knows_scopes_by_version() {
        let schemas = Schemas::default();
        assert!(schemas.is_cluster_scoped(&Gvk::new("v1", "Namespace")));
        assert!(schemas.is_cluster_scoped(&Gvk::new("rbac.authorization.k8s.io/v1", "ClusterRole")));
        assert!(!schemas.is_cluster_scoped(&Gvk::new("rbac.authorization.k8s.io/v2", "ClusterRole")));
        assert!(!schemas.is_cluster_scoped(&Gvk::new("v1", "ConfigMap")));
    }
}
