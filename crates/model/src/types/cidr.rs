//! Ranges of IP addresses.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::types::Invalid;
use crate::types::parsed::{Parsed, parsed};

/// A range of addresses in CIDR notation, such as `10.0.0.0/16`, without bits set beyond the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// Returns the first address.
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// Returns the prefix length in bits.
    pub fn prefix(self) -> u8 {
        self.prefix
    }
}

impl FromStr for Cidr {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || {
            Invalid::new(format!(
                "`{text}` is not an address range: expected an address and a prefix length, such as `10.0.0.0/16`"
            ))
        };
        let (address, prefix) = text.split_once('/').ok_or_else(invalid)?;
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid());
        }
        let prefix: u8 = prefix.parse().map_err(|_| invalid())?;
        let (first, bits) = match address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32_u32.saturating_sub(prefix.into())).unwrap_or(0);
                (IpAddr::V4((u32::from(address) & mask).into()), 32)
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128_u32.saturating_sub(prefix.into())).unwrap_or(0);
                (IpAddr::V6((u128::from(address) & mask).into()), 128)
            }
        };
        if prefix > bits {
            return Err(Invalid::new(format!(
                "`{text}` is not an address range: the prefix length is at most {bits}"
            )));
        }
        if first != address {
            return Err(Invalid::new(format!(
                "`{text}` has bits set beyond its prefix: did you mean `{first}/{prefix}`?"
            )));
        }
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.address, self.prefix)
    }
}

impl Parsed for Cidr {
    const EXPECTED: &'static str = "an address range such as `\"10.0.0.0/16\"`";

    fn from_text(text: &str) -> Option<Result<Self, Invalid>> {
        Some(text.parse())
    }
}

parsed!(Cidr, {
    "type": "string",
    "description": "A range of IP addresses in CIDR notation, such as `10.0.0.0/16`.",
    "examples": ["10.0.0.0/8"],
    "pattern": "^[0-9A-Fa-f.:]+/[0-9]{1,3}$"
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn ranges() {
        insta::assert_snapshot!(table::<Cidr>(&["10.0.0.0/16", "0.0.0.0/0", "10.1.2.3/32", "::/0", "fd00::/8", "10.0.0.1/16", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/+8", "10.0.0/8", "fd00::1/8", "::/129", "a/8", ""]), @r"
        10.0.0.0/16: ok
        0.0.0.0/0: ok
        10.1.2.3/32: ok
        ::/0: ok
        fd00::/8: ok
        10.0.0.1/16: ERROR `10.0.0.1/16` has bits set beyond its prefix: did you mean `10.0.0.0/16`?
        10.0.0.0: ERROR `10.0.0.0` is not an address range: expected an address and a prefix length, such as `10.0.0.0/16`
        10.0.0.0/33: ERROR `10.0.0.0/33` is not an address range: the prefix length is at most 32
        10.0.0.0/+8: ERROR `10.0.0.0/+8` is not an address range: expected an address and a prefix length, such as `10.0.0.0/16`
        10.0.0/8: ERROR `10.0.0/8` is not an address range: expected an address and a prefix length, such as `10.0.0.0/16`
        fd00::1/8: ERROR `fd00::1/8` has bits set beyond its prefix: did you mean `fd00::/8`?
        ::/129: ERROR `::/129` is not an address range: the prefix length is at most 128
        a/8: ERROR `a/8` is not an address range: expected an address and a prefix length, such as `10.0.0.0/16`
        : ERROR `` is not an address range: expected an address and a prefix length, such as `10.0.0.0/16`
        ");
    }
}
