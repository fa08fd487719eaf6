//! What is wrong with the fields of built-in Kubernetes objects: names, types and enumerations.

mod kubernetes;

use std::sync::LazyLock;

use aqueduct_manifest::yaml::Step;
use aqueduct_manifest::{Object, Pointer, Quantity, Value, closest};

/// The known kinds, by API version. A kind is also the name of its type.
const KINDS: &[(&str, &[&str])] = &[
    (
        "v1",
        &[
            "ConfigMap",
            "LimitRange",
            "Namespace",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "Pod",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
        ],
    ),
    ("apps/v1", &["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"]),
    ("autoscaling/v2", &["HorizontalPodAutoscaler"]),
    ("batch/v1", &["CronJob", "Job"]),
    ("networking.k8s.io/v1", &["Ingress", "IngressClass", "NetworkPolicy"]),
    ("policy/v1", &["PodDisruptionBudget"]),
    ("rbac.authorization.k8s.io/v1", &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]),
    ("storage.k8s.io/v1", &["StorageClass"]),
];

/// Fields that accept certain words only, by type and field.
const WORDS: &[(&str, &str, &[&str])] = &[
    ("Container", "imagePullPolicy", &["Always", "IfNotPresent", "Never"]),
    ("Container", "terminationMessagePolicy", &["FallbackToLogsOnError", "File"]),
    ("ContainerPort", "protocol", &["SCTP", "TCP", "UDP"]),
    ("CronJobSpec", "concurrencyPolicy", &["Allow", "Forbid", "Replace"]),
    ("DaemonSetUpdateStrategy", "type", &["OnDelete", "RollingUpdate"]),
    ("DeploymentStrategy", "type", &["Recreate", "RollingUpdate"]),
    ("HTTPGetAction", "scheme", &["HTTP", "HTTPS"]),
    ("LabelSelectorRequirement", "operator", &["DoesNotExist", "Exists", "In", "NotIn"]),
    ("NetworkPolicyPort", "protocol", &["SCTP", "TCP", "UDP"]),
    ("NodeSelectorRequirement", "operator", &["DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"]),
    ("PodSpec", "dnsPolicy", &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]),
    ("PodSpec", "restartPolicy", &["Always", "Never", "OnFailure"]),
    ("ServicePort", "protocol", &["SCTP", "TCP", "UDP"]),
    ("ServiceSpec", "externalTrafficPolicy", &["Cluster", "Local"]),
    ("ServiceSpec", "sessionAffinity", &["ClientIP", "None"]),
    ("ServiceSpec", "type", &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]),
    ("StatefulSetSpec", "podManagementPolicy", &["OrderedReady", "Parallel"]),
    ("StatefulSetUpdateStrategy", "type", &["OnDelete", "RollingUpdate"]),
    ("Toleration", "effect", &["NoExecute", "NoSchedule", "PreferNoSchedule"]),
    ("TopologySpreadConstraint", "whenUnsatisfiable", &["DoNotSchedule", "ScheduleAnyway"]),
];

/// One mistake: what is wrong, and what was probably meant.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mistake {
    /// The field.
    pub(crate) field: Pointer,
    /// What is wrong, after "has".
    pub(crate) what: String,
    /// What to do.
    pub(crate) hint: Option<String>,
}

/// Returns what is wrong with the fields of an object; empty for unknown kinds.
pub(crate) fn mistakes(object: &Object) -> Vec<Mistake> {
    let kinds = KINDS.iter().find(|(version, _)| *version == object.api_version());
    let mut found = Vec::new();
    if let Some(kind) = kinds.and_then(|(_, kinds)| kinds.iter().find(|kind| **kind == object.kind())) {
        let fields = fields(kind).unwrap_or_default();
        for (key, value) in &object.map {
            // Every object has these. An object that SOPS encrypted also has `sops` until it is decrypted.
            if !matches!(key.as_str(), "apiVersion" | "kind" | "metadata" | "sops") {
                check_field(kind, fields, key, value, None, &mut found);
            }
        }
    }
    found
}

/// The names and types of fields.
type Fields = [(&'static str, &'static str)];

/// The fields of all types, in the order of the table. Splitting them anew for each field of an object takes twice as long
/// as everything else here.
static FIELDS: LazyLock<Vec<Box<Fields>>> = LazyLock::new(|| {
    let split = |fields: &'static str| fields.split(' ').filter_map(|field| field.split_once(':')).collect();
    kubernetes::TYPES.iter().map(|(_, fields)| split(fields)).collect()
});

/// Returns the fields of a type.
fn fields(name: &str) -> Option<&'static Fields> {
    let place = kubernetes::TYPES.binary_search_by_key(&name, |(name, _)| name).ok()?;
    FIELDS.get(place).map(|fields| &**fields)
}

/// The steps to a value. They are joined into a pointer only for a mistake, because nearly all values are
/// right.
#[derive(Clone, Copy)]
struct Steps<'p> {
    parent: Option<&'p Steps<'p>>,
    step: Step<'p>,
}

impl Steps<'_> {
    fn pointer(&self) -> Pointer {
        let above = self.parent.map(Steps::pointer).unwrap_or_default();
        match self.step {
            Step::Key(key) => above.join(key),
            Step::Index(index) => above.join(index.to_string()),
        }
    }
}

fn check_field(
    of: &str,
    fields: &'static Fields,
    key: &str,
    value: &Value,
    parent: Option<&Steps<'_>>,
    found: &mut Vec<Mistake>,
) {
    let place = Steps { parent, step: Step::Key(key) };
    let Some((_, kind)) = fields.iter().find(|(name, _)| *name == key) else {
        let near = closest(key, fields.iter().map(|(name, _)| *name));
        let field = place.pointer();
        found.push(Mistake {
            what: format!("an unknown field: `{}`", field.field()),
            field,
            hint: near.map(|near| format!("did you mean `{near}`?")),
        });
        return;
    };
    check_value(kind, value, &place, found);
    if let Some(word) = value.as_str().filter(|word| !word.is_empty())
        && let Some((.., words)) = WORDS.iter().find(|(name, field, _)| *field == key && *name == of)
        && !words.contains(&word)
    {
        let known: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        let field = place.pointer();
        found.push(Mistake {
            what: format!("an invalid value in `{}`: `{word}`", field.field()),
            field,
            hint: Some(format!("use one of {}", known.join(", "))),
        });
    }
}

fn check_value(kind: &'static str, value: &Value, place: &Steps<'_>, found: &mut Vec<Mistake>) {
    if let Some(item) = kind.strip_prefix('[') {
        match value {
            Value::Null => {}
            Value::List(items) => items.iter().enumerate().for_each(|(number, value)| {
                check_value(item, value, &Steps { parent: Some(place), step: Step::Index(number) }, found)
            }),
            other => found.push(wrong_kind(place, "a list", other)),
        }
        return;
    }
    if let Some(item) = kind.strip_prefix('{') {
        match value {
            Value::Null => {}
            Value::Map(map) => {
                map.iter().for_each(|(key, value)| {
                    check_value(item, value, &Steps { parent: Some(place), step: Step::Key(key) }, found)
                });
            }
            other => found.push(wrong_kind(place, "a map", other)),
        }
        return;
    }
    let wanted = match (kind, value) {
        ("*", _) | (_, Value::Null) => return,
        ("b", Value::Bool(_))
        | ("i", Value::Int(_) | Value::Uint(_) | Value::Float(_))
        | ("s", Value::String(_))
        | ("x", Value::Int(_) | Value::Uint(_) | Value::String(_)) => return,
        ("q", Value::String(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_)) => {
            if Quantity::read(value).is_none() {
                let field = place.pointer();
                let text = value.as_str().unwrap_or_default();
                found.push(Mistake {
                    what: format!("an invalid quantity in `{}`: `{text}`", field.field()),
                    field,
                    hint: Some("use a number with a suffix, such as `500m` or `2Gi`".to_owned()),
                });
            }
            return;
        }
        ("b", _) => "`true` or `false`",
        ("i", _) => "an integer",
        ("q", _) => "a quantity",
        ("s", _) => "a string",
        ("x", _) => "a number or a string",
        (_, Value::Map(map)) => {
            let Some(fields) = fields(kind) else { return };
            map.iter().for_each(|(key, value)| check_field(kind, fields, key, value, Some(place), found));
            return;
        }
        _ => "a map",
    };
    found.push(wrong_kind(place, wanted, value));
}

fn wrong_kind(place: &Steps<'_>, wanted: &str, value: &Value) -> Mistake {
    let is = match value {
        Value::String(text) => format!("the string `{text}`"),
        Value::Bool(value) => format!("`{value}`"),
        Value::Int(number) => format!("the number `{number}`"),
        other => format!("a {}", other.kind()),
    };
    let field = place.pointer();
    Mistake {
        what: format!("a value of the wrong type in `{}`: {is} is not {wanted}", field.field()),
        field,
        hint: None,
    }
}

#[cfg(test)]
mod tests {
    use super::{FIELDS, KINDS, WORDS, fields, kubernetes::TYPES};

    #[test]
    fn the_table_is_whole() {
        assert!(TYPES.is_sorted_by(|left, right| left.0 < right.0));
        for ((name, _), fields) in TYPES.iter().zip(&*FIELDS) {
            for (field, kind) in fields {
                let kind = kind.trim_start_matches(['[', '{']);
                let is_known =
                    matches!(kind, "*" | "b" | "i" | "q" | "s" | "x") || super::fields(kind).is_some();
                assert!(is_known, "`{name}.{field}` is a `{kind}`");
            }
        }
        for kind in KINDS.iter().flat_map(|(_, kinds)| *kinds) {
            assert!(fields(kind).is_some(), "`{kind}` has no fields");
        }
        for (name, field, _) in WORDS {
            let known = fields(name).is_some_and(|fields| fields.contains(&(*field, "s")));
            assert!(known, "`{name}.{field}` is no text");
        }
    }
}
