//! Addresses and networks, as Kubernetes requires them in new objects: in canonical form only.

use std::net::IpAddr;

use crate::field::Field;
use crate::report::Report;

/// The first minor version that requires canonical addresses and networks in new objects.
const STRICT: u32 = 36;

/// Returns what is wrong with an address in a minor version, if anything.
pub(crate) fn ip_problem(text: &str, minor: u32) -> Option<&'static str> {
    if minor < STRICT && without_zeros(text).parse::<IpAddr>().is_ok() {
        return None;
    }
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => {
            Some("must not be an IPv4-mapped IPv6 address")
        }
        Ok(_) => None,
        Err(_) if without_zeros(text).parse::<IpAddr>().is_ok() => Some("must not have leading 0s"),
        Err(_) => Some("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
    }
}

/// Returns what is wrong with a network in a minor version, if anything.
pub(crate) fn network_problem(text: &str, minor: u32) -> Option<&'static str> {
    const NONE: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
    let Some((address, prefix)) = text.split_once('/') else { return Some(NONE) };
    let Ok(length) = prefix.parse::<u8>() else { return Some(NONE) };
    if !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(NONE);
    }
    let Ok(plain) = without_zeros(address).parse::<IpAddr>() else { return Some(NONE) };
    let (bits, most) = match plain {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    if length > most {
        return Some(NONE);
    }
    if minor < STRICT {
        return None;
    }
    if address.parse::<IpAddr>().is_err() || prefix.len() > 1 && prefix.starts_with('0') {
        return Some("must not have leading 0s in IP or prefix length");
    }
    if matches!(plain, IpAddr::V6(address) if address.to_ipv4_mapped().is_some()) {
        return Some("must not have an IPv4-mapped IPv6 address");
    }
    let rest = if length == 0 { bits } else { bits.checked_shl(u32::from(length)).unwrap_or(0) };
    (rest != 0).then_some("must not have bits set beyond the prefix length")
}

/// Checks an address.
pub(crate) fn ip(field: &Field<'_>, report: &mut Report) {
    if let Some(problem) = ip_problem(field.text(), report.minor) {
        report.invalid(field, problem);
    }
}

/// Checks a network.
pub(crate) fn network(field: &Field<'_>, report: &mut Report) {
    if let Some(problem) = network_problem(field.text(), report.minor) {
        report.invalid(field, problem);
    }
}

/// Removes leading zeros in an IPv4 address, which Go used to ignore.
fn without_zeros(text: &str) -> String {
    if text.contains(':') {
        return text.to_owned();
    }
    let number = |part: &str| {
        let rest = part.trim_start_matches('0');
        if rest.is_empty() && !part.is_empty() { "0".to_owned() } else { rest.to_owned() }
    };
    text.split('.').map(number).collect::<Vec<_>>().join(".")
}
