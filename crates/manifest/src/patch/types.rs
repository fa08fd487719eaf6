//! The types of Kubernetes, as far as merging lists by key needs them.
//!
//! The source is the OpenAPI document of Kubernetes 1.21.2, which Kustomize 5.8 includes: the extensions
//! `x-kubernetes-patch-strategy`, `x-kubernetes-patch-merge-key` and `x-kubernetes-list-map-keys` of each field. This
//! table contains the kinds of that document, and the fields of their types that lead to a list with the strategy
//! `merge`. Types that are equal in this respect are one type (a Deployment and a DaemonSet both lead to a pod
//! template and to conditions). A list without that strategy is replaced as a whole, so nothing below it is needed.
//! Kinds and fields newer than 1.21 are omitted on purpose, since Kustomize replaces their lists too.

/// A type that leads to lists that are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// Any object with such lists only in its metadata.
    Plain,
    /// Objects with conditions in their status.
    Conditioned,
    ComponentStatus,
    Conditions,
    Container,
    CronJob,
    CronJobSpec,
    CsiNode,
    CsiNodeSpec,
    EphemeralContainer,
    EphemeralVolume,
    JobTemplate,
    Metadata,
    Node,
    NodeSpec,
    NodeStatus,
    Pod,
    PodSpec,
    PodStatus,
    PodTemplate,
    PodTemplateObject,
    Service,
    ServiceAccount,
    ServiceSpec,
    Volume,
    WebhookConfiguration,
    /// Deployment, StatefulSet, Job and the like.
    Workload,
    WorkloadSpec,
}

/// The content of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A map of a type.
    Map(Type),
    /// A list whose elements are merged by these keys, with their type.
    Keyed(&'static [&'static str], Option<Type>),
    /// A list of scalars that is merged as a set.
    Set,
}

impl Type {
    /// Returns the type of a kind.
    pub(super) fn of(api_version: &str, kind: &str) -> Option<Self> {
        Some(match (api_version, kind) {
            ("apps/v1", "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet")
            | ("batch/v1", "Job")
            | ("v1", "ReplicationController") => Self::Workload,
            ("batch/v1" | "batch/v1beta1", "CronJob") => Self::CronJob,
            ("v1", "Pod") => Self::Pod,
            ("v1", "PodTemplate") => Self::PodTemplateObject,
            ("v1", "Service") => Self::Service,
            ("v1", "ServiceAccount") => Self::ServiceAccount,
            ("v1", "Node") => Self::Node,
            ("v1", "ComponentStatus") => Self::ComponentStatus,
            ("v1", "Namespace" | "PersistentVolumeClaim")
            | ("policy/v1" | "policy/v1beta1", "PodDisruptionBudget")
            | ("apiregistration.k8s.io/v1" | "apiregistration.k8s.io/v1beta1", "APIService") => {
                Self::Conditioned
            }
            ("storage.k8s.io/v1" | "storage.k8s.io/v1beta1", "CSINode") => Self::CsiNode,
            (
                "admissionregistration.k8s.io/v1" | "admissionregistration.k8s.io/v1beta1",
                "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration",
            ) => Self::WebhookConfiguration,
            (
                "v1",
                "Binding" | "ConfigMap" | "Endpoints" | "Event" | "LimitRange" | "PersistentVolume"
                | "ResourceQuota" | "Secret",
            )
            | ("apiextensions.k8s.io/v1" | "apiextensions.k8s.io/v1beta1", "CustomResourceDefinition")
            | ("apps/v1", "ControllerRevision")
            | ("authentication.k8s.io/v1", "TokenRequest")
            | ("authentication.k8s.io/v1" | "authentication.k8s.io/v1beta1", "TokenReview")
            | (
                "authorization.k8s.io/v1" | "authorization.k8s.io/v1beta1",
                "LocalSubjectAccessReview"
                | "SelfSubjectAccessReview"
                | "SelfSubjectRulesReview"
                | "SubjectAccessReview",
            )
            | ("autoscaling/v1", "HorizontalPodAutoscaler" | "Scale")
            | ("autoscaling/v2beta1" | "autoscaling/v2beta2", "HorizontalPodAutoscaler")
            | ("certificates.k8s.io/v1" | "certificates.k8s.io/v1beta1", "CertificateSigningRequest")
            | ("coordination.k8s.io/v1" | "coordination.k8s.io/v1beta1", "Lease")
            | ("discovery.k8s.io/v1" | "discovery.k8s.io/v1beta1", "EndpointSlice")
            | ("events.k8s.io/v1" | "events.k8s.io/v1beta1", "Event")
            | ("extensions/v1beta1", "Ingress")
            | ("flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema" | "PriorityLevelConfiguration")
            | ("networking.k8s.io/v1", "NetworkPolicy")
            | ("networking.k8s.io/v1" | "networking.k8s.io/v1beta1", "Ingress" | "IngressClass")
            | ("node.k8s.io/v1" | "node.k8s.io/v1beta1", "RuntimeClass")
            | ("policy/v1beta1", "Eviction" | "PodSecurityPolicy")
            | (
                "rbac.authorization.k8s.io/v1" | "rbac.authorization.k8s.io/v1beta1",
                "ClusterRole" | "ClusterRoleBinding" | "Role" | "RoleBinding",
            )
            | ("scheduling.k8s.io/v1" | "scheduling.k8s.io/v1beta1", "PriorityClass")
            | ("storage.k8s.io/v1beta1", "CSIStorageCapacity")
            | (
                "storage.k8s.io/v1" | "storage.k8s.io/v1beta1",
                "CSIDriver" | "StorageClass" | "VolumeAttachment",
            ) => Self::Plain,
            _ => return None,
        })
    }

    /// Returns the type of a definition in Kubernetes' OpenAPI document, for those that other documents refer to.
    pub(super) fn named(definition: &str) -> Option<Self> {
        Some(match definition.strip_prefix("io.k8s.")? {
            "api.batch.v1.JobSpec" => Self::WorkloadSpec,
            "api.batch.v1.JobTemplateSpec" | "api.batch.v1beta1.JobTemplateSpec" => Self::JobTemplate,
            "api.core.v1.Container" => Self::Container,
            "api.core.v1.EphemeralContainer" => Self::EphemeralContainer,
            "api.core.v1.PersistentVolumeClaim" => Self::Conditioned,
            "api.core.v1.PodSpec" => Self::PodSpec,
            "api.core.v1.PodTemplateSpec" => Self::PodTemplate,
            "api.core.v1.ServiceSpec" => Self::ServiceSpec,
            "api.core.v1.Volume" => Self::Volume,
            "apimachinery.pkg.apis.meta.v1.ObjectMeta" => Self::Metadata,
            _ => return None,
        })
    }

    /// Returns the content of a field.
    pub(super) fn field(self, name: &str) -> Option<&'static Shape> {
        self.fields().iter().find(|(field, _)| *field == name).map(|(_, shape)| shape)
    }

    const fn fields(self) -> &'static [(&'static str, Shape)] {
        use Shape::{Keyed, Map, Set};
        const METADATA: (&str, Shape) = ("metadata", Map(Type::Metadata));
        const CONDITIONS: (&str, Shape) = ("conditions", Keyed(&["type"], None));
        const STATUS: (&str, Shape) = ("status", Map(Type::Conditions));
        match self {
            Self::Plain => &[METADATA],
            Self::Conditioned => &[METADATA, STATUS],
            Self::ComponentStatus => &[METADATA, CONDITIONS],
            Self::Conditions => &[CONDITIONS],
            Self::Container => &[
                ("env", Keyed(&["name"], None)),
                ("ports", Keyed(&["containerPort", "protocol"], None)),
                ("volumeDevices", Keyed(&["devicePath"], None)),
                ("volumeMounts", Keyed(&["mountPath"], None)),
            ],
            Self::CronJob => &[METADATA, ("spec", Map(Self::CronJobSpec))],
            Self::CronJobSpec => &[("jobTemplate", Map(Self::JobTemplate))],
            Self::CsiNode => &[METADATA, ("spec", Map(Self::CsiNodeSpec))],
            Self::CsiNodeSpec => &[("drivers", Keyed(&["name"], None))],
            Self::EphemeralContainer => &[
                ("env", Keyed(&["name"], None)),
                ("volumeDevices", Keyed(&["devicePath"], None)),
                ("volumeMounts", Keyed(&["mountPath"], None)),
            ],
            // The template of a claim: only its metadata leads to such lists.
            Self::EphemeralVolume => &[("volumeClaimTemplate", Map(Self::Plain))],
            Self::JobTemplate => &[METADATA, ("spec", Map(Self::WorkloadSpec))],
            Self::Metadata => &[("finalizers", Set), ("ownerReferences", Keyed(&["uid"], None))],
            Self::Node => &[METADATA, ("spec", Map(Self::NodeSpec)), ("status", Map(Self::NodeStatus))],
            Self::NodeSpec => &[("podCIDRs", Set)],
            Self::NodeStatus => &[("addresses", Keyed(&["type"], None)), CONDITIONS],
            Self::Pod => &[METADATA, ("spec", Map(Self::PodSpec)), ("status", Map(Self::PodStatus))],
            Self::PodSpec => &[
                ("containers", Keyed(&["name"], Some(Self::Container))),
                ("ephemeralContainers", Keyed(&["name"], Some(Self::EphemeralContainer))),
                ("hostAliases", Keyed(&["ip"], None)),
                ("imagePullSecrets", Keyed(&["name"], None)),
                ("initContainers", Keyed(&["name"], Some(Self::Container))),
                ("topologySpreadConstraints", Keyed(&["topologyKey", "whenUnsatisfiable"], None)),
                ("volumes", Keyed(&["name"], Some(Self::Volume))),
            ],
            Self::PodStatus => &[CONDITIONS, ("podIPs", Keyed(&["ip"], None))],
            Self::PodTemplate => &[METADATA, ("spec", Map(Self::PodSpec))],
            Self::PodTemplateObject => &[METADATA, ("template", Map(Self::PodTemplate))],
            Self::Service => &[METADATA, ("spec", Map(Self::ServiceSpec)), STATUS],
            Self::ServiceAccount => &[METADATA, ("secrets", Keyed(&["name"], None))],
            Self::ServiceSpec => &[("ports", Keyed(&["port", "protocol"], None))],
            Self::Volume => &[("ephemeral", Map(Self::EphemeralVolume))],
            Self::WebhookConfiguration => &[METADATA, ("webhooks", Keyed(&["name"], None))],
            Self::Workload => &[METADATA, ("spec", Map(Self::WorkloadSpec)), STATUS],
            Self::WorkloadSpec => &[("template", Map(Self::PodTemplate))],
        }
    }
}
