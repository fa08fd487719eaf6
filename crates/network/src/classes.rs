//! Classes of pods: those that no policy, Ingress or Route distinguishes.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{LabelSelector, Map, Object, SmolStr, Value};
use hashbrown::HashMap;

use crate::policy::{Direction, Namespaces, PeerRule, PodRule, Policy, PolicyName};
use crate::ports::{NamedPort, Ports};
use crate::published::{CONTROLLER_NAMESPACE, Published, services};
use crate::workload::{NetworkPeer, Pods};

/// The label with the name of each namespace.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Pods that no policy distinguishes.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Class {
    /// The policies that restrict the pods, by direction.
    pub(crate) closed_by: [Vec<usize>; 2],
    /// The rules that select the pods as the other end.
    named_by: Vec<usize>,
    /// The ports to which rules refer by name.
    pub(crate) ports: Vec<NamedPort>,
    /// The ports on which Ingresses and Routes forward to them.
    pub(crate) published: Ports,
}

/// The content of a set of objects, with pods grouped into classes.
#[derive(Debug)]
pub(crate) struct Classes {
    pub(crate) policies: Vec<Policy>,
    pub(crate) classes: Vec<Class>,
    /// The classes of the pods of each workload.
    pub(crate) workloads: BTreeMap<NetworkPeer, BTreeSet<usize>>,
    /// The classes of the pods that a rule selects.
    pub(crate) members: BTreeMap<PodRule, Vec<usize>>,
    /// The class of whatever serves Ingresses and Routes.
    pub(crate) controller: usize,
}

/// The pods of a set of objects, indexed for selectors.
struct Index<'a> {
    pods: Vec<Pods<'a>>,
    namespaces: BTreeMap<&'a str, Map>,
    /// The namespaces with an object of their own.
    namespaces_by_label: HashMap<(SmolStr, SmolStr), Vec<SmolStr>>,
    by_label: HashMap<(&'a str, &'a str), Vec<usize>>,
    by_namespace: HashMap<SmolStr, Vec<usize>>,
}

impl Classes {
    /// Reads objects.
    pub(crate) fn of(objects: &[&Object]) -> Self {
        let none = Map::new();
        let index = Index::new(objects, &none);
        let policies: Vec<Policy> =
            objects.iter().filter_map(|object| Some(Policy::of(object, PolicyName::of(object)?))).collect();
        let services = services(objects);
        let mut published: BTreeMap<&str, Vec<Published<'_>>> = BTreeMap::new();
        for one in objects.iter().flat_map(|object| Published::of(object, &services)) {
            published.entry(one.namespace).or_default().push(one);
        }

        let rules = || policies.iter().flat_map(|policy| policy.rules.iter().flatten());
        let names: BTreeSet<&SmolStr> = rules().flat_map(|rule| rule.ports.names()).collect();
        let alone = index.pods.iter().map(|pods| Class::alone(pods, &names, &published));
        let mut keys: Vec<Class> = alone.collect();
        for (number, policy) in policies.iter().enumerate() {
            let own = PodRule {
                namespaces: Namespaces::Own(policy.name.namespace.clone()),
                pods: policy.pods.clone(),
            };
            for pods in index.meant(&own) {
                for direction in Direction::BOTH.into_iter().filter(|one| policy.closes[*one as usize]) {
                    keys[pods].closed_by[direction as usize].push(number);
                }
            }
        }
        let mut meant: BTreeMap<PodRule, Vec<usize>> = BTreeMap::new();
        for rule in rules() {
            for peer in rule.peers.iter().flatten() {
                if let PeerRule::Pods(pods) = peer
                    && !pods.is_everything()
                    && !meant.contains_key(pods)
                {
                    meant.insert(pods.clone(), index.meant(pods));
                }
            }
        }
        for (number, pods) in meant.values().enumerate() {
            pods.iter().for_each(|pods| keys[*pods].named_by.push(number));
        }

        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_unstable_by(|one, other| keys[*one].cmp(&keys[*other]));
        let mut classes: Vec<Class> = Vec::new();
        let mut class_of = vec![0; keys.len()];
        for pods in order {
            let key = std::mem::take(&mut keys[pods]);
            if classes.last() != Some(&key) {
                classes.push(key);
            }
            class_of[pods] = classes.len() - 1;
        }
        let mut workloads: BTreeMap<NetworkPeer, BTreeSet<usize>> = BTreeMap::new();
        let members = meant.into_iter().map(|(rule, pods)| {
            let classes: BTreeSet<usize> = pods.into_iter().map(|pods| class_of[pods]).collect();
            (rule, classes.into_iter().collect())
        });
        let members = members.collect();
        // The controller comes last and is not one of the workloads.
        let controller = class_of.last().copied().unwrap_or(0);
        let own = index.pods.len() - 1;
        for (pods, class) in index.pods.into_iter().zip(class_of).take(own) {
            workloads.entry(pods.workload).or_default().insert(class);
        }
        Self { policies, classes, workloads, members, controller }
    }
}

impl Class {
    /// Returns what is known about pods before policies are considered.
    fn alone(
        pods: &Pods<'_>,
        names: &BTreeSet<&SmolStr>,
        published: &BTreeMap<&str, Vec<Published<'_>>>,
    ) -> Self {
        let mut ports: Vec<NamedPort> =
            pods.ports.iter().filter(|port| names.contains(&port.name)).cloned().collect();
        ports.sort_unstable();
        ports.dedup();
        let mut open = Ports::default();
        for one in published.get(pods.workload.namespace.as_str()).into_iter().flatten() {
            open.extend(&one.ports(pods.labels, &pods.ports));
        }
        Self { closed_by: Default::default(), named_by: Vec::new(), ports, published: open }
    }
}

impl<'a> Index<'a> {
    fn new(objects: &[&'a Object], none: &'a Map) -> Self {
        let mut pods: Vec<Pods<'a>> = objects.iter().filter_map(|object| Pods::of(object, none)).collect();
        let controller = NetworkPeer {
            namespace: CONTROLLER_NAMESPACE,
            name: SmolStr::default(),
            kind: SmolStr::default(),
        };
        pods.push(Pods { workload: controller, labels: none, ports: Vec::new() });
        let is_namespace = |object: &&&'a Object| object.kind() == "Namespace" && object.group().is_empty();
        let mut namespaces: BTreeMap<&str, Map> = objects
            .iter()
            .filter(is_namespace)
            .map(|object| (object.name(), object.labels().cloned().unwrap_or_default()))
            .collect();
        namespaces.iter_mut().for_each(|(name, labels)| {
            labels.insert(NAME_LABEL, *name);
        });
        let mut namespaces_by_label: HashMap<(SmolStr, SmolStr), Vec<SmolStr>> = HashMap::new();
        for (name, labels) in &namespaces {
            for (key, value) in labels {
                if let Some(value) = value.as_str() {
                    let of_label = namespaces_by_label.entry((key.clone(), value.into())).or_default();
                    of_label.push((*name).into());
                }
            }
        }
        let mut by_label: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        let mut by_namespace: HashMap<SmolStr, Vec<usize>> = HashMap::new();
        for (number, one) in pods.iter().enumerate() {
            by_namespace.entry(one.workload.namespace.clone()).or_default().push(number);
            for (key, value) in one.labels {
                if let Some(value) = value.as_str() {
                    by_label.entry((key, value)).or_default().push(number);
                }
            }
        }
        Self { pods, namespaces, namespaces_by_label, by_label, by_namespace }
    }

    /// Returns the numbers of the pods that a rule selects.
    fn meant(&self, rule: &PodRule) -> Vec<usize> {
        let PodRule { namespaces, pods: selector } = rule;
        let is_here = |number: &usize| {
            let pods = &self.pods[*number];
            match namespaces {
                Namespaces::Own(name) => pods.workload.namespace == *name,
                Namespaces::Labelled(selector) => self.namespace_matches(&pods.workload.namespace, selector),
            }
        };
        let is_meant = |number: &usize| selector.matches(self.pods[*number].labels) && is_here(number);
        // Search the shortest list that must contain all of them.
        let of_labels = selector.labels().map(|(key, value)| {
            self.by_label.get(&(key.as_str(), value.as_str())).map_or(&[][..], Vec::as_slice)
        });
        let of_labels = of_labels.min_by_key(|list| list.len());
        let lists = |names: &[SmolStr]| {
            let lists = names.iter().filter_map(|name| self.by_namespace.get(name));
            lists.map(Vec::as_slice).collect::<Vec<_>>()
        };
        let of_namespaces = match namespaces {
            Namespaces::Own(name) => Some(lists(std::slice::from_ref(name))),
            Namespaces::Labelled(selector) => self.labelled(selector).map(|names| lists(&names)),
        };
        let size = |lists: &[&[usize]]| lists.iter().map(|list| list.len()).sum::<usize>();
        match (of_labels, of_namespaces) {
            (Some(list), Some(lists)) if size(&lists) < list.len() => among(&lists, is_meant),
            (Some(list), _) => among(&[list], is_meant),
            (None, Some(lists)) => among(&lists, is_meant),
            (None, None) => (0..self.pods.len()).filter(is_meant).collect(),
        }
    }

    /// Returns namespaces that include all those that a selector matches; `None` if it requires no label.
    fn labelled(&self, selector: &LabelSelector) -> Option<Vec<SmolStr>> {
        let of_label = selector.labels().map(|(key, name)| match key == NAME_LABEL {
            true => vec![name.clone()],
            false => self.namespaces_by_label.get(&(key.clone(), name.clone())).cloned().unwrap_or_default(),
        });
        of_label.min_by_key(Vec::len)
    }

    /// Tells whether a namespace has matching labels. A namespace without an object of its own has only its
    /// name.
    fn namespace_matches(&self, name: &str, selector: &LabelSelector) -> bool {
        match self.namespaces.get(name) {
            Some(labels) => selector.matches(labels),
            None => selector.matches(&Map::from_iter([(NAME_LABEL, Value::from(name))])),
        }
    }
}

/// Returns the wanted entries of some lists, in order.
fn among(lists: &[&[usize]], is_wanted: impl Fn(&usize) -> bool) -> Vec<usize> {
    let mut wanted: Vec<usize> =
        lists.iter().flat_map(|list| list.iter().copied()).filter(is_wanted).collect();
    wanted.sort_unstable();
    wanted
}
