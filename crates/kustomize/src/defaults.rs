//! Kustomize's default transformer configuration as a table: the fields that contain names, labels or images.
//!
//! The data is what `kustomize config save` writes (Kustomize 5.8, `api/internal/konfig/builtinpluginconsts`).

use std::rc::Rc;

use crate::config::{NameReference, TransformerConfig};
use crate::field_spec::FieldSpec;
use crate::id::Gvk;

/// A line of the table: group, version and kind of the resource that has the fields, and their paths.
type Line = (&'static str, &'static str, &'static str, &'static [&'static str]);

/// The workloads with a pod template, and the path of the pod spec in them.
const POD_HOLDERS: &[(&str, &str, &str)] = &[
    ("v1", "Pod", "spec"),
    ("", "PodTemplate", "template/spec"),
    ("", "Deployment", "spec/template/spec"),
    ("", "ReplicaSet", "spec/template/spec"),
    ("", "DaemonSet", "spec/template/spec"),
    ("", "StatefulSet", "spec/template/spec"),
    ("", "Job", "spec/template/spec"),
    ("", "CronJob", "spec/jobTemplate/spec/template/spec"),
];

/// The workloads whose pods refer to service accounts, claims and priority classes.
const NAMING_HOLDERS: &[(&str, &str)] = &[
    ("Pod", "spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
];

const CONFIG_MAP_IN_POD: &[&str] = &[
    "volumes/configMap/name",
    "containers/env/valueFrom/configMapKeyRef/name",
    "initContainers/env/valueFrom/configMapKeyRef/name",
    "containers/envFrom/configMapRef/name",
    "initContainers/envFrom/configMapRef/name",
    "volumes/projected/sources/configMap/name",
];

const CONFIG_MAP_ELSEWHERE: &[Line] = &[
    ("", "", "Node", &["spec/configSource/configMap"]),
    ("", "", "Role", &["rules/resourceNames"]),
    ("", "", "ClusterRole", &["rules/resourceNames"]),
    ("", "", "Ingress", &["metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap"]),
];

const SECRET_IN_POD: &[&str] = &[
    "volumes/secret/secretName",
    "containers/env/valueFrom/secretKeyRef/name",
    "initContainers/env/valueFrom/secretKeyRef/name",
    "containers/envFrom/secretRef/name",
    "initContainers/envFrom/secretRef/name",
    "imagePullSecrets/name",
    "volumes/projected/sources/secret/name",
];

const SECRET_ELSEWHERE: &[Line] = &[
    (
        "",
        "",
        "Ingress",
        &[
            "spec/tls/secretName",
            "metadata/annotations/ingress.kubernetes.io\\/auth-secret",
            "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret",
            "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret",
        ],
    ),
    ("", "", "ServiceAccount", &["imagePullSecrets/name"]),
    (
        "",
        "",
        "StorageClass",
        &[
            "parameters/secretName",
            "parameters/adminSecretName",
            "parameters/userSecretName",
            "parameters/secretRef",
        ],
    ),
    ("", "", "Role", &["rules/resourceNames"]),
    ("", "", "ClusterRole", &["rules/resourceNames"]),
    (
        "serving.knative.dev",
        "v1",
        "Service",
        &["spec/template/spec/containers/env/valueFrom/secretKeyRef/name"],
    ),
    ("", "", "PersistentVolume", &["spec/azureFile/secretName"]),
];

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";

/// References between kinds, beyond ConfigMaps, Secrets and those of [`NAMING_HOLDERS`].
const NAME_REFERENCES: &[(&str, &str, &str, &[Line])] = &[
    ("", "", "Deployment", SCALED),
    ("", "", "ReplicationController", SCALED),
    ("", "", "ReplicaSet", SCALED),
    ("", "", "StatefulSet", SCALED),
    (
        "",
        "v1",
        "Service",
        &[
            ("apps", "", "StatefulSet", &["spec/serviceName"]),
            (
                "",
                "",
                "Ingress",
                &[
                    "spec/rules/http/paths/backend/serviceName",
                    "spec/backend/serviceName",
                    "spec/rules/http/paths/backend/service/name",
                    "spec/defaultBackend/service/name",
                ],
            ),
            ("apiregistration.k8s.io", "", "APIService", &["spec/service/name"]),
            (ADMISSION, "", "ValidatingWebhookConfiguration", &["webhooks/clientConfig/service"]),
            (ADMISSION, "", "MutatingWebhookConfiguration", &["webhooks/clientConfig/service"]),
        ],
    ),
    (RBAC, "", "Role", &[(RBAC, "", "RoleBinding", &["roleRef/name"])]),
    (
        RBAC,
        "",
        "ClusterRole",
        &[(RBAC, "", "RoleBinding", &["roleRef/name"]), (RBAC, "", "ClusterRoleBinding", &["roleRef/name"])],
    ),
    (
        "",
        "v1",
        "ServiceAccount",
        &[(RBAC, "", "RoleBinding", &["subjects"]), (RBAC, "", "ClusterRoleBinding", &["subjects"])],
    ),
    (
        "",
        "v1",
        "PersistentVolume",
        &[
            ("", "", "PersistentVolumeClaim", &["spec/volumeName"]),
            ("", "", "ClusterRole", &["rules/resourceNames"]),
        ],
    ),
    (
        "storage.k8s.io",
        "v1",
        "StorageClass",
        &[
            ("", "", "PersistentVolume", &["spec/storageClassName"]),
            ("", "", "PersistentVolumeClaim", &["spec/storageClassName"]),
            ("", "", "StatefulSet", &["spec/volumeClaimTemplates/spec/storageClassName"]),
        ],
    ),
    // The group is what Kustomize has; no class matches it.
    ("networking.k8s.io/v1", "v1", "IngressClass", &[("", "", "Ingress", &["spec/ingressClassName"])]),
    (
        ADMISSION,
        "",
        "ValidatingAdmissionPolicy",
        &[(ADMISSION, "", "ValidatingAdmissionPolicyBinding", &["spec/policyName"])],
    ),
];

const SCALED: &[Line] = &[("", "", "HorizontalPodAutoscaler", &["spec/scaleTargetRef/name"])];

/// Where containers of either kind may have variables.
const VAR_IN_CONTAINER: &[&str] = &["args", "command", "env/value", "volumeMounts/mountPath"];

const VAR_ELSEWHERE: &[Line] = &[
    // Kustomize omits the inner `spec` here.
    ("", "", "CronJob", &["spec/jobTemplate/spec/template/volumes/nfs/server"]),
    ("", "", "DaemonSet", &["spec/template/spec/volumes/nfs/server"]),
    ("", "", "Deployment", &["spec/template/spec/volumes/nfs/server", "spec/template/metadata/annotations"]),
    ("", "", "Ingress", &["spec/rules/host", "spec/tls/hosts", "spec/tls/secretName"]),
    ("", "", "Job", &["spec/template/spec/volumes/nfs/server"]),
    ("", "", "Pod", &["spec/volumes/nfs/server"]),
    ("", "", "ReplicaSet", &["spec/template/spec/volumes/nfs/server"]),
    ("", "", "Service", &["spec/ports/port", "spec/ports/targetPort"]),
    ("", "", "StatefulSet", &["spec/volumeClaimTemplates/spec/nfs/server"]),
    ("", "", "PersistentVolume", &["spec/nfs/server"]),
    ("", "", "", &["metadata/labels", "metadata/annotations"]),
];

const NAMESPACE_CREATED: &[Line] = &[
    ("", "", "Namespace", &["metadata/name"]),
    ("apiregistration.k8s.io", "", "APIService", &["spec/service/namespace"]),
];

const NAMESPACE_PRESENT: &[Line] = &[(
    "apiextensions.k8s.io",
    "",
    "CustomResourceDefinition",
    &["spec/conversion/webhook/clientConfig/service/namespace"],
)];

const IMAGES: &[Line] = &[(
    "",
    "",
    "",
    &[
        "spec/containers[]/image",
        "spec/initContainers[]/image",
        "spec/volumes[]/image/reference",
        "spec/template/spec/containers[]/image",
        "spec/template/spec/initContainers[]/image",
        "spec/template/spec/volumes[]/image/reference",
    ],
)];

const TEMPLATE_LABELS: &[Line] = &[
    ("", "", "", &["metadata/labels"]),
    ("", "v1", "ReplicationController", &["spec/template/metadata/labels"]),
    ("", "", "Deployment", &["spec/template/metadata/labels"]),
    ("", "", "ReplicaSet", &["spec/template/metadata/labels"]),
    ("", "", "DaemonSet", &["spec/template/metadata/labels"]),
    (
        "apps",
        "",
        "StatefulSet",
        &["spec/template/metadata/labels", "spec/volumeClaimTemplates[]/metadata/labels"],
    ),
    ("batch", "", "Job", &["spec/template/metadata/labels"]),
    (
        "batch",
        "",
        "CronJob",
        &["spec/jobTemplate/metadata/labels", "spec/jobTemplate/spec/template/metadata/labels"],
    ),
];

const SELECTORS_CREATED: &[Line] = &[
    ("", "v1", "Service", &["spec/selector"]),
    ("", "v1", "ReplicationController", &["spec/selector"]),
    ("", "", "Deployment", &["spec/selector/matchLabels"]),
    ("", "", "ReplicaSet", &["spec/selector/matchLabels"]),
    ("", "", "DaemonSet", &["spec/selector/matchLabels"]),
    ("apps", "", "StatefulSet", &["spec/selector/matchLabels"]),
];

const POD_SELECTORS: &[&str] = &[
    "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels",
];

const SELECTORS_PRESENT: &[Line] = &[
    ("apps", "", "Deployment", POD_SELECTORS),
    ("apps", "", "StatefulSet", POD_SELECTORS),
    ("batch", "", "Job", &["spec/selector/matchLabels"]),
    ("batch", "", "CronJob", &["spec/jobTemplate/spec/selector/matchLabels"]),
    ("policy", "", "PodDisruptionBudget", &["spec/selector/matchLabels"]),
    (
        "networking.k8s.io",
        "",
        "NetworkPolicy",
        &[
            "spec/podSelector/matchLabels",
            "spec/ingress/from/podSelector/matchLabels",
            "spec/egress/to/podSelector/matchLabels",
        ],
    ),
];

const ANNOTATIONS: &[Line] = &[
    ("", "", "", &["metadata/annotations"]),
    ("", "v1", "ReplicationController", &["spec/template/metadata/annotations"]),
    ("", "", "Deployment", &["spec/template/metadata/annotations"]),
    ("", "", "ReplicaSet", &["spec/template/metadata/annotations"]),
    ("", "", "DaemonSet", &["spec/template/metadata/annotations"]),
    ("", "", "StatefulSet", &["spec/template/metadata/annotations"]),
    ("batch", "", "Job", &["spec/template/metadata/annotations"]),
    (
        "batch",
        "",
        "CronJob",
        &["spec/jobTemplate/metadata/annotations", "spec/jobTemplate/spec/template/metadata/annotations"],
    ),
];

const REPLICAS: &[Line] = &[
    ("", "", "Deployment", &["spec/replicas"]),
    ("", "", "ReplicationController", &["spec/replicas"]),
    ("", "", "ReplicaSet", &["spec/replicas"]),
    ("", "", "StatefulSet", &["spec/replicas"]),
];

const NAMES: &[Line] = &[("", "", "", &["metadata/name"])];

/// Returns the default configuration, which each thread creates once.
pub(crate) fn config() -> Rc<TransformerConfig> {
    thread_local! {
        static CONFIG: Rc<TransformerConfig> = Rc::new(make());
    }
    CONFIG.with(Rc::clone)
}

fn make() -> TransformerConfig {
    let mut config = TransformerConfig {
        name_prefix: fields(NAMES, false),
        name_suffix: fields(NAMES, false),
        namespace: [fields(NAMESPACE_CREATED, true), fields(NAMESPACE_PRESENT, false)].concat(),
        common_labels: [
            fields(SELECTORS_CREATED, true),
            fields(SELECTORS_PRESENT, false),
            fields(TEMPLATE_LABELS, true),
        ]
        .concat(),
        labels: Vec::new(),
        template_labels: fields(TEMPLATE_LABELS, true),
        common_annotations: fields(ANNOTATIONS, true),
        name_references: name_references(),
        var_references: var_references(),
        images: fields(IMAGES, true),
        replicas: fields(REPLICAS, true),
    };
    config.sort();
    config
}

fn fields(lines: &[Line], create: bool) -> Vec<FieldSpec> {
    lines
        .iter()
        .flat_map(|(group, version, kind, paths)| {
            paths.iter().map(move |path| field(group, version, kind, (*path).to_owned(), create))
        })
        .collect()
}

fn field(group: &str, version: &str, kind: &str, path: String, create: bool) -> FieldSpec {
    let gvk = Gvk { group: group.into(), version: version.into(), kind: kind.into() };
    FieldSpec { gvk, path: path.into(), create }
}

fn name_references() -> Vec<NameReference> {
    let in_pods = |paths: &[&str], elsewhere: &[Line]| {
        let mut all: Vec<FieldSpec> = POD_HOLDERS
            .iter()
            .flat_map(|(version, kind, pod)| {
                paths.iter().map(move |path| field("", version, kind, format!("{pod}/{path}"), false))
            })
            .collect();
        all.extend(fields(elsewhere, false));
        all
    };
    let named = |path: &'static str| {
        NAMING_HOLDERS.iter().map(move |(kind, pod)| field("", "", kind, format!("{pod}/{path}"), false))
    };
    let target = |group: &str, version: &str, kind: &str| Gvk {
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
    };
    let mut references = vec![
        NameReference {
            target: target("", "v1", "ConfigMap"),
            fields: in_pods(CONFIG_MAP_IN_POD, CONFIG_MAP_ELSEWHERE),
        },
        NameReference {
            target: target("", "v1", "Secret"),
            fields: in_pods(SECRET_IN_POD, SECRET_ELSEWHERE),
        },
        NameReference {
            target: target("", "v1", "PersistentVolumeClaim"),
            fields: named("volumes/persistentVolumeClaim/claimName").collect(),
        },
        NameReference {
            target: target("scheduling.k8s.io", "v1", "PriorityClass"),
            fields: named("priorityClassName").collect(),
        },
    ];
    for (group, version, kind, lines) in NAME_REFERENCES {
        let mut all = fields(lines, false);
        if *kind == "ServiceAccount" {
            all.extend(named("serviceAccountName"));
        }
        references.push(NameReference { target: target(group, version, kind), fields: all });
    }
    references
}

fn var_references() -> Vec<FieldSpec> {
    let mut all = Vec::new();
    for (_, kind, pod) in POD_HOLDERS.iter().filter(|(_, kind, _)| *kind != "PodTemplate") {
        for containers in ["containers", "initContainers"] {
            for path in VAR_IN_CONTAINER {
                all.push(field("", "", kind, format!("{pod}/{containers}/{path}"), false));
            }
        }
    }
    all.extend(fields(VAR_ELSEWHERE, false));
    all
}
