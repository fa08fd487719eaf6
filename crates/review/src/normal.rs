//! Normalises values, so that different notations of the same value are equal.
//!
//! Go decodes into a struct, where an omitted field has its zero value. If the field is a pointer, its zero value
//! differs from an omitted field: `privileged: false` is not the same as no `privileged`.

use aqueduct_apiserver::FieldType;
use aqueduct_manifest::{Map, Quantity, Value};

/// How quantities are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Amounts {
    /// By value: `1000m` equals `1`, and `1Gi` equals `1073741824`.
    Value,
    /// By how a server stores them: `1000m` equals `1`, but `1Gi` differs from `1073741824`.
    Text,
}

/// The fields that are pointers to a string, number or boolean.
const POINTERS: &[&str] = &[
    "activeDeadlineSeconds",
    "allocateLoadBalancerNodePorts",
    "allowPrivilegeEscalation",
    "allowVolumeExpansion",
    "apiGroup",
    "appProtocol",
    "attachRequired",
    "automountServiceAccountToken",
    "averageUtilization",
    "backoffLimit",
    "backoffLimitPerIndex",
    "completionMode",
    "completions",
    "defaultMode",
    "enableServiceLinks",
    "expirationSeconds",
    "failedJobsHistoryLimit",
    "fsGroup",
    "fsGroupChangePolicy",
    "fsGroupPolicy",
    "gmsaCredentialSpec",
    "gmsaCredentialSpecName",
    "hostProcess",
    "hostUsers",
    "hostnameOverride",
    "immutable",
    "ingressClassName",
    "internalTrafficPolicy",
    "ipFamilyPolicy",
    "loadBalancerClass",
    "localhostProfile",
    "managedBy",
    "manualSelector",
    "maxFailedIndexes",
    "minDomains",
    "minReplicas",
    "mode",
    "mountPropagation",
    "namespace",
    "nodeAffinityPolicy",
    "nodeTaintsPolicy",
    "optional",
    "parallelism",
    "partition",
    "podGroupName",
    "podInfoOnMount",
    "podReplacementPolicy",
    "preemptionPolicy",
    "priority",
    "privileged",
    "procMount",
    "progressDeadlineSeconds",
    "readOnlyRootFilesystem",
    "reclaimPolicy",
    "recursiveReadOnly",
    "replicas",
    "requiresRepublish",
    "resourceClaimName",
    "resourceClaimTemplateName",
    "revisionHistoryLimit",
    "runAsGroup",
    "runAsNonRoot",
    "runAsUser",
    "runAsUserName",
    "runtimeClassName",
    "seLinuxChangePolicy",
    "seLinuxMount",
    "service",
    "setHostnameAsFQDN",
    "shareProcessNamespace",
    "startingDeadlineSeconds",
    "stopSignal",
    "storageCapacity",
    "storageClassName",
    "successfulJobsHistoryLimit",
    "supplementalGroupsPolicy",
    "suspend",
    "terminationGracePeriodSeconds",
    "timeZone",
    "tolerationSeconds",
    "trafficDistribution",
    "ttlSecondsAfterFinished",
    "volumeAttributesClassName",
    "volumeBindingMode",
    "volumeMode",
];

/// Fields that are pointers in some structs only, with their parent fields.
const POINTERS_INSIDE: &[(&str, &[&str])] = &[
    ("fsType", &["azureDisk", "csi"]),
    ("readOnly", &["azureDisk", "csi"]),
    ("type", &["hostPath"]),
    ("name", &["clusterTrustBundle"]),
    ("signerName", &["clusterTrustBundle"]),
    ("initiatorName", &["iscsi"]),
];

/// Structs that are embedded in their parent, so an empty one equals an omitted one.
const EMBEDDED: &[&str] = &["metadata", "podAffinityTerm", "preference", "resources"];

/// Returns a value without what has no meaning.
pub(crate) fn normal(kind: Option<FieldType>, value: &Value, amounts: Amounts) -> Value {
    inner(kind, value, amounts, "")
}

fn inner(kind: Option<FieldType>, value: &Value, amounts: Amounts, name: &str) -> Value {
    match value {
        Value::Map(map) => {
            let is_struct = kind.is_some_and(FieldType::is_struct);
            let mut normal = Map::new();
            for (key, value) in map {
                let field = kind.and_then(|kind| kind.field(key));
                let value = inner(field, value, amounts, key);
                if is_struct && says_nothing(field, key, name, &value) {
                    continue;
                }
                // In a map of strings, null means the empty string.
                let value = if value.is_null() && kind.is_some() { Value::from("") } else { value };
                normal.insert(key.clone(), value);
            }
            Value::Map(normal)
        }
        Value::List(list) => {
            let entry = kind.and_then(FieldType::entry);
            Value::List(list.iter().map(|value| inner(entry, value, amounts, name)).collect())
        }
        value if kind.is_some_and(FieldType::is_quantity) => amount(value, amounts),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => Value::Int(*number as i64),
        value => value.clone(),
    }
}

fn says_nothing(field: Option<FieldType>, name: &str, parent: &str, value: &Value) -> bool {
    let is_zero = match value {
        Value::Null => return true,
        Value::List(list) => return list.is_empty(),
        Value::Map(map) => {
            return map.is_empty() && (EMBEDDED.contains(&name) || !field.is_some_and(FieldType::is_struct));
        }
        Value::String(text) => text.is_empty(),
        Value::Int(number) => *number == 0,
        Value::Bool(is_true) => !is_true,
        _ => false,
    };
    let is_inside = |(known, parents): &(&str, &[&str])| *known == name && parents.contains(&parent);
    is_zero && !POINTERS.contains(&name) && !POINTERS_INSIDE.iter().any(is_inside)
}

/// Servers round quantities up to thousandths.
fn amount(value: &Value, amounts: Amounts) -> Value {
    const THOUSANDTH: i128 = 1_000_000;
    let Some(quantity) = Quantity::read(value) else { return value.clone() };
    let billionths = quantity.billionths();
    let is_fine = billionths % THOUSANDTH != 0;
    let thousandths = billionths.div_euclid(THOUSANDTH) + i128::from(is_fine);
    let has_plus = value.as_str().is_some_and(|text| text.starts_with('+'));
    match amounts {
        Amounts::Value => Value::from(thousandths.to_string()),
        Amounts::Text if has_plus => value.clone(),
        Amounts::Text if is_fine => Value::from(Quantity::millis(quantity.thousandths()).to_string()),
        Amounts::Text => Value::from(quantity.to_string()),
    }
}

/// Tells whether two values mean the same.
pub(crate) fn same(kind: Option<FieldType>, a: &Value, b: &Value) -> bool {
    a == b || normal(kind, a, Amounts::Value) == normal(kind, b, Amounts::Value)
}
