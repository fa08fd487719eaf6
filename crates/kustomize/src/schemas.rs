//! What is known about kinds: which lie outside namespaces, and by which keys their lists merge.
//!
//! The built-in answers are those of Kubernetes 1.21.2, the version that Kustomize carries. The first
//! `openapi.path` that a build meets replaces the merge keys and adds its own scopes, for the whole build.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use aqueduct_manifest::Value;
use aqueduct_manifest::patch::MergeContext;

use crate::id::Gvk;

/// Kinds outside namespaces, by API version; from `precomputedIsNamespaceScoped` of kyaml.
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

/// The knowledge about kinds that one build shares.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    custom: OnceCell<Option<Custom>>,
}

#[derive(Debug)]
struct Custom {
    document: Value,
    /// Whether kinds, by API version and kind, lie in namespaces.
    namespaced: BTreeMap<(String, String), bool>,
}

impl Schemas {
    /// Chooses the built-in knowledge for good; no effect once something was chosen.
    pub(crate) fn keep_builtin(&self) {
        self.custom.get_or_init(|| None);
    }

    /// Takes over an OpenAPI document; no effect once something was chosen.
    pub(crate) fn adopt(&self, document: Value) {
        self.custom.get_or_init(|| Some(Custom { namespaced: scopes(&document), document }));
    }

    pub(crate) fn merge_context(&self) -> MergeContext<'_> {
        match self.custom.get() {
            Some(Some(custom)) => MergeContext::openapi(&custom.document),
            _ => MergeContext::kubernetes(),
        }
    }

    /// Tells whether a kind certainly lies outside namespaces.
    pub(crate) fn is_cluster_scoped(&self, gvk: &Gvk) -> bool {
        let matches = |api_version: &str| match api_version.split_once('/') {
            Some((group, version)) => gvk.group == group && gvk.version == version,
            None => gvk.group.is_empty() && gvk.version == api_version,
        };
        if CLUSTER_SCOPED
            .iter()
            .any(|(api_version, kinds)| kinds.contains(&gvk.kind.as_str()) && matches(api_version))
        {
            return true;
        }
        match self.custom.get() {
            Some(Some(custom)) => {
                custom.namespaced.get(&(gvk.api_version(), gvk.kind.to_string())) == Some(&false)
            }
            _ => false,
        }
    }
}

/// Reads from the paths of an OpenAPI document which kinds lie in namespaces.
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
