//! Ports by protocol: what a connection may use.

use std::collections::BTreeSet;
use std::fmt;

use aqueduct_manifest::{SmolStr, Value};

/// A protocol that network policies support, in alphabetical order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// SCTP.
    Sctp,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// All protocols.
    pub const ALL: [Self; 3] = [Self::Sctp, Self::Tcp, Self::Udp];

    /// Returns the protocol of a port (default: TCP); `None` for one that policies do not support.
    pub(crate) fn of(port: &Value) -> Option<Self> {
        match port.get("protocol").and_then(Value::as_str) {
            None | Some("TCP") => Some(Self::Tcp),
            Some("UDP") => Some(Self::Udp),
            Some("SCTP") => Some(Self::Sctp),
            Some(_) => None,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Sctp => "SCTP",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        })
    }
}

/// The first and the last possible port.
const WHOLE: (u16, u16) = (1, u16::MAX);

/// A set of ports of each protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ports {
    /// Ranges by protocol in the order of [`Protocol::ALL`], sorted and never adjacent.
    ranges: [Vec<(u16, u16)>; 3],
}

impl Ports {
    /// Returns every port of every protocol.
    pub fn all() -> Self {
        Self { ranges: [vec![WHOLE], vec![WHOLE], vec![WHOLE]] }
    }

    /// Tells whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.ranges.iter().all(Vec::is_empty)
    }

    /// Tells whether it contains every port of every protocol.
    pub fn is_all(&self) -> bool {
        self.ranges.iter().all(|ranges| matches!(ranges.as_slice(), [WHOLE]))
    }

    /// Tells whether it contains a port.
    pub fn has(&self, protocol: Protocol, port: u16) -> bool {
        self.of(protocol).iter().any(|(first, last)| (*first..=*last).contains(&port))
    }

    /// Returns the ranges of a protocol, each as its first and last port.
    pub fn of(&self, protocol: Protocol) -> &[(u16, u16)] {
        &self.ranges[protocol as usize]
    }

    /// Adds a range; one that ends before it starts is ignored.
    pub(crate) fn add(&mut self, protocol: Protocol, first: u16, last: u16) {
        if first > last {
            return;
        }
        let ranges = &mut self.ranges[protocol as usize];
        ranges.push((first, last));
        join(ranges);
    }

    /// Adds another set.
    pub(crate) fn extend(&mut self, other: &Self) {
        for (ranges, more) in self.ranges.iter_mut().zip(&other.ranges) {
            if !more.is_empty() {
                ranges.extend_from_slice(more);
                join(ranges);
            }
        }
    }

    /// Removes another set.
    pub(crate) fn without(&mut self, other: &Self) {
        for (ranges, others) in self.ranges.iter_mut().zip(&other.ranges) {
            for (from, to) in others {
                let rest = ranges.iter().flat_map(|(first, last)| {
                    let before = from.checked_sub(1).map(|end| (*first, end.min(*last)));
                    let after = to.checked_add(1).map(|start| (start.max(*first), *last));
                    [before, after].into_iter().flatten()
                });
                *ranges = rest.filter(|(first, last)| first <= last).collect();
            }
        }
    }

    /// Keeps only what is also in another set.
    pub(crate) fn keep(&mut self, other: &Self) {
        for (ranges, others) in self.ranges.iter_mut().zip(&other.ranges) {
            let both = ranges.iter().flat_map(|(first, last)| {
                let shared = others.iter().map(move |(from, to)| (*first.max(from), *last.min(to)));
                shared.filter(|(first, last)| first <= last)
            });
            *ranges = both.collect();
        }
    }
}

/// Sorts ranges and joins adjacent ones.
fn join(ranges: &mut Vec<(u16, u16)>) {
    ranges.sort_unstable();
    ranges.dedup_by(|later, earlier| {
        let touches = u32::from(later.0) <= u32::from(earlier.1) + 1;
        if touches {
            earlier.1 = earlier.1.max(later.1);
        }
        touches
    });
}

impl fmt::Display for Ports {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_all() {
            return out.pad("All Connections");
        }
        if self.is_empty() {
            return out.pad("No Connections");
        }
        let mut parts = Vec::new();
        for protocol in Protocol::ALL {
            let ranges = self.of(protocol).iter().map(|(first, last)| match first == last {
                true => first.to_string(),
                false => format!("{first}-{last}"),
            });
            let ranges: Vec<String> = ranges.collect();
            if !ranges.is_empty() {
                parts.push(format!("{protocol} {}", ranges.join(",")));
            }
        }
        out.pad(&parts.join(","))
    }
}

/// The ports of a policy rule: numbers, and names that the pods at the receiving end resolve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RulePorts {
    numbers: Ports,
    names: BTreeSet<(Protocol, SmolStr)>,
}

impl RulePorts {
    /// Returns all ports.
    pub(crate) fn all() -> Self {
        Self { numbers: Ports::all(), names: BTreeSet::new() }
    }

    /// Returns the ports of a rule; a rule that lists none allows all.
    ///
    /// Source: <https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/>.
    pub(crate) fn of(rule: &Value) -> Self {
        let listed = rule.get("ports").and_then(Value::as_list).map_or(&[][..], |list| list);
        if listed.is_empty() {
            return Self::all();
        }
        let mut ports = Self::default();
        for port in listed {
            let Some(protocol) = Protocol::of(port) else { continue };
            match port.get("port") {
                None | Some(Value::Null) => ports.numbers.add(protocol, WHOLE.0, WHOLE.1),
                Some(Value::String(name)) => {
                    ports.names.insert((protocol, name.clone()));
                }
                Some(number) => {
                    let Some(first) = port_number(number) else { continue };
                    let last = port.get("endPort").filter(|end| !end.is_null());
                    let Some(last) = last.map_or(Some(first), port_number) else { continue };
                    ports.numbers.add(protocol, first, last);
                }
            }
        }
        ports
    }

    /// Tells whether it has none.
    pub(crate) fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.names.is_empty()
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        self.numbers.extend(&other.numbers);
        self.names.extend(other.names.iter().cloned());
    }

    /// Returns the names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &SmolStr> {
        self.names.iter().map(|(_, name)| name)
    }

    /// Returns the numbers for pods that have these named ports.
    pub(crate) fn resolved(&self, named: &[NamedPort]) -> Ports {
        let mut ports = self.numbers.clone();
        for (protocol, name) in &self.names {
            for port in named.iter().filter(|port| port.protocol == *protocol && port.name == *name) {
                ports.add(*protocol, port.number, port.number);
            }
        }
        ports
    }
}

/// A port of a container; the name may be empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NamedPort {
    pub(crate) name: SmolStr,
    pub(crate) protocol: Protocol,
    pub(crate) number: u16,
}

impl NamedPort {
    /// Returns a port of a container.
    pub(crate) fn of(port: &Value) -> Option<Self> {
        let name = port.get("name").and_then(Value::as_str).unwrap_or("").into();
        Some(Self { name, protocol: Protocol::of(port)?, number: port_number(port.get("containerPort")?)? })
    }
}

/// Returns the number of a port, if it is valid.
pub(crate) fn port_number(value: &Value) -> Option<u16> {
    u16::try_from(value.as_i64()?).ok().filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use super::{Ports, Protocol};

    fn ports(ranges: &[(Protocol, u16, u16)]) -> Ports {
        let mut ports = Ports::default();
        ranges.iter().for_each(|(protocol, first, last)| ports.add(*protocol, *first, *last));
        ports
    }

    #[test]
    fn ranges_that_touch_become_one() {
        use Protocol::{Sctp, Tcp, Udp};
        let set = ports(&[(Udp, 53, 53), (Tcp, 81, 90), (Tcp, 80, 80), (Tcp, 100, 90), (Tcp, 92, 92)]);
        assert_eq!(set.to_string(), "TCP 80-90,92,UDP 53");
        let whole = ports(&[(Tcp, 1, 65535), (Udp, 1, 100), (Udp, 101, 65535), (Sctp, 1, 65535)]);
        assert_eq!(whole.to_string(), "All Connections");
        assert_eq!(ports(&[]).to_string(), "No Connections");
    }

    #[test]
    fn what_is_taken_away_leaves_both_sides() {
        use Protocol::{Tcp, Udp};
        let mut set = ports(&[(Tcp, 1, 65535), (Udp, 53, 53)]);
        set.without(&ports(&[(Tcp, 1, 79), (Tcp, 443, 443), (Tcp, 60000, 65535), (Udp, 53, 53)]));
        assert_eq!(set.to_string(), "TCP 80-442,444-59999");
        set.without(&Ports::all());
        assert!(set.is_empty());
    }

    #[test]
    fn what_is_in_both_stays() {
        use Protocol::{Tcp, Udp};
        let mut set = ports(&[(Tcp, 80, 90), (Tcp, 443, 443), (Udp, 53, 53)]);
        set.keep(&ports(&[(Tcp, 85, 443), (Udp, 54, 60)]));
        assert_eq!(set.to_string(), "TCP 85-90,443");
    }
}
