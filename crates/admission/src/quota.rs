//! ResourceQuotas: limits for the sum of a namespace's objects.

use std::collections::BTreeMap;

use aqueduct_manifest::{Object, Quantity, SmolStr, Value, format_smolstr};

use crate::finding::AdmissionFinding;
use crate::pod::{items, text};
use crate::resources::{Amounts, add, amounts, of_container, of_pod};

const RULE: &str = "quota";

/// The quotas of a cluster and their usage, by namespace and name.
#[derive(Debug, Default)]
pub(crate) struct Quotas(BTreeMap<SmolStr, BTreeMap<SmolStr, Quota>>);

#[derive(Debug)]
struct Quota {
    hard: Amounts,
    /// Whether it limits the number of objects of any kind.
    counts_objects: bool,
    used: Amounts,
    scopes: Vec<Scope>,
}

/// The resources that quotas count by their name alone.
const COUNTED: [&str; 7] = [
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
];

/// A condition for objects to count.
#[derive(Debug)]
struct Scope {
    name: String,
    operator: String,
    values: Vec<String>,
}

/// An object, and what it uses of each resource that a quota can count.
#[derive(Clone, Copy)]
pub(crate) struct Item<'a> {
    pub(crate) object: &'a Object,
    pub(crate) usage: &'a Amounts,
}

impl Quotas {
    /// Adds a quota, with what is already in its namespace.
    pub(crate) fn insert<'a>(&mut self, quota: &Object, present: impl Iterator<Item = Item<'a>>) {
        let spec = quota.map.get("spec").cloned().unwrap_or_default();
        let plain = items(&spec, "scopes").iter().filter_map(Value::as_str).map(|name| Scope {
            name: name.to_owned(),
            operator: "Exists".to_owned(),
            values: Vec::new(),
        });
        let selector = spec.get("scopeSelector").cloned().unwrap_or_default();
        let selected = items(&selector, "matchExpressions").iter().map(|one| Scope {
            name: text(one, &["scopeName"]).to_owned(),
            operator: text(one, &["operator"]).to_owned(),
            values: items(one, "values").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        });
        let scopes = plain.chain(selected).collect();
        let hard = amounts(spec.get("hard"));
        let counts_objects =
            hard.keys().any(|name| name.starts_with("count/") || COUNTED.contains(&name.as_str()));
        let mut new = Quota { hard, counts_objects, used: Amounts::new(), scopes };
        present.for_each(|item| new.count(item));
        self.0.entry(quota.namespace().into()).or_default().insert(quota.name().into(), new);
    }

    /// Tells whether a quota of its namespace may count an object.
    pub(crate) fn may_count(&self, object: &Object) -> bool {
        let mut own = self.0.get(object.namespace()).into_iter().flatten();
        let has_amounts = || {
            object.group().is_empty() && matches!(object.kind(), "PersistentVolumeClaim" | "Pod" | "Service")
        };
        own.any(|(_, quota)| quota.counts_objects || has_amounts())
    }

    /// Counts an object that was accepted.
    pub(crate) fn count(&mut self, item: Item<'_>) {
        let own = self.0.get_mut(item.object.namespace()).into_iter().flatten();
        own.for_each(|(_, quota)| quota.count(item));
    }

    /// Judges an object against the quotas of its namespace.
    pub(crate) fn admit(&self, item: Item<'_>) -> Vec<AdmissionFinding> {
        let own = self.0.get(item.object.namespace()).into_iter().flatten();
        own.filter_map(|(name, quota)| quota.fault(name, item))
            .map(|fault| AdmissionFinding::forbidden(RULE, fault))
            .collect()
    }
}

impl Quota {
    fn count(&mut self, item: Item<'_>) {
        if self.holds(item.object) {
            add(&mut self.used, item.usage.iter().filter(|(name, _)| self.hard.contains_key(*name)));
        }
    }

    /// Tells whether this quota counts an object.
    fn holds(&self, object: &Object) -> bool {
        self.scopes.iter().all(|scope| scope.holds(object))
    }

    fn fault(&self, name: &str, item: Item<'_>) -> Option<String> {
        if !self.holds(item.object) {
            return None;
        }
        let missing = self.missing(item.object);
        if !missing.is_empty() {
            return Some(format!("failed quota: {name}: must specify {}", missing.join("; ")));
        }
        let zero = Quantity::default();
        let mut exceeded: [Vec<String>; 3] = Default::default();
        for (resource, requested) in item.usage {
            let Some(hard) = self.hard.get(resource) else { continue };
            let used = self.used.get(resource).copied().unwrap_or_default();
            if *requested > zero && used.plus(*requested) > *hard {
                for (list, amount) in exceeded.iter_mut().zip([*requested, used, *hard]) {
                    list.push(format!("{resource}={amount}"));
                }
            }
        }
        let [requested, used, limited] = exceeded.map(|list| list.join(","));
        (!requested.is_empty()).then(|| {
            format!("exceeded quota: {name}, requested: {requested}, used: {used}, limited: {limited}")
        })
    }

    /// Returns the resources that each container of a pod must set if the quota counts them.
    fn missing(&self, object: &Object) -> Vec<String> {
        const NAMED: [(&str, &str, &str); 6] = [
            ("cpu", "requests", "cpu"),
            ("limits.cpu", "limits", "cpu"),
            ("limits.memory", "limits", "memory"),
            ("memory", "requests", "memory"),
            ("requests.cpu", "requests", "cpu"),
            ("requests.memory", "requests", "memory"),
        ];
        if !is_pod(object) {
            return Vec::new();
        }
        let Some(spec) = object.map.get("spec") else { return Vec::new() };
        let asked = NAMED.iter().filter(|(name, ..)| self.hard.contains_key(*name));
        asked
            .filter(|(_, kind, resource)| spec.at(&["resources", kind, resource]).is_none())
            .filter_map(|(name, kind, resource)| {
                let all = items(spec, "containers").iter().chain(items(spec, "initContainers"));
                let silent = all.filter(|container| !of_container(container, kind).contains_key(*resource));
                let mut names: Vec<&str> = silent.map(|container| text(container, &["name"])).collect();
                names.sort_unstable();
                names.dedup();
                (!names.is_empty()).then(|| format!("{name} for: {}", names.join(",")))
            })
            .collect()
    }
}

fn is_pod(object: &Object) -> bool {
    object.group().is_empty() && object.kind() == "Pod"
}

/// Returns what an object uses of each resource that a quota can count; `resource` is its resource name, such as
/// `deployments`.
pub(crate) fn usage(object: &Object, resource: &str) -> Amounts {
    let mut usage = Amounts::new();
    let one = Quantity::units(1);
    let group = object.group();
    let dot = if group.is_empty() { "" } else { "." };
    usage.insert(format_smolstr!("count/{resource}{dot}{group}"), one);
    if group.is_empty() && COUNTED.contains(&resource) {
        usage.insert(resource.into(), one);
    }
    let Some(spec) = object.map.get("spec").filter(|_| group.is_empty()) else { return usage };
    match object.kind() {
        "Pod" => {
            for kind in ["requests", "limits"] {
                for (name, amount) in of_pod(spec, kind) {
                    usage.insert(format_smolstr!("{kind}.{name}"), amount);
                    if kind == "requests" {
                        usage.insert(name, amount);
                    }
                }
            }
        }
        "Service" => {
            let kind = text(spec, &["type"]);
            let is_balanced = kind == "LoadBalancer";
            let has_node_ports = kind == "NodePort"
                || is_balanced
                    && spec.get("allocateLoadBalancerNodePorts").and_then(Value::as_bool) != Some(false);
            if has_node_ports {
                usage.insert("services.nodeports".into(), Quantity::units(items(spec, "ports").len() as u64));
            }
            if is_balanced {
                usage.insert("services.loadbalancers".into(), one);
            }
        }
        "PersistentVolumeClaim" => {
            let storage =
                amounts(spec.at(&["resources", "requests"])).get("storage").copied().unwrap_or_default();
            usage.insert("requests.storage".into(), storage);
            let class = match text(spec, &["storageClassName"]) {
                "" => object.annotation("volume.beta.kubernetes.io/storage-class").unwrap_or(""),
                class => class,
            };
            if !class.is_empty() {
                usage.insert(format!("{class}.storageclass.storage.k8s.io/requests.storage").into(), storage);
                usage.insert(
                    format!("{class}.storageclass.storage.k8s.io/persistentvolumeclaims").into(),
                    one,
                );
            }
        }
        _ => {}
    }
    usage
}

impl Scope {
    /// Tells whether an object counts; quotas with conditions only count pods.
    fn holds(&self, object: &Object) -> bool {
        let Some(spec) = object.map.get("spec").filter(|_| is_pod(object)) else { return false };
        let holds = match self.name.as_str() {
            "Terminating" => is_terminating(spec),
            "NotTerminating" => !is_terminating(spec),
            "BestEffort" => is_best_effort(spec),
            "NotBestEffort" => !is_best_effort(spec),
            "CrossNamespacePodAffinity" => reaches_other_namespaces(spec),
            "PriorityClass" => return self.is_class(text(spec, &["priorityClassName"])),
            _ => return false,
        };
        if self.operator == "DoesNotExist" { !holds } else { holds }
    }

    fn is_class(&self, class: &str) -> bool {
        let is_listed = self.values.iter().any(|value| value == class);
        match self.operator.as_str() {
            "In" => !class.is_empty() && is_listed,
            // A pod without a class is in none of those listed.
            "NotIn" => !is_listed,
            "Exists" => !class.is_empty(),
            "DoesNotExist" => class.is_empty(),
            _ => false,
        }
    }
}

fn is_terminating(spec: &Value) -> bool {
    spec.get("activeDeadlineSeconds").and_then(Value::as_i64).is_some_and(|seconds| seconds >= 0)
}

/// Tells whether no CPU or memory is requested or limited.
fn is_best_effort(spec: &Value) -> bool {
    let is_silent = |owner: &Value| {
        let amounts = ["requests", "limits"].into_iter().flat_map(|kind| of_container(owner, kind));
        !amounts
            .into_iter()
            .any(|(name, amount)| matches!(name.as_str(), "cpu" | "memory") && amount > Quantity::default())
    };
    is_silent(spec) && items(spec, "containers").iter().chain(items(spec, "initContainers")).all(is_silent)
}

fn reaches_other_namespaces(spec: &Value) -> bool {
    let terms =
        ["podAffinity", "podAntiAffinity"].into_iter().filter_map(|kind| spec.at(&["affinity", kind]));
    let reaches = |term: &Value| {
        let selector = term.get("namespaceSelector").and_then(Value::as_map).is_some();
        selector || !items(term, "namespaces").is_empty()
    };
    terms.into_iter().any(|affinity| {
        items(affinity, "requiredDuringSchedulingIgnoredDuringExecution").iter().any(reaches)
            || items(affinity, "preferredDuringSchedulingIgnoredDuringExecution")
                .iter()
                .any(|weighted| weighted.get("podAffinityTerm").is_some_and(reaches))
    })
}
