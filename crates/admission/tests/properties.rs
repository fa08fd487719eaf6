//! Any object is judged, whatever it looks like.

use aqueduct_admission::Cluster;
use aqueduct_manifest::{Map, Object, Value, yaml};
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::{collection, sample};

/// Kinds that some part of admission examines.
const KINDS: [(&str, &str); 14] = [
    ("v1", "Pod"),
    ("v1", "Service"),
    ("v1", "Secret"),
    ("v1", "Namespace"),
    ("v1", "LimitRange"),
    ("v1", "ResourceQuota"),
    ("v1", "PersistentVolumeClaim"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("batch/v1", "CronJob"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
    ("example.com/v1", "Thing"),
];

/// Fields that some part of admission reads.
const FIELDS: &str = "metadata|labels|annotations|spec|template|jobTemplate|containers|initContainers|name|resources|limits|\
    requests|cpu|memory|volumes|securityContext|capabilities|add|drop|type|ports|hostPort|metrics|hard|scopes|default|max|\
    maxLimitRequestRatio|versions|schema|openAPIV3Schema|properties|items|rule|x-kubernetes-validations|validations|\
    expression|variables|affinity|tolerations|stringData|size|tags|overhead|names|group|served";

fn value() -> impl Strategy<Value = Value> {
    let fields: Vec<&str> = FIELDS.split('|').collect();
    let texts = [
        "",
        "1",
        "1Gi",
        "-5m",
        "ALL",
        "Container",
        "Pod",
        "true",
        "object",
        "object.spec",
        "self == 1",
        "array",
        "v1",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        sample::select(texts.to_vec()).prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 4, move |inner| {
        let key = sample::select(fields.clone());
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            collection::vec((key, inner), 0..5).prop_map(|entries| Value::Map(Map::from_iter(entries))),
        ]
    })
}

fn object() -> impl Strategy<Value = Object> {
    (sample::select(&KINDS[..]), value(), value(), any::<bool>()).prop_map(
        |((version, kind), spec, other, is_mangled)| {
            let mut object = Object::new(Map::from_iter([("apiVersion", version), ("kind", kind)]));
            object.map.insert("spec", spec);
            if is_mangled {
                object.map.insert("metadata", other);
            } else {
                object.map.insert("data", other);
                object.metadata_mut().insert("name", "a");
                object.metadata_mut().insert("namespace", "shop");
            }
            object
        },
    )
}

proptest! {
    #[test]
    fn each_object_is_judged(objects in collection::vec(object(), 1..6)) {
        let mut cluster = Cluster::new(37);
        for text in [include_str!("clusters/policies.yaml"), include_str!("clusters/amounts.yaml")] {
            let documents = yaml::read_documents(text, yaml::Dialect::Sigs).expect("the file is YAML");
            for document in documents {
                cluster.add(&Object::new(document.value.as_map().expect("an object").clone()));
            }
        }
        for object in objects {
            for finding in cluster.admit(&object) {
                assert!(!finding.cause.message.is_empty());
            }
        }
    }
}
