//! What every object gets, whatever made it: a namespace, the tracking labels, and no empty leftovers.

use std::collections::BTreeMap;

use aqueduct_manifest::{Map, Object, Origin, Value};

use crate::Site;

/// The kinds of Kubernetes that live outside of namespaces, as group and kind, in order.
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/>, `kubectl api-resources --namespaced=false`.
const CLUSTER_SCOPED: &[(&str, &str)] = &[
    ("", "ComponentStatus"),
    ("", "Namespace"),
    ("", "Node"),
    ("", "PersistentVolume"),
    ("acme.cert-manager.io", "ClusterIssuer"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "APIService"),
    ("authentication.k8s.io", "SelfSubjectReview"),
    ("authentication.k8s.io", "TokenReview"),
    ("authorization.k8s.io", "SelfSubjectAccessReview"),
    ("authorization.k8s.io", "SelfSubjectRulesReview"),
    ("authorization.k8s.io", "SubjectAccessReview"),
    ("cert-manager.io", "ClusterIssuer"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("certificates.k8s.io", "ClusterTrustBundle"),
    ("external-secrets.io", "ClusterExternalSecret"),
    ("external-secrets.io", "ClusterSecretStore"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("gateway.networking.k8s.io", "GatewayClass"),
    ("internal.apiserver.k8s.io", "StorageVersion"),
    ("networking.k8s.io", "IPAddress"),
    ("networking.k8s.io", "IngressClass"),
    ("networking.k8s.io", "ServiceCIDR"),
    ("node.k8s.io", "RuntimeClass"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("resource.k8s.io", "DeviceClass"),
    ("resource.k8s.io", "ResourceSlice"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "CSIDriver"),
    ("storage.k8s.io", "CSINode"),
    ("storage.k8s.io", "StorageClass"),
    ("storage.k8s.io", "VolumeAttachment"),
    ("storage.k8s.io", "VolumeAttributesClass"),
];

/// Tells whether an object lives outside of namespaces. `scopes` are the scopes that CRDs of the same tree
/// declare, by group and kind.
pub fn is_cluster_scoped(object: &Object, scopes: &BTreeMap<(String, String), bool>) -> bool {
    let (group, kind) = (object.group(), object.kind());
    let is_native = || CLUSTER_SCOPED.binary_search(&(group, kind)).is_ok();
    // Most trees declare none, and every object asks.
    if scopes.is_empty() {
        return is_native();
    }
    scopes.get(&(group.to_owned(), kind.to_owned())).copied().unwrap_or_else(is_native)
}

/// Returns the scopes that the CRDs among some objects declare: whether each kind is cluster-scoped.
pub fn declared_scopes<'a>(
    objects: impl IntoIterator<Item = &'a Object>,
) -> BTreeMap<(String, String), bool> {
    let text = |object: &Object, path: &[&str]| object.at(path).and_then(Value::as_str).map(str::to_owned);
    objects
        .into_iter()
        .filter(|object| object.kind() == "CustomResourceDefinition")
        .filter_map(|crd| {
            let key = (text(crd, &["spec", "group"])?, text(crd, &["spec", "names", "kind"])?);
            Some((key, text(crd, &["spec", "scope"])? == "Cluster"))
        })
        .collect()
}

/// Gives an object of a component its namespace, its labels and its annotations, and removes what a
/// cluster would drop: empty `status`, `creationTimestamp: null`, nulls in metadata.
pub fn normalise(site: &Site<'_>, object: &mut Object, scopes: &BTreeMap<(String, String), bool>) {
    let cluster = is_cluster_scoped(object, scopes);
    if object.origin.is_none() {
        object.origin = Some(Origin { file: site.instance.file.clone(), line: 0 });
    }
    let metadata = object.metadata_mut();
    if cluster {
        metadata.remove("namespace");
    } else if metadata.get("namespace").is_none_or(Value::is_null) {
        metadata.insert("namespace", site.namespace());
    }
    if metadata.get("creationTimestamp").is_some_and(Value::is_null) {
        metadata.remove("creationTimestamp");
    }
    let labels = metadata.map_entry("labels");
    for (key, value) in site.tracking_labels() {
        // A chart's own name and version labels say more than ours would; Argo CD finds its settings by one.
        if !labels.contains_key(&key) {
            labels.insert(key, value);
        }
    }
    labels.insert("app.kubernetes.io/managed-by", "aqueduct");
    for (key, value) in &site.instance.labels {
        labels.insert(key.to_string(), value.to_string());
    }
    if !site.instance.annotations.is_empty() {
        let annotations = metadata.map_entry("annotations");
        for (key, value) in &site.instance.annotations {
            annotations.insert(key.to_string(), value.to_string());
        }
    }
    if object.map.get("status").and_then(Value::as_map).is_some_and(Map::is_empty) {
        object.map.remove("status");
    }
}

#[cfg(test)]
mod tests {
    use super::CLUSTER_SCOPED;

    #[test]
    fn the_list_can_be_searched() {
        assert!(CLUSTER_SCOPED.is_sorted_by(|left, right| left < right));
    }
}
