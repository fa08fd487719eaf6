//! A cluster as admission sees it, built from objects in the order in which a server would receive them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use aqueduct_apiserver::custom::CustomDefinition;
use aqueduct_manifest::{
    KUBERNETES_APIS, Object, ObjectKey, SmolStr, Value, is_cluster_scoped, is_native, plural,
};
use hashbrown::HashSet;

use crate::finding::{Action, AdmissionFinding};
use crate::pod::{is_set, items, text};
use crate::policy::{self, Binding, Params, Policy, Request, Scope};
use crate::quota::{Item, Quotas, usage};
use crate::resources::Amounts;
use crate::{defaults, limits, pod_security};

/// The kinds whose objects affect the admission of others.
pub const RULERS: [&str; 6] = [
    "CustomResourceDefinition",
    "LimitRange",
    "Namespace",
    "ResourceQuota",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
];

/// The content of a cluster, and what its admission requires of new objects.
#[derive(Debug)]
pub struct Cluster {
    minor: u32,
    /// There is nothing in addition to the objects that were added.
    is_whole: bool,
    /// Everything that affects others has been added.
    is_settled: bool,
    objects: BTreeMap<ObjectKey, Object>,
    /// The names of objects that quotas have counted since.
    names: HashSet<ObjectKey>,
    custom_kinds: BTreeMap<(SmolStr, SmolStr), CustomKind>,
    policies: BTreeMap<SmolStr, Policy>,
    bindings: BTreeMap<SmolStr, Binding>,
    quotas: Quotas,
}

/// An object that has been judged by everything but quotas.
#[derive(Debug)]
pub struct AdmissionVerdict {
    /// The object as a server would store it.
    object: Object,
    /// The name by which quotas count it, and what it uses; `None` if no quota of its namespace does.
    counted: Option<(ObjectKey, Amounts)>,
    findings: Vec<AdmissionFinding>,
}

/// A kind that a CustomResourceDefinition defines.
#[derive(Debug)]
struct CustomKind {
    definition: CustomDefinition,
    plural: SmolStr,
    is_namespaced: bool,
    versions: Vec<SmolStr>,
}

impl Cluster {
    /// Returns an empty cluster of a minor version of Kubernetes 1, which contains only what is added to it.
    pub fn new(minor: u32) -> Self {
        Self {
            minor,
            is_whole: true,
            is_settled: false,
            objects: BTreeMap::new(),
            names: HashSet::new(),
            custom_kinds: BTreeMap::new(),
            policies: BTreeMap::new(),
            bindings: BTreeMap::new(),
            quotas: Quotas::default(),
        }
    }

    /// Returns a cluster that may contain more, such as kinds defined elsewhere.
    pub fn partial(minor: u32) -> Self {
        Self { is_whole: false, ..Self::new(minor) }
    }

    /// Adds everything among some objects that affects others: namespaces, limit ranges, quotas, policies and their
    /// parameters. There must be no others. From then on, only the names that quotas count are kept.
    pub fn settle<'o>(&mut self, objects: impl Iterator<Item = &'o Object> + Clone) {
        let parameters: BTreeSet<(&str, &str)> = objects
            .clone()
            .filter(|object| object.kind() == "ValidatingAdmissionPolicy")
            .filter_map(|policy| {
                let text = |key| policy.at(&["spec", "paramKind", key])?.as_str();
                Some((text("apiVersion")?, text("kind")?))
            })
            .collect();
        let decides = |object: &&Object| {
            RULERS.contains(&object.kind()) || parameters.contains(&(object.api_version(), object.kind()))
        };
        objects.filter(decides).for_each(|object| self.add(object));
        self.is_settled = true;
    }

    /// Judges an object to be created, and adds it if nothing refuses it.
    ///
    /// An object without a namespace, of a namespaced kind, is in `default`.
    pub fn admit(&mut self, object: &Object) -> Vec<AdmissionFinding> {
        self.enter(self.judge(object))
    }

    /// Judges an object by everything but quotas. In a settled cluster, it does not matter which objects came before.
    pub fn judge(&self, object: &Object) -> AdmissionVerdict {
        let mut judged = self.judged(object);
        // A definition checks the written object, because filling in defaults removes unknown fields.
        let custom = self.custom_kind(object).map(|kind| kind.definition.check(object, None));
        let custom = custom.into_iter().flatten();
        judged.findings.splice(
            0..0,
            custom.map(|cause| AdmissionFinding { rule: "custom-resource", action: Action::Deny, cause }),
        );
        judged
    }

    /// Judges an object by quotas as well, and adds it if nothing refuses it.
    pub fn enter(&mut self, judged: AdmissionVerdict) -> Vec<AdmissionFinding> {
        let AdmissionVerdict { object, counted, findings } = self.weighed(judged);
        if !is_refused(&findings) {
            self.keep(&object, counted);
        }
        findings
    }

    /// Judges an object by quotas as well, and leaves the cluster unchanged.
    pub fn weigh(&self, judged: AdmissionVerdict) -> Vec<AdmissionFinding> {
        self.weighed(judged).findings
    }

    fn weighed(&self, mut judged: AdmissionVerdict) -> AdmissionVerdict {
        // An object that replaces itself is counted already, and a refused one is not counted.
        judged.counted = judged.counted.filter(|(key, _)| !self.has(key));
        if let Some((_, usage)) = &judged.counted
            && !is_refused(&judged.findings)
        {
            judged.findings.extend(self.quotas.admit(Item { object: &judged.object, usage }));
        }
        judged
    }

    /// Judges an object to be created, and leaves the cluster unchanged.
    pub fn review(&self, object: &Object) -> Vec<AdmissionFinding> {
        self.weigh(self.judged(object))
    }

    /// Adds an object without judging it, as one that already exists.
    pub fn add(&mut self, object: &Object) {
        let filled = self.filled(object);
        let limited = self.limited(&filled);
        let counted = self.counted(&limited).filter(|(key, _)| !self.has(key));
        self.keep(&limited, counted);
    }

    /// Returns an object as it is judged: in a namespace, and with what the server fills in.
    fn filled(&self, object: &Object) -> Object {
        let mut filled = match self.custom_kind(object) {
            Some(kind) => kind.definition.filled(object),
            None if self.heeds_defaults(object) => defaults::filled(object),
            None => object.clone(),
        };
        if filled.name().is_empty()
            && let Some(prefix) = filled.at(&["metadata", "generateName"]).and_then(Value::as_str)
        {
            let name = format!("{prefix}xxxxx");
            filled.metadata_mut().insert("name", name);
        }
        if filled.namespace().is_empty() && self.is_namespaced(object) {
            filled.metadata_mut().insert("namespace", "default");
        }
        filled
    }

    /// Tells whether defaults that a server fills in can matter for an object: policies may read any field, limit ranges
    /// and quotas read those of pods and claims, and stored objects may be read later.
    fn heeds_defaults(&self, object: &Object) -> bool {
        !self.is_settled
            || !self.policies.is_empty()
            || is_kind(object, "", "Pod")
            || is_kind(object, "", "PersistentVolumeClaim")
    }

    /// Returns an object with the defaults from the LimitRanges of its namespace.
    fn limited<'o>(&self, object: &'o Object) -> Cow<'o, Object> {
        let mut limited = Cow::Borrowed(object);
        if is_kind(object, "", "Pod") {
            limits::fill(limited.to_mut(), &self.ranges(object));
        }
        limited
    }

    fn ranges(&self, object: &Object) -> Vec<&Object> {
        self.of_kind("", "LimitRange", object.namespace()).collect()
    }

    /// Judges an object by everything but quotas and its own definition.
    fn judged(&self, object: &Object) -> AdmissionVerdict {
        let filled = self.filled(object);
        let limited = self.limited(&filled);
        let object = &*limited;
        let namespace = self.namespace(object.namespace());
        let mut findings = pod_security::admit(object, namespace, self.minor);
        findings.extend(limits::admit(object, &filled, &self.ranges(object)));
        findings.extend(self.judge_policies(object, namespace));
        if is_kind(object, "admissionregistration.k8s.io", "ValidatingAdmissionPolicy") {
            let causes = policy::check(object).into_iter();
            findings.extend(causes.map(|cause| AdmissionFinding {
                rule: "policy",
                action: Action::Deny,
                cause,
            }));
        }
        if is_kind(object, "apiextensions.k8s.io", "CustomResourceDefinition") {
            let causes = CustomDefinition::new(object).check_rules().into_iter();
            findings.extend(causes.map(|cause| AdmissionFinding {
                rule: "custom-resource",
                action: Action::Deny,
                cause,
            }));
        }
        let counted = self.counted(object);
        AdmissionVerdict { object: limited.into_owned(), counted, findings }
    }

    fn counted(&self, object: &Object) -> Option<(ObjectKey, Amounts)> {
        let usage = || usage(object, &self.resource(object));
        self.quotas.may_count(object).then(|| (object.key(), usage()))
    }

    fn judge_policies(&self, object: &Object, namespace: Option<&Object>) -> Vec<AdmissionFinding> {
        // Policies are not evaluated for policies, so that none can lock itself in.
        if self.policies.is_empty() || object.group() == "admissionregistration.k8s.io" {
            return Vec::new();
        }
        let resource = self.resource(object);
        let is_namespaced = self.is_namespaced(object);
        let versions = self.custom_kind(object).map_or(&[][..], |kind| &kind.versions);
        // A server assigns each object its identity before policies see it.
        let mut object = object.clone();
        let metadata = object.metadata_mut();
        metadata.insert("uid", "00000000-0000-0000-0000-000000000000");
        metadata.insert("creationTimestamp", "1970-01-01T00:00:00Z");
        let (object, minor) = (&object, self.minor);
        let request = Request { object, resource: &resource, is_namespaced, namespace, minor, versions };
        let policies = self.policies.values();
        policies.flat_map(|policy| policy::admit(policy, &self.bindings, &request, self)).collect()
    }

    fn has(&self, key: &ObjectKey) -> bool {
        self.objects.contains_key(key) || self.names.contains(key)
    }

    fn keep(&mut self, object: &Object, counted: Option<(ObjectKey, Amounts)>) {
        if let Some((key, usage)) = counted {
            self.quotas.count(Item { object, usage: &usage });
            if self.is_settled {
                self.names.insert(key);
            }
        }
        if self.is_settled {
            return;
        }
        match (object.group(), object.kind()) {
            ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") => {
                if let Ok(policy) = policy::compile(object) {
                    self.policies.insert(object.name().into(), policy);
                }
            }
            ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding") => {
                self.bindings.insert(object.name().into(), Binding::new(object));
            }
            ("apiextensions.k8s.io", "CustomResourceDefinition") => self.define(object),
            ("", "ResourceQuota") => {
                let own = self.objects.values().filter(|one| one.namespace() == object.namespace());
                let present: Vec<(&Object, Amounts)> =
                    own.map(|object| (object, usage(object, &self.resource(object)))).collect();
                let mut quotas = std::mem::take(&mut self.quotas);
                quotas.insert(object, present.iter().map(|(object, usage)| Item { object, usage }));
                self.quotas = quotas;
            }
            _ => {}
        }
        self.objects.insert(object.key(), object.clone());
    }

    /// Records the kind that a definition defines.
    fn define(&mut self, definition: &Object) {
        let Some(spec) = definition.map.get("spec") else { return };
        let versions = items(spec, "versions").iter().filter(|version| is_set(version, &["served"]));
        let kind = CustomKind {
            definition: CustomDefinition::new(definition),
            plural: text(spec, &["names", "plural"]).into(),
            is_namespaced: text(spec, &["scope"]) != "Cluster",
            versions: versions.map(|version| text(version, &["name"]).into()).collect(),
        };
        let key = (text(spec, &["group"]).into(), text(spec, &["names", "kind"]).into());
        self.custom_kinds.insert(key, kind);
    }

    fn custom_kind(&self, object: &Object) -> Option<&CustomKind> {
        if self.custom_kinds.is_empty() {
            return None;
        }
        self.custom_kinds.get(&(object.group().into(), object.kind().into()))
    }

    /// Returns the resource name of an object.
    fn resource(&self, object: &Object) -> String {
        self.custom_kind(object).map_or_else(|| plural(object.kind()), |kind| kind.plural.to_string())
    }

    fn is_namespaced(&self, object: &Object) -> bool {
        match self.custom_kind(object) {
            Some(kind) => kind.is_namespaced,
            None if is_native(object.group()) => !is_cluster_scoped(object.group(), object.kind()),
            // For an unknown kind, the object itself must show it.
            None => !object.namespace().is_empty(),
        }
    }

    fn namespace(&self, name: &str) -> Option<&Object> {
        let key =
            ObjectKey { group: "".into(), kind: "Namespace".into(), namespace: "".into(), name: name.into() };
        self.objects.get(&key)
    }

    /// Returns the objects of a kind in a namespace.
    fn of_kind<'a>(&'a self, group: &str, kind: &str, namespace: &str) -> impl Iterator<Item = &'a Object> {
        let first = ObjectKey {
            group: group.into(),
            kind: kind.into(),
            namespace: namespace.into(),
            name: "".into(),
        };
        let last = first.clone();
        let all = self.objects.range(first..);
        all.take_while(move |(key, _)| {
            key.group == last.group && key.kind == last.kind && key.namespace == last.namespace
        })
        .map(|(_, object)| object)
    }
}

impl Params for Cluster {
    fn scope_of(&self, api_version: &str, kind: &str) -> Scope {
        let scope = |is_namespaced: bool| if is_namespaced { Scope::Namespaced } else { Scope::Cluster };
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        if let Some(custom) = self.custom_kinds.get(&(group.into(), kind.into())) {
            let is_served = custom.versions.iter().any(|one| one == version);
            return if is_served { scope(custom.is_namespaced) } else { Scope::Missing };
        }
        let mut apis = KUBERNETES_APIS.iter().filter(|api| api.version == api_version);
        if apis.any(|api| api.kinds.contains(&kind)) {
            return scope(!is_cluster_scoped(group, kind));
        }
        if is_native(group) {
            return Scope::Missing;
        }
        let first =
            ObjectKey { group: group.into(), kind: kind.into(), namespace: "".into(), name: "".into() };
        let some = self.objects.range(first..).next().map(|(key, _)| key);
        let some = some.filter(|key| key.group == group && key.kind == kind);
        match some {
            Some(key) => scope(!key.namespace.is_empty()),
            None if self.is_whole => Scope::Missing,
            None => Scope::Unknown,
        }
    }

    fn is_defined(&self, api_version: &str, kind: &str) -> bool {
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        is_native(group) || self.custom_kinds.contains_key(&(group.into(), kind.into()))
    }

    fn objects<'a>(&'a self, api_version: &str, kind: &str, namespace: &str) -> Vec<&'a Object> {
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        self.of_kind(group, kind, namespace).collect()
    }
}

fn is_refused(findings: &[AdmissionFinding]) -> bool {
    findings.iter().any(AdmissionFinding::is_denial)
}

fn is_kind(object: &Object, group: &str, kind: &str) -> bool {
    object.group() == group && object.kind() == kind
}
