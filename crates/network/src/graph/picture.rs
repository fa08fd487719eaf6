//! What is drawn: nodes, arrows, and the ports that arrows arrive at.

use std::collections::BTreeMap;

use crate::crowd::{ArrowEnd, Crowd, Ends, short};
use crate::network::Network;
use crate::policy::Direction;

/// What is drawn of a network.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) nodes: Vec<Node>,
    /// The namespaces in order; each is a band.
    pub(super) bands: Vec<String>,
    pub(super) arrows: Vec<Arrow>,
}

/// A box with names in it.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) side: Side,
    /// Its lines of text.
    pub(super) lines: Vec<String>,
    /// Everything that it represents.
    pub(super) title: String,
    /// The ports where arrows arrive, one entry for each set.
    pub(super) slots: Vec<String>,
    /// Whether policies restrict it, by direction; always true for ends that are not workloads.
    pub(super) closed: [bool; 2],
}

/// Where a node belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// On the left: it only opens connections.
    Source,
    /// In the band of a namespace.
    Band(usize),
    /// On the right: it only accepts connections.
    Destination,
}

/// A line from a node to a slot of another.
#[derive(Debug)]
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) slot: usize,
}

/// The most names of a crowd that are shown.
const NAMES: usize = 8;

impl Picture {
    /// Chooses what to draw. If no policy restricts either end, everything is open, and no arrow shows it. What remains
    /// is what somebody decided.
    pub(super) fn of(network: &Network, from: &Ends, to: &Ends) -> Self {
        let crowds = network.crowds(from, to);
        let is_closed = |place: &ArrowEnd, direction: Direction| match place {
            ArrowEnd::Crowd(number) => crowds[*number].closed[direction as usize],
            ArrowEnd::Outside(_) => false,
            ArrowEnd::IngressController => true,
        };
        let arrows = network.arrows(&crowds, from, to);
        let is_open = |arrow: &crate::crowd::Arrow| {
            !is_closed(&arrow.from, Direction::Egress) && !is_closed(&arrow.to, Direction::Ingress)
        };
        let touched = |number: usize| {
            let place = ArrowEnd::Crowd(number);
            arrows.iter().any(|arrow| arrow.from == place || arrow.to == place)
        };
        let everything = *from == Ends::All && *to == Ends::All;
        let mut picture = Self { nodes: Vec::new(), bands: Vec::new(), arrows: Vec::new() };
        let mut numbers: BTreeMap<(ArrowEnd, bool), usize> = BTreeMap::new();
        for (number, crowd) in crowds.iter().enumerate() {
            if everything || touched(number) {
                let node = picture.crowd(crowd);
                numbers.insert((ArrowEnd::Crowd(number), false), node);
            }
        }
        for arrow in arrows.iter().filter(|arrow| !is_open(arrow)) {
            let from = picture.node(&mut numbers, &arrow.from, Side::Source, &crowds);
            let to = picture.node(&mut numbers, &arrow.to, Side::Destination, &crowds);
            let ports = short(&arrow.ports);
            if from == to {
                picture.nodes[from].lines.push(format!("each other: {ports}"));
                continue;
            }
            let slots = &mut picture.nodes[to].slots;
            let slot = slots.iter().position(|slot| *slot == ports).unwrap_or(slots.len());
            if slot == slots.len() {
                slots.push(ports);
            }
            picture.arrows.push(Arrow { from, to, slot });
        }
        picture
    }

    fn crowd(&mut self, crowd: &Crowd<'_>) -> usize {
        let namespace = crowd.namespace();
        let known = self.bands.iter().position(|band| band == namespace);
        let band = known.unwrap_or_else(|| {
            self.bands.push(namespace.to_owned());
            self.bands.len() - 1
        });
        let names = crowd.workloads.iter().map(|workload| workload.name.to_string());
        let mut lines: Vec<String> = names.take(NAMES).collect();
        if crowd.workloads.len() > NAMES {
            lines.push(format!("and {} more", crowd.workloads.len() - NAMES));
        }
        let title: Vec<String> = crowd.workloads.iter().map(ToString::to_string).collect();
        let (side, title, closed) = (Side::Band(band), title.join("\n"), crowd.closed);
        self.nodes.push(Node { side, lines, title, slots: Vec::new(), closed });
        self.nodes.len() - 1
    }

    /// Returns the node of an end, adding it if it is new.
    fn node(
        &mut self,
        numbers: &mut BTreeMap<(ArrowEnd, bool), usize>,
        place: &ArrowEnd,
        side: Side,
        crowds: &[Crowd<'_>],
    ) -> usize {
        let is_end = side == Side::Destination && !matches!(place, ArrowEnd::Crowd(_));
        *numbers.entry((place.clone(), is_end)).or_insert_with(|| {
            let title = place.title(crowds);
            let lines = title.split(", ").take(NAMES).map(str::to_owned).collect();
            self.nodes.push(Node { side, lines, title, slots: Vec::new(), closed: [true, true] });
            self.nodes.len() - 1
        })
    }
}
