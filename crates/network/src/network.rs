//! The network: workloads, and the ports between them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use aqueduct_manifest::Object;

use crate::addresses::{AddressRange, covered, cut};
use crate::classes::{Class, Classes};
use crate::policy::{Direction, PeerRule, PodRule, Policy};
use crate::ports::{NamedPort, Ports, RulePorts};
use crate::workload::{ConnectionEnd, NetworkPeer};

/// The workloads of a set of objects, and which of them reach which.
#[derive(Debug)]
pub struct Network {
    read: Classes,
    /// What each distinct set of policies lets through for the pods that it restricts.
    sides: Vec<Side>,
    /// The side of each class, by direction; `None` if no policy restricts it.
    side_of: Vec<[Option<usize>; 2]>,
    /// The address ranges that rules distinguish, by direction.
    cells: [Vec<AddressRange>; 2],
    /// Each workload with its group, by name.
    pub(crate) workloads: Vec<(NetworkPeer, usize)>,
    /// Workloads whose pods have the same classes.
    groups: Vec<Group>,
    /// The groups that have a class.
    groups_of: Vec<Vec<usize>>,
}

/// Workloads that no policy distinguishes.
#[derive(Debug)]
struct Group {
    ends: Vec<End>,
    count: usize,
    /// The ports to each other group, computed only once for all workloads of the group.
    row: OnceLock<Row>,
}

/// The ports to each group; `None` where there are none.
type Row = Vec<Option<Arc<Ports>>>;

/// One end of a connection, as the rules see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Pods of a class.
    Class(usize),
    /// Addresses outside, by their position among the ranges of the direction.
    Cell(usize),
    /// Addresses that no rule mentions.
    Elsewhere,
}

/// What policies let through on one side, for the pods that they restrict.
#[derive(Debug, Default)]
pub(crate) struct Side {
    anyone: RulePorts,
    pods: RulePorts,
    classes: BTreeMap<usize, RulePorts>,
    cells: BTreeMap<usize, RulePorts>,
}

/// The ports on which one end reaches another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection<'a> {
    /// The end that opens it.
    pub from: ConnectionEnd<'a>,
    /// The end that accepts it.
    pub to: ConnectionEnd<'a>,
    /// The ports; never empty.
    pub ports: Arc<Ports>,
}

impl fmt::Display for Connection<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} => {} : {}", self.from, self.to, self.ports)
    }
}

impl Network {
    /// Reads the network of a set of objects. Objects without a namespace are in `default`. A namespace without an
    /// object of its own has only its name as a label.
    pub fn of<'a>(objects: impl IntoIterator<Item = &'a Object>) -> Self {
        let objects: Vec<&Object> = objects.into_iter().collect();
        let read = Classes::of(&objects);
        let cells = Direction::BOTH.map(|direction| {
            let rules = read.policies.iter().flat_map(|policy| &policy.rules[direction as usize]);
            let peers = rules.flat_map(|rule| rule.peers.iter().flatten());
            let ranges = peers.filter_map(|peer| match peer {
                PeerRule::Addresses(ranges) => Some(ranges),
                PeerRule::Pods(_) => None,
            });
            cut(&ranges.flatten().copied().collect::<Vec<_>>())
        });
        let mut groups: BTreeMap<&BTreeSet<usize>, usize> = BTreeMap::new();
        let mut workloads = Vec::new();
        let mut counts: Vec<usize> = Vec::new();
        for (workload, classes) in &read.workloads {
            let next = groups.len();
            let group = *groups.entry(classes).or_insert(next);
            if group == next {
                counts.push(0);
            }
            counts[group] += 1;
            workloads.push((workload.clone(), group));
        }
        let mut ends = vec![Vec::new(); groups.len()];
        let mut groups_of = vec![Vec::new(); read.classes.len()];
        for (classes, group) in groups {
            classes.iter().for_each(|class| groups_of[*class].push(group));
            ends[group] = classes.iter().copied().map(End::Class).collect();
        }
        let groups = ends.into_iter().zip(counts);
        let groups = groups.map(|(ends, count)| Group { ends, count, row: OnceLock::new() }).collect();
        let side_of = vec![[None; 2]; read.classes.len()];
        let mut network = Self { read, sides: Vec::new(), side_of, cells, workloads, groups, groups_of };
        for direction in Direction::BOTH {
            let mut known: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
            for class in 0..network.read.classes.len() {
                let policies = network.read.classes[class].closed_by[direction as usize].clone();
                if policies.is_empty() {
                    continue;
                }
                let next = network.sides.len();
                if !known.contains_key(&policies) {
                    network.sides.push(network.side(&policies, direction));
                }
                network.side_of[class][direction as usize] = Some(*known.entry(policies).or_insert(next));
            }
        }
        network
    }

    /// Returns the workloads by namespace and name.
    pub fn workloads(&self) -> impl ExactSizeIterator<Item = &NetworkPeer> {
        self.workloads.iter().map(|(workload, _)| workload)
    }

    /// Returns all connections by source and then by destination: addresses outside, workloads, and the ingress
    /// controller. Connections of a workload with itself are not listed.
    pub fn connections(&self) -> impl Iterator<Item = Connection<'_>> {
        let outside =
            self.cells[Direction::Ingress as usize].iter().enumerate().flat_map(move |(cell, range)| {
                self.to_workloads(ConnectionEnd::Outside(*range), self.row(&[End::Cell(cell)]))
            });
        let workloads = self.workloads.iter().flat_map(move |(workload, group)| {
            let from = ConnectionEnd::Workload(workload);
            let group = &self.groups[*group];
            let cells =
                self.cells[Direction::Egress as usize].iter().enumerate().filter_map(move |(cell, range)| {
                    let ports = self.ports(&group.ends, &[End::Cell(cell)]);
                    let to = ConnectionEnd::Outside(*range);
                    (!ports.is_empty()).then(|| Connection { from, to, ports: Arc::new(ports) })
                });
            let row = match group.count {
                1 => self.row(&group.ends),
                _ => group.row.get_or_init(|| self.row(&group.ends)).clone(),
            };
            cells.chain(self.to_workloads(from, row))
        });
        let controller = self.to_workloads(ConnectionEnd::IngressController, self.published_row());
        outside.chain(workloads).chain(controller)
    }

    /// Returns the ports on which one workload reaches another; `None` if one of them is not in this network.
    pub fn between(&self, from: &NetworkPeer, to: &NetworkPeer) -> Option<Ports> {
        Some(self.ports(self.ends(self.group(from)?), self.ends(self.group(to)?)))
    }

    /// Returns the connections of a peer to the workloads, given the ports to each group of them.
    fn to_workloads<'a>(&'a self, from: ConnectionEnd<'a>, row: Row) -> impl Iterator<Item = Connection<'a>> {
        self.workloads.iter().filter_map(move |(workload, group)| {
            let (to, ports) = (ConnectionEnd::Workload(workload), row[*group].clone()?);
            (to != from).then_some(Connection { from, to, ports })
        })
    }

    /// Returns the ports from some ends to each group of workloads.
    pub(crate) fn row(&self, from: &[End]) -> Row {
        let mut row = vec![None; self.groups.len()];
        let all = Arc::new(Ports::all());
        let mut fill = |number: usize| {
            let ports = self.ports(from, &self.groups[number].ends);
            row[number] = match (ports.is_empty(), ports.is_all()) {
                (true, _) => None,
                (_, true) => Some(Arc::clone(&all)),
                _ => Some(Arc::new(ports)),
            };
        };
        // If the rules list everybody who is let through, nobody else needs to be examined.
        let named: Option<Vec<_>> = from.iter().map(|end| self.named_destinations(*end)).collect();
        match named {
            Some(sides) => {
                let classes = sides.into_iter().flat_map(BTreeMap::keys);
                classes.flat_map(|class| &self.groups_of[*class]).for_each(|group| fill(*group));
            }
            None => (0..self.groups.len()).for_each(fill),
        }
        row
    }

    /// Returns the classes that rules list as destinations of pods; `None` if some rule allows everybody, or no
    /// policy restricts the pods.
    pub(crate) fn named_destinations(&self, pods: End) -> Option<&BTreeMap<usize, RulePorts>> {
        let End::Class(class) = pods else { return None };
        let side = &self.sides[self.side_of[class][Direction::Egress as usize]?];
        (side.anyone.is_empty() && side.pods.is_empty()).then_some(&side.classes)
    }

    /// Returns the ports on which Ingresses and Routes lead to each group.
    pub(crate) fn published_row(&self) -> Row {
        let ports = self.groups.iter().map(|group| self.published(&group.ends));
        ports.map(|ports| (!ports.is_empty()).then(|| Arc::new(ports))).collect()
    }

    /// Returns the ports on which Ingresses and Routes lead to some pods, as far as policies allow.
    pub(crate) fn published(&self, to: &[End]) -> Ports {
        let mut ports = Ports::default();
        for end in to {
            let End::Class(class) = *end else { continue };
            let mut open = self.read.classes[class].published.clone();
            if !open.is_empty() {
                open.keep(&self.through(*end, End::Class(self.read.controller), Direction::Ingress));
                ports.extend(&open);
            }
        }
        ports
    }

    /// Returns the ports on which any of some ends reaches any of others.
    pub(crate) fn ports(&self, from: &[End], to: &[End]) -> Ports {
        let mut ports = Ports::default();
        for (from, to) in from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to))) {
            let mut open = self.through(from, to, Direction::Egress);
            if !open.is_empty() {
                open.keep(&self.through(to, from, Direction::Ingress));
                ports.extend(&open);
            }
        }
        ports
    }

    /// Returns what the policies at pods let through from or to a peer.
    pub(crate) fn through(&self, pods: End, peer: End, direction: Direction) -> Ports {
        let End::Class(class) = pods else { return Ports::all() };
        match self.side_of[class][direction as usize] {
            Some(side) => {
                let accepting = if direction == Direction::Ingress { pods } else { peer };
                self.sides[side].toward(peer, self.ports_of(accepting))
            }
            None => Ports::all(),
        }
    }

    /// Returns the named ports of pods.
    fn ports_of(&self, end: End) -> &[NamedPort] {
        match end {
            End::Class(class) => &self.read.classes[class].ports,
            _ => &[],
        }
    }

    /// Returns what one policy lets through between pods and a peer.
    pub(crate) fn through_policy(&self, policy: usize, pods: End, peer: End, direction: Direction) -> Ports {
        let named = self.ports_of(if direction == Direction::Ingress { pods } else { peer });
        self.side(&[policy], direction).toward(peer, named)
    }

    /// Returns what some policies let through.
    pub(crate) fn side(&self, policies: &[usize], direction: Direction) -> Side {
        let mut side = Side::default();
        for policy in policies {
            for rule in &self.read.policies[*policy].rules[direction as usize] {
                let Some(peers) = &rule.peers else {
                    side.anyone.extend(&rule.ports);
                    continue;
                };
                for peer in peers {
                    match peer {
                        PeerRule::Pods(pods) if pods.is_everything() => side.pods.extend(&rule.ports),
                        PeerRule::Pods(pods) => {
                            for class in self.members(pods) {
                                side.classes.entry(*class).or_default().extend(&rule.ports);
                            }
                        }
                        PeerRule::Addresses(ranges) => {
                            for cell in ranges.iter().flat_map(|range| covered(self.cells(direction), range))
                            {
                                side.cells.entry(cell).or_default().extend(&rule.ports);
                            }
                        }
                    }
                }
            }
        }
        side
    }

    /// Returns the ends of a group of workloads.
    pub(crate) fn ends(&self, group: usize) -> &[End] {
        &self.groups[group].ends
    }

    /// Returns the group of a workload.
    pub(crate) fn group(&self, workload: &NetworkPeer) -> Option<usize> {
        let at = self.workloads.binary_search_by(|(other, _)| other.cmp(workload)).ok()?;
        Some(self.workloads[at].1)
    }

    /// Returns the address ranges that rules distinguish in a direction.
    pub(crate) fn cells(&self, direction: Direction) -> &[AddressRange] {
        &self.cells[direction as usize]
    }

    /// Returns the end for an address range.
    pub(crate) fn cell(&self, direction: Direction, range: &AddressRange) -> End {
        let cells = self.cells(direction);
        let at = cells.partition_point(|cell| cell.last < range.first);
        if cells.get(at).is_some_and(|cell| cell.covers(range)) { End::Cell(at) } else { End::Elsewhere }
    }

    /// Returns a class of pods.
    pub(crate) fn class(&self, class: usize) -> &Class {
        &self.read.classes[class]
    }

    /// Returns the number of classes.
    pub(crate) fn classes(&self) -> usize {
        self.read.classes.len()
    }

    /// Returns the position of a class's side; `None` if no policy restricts it.
    pub(crate) fn side_of(&self, class: usize, direction: Direction) -> Option<usize> {
        self.side_of[class][direction as usize]
    }

    /// Returns the classes of the pods that a rule selects.
    pub(crate) fn members(&self, rule: &PodRule) -> &[usize] {
        self.read.members.get(rule).map_or(&[], Vec::as_slice)
    }

    /// Returns a policy.
    pub(crate) fn policy(&self, policy: usize) -> &Policy {
        &self.read.policies[policy]
    }

    /// Returns the class of the ingress controller.
    pub(crate) fn controller(&self) -> End {
        End::Class(self.read.controller)
    }
}

impl Side {
    /// Returns the ports from or to a peer, for pods with these named ports at the receiving end.
    pub(crate) fn toward(&self, peer: End, named: &[NamedPort]) -> Ports {
        let mut ports = self.anyone.resolved(named);
        let (everyone, own) = match peer {
            End::Class(class) => (Some(&self.pods), self.classes.get(&class)),
            End::Cell(cell) => (None, self.cells.get(&cell)),
            End::Elsewhere => (None, None),
        };
        for more in everyone.into_iter().chain(own) {
            ports.extend(&more.resolved(named));
        }
        ports
    }
}
