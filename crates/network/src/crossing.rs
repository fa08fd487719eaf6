//! Traffic between owners: what lets one owner's pods reach another's, apart from policies that implement an
//! agreement.

use std::collections::{BTreeMap, BTreeSet};

use crate::network::{End, Network, Side};
use crate::policy::{Direction, PeerRule, PolicyName};
use crate::ports::{Ports, RulePorts};
use crate::workload::NetworkPeer;

/// Something that lets others reach an owner's pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening<'a, O> {
    /// The owner of the pods.
    pub to: O,
    /// The policy and the number of its ingress rule; `None` if no policy restricts the pods.
    pub rule: Option<(&'a PolicyName, usize)>,
    /// The owners that are let in, each with the first connection that shows it.
    pub from: BTreeMap<O, Crossing<'a>>,
    /// Whether more owners are let in than listed.
    pub has_more: bool,
}

/// How pods of one owner reach those of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing<'a> {
    /// Pods that open a connection.
    pub source: &'a NetworkPeer,
    /// Pods that accept it.
    pub target: &'a NetworkPeer,
    /// The ports.
    pub ports: Ports,
}

/// Who owns workloads, and what the owners have agreed.
pub trait Owners<'a> {
    /// The identifier of an owner.
    type Owner: Copy + Ord;

    /// Returns the owner of a workload. Workloads without one are ignored.
    fn owner(&self, workload: &'a NetworkPeer) -> Option<Self::Owner>;

    /// Tells whether a policy only implements an agreement.
    fn is_agreed(&self, policy: &PolicyName) -> bool;

    /// Tells whether one owner's pods must not reach a workload of another.
    fn are_strangers(&self, from: (Self::Owner, &NetworkPeer), to: (Self::Owner, &NetworkPeer)) -> bool;
}

/// The owners in a class, each with its first workload.
type Members<'a, O> = BTreeMap<O, &'a NetworkPeer>;

impl Network {
    /// Returns what lets others in, in policy order; each lists at most `most` owners.
    pub fn openings<'a, T: Owners<'a>>(&'a self, owners: &T, most: usize) -> Vec<Opening<'a, T::Owner>> {
        Search::new(self, owners, most).all()
    }
}

/// The identity of an opening: the positions of policy and rule, and the owner of the pods.
type Key<O> = (Option<(usize, usize)>, O);

struct Search<'a, 's, T: Owners<'a>> {
    network: &'a Network,
    owners: &'s T,
    most: usize,
    members: Vec<Members<'a, T::Owner>>,
    /// The classes that reach pods without a rule that lists them.
    wide: Vec<usize>,
    /// For each class, the classes whose rules list it as a destination.
    naming: BTreeMap<usize, Vec<usize>>,
    found: BTreeMap<Key<T::Owner>, Opening<'a, T::Owner>>,
}

impl<'a, 's, T: Owners<'a>> Search<'a, 's, T> {
    fn new(network: &'a Network, owners: &'s T, most: usize) -> Self {
        let mut members: Vec<Members<'a, T::Owner>> = vec![BTreeMap::new(); network.classes()];
        for (workload, group) in &network.workloads {
            let Some(owner) = owners.owner(workload) else { continue };
            for end in network.ends(*group) {
                if let End::Class(class) = end {
                    members[*class].entry(owner).or_insert(workload);
                }
            }
        }
        let (mut wide, mut naming) = (Vec::new(), BTreeMap::<usize, Vec<usize>>::new());
        let mut seen = BTreeSet::new();
        for (class, members) in members.iter().enumerate().filter(|(_, members)| !members.is_empty()) {
            match network.named_destinations(End::Class(class)) {
                Some(named) => named.keys().for_each(|other| naming.entry(*other).or_default().push(class)),
                // Classes of one owner that differ only in who lets them in reach the same.
                None => {
                    let owners: Vec<T::Owner> = members.keys().copied().collect();
                    if seen.insert((network.side_of(class, Direction::Egress), owners)) {
                        wide.push(class);
                    }
                }
            }
        }
        Self { network, owners, most, members, wide, naming, found: BTreeMap::new() }
    }

    fn all(mut self) -> Vec<Opening<'a, T::Owner>> {
        let network = self.network;
        let mut closed_by: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for class in 0..network.classes() {
            let policies = &network.class(class).closed_by[Direction::Ingress as usize];
            policies.iter().for_each(|policy| closed_by.entry(*policy).or_default().push(class));
            if policies.is_empty() {
                self.add(class, None, &RulePorts::all(), None);
            }
        }
        for (number, classes) in closed_by {
            let policy = network.policy(number);
            if self.owners.is_agreed(&policy.name) {
                continue;
            }
            for (at, rule) in policy.rules[Direction::Ingress as usize].iter().enumerate() {
                let named = self.named(rule.peers.as_deref());
                for class in &classes {
                    self.add(*class, Some((number, at)), &rule.ports, named.as_ref());
                }
            }
        }
        self.found.into_values().filter(|opening| !opening.from.is_empty()).collect()
    }

    /// Returns the classes that peers list; `None` if they are all pods.
    fn named(&self, peers: Option<&[PeerRule]>) -> Option<BTreeSet<usize>> {
        let mut named = BTreeSet::new();
        for peer in peers? {
            match peer {
                PeerRule::Pods(pods) if pods.is_everything() => return None,
                PeerRule::Pods(pods) => named.extend(self.network.members(pods)),
                PeerRule::Addresses(_) => {}
            }
        }
        Some(named)
    }

    /// Adds the owners that a rule lets in to the pods of a class.
    fn add(
        &mut self,
        class: usize,
        rule: Option<(usize, usize)>,
        ports: &RulePorts,
        named: Option<&BTreeSet<usize>>,
    ) {
        let Self { network, owners, most, members, wide, naming, found } = self;
        let ports = ports.resolved(&network.class(class).ports);
        let mut agreed = None;
        for (to, target) in &members[class] {
            let opening = found.entry((rule, *to)).or_insert_with(|| Opening {
                to: *to,
                rule: rule.map(|(policy, at)| (&network.policy(policy).name, at)),
                from: BTreeMap::new(),
                has_more: false,
            });
            let sources: Vec<usize> = match named {
                Some(named) => named.iter().copied().collect(),
                None => wide.iter().chain(naming.get(&class).into_iter().flatten()).copied().collect(),
            };
            for source in sources {
                let strangers = members[source].iter().filter(|(from, workload)| {
                    *from != to && owners.are_strangers((**from, workload), (*to, target))
                });
                let mut strangers = strangers.peekable();
                if opening.has_more || strangers.peek().is_none() {
                    continue;
                }
                let agreed = agreed.get_or_insert_with(|| agreed_side(network, *owners, class));
                let mut open = ports.clone();
                open.keep(&network.through(End::Class(source), End::Class(class), Direction::Egress));
                open.without(&agreed.toward(End::Class(source), &network.class(class).ports));
                if open.is_empty() {
                    continue;
                }
                for (from, source) in strangers {
                    if opening.from.len() == *most && !opening.from.contains_key(from) {
                        opening.has_more = true;
                        break;
                    }
                    let ports = Ports::default();
                    let first = opening.from.entry(*from).or_insert(Crossing { source, target, ports });
                    if first.target == *target {
                        first.ports.extend(&open);
                    }
                }
            }
        }
    }
}

/// Returns what is agreed to reach the pods of a class.
fn agreed_side<'a, T: Owners<'a>>(network: &Network, owners: &T, class: usize) -> Side {
    let policies = network.class(class).closed_by[Direction::Ingress as usize].iter().copied();
    let agreed: Vec<usize> =
        policies.filter(|policy| owners.is_agreed(&network.policy(*policy).name)).collect();
    network.side(&agreed, Direction::Ingress)
}
