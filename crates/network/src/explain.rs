//! Why one end can or cannot reach another: the policies that decide it.

use std::collections::BTreeMap;
use std::fmt;

use crate::crowd::short;
use crate::network::{End, Network};
use crate::policy::{Direction, PolicyName};
use crate::ports::Ports;
use crate::workload::ConnectionEnd;

/// What decides about the connections from one end to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionExplanation<'a> {
    /// The ports that are open.
    pub ports: Ports,
    /// The verdict of the policies at the source.
    pub egress: Verdict<'a>,
    /// The verdict of the policies at the destination.
    pub ingress: Verdict<'a>,
}

/// The verdict of the policies at one end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// The policies that restrict it, and what each of them lets through. If there are none, everything is
    /// open.
    pub policies: BTreeMap<&'a PolicyName, Ports>,
}

impl fmt::Display for ConnectionExplanation<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ports, egress, ingress } = self;
        write!(out, "{ports}\n  leaving: {egress}\n  arriving: {ingress}")
    }
}

impl<'a> Verdict<'a> {
    /// Returns the policies that decide: those that let something through, otherwise all of them.
    pub fn deciding(&self) -> impl Iterator<Item = (&'a PolicyName, &Ports)> {
        let is_open = self.policies.values().any(|ports| !ports.is_empty());
        let deciding = self.policies.iter().filter(move |(_, ports)| !is_open || !ports.is_empty());
        deciding.map(|(policy, ports)| (*policy, ports))
    }
}

impl fmt::Display for Verdict<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut open, mut closed) = (Vec::new(), Vec::new());
        for (policy, ports) in self.deciding() {
            match ports.is_empty() {
                true => closed.push(policy.to_string()),
                false => open.push(format!("{} by {policy}", short(ports))),
            }
        }
        match (open.is_empty(), closed.is_empty()) {
            (false, _) => out.write_str(&open.join("; ")),
            (true, false) => write!(out, "nothing, by {}", closed.join(", ")),
            (true, true) => out.write_str("all, by no policy"),
        }
    }
}

impl Network {
    /// Returns what decides about the connections from one end to another; `None` if one of them is not in this
    /// network, neither is a workload, or the destination is the ingress controller.
    pub fn explain<'a>(
        &'a self,
        from: &ConnectionEnd<'_>,
        to: &ConnectionEnd<'_>,
    ) -> Option<ConnectionExplanation<'a>> {
        let (sources, destinations) =
            (self.ends_of(from, Direction::Ingress)?, self.ends_of(to, Direction::Egress)?);
        if !matches!(
            (from, to),
            (_, ConnectionEnd::Workload(_)) | (ConnectionEnd::Workload(_), ConnectionEnd::Outside(_))
        ) {
            return None;
        }
        let ports = match from {
            ConnectionEnd::IngressController => self.published(&destinations),
            _ => self.ports(&sources, &destinations),
        };
        Some(ConnectionExplanation {
            ports,
            egress: self.verdict(&sources, &destinations, Direction::Egress),
            ingress: self.verdict(&destinations, &sources, Direction::Ingress),
        })
    }

    /// Returns the ends that a peer covers; addresses are the peers of a direction.
    fn ends_of(&self, peer: &ConnectionEnd<'_>, direction: Direction) -> Option<Vec<End>> {
        Some(match peer {
            ConnectionEnd::Outside(range) => vec![self.cell(direction, range)],
            ConnectionEnd::Workload(workload) => self.ends(self.group(workload)?).to_vec(),
            ConnectionEnd::IngressController => vec![self.controller()],
        })
    }

    fn verdict(&self, pods: &[End], peers: &[End], direction: Direction) -> Verdict<'_> {
        let mut verdict = Verdict::default();
        for (pods, peer) in pods.iter().flat_map(|pods| peers.iter().map(move |peer| (*pods, *peer))) {
            let End::Class(class) = pods else { continue };
            for policy in &self.class(class).closed_by[direction as usize] {
                let ports = verdict.policies.entry(&self.policy(*policy).name).or_default();
                ports.extend(&self.through_policy(*policy, pods, peer, direction));
            }
        }
        verdict
    }
}
