//! The objects of one environment, indexed once for all rules.

use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::sync::OnceLock;

use aqueduct_manifest::{Object, Place, Value, plural};
use aqueduct_network::Network;

use crate::demand::target;
use crate::facts::{ClusterFacts, Entry, Facts, LinkFacts, Owner};
use crate::label_selector::{LabelSelector, Labels};
use crate::nodes::Nodes;
use crate::pod::{Pod, list_at};
use crate::produced::Produced;

type ByText<'a, T> = BTreeMap<&'a str, T>;

/// The objects of one environment.
#[derive(Debug)]
pub struct Index<'a> {
    environment: &'a Facts<'a>,
    /// By group, kind, namespace and name.
    objects: ByText<'a, ByText<'a, ByText<'a, ByText<'a, Entry<'a>>>>>,
    /// The objects whose key another object already has, each after the first of that key.
    duplicates: Vec<(Entry<'a>, Entry<'a>)>,
    pods: Vec<Pod<'a>>,
    /// The places of pods by namespace.
    pods_of_namespace: ByText<'a, Vec<usize>>,
    /// The places of pods by namespace, label and value.
    pods_of_label: ByText<'a, ByText<'a, ByText<'a, Vec<usize>>>>,
    /// The owners of namespaces.
    owners: ByText<'a, &'a str>,
    /// The components with custom resources from which an operator may create anything.
    operated: BTreeSet<(&'a str, &'a str)>,
    /// The namespaces of components that may have pods in addition to their templates.
    with_unseen_pods: BTreeSet<&'a str>,
    /// The components that may create objects of a resource at run time.
    creators: BTreeSet<(&'a str, &'a str, &'static str)>,
    /// The maximum replicas that an autoscaler sets, by namespace, kind and name of its target.
    scaled: BTreeMap<(&'a str, &'a str, &'a str), u64>,
    /// The names of resources that rendered definitions declare, by group and kind.
    plurals: BTreeMap<(&'a str, &'a str), &'a str>,
    secrets: OnceLock<Produced>,
    network: OnceLock<Network>,
    nodes: OnceLock<Nodes<'a>>,
}

impl<'a> Index<'a> {
    /// Builds the index of an environment.
    pub fn new(environment: &'a Facts<'a>) -> Self {
        let mut index = Self {
            environment,
            objects: BTreeMap::new(),
            duplicates: Vec::new(),
            pods: Vec::new(),
            pods_of_namespace: BTreeMap::new(),
            pods_of_label: BTreeMap::new(),
            owners: BTreeMap::new(),
            operated: BTreeSet::new(),
            with_unseen_pods: BTreeSet::new(),
            creators: BTreeSet::new(),
            scaled: BTreeMap::new(),
            plurals: BTreeMap::new(),
            secrets: OnceLock::new(),
            network: OnceLock::new(),
            nodes: OnceLock::new(),
        };
        for (name, tenant) in &environment.tenants {
            for namespace in &tenant.namespaces {
                index.owners.entry(namespace).or_insert(name);
            }
        }
        for entry in &environment.entries {
            index.add(*entry);
        }
        for entry in &environment.entries {
            if index.operated.contains(&(entry.tenant, entry.component)) || index.may_create(entry, "pods") {
                index.with_unseen_pods.insert(entry.namespace);
            }
        }
        index
    }

    fn add(&mut self, entry: Entry<'a>) {
        let of_kind = self.objects.entry(entry.group).or_default().entry(entry.kind).or_default();
        match of_kind.entry(entry.namespace).or_default().entry(entry.name) {
            btree_map::Entry::Vacant(place) => {
                place.insert(entry);
            }
            // Objects with generated names never collide.
            btree_map::Entry::Occupied(_) if entry.object.name().is_empty() => {}
            btree_map::Entry::Occupied(first) => self.duplicates.push((*first.get(), entry)),
        }
        let component = (entry.tenant, entry.component);
        if may_become_pods(&entry) {
            self.operated.insert(component);
        }
        for resource in ["secrets", "configmaps", "pods"] {
            if may_create(&entry, resource) {
                self.creators.insert((entry.tenant, entry.component, resource));
            }
        }
        if let Some(target) = target(&entry)
            && let Some(most) = target.most
        {
            self.scaled.insert((entry.namespace, target.kind, target.name), most);
        }
        if entry.kind == "CustomResourceDefinition" {
            let text = |path: &[&str]| entry.object.at(path).and_then(Value::as_str).unwrap_or("");
            let key = (text(&["spec", "group"]), text(&["spec", "names", "kind"]));
            self.plurals.insert(key, text(&["spec", "names", "plural"]));
        }
        let Some(pod) = Pod::of(entry) else { return };
        let place = self.pods.len();
        self.pods.push(pod);
        self.pods_of_namespace.entry(pod.namespace()).or_default().push(place);
        for (key, value) in pod.labels.into_iter().flatten() {
            if let Some(value) = value.as_str() {
                let of_namespace = self.pods_of_label.entry(pod.namespace()).or_default();
                of_namespace.entry(key).or_default().entry(value).or_default().push(place);
            }
        }
    }

    /// Returns what the cluster provides.
    pub fn cluster(&self) -> &'a ClusterFacts {
        &self.environment.cluster
    }

    /// Returns a tenant.
    pub fn tenant(&self, name: &str) -> Option<&'a Owner> {
        self.environment.tenants.get(name)
    }

    /// Returns all tenants by their names.
    pub(crate) fn tenants(&self) -> impl Iterator<Item = (&'a str, &'a Owner)> {
        self.environment.tenants.iter().map(|(name, tenant)| (name.as_str(), tenant))
    }

    /// Returns the tenant that owns a namespace, if it is neither the given tenant nor a system tenant.
    pub(crate) fn stranger(&self, tenant: &str, namespace: &str) -> Option<&'a str> {
        let is_own = self.tenant(tenant).is_some_and(|tenant| tenant.namespaces.contains(namespace));
        let owner = self.owner(namespace).filter(|_| !is_own)?;
        self.tenant(owner).is_some_and(|owner| !owner.system).then_some(owner)
    }

    /// Tells whether two tenants have agreed that the first may connect to the second.
    pub(crate) fn have_agreed(&self, from: &str, to: &str) -> bool {
        let goes = self.tenant(from).is_some_and(|tenant| tenant.allow_to.include(to));
        goes && self.tenant(to).is_some_and(|tenant| tenant.allow_from.include(from))
    }

    /// Tells whether an object belongs to what a tenant gets automatically, without patches.
    pub(crate) fn is_of_tenancy(&self, entry: &Entry<'_>) -> bool {
        let Facts { tenancy, patched, .. } = self.environment;
        entry.component == *tenancy && !patched.contains_key(&(entry.namespace, entry.name))
    }

    /// Returns the network policies of a namespace that its tenant's patches changed or removed, by name, each with the
    /// place of the patch.
    pub(crate) fn patched_policies(&self, namespace: &str) -> Vec<(&'a str, &'a Place)> {
        let all = self.environment.patched.range((namespace, "")..);
        let of_namespace = all.take_while(|((other, _), _)| *other == namespace);
        of_namespace.map(|((_, name), place)| (*name, *place)).collect()
    }

    /// Returns the tenant that owns a namespace.
    pub fn owner(&self, namespace: &str) -> Option<&'a str> {
        self.owners.get(namespace).copied()
    }

    /// Returns the wave in which the component of an object starts, if it has one.
    pub(crate) fn wave(&self, entry: &Entry<'_>) -> Option<usize> {
        self.environment.waves.get(&(entry.tenant, entry.component)).copied()
    }

    /// Returns the components that need each other.
    pub(crate) fn cycles(&self) -> &'a [(Vec<(&'a str, &'a str)>, &'a Place)] {
        &self.environment.cycles
    }

    /// Returns the links between components that lead to pods.
    pub(crate) fn links(&self) -> &'a [LinkFacts<'a>] {
        &self.environment.links
    }

    /// Returns which pods reach which, by the network policies.
    pub(crate) fn network(&self) -> &Network {
        self.network.get_or_init(|| Network::of(self.entries().iter().map(|entry| entry.object)))
    }

    /// Returns the nodes that pods may run on.
    pub(crate) fn nodes(&self) -> &Nodes<'a> {
        self.nodes.get_or_init(|| Nodes::of(self))
    }

    /// Returns the definitions among the sources.
    pub(crate) fn definitions(&self) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.environment.definitions.iter()
    }

    /// Returns the resource name of an object: `ingresses` for an Ingress.
    pub(crate) fn plural(&self, entry: &Entry<'_>) -> String {
        let declared = self.plurals.get(&(entry.group, entry.kind)).map(|plural| (*plural).to_owned());
        declared.unwrap_or_else(|| plural(entry.kind))
    }

    /// Returns all objects in the order they were given in.
    pub fn entries(&self) -> &'a [Entry<'a>] {
        &self.environment.entries
    }

    /// Returns the objects whose group, kind, namespace and name another object already has, each after that
    /// first one.
    pub(crate) fn duplicates(&self) -> &[(Entry<'a>, Entry<'a>)] {
        &self.duplicates
    }

    /// Returns the objects of a kind in the order of namespace and name.
    pub fn of_kind(&self, group: &str, kind: &str) -> impl Iterator<Item = Entry<'a>> + use<'_, 'a> {
        let namespaces = self.objects.get(group).and_then(|kinds| kinds.get(kind));
        namespaces.into_iter().flatten().flat_map(|(_, names)| names.values().copied())
    }

    /// Returns the objects of a kind in a namespace in the order of their names.
    pub fn in_namespace(
        &self,
        group: &str,
        kind: &str,
        namespace: &str,
    ) -> impl Iterator<Item = Entry<'a>> + use<'_, 'a> {
        let namespaces = self.objects.get(group).and_then(|kinds| kinds.get(kind));
        let names = namespaces.and_then(|namespaces| namespaces.get(namespace));
        names.into_iter().flat_map(|names| names.values().copied())
    }

    /// Returns the Application that delivers an object, by the folder that it reads.
    pub(crate) fn application(&self, entry: &Entry<'a>) -> Option<&'a Object> {
        let of_component = format!("/{}/{}", entry.tenant, entry.component);
        let of_tenant = format!("/{}", entry.tenant);
        let reads = |application: &&Object| {
            let folder = if application.at(&["spec", "source", "directory"]).is_some() {
                &of_tenant
            } else {
                &of_component
            };
            let path = application.at(&["spec", "source", "path"]).and_then(Value::as_str);
            path.is_some_and(|path| path.ends_with(folder))
        };
        self.of_kind("argoproj.io", "Application").map(|entry| entry.object).find(reads)
    }

    /// Returns one object; cluster-scoped ones have an empty namespace.
    pub fn get(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<Entry<'a>> {
        self.objects.get(group)?.get(kind)?.get(namespace)?.get(name).copied()
    }

    /// Returns the names of the objects of a kind in a namespace, for suggestions.
    pub fn names(&self, group: &str, kind: &str, namespace: &str) -> Vec<&'a str> {
        self.in_namespace(group, kind, namespace).map(|entry| entry.name).collect()
    }

    /// Tells whether a namespace is managed outside the platform, so that it may contain anything.
    pub fn is_outside(&self, namespace: &str) -> bool {
        self.environment.cluster.namespaces.contains(namespace)
    }

    /// Tells whether there may be objects around this one that are not rendered, because its namespace is
    /// managed outside the platform or an operator creates them for a custom resource of its component.
    pub fn is_open(&self, entry: &Entry<'_>) -> bool {
        self.operated.contains(&(entry.tenant, entry.component)) || self.is_outside(entry.namespace)
    }

    /// Tells whether the component of an object may create objects of a core resource at run time: `secrets`,
    /// `configmaps` or `pods`.
    pub fn may_create(&self, entry: &Entry<'_>, resource: &'static str) -> bool {
        self.creators.contains(&(entry.tenant, entry.component, resource))
    }

    /// Tells whether there may be pods around an object that are not rendered: those of an operator, or of a
    /// component that creates pods, anywhere in its namespace.
    pub(crate) fn may_have_unseen_pods(&self, entry: &Entry<'_>) -> bool {
        self.is_open(entry)
            || self.may_create(entry, "pods")
            || self.with_unseen_pods.contains(entry.namespace)
    }

    /// Tells whether a namespace may contain pods, and what belongs to them, that are not visible here.
    pub(crate) fn is_unseen(&self, namespace: &str) -> bool {
        self.is_outside(namespace) || self.with_unseen_pods.contains(namespace)
    }

    /// Returns the maximum replicas that an autoscaler sets for a workload.
    pub(crate) fn most_replicas(&self, namespace: &str, kind: &str, name: &str) -> Option<u64> {
        self.scaled.get(&(namespace, kind, name)).copied()
    }

    /// Returns the Secrets that will exist.
    pub(crate) fn secrets(&self) -> &Produced {
        self.secrets.get_or_init(|| Produced::secrets(self))
    }

    /// Returns all pod templates.
    pub(crate) fn pods(&self) -> &[Pod<'a>] {
        &self.pods
    }

    /// Returns the pod templates of a namespace that a selector matches.
    pub(crate) fn selected<'i, 's>(
        &'i self,
        namespace: &str,
        selector: &'s LabelSelector<'_>,
    ) -> impl Iterator<Item = &'i Pod<'a>> + use<'i, 's, 'a> {
        // Start with the label that the fewest pods have. A label that no pod has may come from a controller.
        let of_namespace = self.pods_of_label.get(namespace);
        let labels = selector.equal().iter().copied();
        let with_label = labels.filter_map(|(key, value)| of_namespace?.get(key)?.get(value));
        let anchored = with_label.min_by_key(|places| places.len());
        let places = anchored.or_else(|| self.pods_of_namespace.get(namespace));
        let pods = places.into_iter().flatten().filter_map(|place| self.pods.get(*place));
        pods.filter(|pod| selector.matches(&self.labels(pod)))
    }

    /// Returns what an object's selector matches among the pods of its namespace.
    pub(crate) fn selection(&self, entry: &Entry<'_>, selector: &LabelSelector<'_>) -> Selection {
        if self.may_have_unseen_pods(entry) || self.selected(entry.namespace, selector).next().is_some() {
            return Selection::Pods;
        }
        let pods = self.pods_of_namespace.get(entry.namespace).into_iter().flatten();
        let mut pods = pods.filter_map(|place| self.pods.get(*place));
        match pods.find_map(|pod| selector.lacking(&self.labels(pod))) {
            Some(lacking) => Selection::AtRunTime(lacking),
            None => Selection::Nothing,
        }
    }

    /// Returns the labels of some pod in a namespace for messages, preferring the given component.
    pub(crate) fn pod_labels(&self, namespace: &str, component: &str) -> Option<String> {
        let places = self.pods_of_namespace.get(namespace)?;
        let pods = || places.iter().filter_map(|place| self.pods.get(*place));
        let pod = pods().find(|pod| pod.entry.component == component).or_else(|| pods().next())?;
        let labels: Vec<String> = pod
            .labels?
            .iter()
            .filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)))
            .collect();
        Some(labels.join(","))
    }

    /// Returns the labels of the pods of a template.
    fn labels(&self, pod: &Pod<'a>) -> Labels<'a> {
        let written = pod.entry.object.at(&["spec", "replicas"]).and_then(Value::as_i64);
        let scaled = self.most_replicas(pod.namespace(), pod.entry.kind, pod.entry.name);
        let most = scaled.or_else(|| written.and_then(|count| u64::try_from(count).ok()));
        Labels::of_pods(pod.labels, pod.entry, most)
    }
}

/// What a selector finds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// Pods, or pods that may exist but are not visible here.
    Pods,
    /// Pods that lack only these labels, which a program may set on its own pod at run time.
    AtRunTime(String),
    /// Nothing.
    Nothing,
}

/// Tells whether an operator may turn a custom resource into pods.
fn may_become_pods(entry: &Entry<'_>) -> bool {
    let group = entry.group;
    let is_native = !group.contains('.') || group.ends_with(".k8s.io");
    let is_podless = match group {
        "cert-manager.io"
        | "acme.cert-manager.io"
        | "external-secrets.io"
        | "generators.external-secrets.io"
        | "bitnami.com"
        | "networking.istio.io"
        | "security.istio.io"
        | "telemetry.istio.io"
        | "traefik.io"
        | "traefik.containo.us"
        | "cilium.io"
        | "kyverno.io"
        | "keda.sh"
        | "crd.projectcalico.org"
        | "elbv2.k8s.aws"
        | "metallb.io"
        | "trust.cert-manager.io" => true,
        "argoproj.io" => {
            !matches!(entry.kind, "Workflow" | "CronWorkflow" | "EventBus" | "EventSource" | "Sensor")
        }
        "monitoring.coreos.com" => {
            !matches!(entry.kind, "Prometheus" | "PrometheusAgent" | "Alertmanager" | "ThanosRuler")
        }
        _ => false,
    };
    !is_native && !is_podless
}

/// Tells whether an object is a role that permits creating objects of a core resource.
fn may_create(entry: &Entry<'_>, resource: &str) -> bool {
    let is_role = entry.group == "rbac.authorization.k8s.io" && matches!(entry.kind, "Role" | "ClusterRole");
    let rules = entry
        .object
        .map
        .get("rules")
        .and_then(Value::as_list)
        .filter(|_| is_role)
        .map_or(&[][..], |list| list);
    rules.iter().any(|rule| {
        let has = |field, wanted: &[&str]| {
            list_at(rule, field).iter().filter_map(Value::as_str).any(|value| wanted.contains(&value))
        };
        has("apiGroups", &["", "*"]) && has("resources", &[resource, "*"]) && has("verbs", &["create", "*"])
    })
}
