//! What changes between two networks: connections that are opened, closed, or have other ports.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::addresses::{AddressRange, after, cut};
use crate::network::{End, Network};
use crate::policy::Direction;
use crate::ports::Ports;
use crate::workload::{ConnectionEnd, NetworkPeer};

/// A connection that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionChange<'a> {
    /// The end that opens it.
    pub from: ConnectionEnd<'a>,
    /// The end that accepts it.
    pub to: ConnectionEnd<'a>,
    /// The ports in the old network; empty if it is opened.
    pub before: Arc<Ports>,
    /// The ports in the new network; empty if it is closed.
    pub after: Arc<Ports>,
    /// Those of its ends that exist in only one of the two networks.
    pub alone: Vec<&'a NetworkPeer>,
}

impl fmt::Display for ConnectionChange<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, before, after, .. } = self;
        match (before.is_empty(), after.is_empty()) {
            (true, _) => write!(out, "+ {from} => {to} : {after}"),
            (_, true) => write!(out, "- {from} => {to} : {before}"),
            _ => write!(out, "~ {from} => {to} : {after} (was {before})"),
        }
    }
}

/// The groups of a workload in the old and in the new network.
type Groups = (Option<usize>, Option<usize>);

/// Returns the differences between an old and a new network, by source and destination. Workloads are matched
/// by namespace, name and kind.
pub fn difference<'a>(old: &'a Network, new: &'a Network) -> Vec<ConnectionChange<'a>> {
    let mut groups: BTreeMap<&'a NetworkPeer, Groups> = BTreeMap::new();
    for (workload, group) in &old.workloads {
        groups.entry(workload).or_default().0 = Some(*group);
    }
    for (workload, group) in &new.workloads {
        groups.entry(workload).or_default().1 = Some(*group);
    }
    let mut kinds: BTreeMap<Groups, Vec<&'a NetworkPeer>> = BTreeMap::new();
    for (workload, group) in groups {
        kinds.entry(group).or_default().push(workload);
    }
    let pair = Pair { old, new };
    let mut changes = Vec::new();
    for (from, sources) in &kinds {
        for (to, destinations) in &kinds {
            let Some((before, after)) = pair.between(*from, *to) else { continue };
            for from in sources {
                for to in destinations.iter().filter(|to| *to != from) {
                    changes.push(pair.change(
                        ConnectionEnd::Workload(from),
                        ConnectionEnd::Workload(to),
                        &before,
                        &after,
                    ));
                }
            }
        }
        for direction in Direction::BOTH {
            for (range, before, after) in pair.outside(*from, direction) {
                for workload in sources {
                    let (outside, workload) =
                        (ConnectionEnd::Outside(range), ConnectionEnd::Workload(workload));
                    changes.push(match direction {
                        Direction::Ingress => pair.change(outside, workload, &before, &after),
                        Direction::Egress => pair.change(workload, outside, &before, &after),
                    });
                }
            }
        }
        if let Some((before, after)) = pair.published(*from) {
            for workload in sources {
                changes.push(pair.change(
                    ConnectionEnd::IngressController,
                    ConnectionEnd::Workload(workload),
                    &before,
                    &after,
                ));
            }
        }
    }
    changes.sort_by(|left, right| (left.from, left.to).cmp(&(right.from, right.to)));
    changes
}

/// Two networks.
struct Pair<'a> {
    old: &'a Network,
    new: &'a Network,
}

/// Ports before and after, if they differ.
type Differing = Option<(Arc<Ports>, Arc<Ports>)>;

fn differing(before: Ports, after: Ports) -> Differing {
    (before != after).then(|| (Arc::new(before), Arc::new(after)))
}

impl<'a> Pair<'a> {
    /// Compares the connections between two workloads.
    fn between(&self, from: Groups, to: Groups) -> Differing {
        let ports = |network: &Network, from: Option<usize>, to: Option<usize>| match (from, to) {
            (Some(from), Some(to)) => network.ports(network.ends(from), network.ends(to)),
            _ => Ports::default(),
        };
        differing(ports(self.old, from.0, to.0), ports(self.new, from.1, to.1))
    }

    /// Compares what Ingresses and Routes publish for a workload.
    fn published(&self, groups: Groups) -> Differing {
        let ports = |network: &Network, group: Option<usize>| {
            group.map_or_else(Ports::default, |group| network.published(network.ends(group)))
        };
        differing(ports(self.old, groups.0), ports(self.new, groups.1))
    }

    /// Compares the connections between a workload and outside addresses. Adjacent ranges with the same
    /// change are joined.
    fn outside(&self, groups: Groups, direction: Direction) -> Vec<(AddressRange, Arc<Ports>, Arc<Ports>)> {
        let ports = |network: &Network, group: Option<usize>, range: &AddressRange| {
            let Some(group) = group else { return Ports::default() };
            let (pods, cell): (&[End], _) = (network.ends(group), [network.cell(direction, range)]);
            match direction {
                Direction::Ingress => network.ports(&cell, pods),
                Direction::Egress => network.ports(pods, &cell),
            }
        };
        let known = [self.old.cells(direction), self.new.cells(direction)].concat();
        let mut changes: Vec<(AddressRange, Arc<Ports>, Arc<Ports>)> = Vec::new();
        for range in cut(&known) {
            let (before, now) = (ports(self.old, groups.0, &range), ports(self.new, groups.1, &range));
            let Some((before, now)) = differing(before, now) else { continue };
            match changes.last_mut() {
                Some((last, old, new))
                    if after(last.last) == Some(range.first) && *old == before && *new == now =>
                {
                    last.last = range.last;
                }
                _ => changes.push((range, before, now)),
            }
        }
        changes
    }

    fn change(
        &self,
        from: ConnectionEnd<'a>,
        to: ConnectionEnd<'a>,
        before: &Arc<Ports>,
        after: &Arc<Ports>,
    ) -> ConnectionChange<'a> {
        let ends = [from, to].into_iter().filter_map(|peer| match peer {
            ConnectionEnd::Workload(workload) => Some(workload),
            _ => None,
        });
        let is_alone = |workload: &&NetworkPeer| {
            self.old.group(workload).is_none() || self.new.group(workload).is_none()
        };
        let alone = ends.filter(is_alone).collect();
        ConnectionChange { from, to, before: Arc::clone(before), after: Arc::clone(after), alone }
    }
}
