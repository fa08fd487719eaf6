//! Whatever is rendered, the rules terminate and report the same thing twice.

use aqueduct_check::{ALL, ClusterFacts, Entry, Facts, PoolFacts, Report, Rule, check};
use aqueduct_manifest::{Diagnostic, Map, Object, Value};
use proptest::prelude::*;
use proptest::sample::select;

/// The kinds that rules look at.
const KINDS: &[(&str, &str)] = &[
    ("v1", "ConfigMap"),
    ("v1", "LimitRange"),
    ("v1", "Namespace"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "Pod"),
    ("v1", "ResourceQuota"),
    ("v1", "Secret"),
    ("v1", "Service"),
    ("acid.zalan.do/v1", "postgresql"),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("batch/v1", "CronJob"),
    ("cert-manager.io/v1", "Certificate"),
    ("external-secrets.io/v1", "ExternalSecret"),
    ("monitoring.coreos.com/v1", "ServiceMonitor"),
    ("networking.k8s.io/v1", "Ingress"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("policy/v1", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
];

/// The keys that rules follow.
const KEYS: &[&str] = &[
    "annotations",
    "app",
    "backend",
    "capabilities",
    "claimName",
    "configMap",
    "containerPort",
    "containers",
    "data",
    "env",
    "envFrom",
    "hard",
    "http",
    "image",
    "items",
    "jobTemplate",
    "key",
    "kind",
    "labels",
    "limits",
    "matchExpressions",
    "matchLabels",
    "maxReplicas",
    "metadata",
    "name",
    "namespace",
    "number",
    "operator",
    "paths",
    "podSelector",
    "port",
    "ports",
    "replicas",
    "requests",
    "requests.cpu",
    "resources",
    "roleRef",
    "rules",
    "scaleTargetRef",
    "secret",
    "secretKeyRef",
    "secretName",
    "securityContext",
    "selector",
    "service",
    "serviceName",
    "spec",
    "subjects",
    "targetPort",
    "template",
    "tls",
    "valueFrom",
    "values",
    "volumes",
    "webhooks",
];

const TEXTS: &[&str] =
    &["", "a", "web", "In", "Exists", "http", "1Gi", "500m", "1e400", "ALL", "ä", "ServiceAccount"];

fn any_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        select(TEXTS).prop_map(Value::from),
    ];
    scalar.prop_recursive(6, 60, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((select(KEYS), inner), 0..5)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

fn any_object() -> impl Strategy<Value = Object> {
    let metadata =
        (select(&["", "web", "a.b", "Bad_Name"][..]), select(&["", "shop", "bank", "kube-system"][..]));
    (select(KINDS), metadata, any_value(), any_value()).prop_map(
        |((version, kind), (name, namespace), spec, other)| {
            let mut map = other.as_map().cloned().unwrap_or_default();
            map.insert("apiVersion", version);
            map.insert("kind", kind);
            map.insert("spec", spec);
            let mut metadata = map.get("metadata").and_then(Value::as_map).cloned().unwrap_or_default();
            metadata.insert("name", name);
            metadata.insert("namespace", namespace);
            map.insert("metadata", Value::Map(metadata));
            Object::new(map)
        },
    )
}

/// Returns what rules report for the same objects in two environments.
fn said(objects: &[Object], rules: &[Rule]) -> Vec<Diagnostic> {
    let entries: Vec<_> =
        objects.iter().map(|object| Entry::new("shop", "web", "web.yaml", object)).collect();
    let cluster = ClusterFacts {
        kubernetes: "1.33".into(),
        storage_classes: ["standard".to_owned()].into(),
        ingress_classes: ["nginx".to_owned()].into(),
        priority_classes: ["important".to_owned()].into(),
        cluster_issuers: ["letsencrypt".to_owned()].into(),
        secret_stores: ["vault".to_owned()].into(),
        node_pools: vec![PoolFacts {
            name: "main".into(),
            count: u32::MAX,
            cpu_millis: u64::MAX,
            memory_bytes: u64::MAX,
            ..PoolFacts::default()
        }],
        ..ClusterFacts::default()
    };
    let mut report = Report::default();
    for name in ["dev", "prod"] {
        let (cluster, entries) = (cluster.clone(), entries.clone());
        check(&Facts { name, cluster, entries, ..Facts::default() }, rules, &mut report);
    }
    report.into_diagnostics()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rules_end_and_repeat_themselves(objects in prop::collection::vec(any_object(), 0..12)) {
        let diagnostics = said(&objects, ALL);
        prop_assert_eq!(&diagnostics, &said(&objects, ALL));
        // Both environments are the same, so nothing is reported for only one of them.
        prop_assert!(diagnostics.iter().all(|diagnostic| diagnostic.labels.iter().all(|label| label.text == "in `dev`, `prod`")));
    }
}

#[test]
fn an_empty_platform_is_fine() {
    assert_eq!(said(&[], ALL), []);
    assert_eq!(said(&[Object::new(Map::new())], &[]), []);
}
