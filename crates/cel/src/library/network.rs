//! IP addresses and blocks: `ip('10.0.0.1')` and `cidr('10.0.0.0/8')`.

use std::net::IpAddr;

use cel::common::types::{CelBool, CelInt, CelString};
use cel::{DeclarationError, Env, ExecutionError, add_member_overload, add_overload};

use super::opaque::opaque;
use super::{failure, text};

opaque!(
    /// An address.
    Address(IpAddr),
    "net.IP"
);

opaque!(
    /// An address with its prefix length.
    Block((IpAddr, u8)),
    "net.CIDR"
);

pub(super) fn extension(env: &mut Env) -> Result<(), DeclarationError> {
    add_overload!(env, fn ip: (CelString) -> Result<Address>)?;
    add_overload!(env, fn is_ip: (CelString) -> CelBool, name = "isIP")?;
    add_overload!(env, fn is_canonical: (CelString) -> Result<CelBool>, name = "ip.isCanonical")?;
    add_overload!(env, fn ip_text: (Address) -> CelString, name = "string", id = "string_ip")?;
    add_member_overload!(env, fn family: (Address) -> CelInt)?;
    add_member_overload!(env, fn is_unspecified: (Address) -> CelBool)?;
    add_member_overload!(env, fn is_loopback: (Address) -> CelBool)?;
    add_member_overload!(env, fn is_link_local_multicast: (Address) -> CelBool)?;
    add_member_overload!(env, fn is_link_local_unicast: (Address) -> CelBool)?;
    add_member_overload!(env, fn is_global_unicast: (Address) -> CelBool)?;
    add_overload!(env, fn cidr: (CelString) -> Result<Block>)?;
    add_overload!(env, fn is_cidr: (CelString) -> CelBool, name = "isCIDR")?;
    add_overload!(env, fn cidr_text: (Block) -> CelString, name = "string", id = "string_cidr")?;
    add_member_overload!(env, fn contains_ip: (Block, Address) -> CelBool, name = "containsIP")?;
    add_member_overload!(env, fn contains_text: (Block, CelString) -> Result<CelBool>, name = "containsIP",
        id = "cidr_contains_ip_string")?;
    add_member_overload!(env, fn contains_block: (Block, Block) -> CelBool, name = "containsCIDR")?;
    add_member_overload!(env, fn contains_block_text: (Block, CelString) -> Result<CelBool>, name = "containsCIDR",
        id = "cidr_contains_cidr_string")?;
    add_member_overload!(env, fn block_ip: (Block) -> Address, name = "ip", id = "cidr_ip")?;
    add_member_overload!(env, fn masked: (Block) -> Block)?;
    add_member_overload!(env, fn prefix_length: (Block) -> CelInt)
}

/// Parses an address as the API server does: no zone, and no IPv4-mapped IPv6.
fn address(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    match address {
        IpAddr::V6(six) if six.to_ipv4_mapped().is_some() => None,
        _ => Some(address),
    }
}

fn ip(text: &CelString<'_>) -> Result<Address, ExecutionError> {
    let text = text.inner();
    let read = address(text).map(Address);
    read.ok_or_else(|| {
        failure("ip", format!("IP Address {text:?} parse error during conversion from string"))
    })
}

fn is_ip(text: &CelString<'_>) -> CelBool {
    address(text.inner()).is_some().into()
}

fn is_canonical(text: &CelString<'_>) -> Result<CelBool, ExecutionError> {
    ip(text).map(|address| (address.0.to_string() == text.inner()).into())
}

fn ip_text(address: &Address) -> CelString<'static> {
    text(address.0.to_string())
}

fn family(address: &Address) -> CelInt {
    (if address.0.is_ipv4() { 4 } else { 6 }).into()
}

fn is_unspecified(address: &Address) -> CelBool {
    address.0.is_unspecified().into()
}

fn is_loopback(address: &Address) -> CelBool {
    address.0.is_loopback().into()
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.is_link_local(),
        IpAddr::V6(six) => six.is_unicast_link_local(),
    }
}

fn is_link_local_multicast(address: &Address) -> CelBool {
    match address.0 {
        IpAddr::V4(four) => four.octets()[..3] == [224, 0, 0],
        IpAddr::V6(six) => six.segments()[0] & 0xff0f == 0xff02,
    }
    .into()
}

fn is_link_local_unicast(address: &Address) -> CelBool {
    is_link_local(address.0).into()
}

fn is_global_unicast(address: &Address) -> CelBool {
    let address = address.0;
    let is_broadcast = matches!(address, IpAddr::V4(four) if four.is_broadcast());
    let is_other = address.is_unspecified() || address.is_loopback() || address.is_multicast();
    (!is_broadcast && !is_other && !is_link_local(address)).into()
}

fn block(text: &str) -> Option<(IpAddr, u8)> {
    let (start, length) = text.split_once('/')?;
    let is_number =
        length == "0" || (!length.starts_with('0') && length.bytes().all(|byte| byte.is_ascii_digit()));
    let (address, length): (IpAddr, u8) = (address(start)?, length.parse().ok()?);
    (is_number && u32::from(length) <= width(address)).then_some((address, length))
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(four) => u128::from(four.to_bits()),
        IpAddr::V6(six) => six.to_bits(),
    }
}

fn mask((address, length): (IpAddr, u8)) -> IpAddr {
    let kept = |width: u32| u128::MAX.checked_shl(width - u32::from(length).min(width)).unwrap_or(0);
    match address {
        IpAddr::V4(four) => IpAddr::V4((four.to_bits() & kept(32) as u32).into()),
        IpAddr::V6(six) => IpAddr::V6((six.to_bits() & kept(128)).into()),
    }
}

fn has(outer: (IpAddr, u8), inner: IpAddr) -> bool {
    width(outer.0) == width(inner) && bits(mask(outer)) == bits(mask((inner, outer.1)))
}

fn cidr(text: &CelString<'_>) -> Result<Block, ExecutionError> {
    let text = text.inner();
    let read = block(text).map(Block);
    read.ok_or_else(|| {
        failure("cidr", format!("network address parse error during conversion from string: {text:?}"))
    })
}

fn is_cidr(text: &CelString<'_>) -> CelBool {
    block(text.inner()).is_some().into()
}

fn cidr_text(block: &Block) -> CelString<'static> {
    text(format!("{}/{}", block.0.0, block.0.1))
}

fn contains_ip(block: &Block, address: &Address) -> CelBool {
    has(block.0, address.0).into()
}

fn contains_text(block: &Block, text: &CelString<'_>) -> Result<CelBool, ExecutionError> {
    ip(text).map(|address| contains_ip(block, &address))
}

fn contains_block(outer: &Block, inner: &Block) -> CelBool {
    (inner.0.1 >= outer.0.1 && has(outer.0, inner.0.0)).into()
}

fn contains_block_text(outer: &Block, text: &CelString<'_>) -> Result<CelBool, ExecutionError> {
    cidr(text).map(|inner| contains_block(outer, &inner))
}

fn block_ip(block: &Block) -> Address {
    Address(block.0.0)
}

fn masked(block: &Block) -> Block {
    Block((mask(block.0), block.0.1))
}

fn prefix_length(block: &Block) -> CelInt {
    i64::from(block.0.1).into()
}
