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

/// Some kinds of an API of Kubernetes.
struct Api {
    /// Group and version.
    version: &'static str,
    kinds: &'static [&'static str],
    /// The first minor version of Kubernetes that serves them by default.
    since: u32,
    /// The first minor version that does not serve them any more.
    until: u32,
    /// What to use then; empty where there is nothing.
    instead: &'static str,
}

const fn api(
    version: &'static str,
    kinds: &'static [&'static str],
    since: u32,
    until: u32,
    instead: &'static str,
) -> Api {
    Api { version, kinds, since, until, instead }
}

const NEVER: u32 = u32::MAX;

#[rustfmt::skip]
const OF_KUBERNETES: &[Api] = &[
    api("v1", &["Binding", "ConfigMap", "Endpoints", "Event", "LimitRange", "Namespace", "Node", "PersistentVolume", "PersistentVolumeClaim", "Pod", "PodTemplate", "ReplicationController", "ResourceQuota", "Secret", "Service", "ServiceAccount"], 0, NEVER, ""),
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
    api("authentication.k8s.io/v1", &["SelfSubjectReview", "TokenRequest", "TokenReview"], 6, NEVER, ""),
    api("authorization.k8s.io/v1", &["LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"], 6, NEVER, ""),
    api("autoscaling/v1", &["HorizontalPodAutoscaler"], 2, NEVER, ""),
    api("autoscaling/v2", &["HorizontalPodAutoscaler"], 23, NEVER, ""),
    api("autoscaling/v2beta1", &["HorizontalPodAutoscaler"], 8, 25, "autoscaling/v2"),
    api("autoscaling/v2beta2", &["HorizontalPodAutoscaler"], 12, 26, "autoscaling/v2"),
    api("batch/v1", &["Job"], 2, NEVER, ""),
    api("batch/v1", &["CronJob"], 21, NEVER, ""),
    api("batch/v1beta1", &["CronJob"], 8, 25, "batch/v1"),
    api("certificates.k8s.io/v1", &["CertificateSigningRequest"], 19, NEVER, ""),
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
];

fn api_provided(index: &Index<'_>, report: &mut Report) {
    let defined = defined(index);
    let minor = minor(&index.cluster().kubernetes);
    for entry in index.entries() {
        let (api_version, kind) = (entry.object.api_version(), entry.kind);
        if index.cluster().apis.contains(api_version)
            || index.cluster().api_groups.contains(entry.group)
            || defined.contains(&(api_version.to_owned(), kind.to_owned()))
        {
            continue;
        }
        let served = |api: &&Api| api.version == api_version && api.kinds.contains(&kind);
        let title = entry.title();
        match OF_KUBERNETES.iter().find(served) {
            Some(Api { since, until, instead, .. }) => {
                let Some(minor) = minor else { continue };
                if minor >= *until {
                    let message = format!(
                        "{title} needs an API that is gone since Kubernetes 1.{until}: `{api_version}`"
                    );
                    let finding = report.error(entry, message);
                    if !instead.is_empty() {
                        finding.hint(format!("use `{instead}`"));
                    }
                } else if minor < *since {
                    let message =
                        format!("{title} needs an API that comes with Kubernetes 1.{since}: `{api_version}`");
                    report.error(entry, message);
                }
            }
            None if OF_KUBERNETES.iter().any(|api| api.version == api_version) => {
                let kinds =
                    OF_KUBERNETES.iter().filter(|api| api.version == api_version).flat_map(|api| api.kinds);
                let homes =
                    OF_KUBERNETES.iter().filter(|api| api.kinds.contains(&kind) && api.until == NEVER);
                let finding = report.error(entry, format!("{title} has a kind that `{api_version}` lacks"));
                match homes.map(|api| api.version).next() {
                    Some(home) => finding.hint(format!("use `{home}`")),
                    None => finding.did_you_mean(kind, kinds.copied()),
                };
            }
            None => {
                let homes =
                    OF_KUBERNETES.iter().filter(|api| api.kinds.contains(&kind) && api.until == NEVER);
                let message = format!("{title} needs an API that the cluster does not have: `{api_version}`");
                let finding = report.error(entry, message);
                match homes.map(|api| api.version).next() {
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
