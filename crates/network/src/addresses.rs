//! Addresses outside the cluster: the blocks of policies, and the whole address space cut at their edges.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aqueduct_manifest::Value;

/// A range of addresses of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressRange {
    /// The first address.
    pub first: IpAddr,
    /// The last address.
    pub last: IpAddr,
}

impl fmt::Display for AddressRange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.first, self.last)
    }
}

/// All IPv4 addresses.
const V4: AddressRange =
    AddressRange { first: IpAddr::V4(Ipv4Addr::UNSPECIFIED), last: IpAddr::V4(Ipv4Addr::BROADCAST) };

/// All IPv6 addresses.
const V6: AddressRange = AddressRange {
    first: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    last: IpAddr::V6(Ipv6Addr::from_bits(u128::MAX)),
};

impl AddressRange {
    /// Tells whether it contains another range.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }

    /// Returns the range as `10.0.0.0/8` if it is such a block, otherwise as its first and last address.
    pub(crate) fn block(&self) -> String {
        let (first, last, width) = match (self.first, self.last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => (first.to_bits().into(), last.to_bits().into(), 32),
            (IpAddr::V6(first), IpAddr::V6(last)) => (first.to_bits(), last.to_bits(), 128),
            _ => return self.to_string(),
        };
        let host: u128 = first ^ last;
        // The host part is all ones in the last address and all zeros in the first.
        if host & host.wrapping_add(1) == 0 && first & host == 0 {
            return format!("{}/{}", self.first, width - host.count_ones());
        }
        self.to_string()
    }

    /// Parses `10.0.0.0/8`; bits behind the mask are ignored, as in Go.
    fn read(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let length: u32 = length.parse().ok()?;
        match address.parse().ok()? {
            IpAddr::V4(address) => {
                let host = u32::MAX.checked_shr(length).unwrap_or(0);
                let first = address.to_bits() & !host;
                (length <= 32).then_some(Self {
                    first: Ipv4Addr::from_bits(first).into(),
                    last: Ipv4Addr::from_bits(first | host).into(),
                })
            }
            IpAddr::V6(address) => {
                let host = u128::MAX.checked_shr(length).unwrap_or(0);
                let first = address.to_bits() & !host;
                (length <= 128).then_some(Self {
                    first: Ipv6Addr::from_bits(first).into(),
                    last: Ipv6Addr::from_bits(first | host).into(),
                })
            }
        }
    }

    /// Returns what remains of it without another range.
    fn without(self, other: &Self) -> impl Iterator<Item = Self> {
        if self.last < other.first || other.last < self.first || self.is_v4() != other.is_v4() {
            return [Some(self), None].into_iter().flatten();
        }
        let before = before(other.first).filter(|last| self.first <= *last);
        let after = after(other.last).filter(|first| *first <= self.last);
        let before = before.map(|last| Self { last, ..self });
        [before, after.map(|first| Self { first, ..self })].into_iter().flatten()
    }

    fn is_v4(&self) -> bool {
        self.first.is_ipv4()
    }
}

/// Returns the ranges of an `ipBlock`: its block without the exceptions, with adjacent ranges joined.
pub(crate) fn ranges(block: &Value) -> Vec<AddressRange> {
    let mut ranges: Vec<AddressRange> =
        block.get("cidr").and_then(Value::as_str).and_then(AddressRange::read).into_iter().collect();
    let except = block.get("except").and_then(Value::as_list).map_or(&[][..], |list| list);
    for except in except.iter().filter_map(|text| AddressRange::read(text.as_str()?)) {
        ranges = ranges.into_iter().flat_map(|range| range.without(&except)).collect();
    }
    ranges
}

/// Returns the whole address space cut at the edges of ranges, sorted by address. IPv6 is only included if a policy
/// uses it.
pub(crate) fn cut(ranges: &[AddressRange]) -> Vec<AddressRange> {
    let has_v6 = ranges.iter().any(|range| !range.is_v4());
    let mut cells = Vec::new();
    for whole in [Some(V4), has_v6.then_some(V6)].into_iter().flatten() {
        let inside = ranges.iter().filter(|range| whole.covers(range));
        let mut starts: Vec<IpAddr> =
            inside.flat_map(|range| [Some(range.first), after(range.last)]).flatten().collect();
        starts.push(whole.first);
        starts.sort_unstable();
        starts.dedup();
        for (number, first) in starts.iter().enumerate() {
            let last = starts.get(number + 1).and_then(|next| before(*next)).unwrap_or(whole.last);
            cells.push(AddressRange { first: *first, last });
        }
    }
    cells
}

/// Returns the positions of the cells that a range covers; it never covers a cell partly.
pub(crate) fn covered(cells: &[AddressRange], range: &AddressRange) -> std::ops::Range<usize> {
    let start = cells.partition_point(|cell| cell.first < range.first);
    start..cells.partition_point(|cell| cell.last <= range.last).max(start)
}

/// Returns the shortest description of addresses: blocks, or everything except some blocks.
pub(crate) fn title(ranges: &[AddressRange]) -> String {
    let blocks =
        |ranges: &[AddressRange]| ranges.iter().map(AddressRange::block).collect::<Vec<_>>().join(", ");
    let mut rest = vec![V4];
    for range in ranges {
        rest = rest.into_iter().flat_map(|left| left.without(range)).collect();
    }
    match ranges.iter().all(AddressRange::is_v4) && rest.len() < ranges.len() {
        true => format!("outside except {}", blocks(&rest)),
        false => blocks(ranges),
    }
}

/// Returns the previous address, if there is one.
fn before(address: IpAddr) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits().checked_sub(1)?).into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits().checked_sub(1)?).into(),
    })
}

/// Returns the next address, if there is one.
pub(crate) fn after(address: IpAddr) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits().checked_add(1)?).into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits().checked_add(1)?).into(),
    })
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::json;

    use super::{AddressRange, cut, ranges, title};

    fn text(ranges: &[AddressRange]) -> String {
        ranges.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    fn of(block: &str) -> Vec<AddressRange> {
        ranges(&json::read(block).expect("the block is JSON"))
    }

    #[test]
    fn a_block_loses_its_exceptions() {
        assert_eq!(text(&of(r#"{"cidr": "10.1.2.3/8"}"#)), "10.0.0.0-10.255.255.255");
        assert_eq!(
            text(&of(r#"{"cidr": "0.0.0.0/0", "except": ["0.0.0.0/1", "255.255.255.255/32"]}"#)),
            "128.0.0.0-255.255.255.254"
        );
        assert_eq!(text(&of(r#"{"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8", "::/0"]}"#)), "");
        assert_eq!(text(&of(r#"{"cidr": "fd00::/127"}"#)), "fd00::-fd00::1");
        assert_eq!(text(&of(r#"{"cidr": "10.0.0.0/33"}"#)), "");
        assert_eq!(text(&of(r#"{"cidr": 7}"#)), "");
    }

    #[test]
    fn titles_are_short() {
        let private = r#"{"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]}"#;
        assert_eq!(title(&of(private)), "outside except 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16");
        let most = r#"{"cidr": "10.0.0.0/8", "except": ["10.0.0.1/32"]}"#;
        assert_eq!(title(&of(most)), "10.0.0.0/32, 10.0.0.2-10.255.255.255");
        assert_eq!(
            title(&of(r#"{"cidr": "0.0.0.0/0", "except": ["0.0.0.0/32"]}"#)),
            "0.0.0.1-255.255.255.255"
        );
        assert_eq!(title(&of(r#"{"cidr": "fd00::/8"}"#)), "fd00::/8");
    }

    #[test]
    fn the_space_is_cut_at_every_edge() {
        assert_eq!(text(&cut(&[])), "0.0.0.0-255.255.255.255");
        let mut all = of(r#"{"cidr": "0.0.0.0/0", "except": ["10.0.0.0/9", "10.128.0.0/9"]}"#);
        assert_eq!(
            text(&cut(&all)),
            "0.0.0.0-9.255.255.255 10.0.0.0-10.255.255.255 11.0.0.0-255.255.255.255"
        );
        all = of(r#"{"cidr": "fd00::/8"}"#);
        assert_eq!(
            text(&cut(&all)),
            "0.0.0.0-255.255.255.255 ::-fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff \
             fd00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff \
             fe00::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
        );
    }
}
