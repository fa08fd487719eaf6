//! Crowds: workloads of one namespace that no policy distinguishes. Tables and drawings show them as one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::addresses::{self, AddressRange, after};
use crate::network::{End, Network};
use crate::policy::Direction;
use crate::ports::Ports;
use crate::workload::{ConnectionEnd, NetworkPeer};

/// A selection of connection ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ends {
    /// All of them.
    #[default]
    All,
    /// Addresses outside the cluster, and whatever serves Ingresses and Routes.
    Outside,
    /// Some workloads.
    Workloads(BTreeSet<NetworkPeer>),
}

impl Ends {
    /// Tells whether an end is selected.
    pub fn include(&self, peer: &ConnectionEnd<'_>) -> bool {
        match (self, peer) {
            (Self::All, _) => true,
            (Self::Outside, ConnectionEnd::Workload(_)) => false,
            (Self::Outside, _) => true,
            (Self::Workloads(some), ConnectionEnd::Workload(workload)) => some.contains(*workload),
            (Self::Workloads(_), _) => false,
        }
    }
}

/// Workloads of one namespace that behave alike.
#[derive(Debug)]
pub(crate) struct Crowd<'a> {
    pub(crate) workloads: Vec<&'a NetworkPeer>,
    ends: &'a [End],
    /// Whether they are selected as sources and as destinations.
    wanted: [bool; 2],
    /// Whether policies restrict them, by direction.
    pub(crate) closed: [bool; 2],
}

/// An end of an arrow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ArrowEnd {
    /// Addresses outside the cluster; empty means all of them.
    Outside(Vec<AddressRange>),
    /// Whatever serves Ingresses and Routes.
    IngressController,
    /// A crowd by its number.
    Crowd(usize),
}

/// A connection from every member of one end to every member of another.
#[derive(Debug)]
pub(crate) struct Arrow {
    pub(crate) from: ArrowEnd,
    pub(crate) to: ArrowEnd,
    pub(crate) ports: Arc<Ports>,
}

impl Network {
    /// Returns all crowds by namespace and name, including those selected at neither end.
    pub(crate) fn crowds(&self, from: &Ends, to: &Ends) -> Vec<Crowd<'_>> {
        let mut numbers = BTreeMap::new();
        let mut crowds: Vec<Crowd<'_>> = Vec::new();
        for (workload, group) in &self.workloads {
            let peer = ConnectionEnd::Workload(workload);
            let wanted = [from.include(&peer), to.include(&peer)];
            let number = *numbers.entry((&workload.namespace, *group, wanted)).or_insert(crowds.len());
            if number == crowds.len() {
                let ends = self.ends(*group);
                crowds.push(Crowd { workloads: Vec::new(), ends, wanted, closed: self.closed(ends) });
            }
            crowds[number].workloads.push(workload);
        }
        crowds
    }

    /// Tells in which directions policies restrict all of some pods.
    fn closed(&self, ends: &[End]) -> [bool; 2] {
        let classes = || {
            ends.iter().filter_map(|end| match end {
                End::Class(class) => Some(self.class(*class)),
                _ => None,
            })
        };
        Direction::BOTH.map(|way| classes().all(|class| !class.closed_by[way as usize].is_empty()))
    }

    /// Returns the arrows from and to selected crowds, by both ends.
    pub(crate) fn arrows(&self, crowds: &[Crowd<'_>], from: &Ends, to: &Ends) -> Vec<Arrow> {
        let mut arrows = Vec::new();
        let mut add = |from: ArrowEnd, to: ArrowEnd, ports: Ports| {
            if !ports.is_empty() {
                arrows.push(Arrow { from, to, ports: Arc::new(ports) });
            }
        };
        for (number, crowd) in crowds.iter().enumerate() {
            let [is_source, is_destination] = crowd.wanted;
            let place = ArrowEnd::Crowd(number);
            if is_destination && !matches!(from, Ends::Workloads(_)) {
                for (outside, ports) in self.outside(crowd, Direction::Ingress) {
                    add(outside, place.clone(), ports);
                }
                add(ArrowEnd::IngressController, place.clone(), self.published(crowd.ends));
            }
            if !is_source {
                continue;
            }
            for (other, target) in crowds.iter().enumerate().filter(|(_, target)| target.wanted[1]) {
                if other != number || crowd.workloads.len() > 1 {
                    add(place.clone(), ArrowEnd::Crowd(other), self.ports(crowd.ends, target.ends));
                }
            }
            if !matches!(to, Ends::Workloads(_)) {
                for (outside, ports) in self.outside(crowd, Direction::Egress) {
                    add(place.clone(), outside, ports);
                }
            }
        }
        arrows.sort_by(|left, right| (&left.from, &left.to).cmp(&(&right.from, &right.to)));
        arrows
    }

    /// Returns the addresses that a crowd is connected to, grouped by ports.
    fn outside(&self, crowd: &Crowd<'_>, direction: Direction) -> Vec<(ArrowEnd, Ports)> {
        let cells = self.cells(direction);
        let mut ranges: BTreeMap<Ports, Vec<AddressRange>> = BTreeMap::new();
        for (number, cell) in cells.iter().enumerate() {
            let ports = match direction {
                Direction::Ingress => self.ports(&[End::Cell(number)], crowd.ends),
                Direction::Egress => self.ports(crowd.ends, &[End::Cell(number)]),
            };
            ranges.entry(ports).or_default().push(*cell);
        }
        let places = ranges.into_iter().map(|(ports, ranges)| {
            let all = ranges.len() == cells.len();
            (ArrowEnd::Outside(if all { Vec::new() } else { joined(ranges) }), ports)
        });
        places.collect()
    }
}

/// Joins adjacent ranges, which are sorted by address.
fn joined(ranges: Vec<AddressRange>) -> Vec<AddressRange> {
    let mut joined: Vec<AddressRange> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if after(last.last) == Some(range.first) => last.last = range.last,
            _ => joined.push(range),
        }
    }
    joined
}

impl Crowd<'_> {
    /// Returns the namespace.
    pub(crate) fn namespace(&self) -> &str {
        self.workloads.first().map_or("", |workload| &workload.namespace)
    }
}

impl ArrowEnd {
    /// Returns its name in tables and drawings.
    pub(crate) fn title(&self, crowds: &[Crowd<'_>]) -> String {
        match self {
            Self::Outside(ranges) if ranges.is_empty() => "outside".to_owned(),
            Self::Outside(ranges) => addresses::title(ranges),
            Self::IngressController => "ingress controller".to_owned(),
            Self::Crowd(number) => {
                let crowd = &crowds[*number];
                let names: Vec<&str> =
                    crowd.workloads.iter().map(|workload| workload.name.as_str()).collect();
                match names.as_slice() {
                    [name] => format!("{}/{name}", crowd.namespace()),
                    names => format!("{}/{{{}}}", crowd.namespace(), names.join(",")),
                }
            }
        }
    }
}

/// Returns ports for tables and drawings.
pub(crate) fn short(ports: &Ports) -> String {
    if ports.is_all() {
        "all".to_owned()
    } else {
        ports.to_string().replace(",TCP", ", TCP").replace(",UDP", ", UDP")
    }
}
