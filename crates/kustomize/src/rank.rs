//! The order of kinds: those that others depend on come first, and those that check others come last.

const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Returns the rank of a kind in the default order: negative comes early, positive comes late.
pub(crate) fn default_rank(kind: &str) -> i32 {
    if let Some(place) = FIRST.iter().position(|first| *first == kind) {
        return place as i32 - FIRST.len() as i32;
    }
    LAST.iter().position(|last| *last == kind).map_or(0, |place| place as i32 + 1)
}
