//! The cluster knows every kind that is rendered.
//!
//! An API counts when Kubernetes has it in the environment's version, when the environment lists it, or when
//! its CustomResourceDefinition is rendered. The table of Kubernetes' own APIs follows
//! <https://kubernetes.io/docs/reference/using-api/deprecation-guide/>.
//!
//! ```yaml
//! apiVersion: networking.k8s.io/v1beta1     # gone since 1.22
//! kind: Ingress
//! ```

use std::collections::BTreeSet;

use aqueduct_manifest::Value;

use crate::index::Index;
use crate::pod::{list_at, text};
use crate::report::Report;
use crate::rule::Rule;

pub(crate) const RULE: Rule =
    Rule { name: "api-provided", summary: "the cluster does not know a kind", check: api_provided };

/// An API of Kubernetes: group and version, the kinds, the first minor version that serves them by default,
/// the first that does not, and what to use then.
struct Api(&'static str, &'static [&'static str], u32, u32, &'static str);

const NEVER: u32 = u32::MAX;

#[rustfmt::skip]
const OF_KUBERNETES: &[Api] = &[
    Api("v1", &["Binding", "ConfigMap", "Endpoints", "Event", "LimitRange", "Namespace", "Node", "PersistentVolume", "PersistentVolumeClaim", "Pod", "PodTemplate", "ReplicationController", "ResourceQuota", "Secret", "Service", "ServiceAccount"], 0, NEVER, ""),
    Api("admissionregistration.k8s.io/v1", &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"], 30, NEVER, ""),
    Api("admissionregistration.k8s.io/v1", &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"], 16, NEVER, ""),
    Api("admissionregistration.k8s.io/v1", &["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"], 36, NEVER, ""),
    Api("admissionregistration.k8s.io/v1beta1", &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"], 9, 22, "admissionregistration.k8s.io/v1"),
    Api("apiextensions.k8s.io/v1", &["CustomResourceDefinition"], 16, NEVER, ""),
    Api("apiextensions.k8s.io/v1beta1", &["CustomResourceDefinition"], 7, 22, "apiextensions.k8s.io/v1"),
    Api("apiregistration.k8s.io/v1", &["APIService"], 10, NEVER, ""),
    Api("apiregistration.k8s.io/v1beta1", &["APIService"], 7, 22, "apiregistration.k8s.io/v1"),
    Api("apps/v1", &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"], 9, NEVER, ""),
    Api("apps/v1beta1", &["ControllerRevision", "Deployment", "StatefulSet"], 6, 16, "apps/v1"),
    Api("apps/v1beta2", &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"], 8, 16, "apps/v1"),
    Api("authentication.k8s.io/v1", &["SelfSubjectReview", "TokenRequest", "TokenReview"], 6, NEVER, ""),
    Api("authorization.k8s.io/v1", &["LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"], 6, NEVER, ""),
    Api("autoscaling/v1", &["HorizontalPodAutoscaler"], 2, NEVER, ""),
    Api("autoscaling/v2", &["HorizontalPodAutoscaler"], 23, NEVER, ""),
    Api("autoscaling/v2beta1", &["HorizontalPodAutoscaler"], 8, 25, "autoscaling/v2"),
    Api("autoscaling/v2beta2", &["HorizontalPodAutoscaler"], 12, 26, "autoscaling/v2"),
    Api("batch/v1", &["Job"], 2, NEVER, ""),
    Api("batch/v1", &["CronJob"], 21, NEVER, ""),
    Api("batch/v1beta1", &["CronJob"], 8, 25, "batch/v1"),
    Api("certificates.k8s.io/v1", &["CertificateSigningRequest"], 19, NEVER, ""),
    Api("certificates.k8s.io/v1beta1", &["CertificateSigningRequest"], 4, 22, "certificates.k8s.io/v1"),
    Api("coordination.k8s.io/v1", &["Lease"], 14, NEVER, ""),
    Api("coordination.k8s.io/v1beta1", &["Lease"], 12, 22, "coordination.k8s.io/v1"),
    Api("discovery.k8s.io/v1", &["EndpointSlice"], 21, NEVER, ""),
    Api("discovery.k8s.io/v1beta1", &["EndpointSlice"], 17, 25, "discovery.k8s.io/v1"),
    Api("events.k8s.io/v1", &["Event"], 19, NEVER, ""),
    Api("events.k8s.io/v1beta1", &["Event"], 8, 25, "events.k8s.io/v1"),
    Api("extensions/v1beta1", &["DaemonSet", "Deployment", "ReplicaSet"], 1, 16, "apps/v1"),
    Api("extensions/v1beta1", &["NetworkPolicy"], 3, 16, "networking.k8s.io/v1"),
    Api("extensions/v1beta1", &["PodSecurityPolicy"], 3, 16, ""),
    Api("extensions/v1beta1", &["Ingress"], 1, 22, "networking.k8s.io/v1"),
    Api("flowcontrol.apiserver.k8s.io/v1", &["FlowSchema", "PriorityLevelConfiguration"], 29, NEVER, ""),
    Api("flowcontrol.apiserver.k8s.io/v1beta1", &["FlowSchema", "PriorityLevelConfiguration"], 20, 26, "flowcontrol.apiserver.k8s.io/v1"),
    Api("flowcontrol.apiserver.k8s.io/v1beta2", &["FlowSchema", "PriorityLevelConfiguration"], 23, 29, "flowcontrol.apiserver.k8s.io/v1"),
    Api("flowcontrol.apiserver.k8s.io/v1beta3", &["FlowSchema", "PriorityLevelConfiguration"], 26, 32, "flowcontrol.apiserver.k8s.io/v1"),
    Api("networking.k8s.io/v1", &["NetworkPolicy"], 7, NEVER, ""),
    Api("networking.k8s.io/v1", &["Ingress", "IngressClass"], 19, NEVER, ""),
    Api("networking.k8s.io/v1", &["IPAddress", "ServiceCIDR"], 33, NEVER, ""),
    Api("networking.k8s.io/v1beta1", &["Ingress", "IngressClass"], 14, 22, "networking.k8s.io/v1"),
    Api("node.k8s.io/v1", &["RuntimeClass"], 20, NEVER, ""),
    Api("node.k8s.io/v1beta1", &["RuntimeClass"], 14, 25, "node.k8s.io/v1"),
    Api("policy/v1", &["Eviction", "PodDisruptionBudget"], 21, NEVER, ""),
    Api("policy/v1beta1", &["PodDisruptionBudget"], 5, 25, "policy/v1"),
    Api("policy/v1beta1", &["PodSecurityPolicy"], 10, 25, ""),
    Api("rbac.authorization.k8s.io/v1", &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"], 8, NEVER, ""),
    Api("rbac.authorization.k8s.io/v1beta1", &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"], 6, 22, "rbac.authorization.k8s.io/v1"),
    Api("resource.k8s.io/v1", &["DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"], 34, NEVER, ""),
    Api("scheduling.k8s.io/v1", &["PriorityClass"], 14, NEVER, ""),
    Api("scheduling.k8s.io/v1beta1", &["PriorityClass"], 11, 22, "scheduling.k8s.io/v1"),
    Api("storage.k8s.io/v1", &["StorageClass"], 6, NEVER, ""),
    Api("storage.k8s.io/v1", &["VolumeAttachment"], 13, NEVER, ""),
    Api("storage.k8s.io/v1", &["CSINode"], 17, NEVER, ""),
    Api("storage.k8s.io/v1", &["CSIDriver"], 18, NEVER, ""),
    Api("storage.k8s.io/v1", &["CSIStorageCapacity"], 24, NEVER, ""),
    Api("storage.k8s.io/v1", &["VolumeAttributesClass"], 34, NEVER, ""),
    Api("storage.k8s.io/v1beta1", &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"], 4, 22, "storage.k8s.io/v1"),
    Api("storage.k8s.io/v1beta1", &["CSIStorageCapacity"], 21, 27, "storage.k8s.io/v1"),
];

fn api_provided(index: &Index<'_>, report: &mut Report) {
    let defined = defined(index);
    let minor = minor(&index.cluster().kubernetes);
    for entry in index.entries() {
        let (api_version, kind) = (entry.object.api_version(), entry.object.kind());
        if index.cluster().apis.contains(api_version)
            || defined.contains(&(api_version.to_owned(), kind.to_owned()))
        {
            continue;
        }
        let served = |api: &&Api| api.0 == api_version && api.1.contains(&kind);
        let title = entry.title();
        match OF_KUBERNETES.iter().find(served) {
            Some(Api(_, _, first, last, instead)) => {
                let Some(minor) = minor else { continue };
                if minor >= *last {
                    let message = format!(
                        "{title} needs an API that is gone since Kubernetes 1.{last}: `{api_version}`"
                    );
                    let finding = report.error(entry, message);
                    if !instead.is_empty() {
                        finding.hint(format!("use `{instead}`"));
                    }
                } else if minor < *first {
                    let message =
                        format!("{title} needs an API that comes with Kubernetes 1.{first}: `{api_version}`");
                    report.error(entry, message);
                }
            }
            None if OF_KUBERNETES.iter().any(|api| api.0 == api_version) => {
                let kinds = OF_KUBERNETES.iter().filter(|api| api.0 == api_version).flat_map(|api| api.1);
                let homes = OF_KUBERNETES.iter().filter(|api| api.1.contains(&kind) && api.3 == NEVER);
                let finding = report.error(entry, format!("{title} has a kind that `{api_version}` lacks"));
                match homes.map(|api| api.0).next() {
                    Some(home) => finding.hint(format!("use `{home}`")),
                    None => finding.did_you_mean(kind, kinds.copied()),
                };
            }
            None => {
                let homes = OF_KUBERNETES.iter().filter(|api| api.1.contains(&kind) && api.3 == NEVER);
                let message = format!("{title} needs an API that the cluster does not have: `{api_version}`");
                let finding = report.error(entry, message);
                match homes.map(|api| api.0).next() {
                    Some(home) => finding.hint(format!("use `{home}`")),
                    None => finding
                        .hint(format!(
                            "render its CustomResourceDefinition, or list `{api_version}` in the environment's `apis`"
                        ))
                        .did_you_mean(api_version, index.cluster().apis.iter().map(String::as_str)),
                };
            }
        }
    }
}

/// Returns the kinds that rendered CustomResourceDefinitions define.
fn defined(index: &Index<'_>) -> BTreeSet<(String, String)> {
    let mut defined = BTreeSet::new();
    for entry in index.of_kind("apiextensions.k8s.io", "CustomResourceDefinition") {
        let Some(spec) = entry.object.map.get("spec") else { continue };
        let kind = spec.at(&["names", "kind"]).and_then(Value::as_str).unwrap_or("");
        let served = list_at(spec, "versions");
        let served =
            served.iter().filter(|version| version.get("served").and_then(Value::as_bool) != Some(false));
        for version in served.map(|version| text(version, "name")).chain([text(spec, "version")]) {
            defined.insert((format!("{}/{version}", text(spec, "group")), kind.to_owned()));
        }
    }
    defined
}

/// Returns the minor version of `1.33`, `v1.33.2` and the like.
fn minor(version: &str) -> Option<u32> {
    let rest = version.trim_start_matches('v').strip_prefix("1.")?;
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn kinds_must_be_known() {
        insta::assert_snapshot!(findings("api-provided", "
apiVersion: networking.k8s.io/v1beta1
kind: Ingress
metadata: {name: old, namespace: shop}
---
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata: {name: new, namespace: shop}
---
apiVersion: acid.zalan.do/v1
kind: postgresql
metadata: {name: unknown, namespace: shop}
---
apiVersion: app/v1
kind: Deployment
metadata: {name: wrong, namespace: shop}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: defined, namespace: shop}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec: {group: example.com, names: {kind: Thing}, versions: [{name: v1, served: true}]}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: listed, namespace: shop}
---
apiVersion: v1
kind: Deployment
metadata: {name: moved, namespace: shop}
---
apiVersion: apps/v1
kind: Deploiment
metadata: {name: typo, namespace: shop}
"), @r"
        error: `Ingress shop/old` needs an API that is gone since Kubernetes 1.22: `networking.k8s.io/v1beta1`: 1.yaml
          hint: use `networking.k8s.io/v1`
        error: `ResourceClaim shop/new` needs an API that comes with Kubernetes 1.34: `resource.k8s.io/v1`: 2.yaml
        error: `postgresql shop/unknown` needs an API that the cluster does not have: `acid.zalan.do/v1`: 3.yaml
          hint: render its CustomResourceDefinition, or list `acid.zalan.do/v1` in the environment's `apis`
        error: `Deployment shop/wrong` needs an API that the cluster does not have: `app/v1`: 4.yaml
          hint: use `apps/v1`
        error: `Deployment shop/moved` has a kind that `v1` lacks: 8.yaml
          hint: use `apps/v1`
        error: `Deploiment shop/typo` has a kind that `apps/v1` lacks: 9.yaml
          hint: did you mean `Deployment`?
        ");
    }
}
